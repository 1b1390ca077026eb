"""Fields that say how the form asks (CDS-WG3-01 7.4)."""

from __future__ import annotations

from typing import Final

from cdsc_server.domain.detail_fields.field import DetailField

OTHER: Final = (
    DetailField(
        "authorization_form_selection_type",
        "other",
        "choice",
        "7.4.1",
        "Selection on the form",
        "What the Customer chooses from on the form.",
    ),
    DetailField(
        "allow_scope_modifications",
        "other",
        "boolean",
        "7.4.5",
        "Allow changes",
        "Whether the Customer may change what is asked for, or only say yes or no.",
        default=True,
    ),
)
