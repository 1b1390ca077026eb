"""What is known of one authorization details field (CDS-WG1-02 3.8, CDS-WG3-01 7)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

#: A maximum or minimum.
Limit = str | int | Decimal
Kind = Literal["preselection", "include", "duration", "other"]


@dataclass(frozen=True)
class DetailField:
    """
    Facts of one field.

    Args:
        format: its AuthorizationDetailsFieldFormat (CDS-WG1-02 3.9).
        directly: what it means where no Customer is asked, if that is something else than `description` says.
        sign: for durations, -1 when a relative value is subtracted, +1 when it is added.
        opens: the response fields a true value opens, as "object.field".
        choices: fixed choices as (id, description); others come from the configuration.
    """

    id: str
    kind: Kind
    format: str
    section: str
    name: str
    description: str
    default: Any = None
    maximum: Limit | None = None
    minimum: Limit | None = None
    sign: int = 0
    opens: tuple[str, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    directly: str = ""
    #: Whether every request must name it; then it has no default.
    required: bool = False
    #: Whether it has a meaning on a form only; scopes without one may not offer it.
    consent_only: bool = False
    #: Path of a page of its own; that of its scope where there is none.
    documentation: str = ""

    def described(self, *, directly: bool) -> str:
        """What it means on a form, or for a Client that comes for itself."""
        return (directly and self.directly) or self.description

    @property
    def dates(self) -> bool:
        """Whether it is a bound in whole local days."""
        return self.format == "relative_or_absolute_date"
