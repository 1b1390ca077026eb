"""
Who may call a view: `@bearer()` for Customer data, `@bearer("cds_client_admin")` for the admin APIs, `@public` for all.

Every view says one of the three; a guard test looks.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import g, request

from cdsc_server.domain.access_tokens import AccessToken, GrantView
from cdsc_server.errors import InsufficientScope, InvalidToken
from cdsc_server.services import tokens
from cdsc_server.web.context import ports

__all__ = ["AccessToken", "GrantView", "access_of", "bearer", "bearer_secret", "opened_by", "public"]

View = TypeVar("View", bound=Callable[..., Any])

_ACCESS = "cdsc_access"


def bearer(scope: str | None = None) -> Callable[[View], View]:
    """
    Let in who holds a live bearer token, and put it into `g.token`, an `AccessToken`.

    Args:
        scope: a word the token's scope must hold; without one the token must point at a Grant.

    Raises:
        InvalidToken: none, or one that opens nothing any more (401).
        InsufficientScope: alive, but not for this (403).

    Spec: RFC 6750 2.1 (the header is the only place we read), 3.1; CDS-WG1-02 8.2.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            token = tokens.resolve_access_token(bearer_secret(), clock=ports().clock)
            if scope is not None and not token.has_scope(scope):
                raise InsufficientScope(f"this needs an access token with scope {scope}")
            if scope is None and token.grant is None:
                raise InsufficientScope("this needs an access token that points at a Grant")
            g.token = token
            return view(*args, **kwargs)

        return opened_by(scope or "grant", guarded)  # type: ignore[return-value]

    return decorate


def public(view: View) -> View:
    """Mark a view as open to all; pages behind a sign-in or a client authentication of their own count as open here."""
    return opened_by("public", view)


def opened_by(access: str, view: View) -> View:
    """Say what a view asks for; for decorators that guard doors of other kinds."""
    setattr(view, _ACCESS, access)
    return view


def access_of(view: Callable[..., Any]) -> str | None:
    """What a view asks for: "public", "grant", a scope or "operator"; None when nobody said."""
    return getattr(view, _ACCESS, None)


def bearer_secret() -> str:
    """
    The token in the Authorization header, the only place we read (RFC 6750 2.1).

    Raises:
        InvalidToken: there is none.
    """
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise InvalidToken("this needs an access token in the Authorization header")
    return secret.strip()
