"""Signing in and out of the console."""

from __future__ import annotations

import re
from typing import Final

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from cdsc_server.errors import TooManyRequests
from cdsc_server.services import operator_sign_in
from cdsc_server.services.guessing import WrongPassword
from cdsc_server.web.bearer import public
from cdsc_server.web.console.blueprint import blueprint, show
from cdsc_server.web.console.door import adopt, cookie_name, current_session, ensure_session, forget
from cdsc_server.web.context import ports, settings
from cdsc_server.web.describe import undocumented
from cdsc_server.web.forms import check_form, check_origin

#: A path of the console and nothing else.
_HERE: Final = re.compile(r"/console(?:[/?][!-~]*)?")
_WRONG: Final = "Username or password: they do not fit. Check both and try again"


@blueprint.get("/sign-in")
@public
@undocumented("a page")
def sign_in_form() -> ResponseReturnValue:
    """The sign-in page."""
    away = cookie_name() in request.cookies and current_session() is None and "out" not in request.args
    ensure_session()
    return _page(away=away)


@blueprint.post("/sign-in")
@public
@undocumented("a page")
def enter() -> ResponseReturnValue:
    """Sign in, then go on to where the operator came from."""
    current = check_form(current_session())
    try:
        secret, started = operator_sign_in.sign_in(
            current,
            request.form.get("username", ""),
            request.form.get("password", ""),
            address=request.remote_addr or "",
            browser=request.user_agent.string,
            settings=settings(),
            limits=ports().limits,
            clock=ports().clock,
        )
    except WrongPassword as refusal:
        return _page(error=_WRONG, status=refusal.status)
    except TooManyRequests as refusal:
        wait = f"Too many tries: wait {refusal.retry_after} seconds, then try again"
        response = _page(error=wait, status=refusal.status)
        response.headers["Retry-After"] = str(refusal.retry_after)
        return response
    adopt(secret, started)
    return redirect(_next(), 303)


@blueprint.post("/sign-out")
@public
@undocumented("a page")
def leave() -> ResponseReturnValue:
    """Sign out; harmless for who is not signed in."""
    check_origin()
    current = current_session()
    if current is not None:
        operator_sign_in.sign_out(check_form(current), clock=ports().clock)
    forget()
    return redirect(url_for("console.sign_in_form", out=1), 303)


def _page(error: str = "", status: int = 200, *, away: bool = False) -> Response:
    return show(
        "sign-in.html",
        status=status,
        error=error,
        username=request.form.get("username", ""),
        next=_next(),
        away=away,
        signed_out="out" in request.args,
    )


def _next() -> str:
    wanted = request.values.get("next", "")
    return wanted if _HERE.fullmatch(wanted) else url_for("console.queue")
