"""
The door of the console: `@operator()` lets in who is signed in as an operator, and has one of these roles.

The cookie is not that of the Customers, goes to /console only, and comes with no request that another site starts.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar, cast

from flask import Response, after_this_request, g, redirect, request, url_for

from cdsc_server.domain.operators import Role, opens
from cdsc_server.errors import AccessDenied
from cdsc_server.services import operator_sign_in
from cdsc_server.services.operator_sign_in import Operator, OperatorSession
from cdsc_server.web.bearer import opened_by
from cdsc_server.web.context import ports, settings
from cdsc_server.web.describe import for_roles
from cdsc_server.web.forms import check_form

View = TypeVar("View", bound=Callable[..., Any])

PATH: Final = "/console"
_FOUND: Final = "cdsc.operator_session"


def operator(*roles: str) -> Callable[[View], View]:
    """
    Let in an operator with one of these roles, or an admin; without roles every operator. It is in `g.operator`.

    A form is taken only from a page of the same session. Who is not signed in is led to the sign-in.

    Raises:
        AccessDenied: another site sent the form, or the role does not reach this (403).
    """
    wanted = frozenset(map(Role, roles))

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            session = current_session()
            if request.method not in ("GET", "HEAD"):
                session = check_form(session)
            if session is None or session.operator is None:
                return redirect(url_for("console.sign_in_form", next=request.full_path.rstrip("?")), 303)
            if not opens(session.operator.roles, wanted):
                raise AccessDenied(f"This needs the role {' or '.join(roles)}. Nothing has been changed.")
            g.operator = session.operator
            return view(*args, **kwargs)

        return opened_by("operator", for_roles(roles, guarded))  # type: ignore[return-value]

    return decorate


def signed_in() -> Operator:
    """Who the door let in."""
    return cast("Operator", g.operator)


def current_session() -> OperatorSession | None:
    """The session of this browser at the console; None when it brought no cookie, or one that has ended."""
    if _FOUND not in request.environ:
        secret = request.cookies.get(cookie_name())
        found = operator_sign_in.resume(secret, settings=settings(), clock=ports().clock) if secret else None
        request.environ[_FOUND] = found
    return cast("OperatorSession | None", request.environ[_FOUND])


def ensure_session() -> OperatorSession:
    """The session of this browser, started now when there was none."""
    found = current_session()
    if found is not None:
        return found
    secret, started = operator_sign_in.begin(settings=settings(), clock=ports().clock)
    adopt(secret, started)
    return started


def adopt(secret: str, started: OperatorSession) -> None:
    """Hand the browser the secret of a new session in place of the old one."""
    request.environ[_FOUND] = started

    @after_this_request
    def _give(response: Response) -> Response:
        response.set_cookie(cookie_name(), secret, path=PATH, secure=_https(), httponly=True, samesite="Strict")
        return response


def forget() -> None:
    """Take the cookie back."""
    request.environ[_FOUND] = None

    @after_this_request
    def _take(response: Response) -> Response:
        response.delete_cookie(cookie_name(), path=PATH, secure=_https(), httponly=True, samesite="Strict")
        return response


def cookie_name() -> str:
    """`__Secure-` has browsers take it over https only; `__Host-` would not go with a path of its own."""
    return "__Secure-cdsc-console" if _https() else "cdsc_console"


def _https() -> bool:
    return settings().base_url.startswith("https:")
