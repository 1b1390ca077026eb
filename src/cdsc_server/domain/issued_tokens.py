"""The answer of the token endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class IssuedToken:
    """
    What a token request got (RFC 6749 5.1; RFC 9396 7; CDS-WG1-02 8.4).

    Args:
        expires_in: seconds.
        authorization_details: None leaves the member out.
        cds_grant_ids: Grants that this exchange made or changed; None leaves the member out.
    """

    access_token: str
    expires_in: int
    scope: str
    refresh_token: str | None = None
    authorization_details: Sequence[dict[str, Any]] | None = None
    cds_grant_ids: Sequence[str] | None = None

    def to_wire(self) -> dict[str, Any]:
        """The members of the response; absent ones are left out, as empty ones are not allowed."""
        optional = {
            "refresh_token": self.refresh_token,
            "authorization_details": self.authorization_details,
            "cds_grant_ids": self.cds_grant_ids,
        }
        return {
            "access_token": self.access_token,
            "token_type": "Bearer",
            "expires_in": self.expires_in,
            "scope": self.scope,
            **{name: value for name, value in optional.items() if value is not None},
        }
