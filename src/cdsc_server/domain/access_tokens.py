"""What a live access token stands for: who holds it, and the Grant it points at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cdsc_server.domain.direct_access import Permission


@dataclass(frozen=True)
class GrantView:
    """
    What a Grant opens through one token, at the instant of the request.

    Args:
        client_id: the Client Object the Grant was given to; for a Grant Admin token not the one that holds the token.
        customer_id: None for access without a Customer.
        enabled_authorization_details: what works now, narrowed to what the token was asked for.
        selections: what was ticked, one beside each of enabled_authorization_details; see domain.grants.Selection.
            Empty where no Customer chose.
        permission: without a Customer, what an operator permits that Client Object.
    """

    grant_id: str
    client_id: str
    customer_id: str | None
    enabled_authorization_details: Sequence[dict[str, Any]]
    selections: Sequence[dict[str, Any]]
    permission: Permission | None = None


@dataclass(frozen=True)
class AccessToken:
    """
    A bearer token that was found alive, with its Grant alive too.

    Args:
        scope: space-separated.
        authorization_details: as introspection shows them; empty for a Client Admin token.
        credential_id: the Credential it was issued with.
        kind: "grant" from the code flow or for an operator's own scope, "grant_admin" and "client_admin" for those.
        grant: None for a Client Admin token.
    """

    client_id: str
    registration_id: str
    scope: str
    kind: str
    authorization_details: Sequence[dict[str, Any]]
    credential_id: str | None
    issued: datetime
    expires: datetime
    grant: GrantView | None = None

    @property
    def grant_id(self) -> str | None:
        """The Grant it points at."""
        return None if self.grant is None else self.grant.grant_id

    def has_scope(self, word: str) -> bool:
        """Whether the scope holds this word."""
        return word in self.scope.split()
