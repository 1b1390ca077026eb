"""
The doors of service accounts: `@service_token(scope, *roles)` lets in who holds a live token of one.

Tokens of Clients and Customers are unknown here, as tokens of service accounts are everywhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar, cast

from flask import g

from cdsc_server.domain.operators import Role, opens
from cdsc_server.errors import InsufficientScope
from cdsc_server.services import service_accounts
from cdsc_server.services.service_accounts import ServiceAccount
from cdsc_server.web.bearer import bearer_secret, opened_by
from cdsc_server.web.context import ports
from cdsc_server.web.describe import for_roles

View = TypeVar("View", bound=Callable[..., Any])

_HELD: Final = "cdsc_service_account"


def service_token(scope: str, *roles: Role) -> Callable[[View], View]:
    """
    Let in a service account with one of these roles, or an admin; without roles every one. `account` gives it.

    Args:
        scope: what its token must have been asked for.

    Raises:
        InvalidToken: no token, or none of a service account that is alive (401).
        InsufficientScope: the token or the role does not reach this (403).
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            found = service_accounts.resolve_token(bearer_secret(), clock=ports().clock)
            if scope not in found.scopes:
                raise InsufficientScope(f"this needs an access token with scope {scope}; nothing was changed")
            if not opens(found.roles, frozenset(roles)):
                raise InsufficientScope(f"this needs the role {' or '.join(roles)}; nothing was changed")
            setattr(g, _HELD, found)
            return view(*args, **kwargs)

        return opened_by(scope, for_roles(roles, guarded))  # type: ignore[return-value]

    return decorate


def account() -> ServiceAccount:
    """Who the door let in."""
    return cast("ServiceAccount", getattr(g, _HELD))
