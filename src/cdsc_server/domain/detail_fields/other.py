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
        consent_only=True,
    ),
    DetailField(
        "merge_selection_with",
        "other",
        "string_or_null",
        "7.4.2",
        "Merge the selection",
        "Another scope of the request that shares one selection with this one; it has to name a scope, too.",
        maximum=200,
        minimum=1,
        consent_only=True,
    ),
    DetailField(
        "error_if_no_preselections",
        "other",
        "boolean",
        "7.4.3",
        "Error if nothing fits",
        "Whether the Customer meets an error when nothing they have is what the request names.",
        directly="Whether the request is refused when a list in it matches nothing that the Client may see.",
        default=False,
    ),
    DetailField(
        "purpose",
        "other",
        "choice_or_null",
        "7.4.4",
        "Purpose",
        "What the data is for, in words that the form shows: one of the Client's cds_purposes.",
        consent_only=True,
    ),
    DetailField(
        "allow_scope_modifications",
        "other",
        "boolean",
        "7.4.5",
        "Allow changes",
        "Whether the Customer may change what is asked for, or only say yes or no.",
        default=True,
        consent_only=True,
    ),
    DetailField(
        "jwk",
        "other",
        "jwk_or_null",
        "7.4.6",
        "Encryption key",
        "A public key of type EC on P-256 that every answer is encrypted to; the same in all of a request.",
    ),
)
