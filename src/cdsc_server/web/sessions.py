"""
The session of the browser that sent this request, and its cookie.

`current_session()` looks, `ensure_session()` starts one where there is none; the cookie finds the response by itself.
"""

from __future__ import annotations

from typing import Final, cast

from flask import Response, after_this_request, request

from cdsc_server.services import sessions
from cdsc_server.services.sessions import BrowserSession
from cdsc_server.web.context import ports, settings

#: Kept with the request itself: a context may outlive it.
_FOUND: Final = "cdsc.browser_session"


def current_session() -> BrowserSession | None:
    """The session of this browser; None when it brought no cookie, or one that has ended."""
    if _FOUND not in request.environ:
        secret = request.cookies.get(cookie_name())
        found = sessions.resume(secret, settings=settings(), clock=ports().clock) if secret else None
        request.environ[_FOUND] = found
    return cast("BrowserSession | None", request.environ[_FOUND])


def ensure_session() -> BrowserSession:
    """The session of this browser, started now when there was none."""
    found = current_session()
    if found is not None:
        return found
    secret, started = sessions.begin(settings=settings(), clock=ports().clock)
    adopt(secret, started)
    return started


def adopt(secret: str, started: BrowserSession) -> None:
    """Hand the browser the secret of a new session in place of the old one."""
    request.environ[_FOUND] = started

    @after_this_request
    def _give(response: Response) -> Response:
        secure = settings().base_url.startswith("https:")
        response.set_cookie(cookie_name(), secret, path="/", secure=secure, httponly=True, samesite="Lax")
        return response


def forget() -> None:
    """Take the cookie back."""
    request.environ[_FOUND] = None

    @after_this_request
    def _take(response: Response) -> Response:
        secure = settings().base_url.startswith("https:")
        response.delete_cookie(cookie_name(), path="/", secure=secure, httponly=True, samesite="Lax")
        return response


def cookie_name() -> str:
    """`__Host-` pins the cookie to this very host, and browsers take it over https only."""
    return "__Host-cdsc" if settings().base_url.startswith("https:") else "cdsc_session"
