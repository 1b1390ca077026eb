"""The sign-in page and signing out. A stranger learns nothing of who has an account here."""

from __future__ import annotations

import re
from typing import Final

from flask import Flask, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from cdsc_server.errors import TooManyRequests
from cdsc_server.languages import gettext, marked, ngettext
from cdsc_server.services import consent, sessions, sign_in
from cdsc_server.web.bearer import public
from cdsc_server.web.context import ports, settings
from cdsc_server.web.describe import undocumented
from cdsc_server.web.forms import check_form, check_origin
from cdsc_server.web.pages import page_blueprint, render
from cdsc_server.web.sessions import adopt, current_session, ensure_session, forget
from cdsc_server.web.speech import local_path, translated

blueprint = translated(page_blueprint("sign_in", __name__))

_REQUEST: Final = re.compile(r"/consent/([A-Za-z0-9_-]+)(?:[?#].*)?")

_WRONG: Final = marked("Email address or password: they do not fit. Check both and try again")


def install(app: Flask) -> None:
    """Offer sign-in and sign-out."""
    app.register_blueprint(blueprint)


@blueprint.get("/sign-in")
@public
@undocumented("a page")
def form() -> ResponseReturnValue:
    """The sign-in page; also for who wants to sign in as someone else."""
    ensure_session()
    return _page()


@blueprint.post("/sign-in")
@public
@undocumented("a page")
def enter() -> ResponseReturnValue:
    """Sign in, then go on to where the person came from."""
    current = check_form(current_session())
    try:
        secret, started = sign_in.sign_in(
            current,
            request.form.get("username", ""),
            request.form.get("password", ""),
            address=request.remote_addr or "",
            settings=settings(),
            limits=ports().limits,
            clock=ports().clock,
        )
    except sign_in.WrongPassword as refusal:
        return _page(error=gettext(_WRONG), status=refusal.status)
    except TooManyRequests as refusal:
        response = _page(error=_waiting(refusal.retry_after), status=refusal.status)
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
        sessions.end(check_form(current))
    forget()
    return redirect(url_for("sign_in.form", out=1), 303)


def _page(error: str = "", status: int = 200) -> Response:
    session, asks = current_session(), _REQUEST.fullmatch(_next())
    asker = consent.who_asks(asks[1], session=session) if asks is not None and session is not None else None
    response = render(
        "sign-in.html",
        error=error,
        username=request.form.get("username", ""),
        next=_next(),
        asker=asker,
        request_id=asks[1] if asks else None,
        was_away=session is not None and session.was_away,
        again=session is not None and session.customer_id is not None and _next() == url_for("download.form"),
        signed_out="out" in request.args,
    )
    response.status_code = status
    return response


def _next() -> str:
    return local_path(request.values.get("next", ""), url_for("my_data.overview"))


def _waiting(seconds: int) -> str:
    if seconds < 120:
        return ngettext(
            "Too many tries: wait %(count)s second, then try again",
            "Too many tries: wait %(count)s seconds, then try again",
            seconds,
        )
    return ngettext(
        "Too many tries: wait %(count)s minute, then try again",
        "Too many tries: wait %(count)s minutes, then try again",
        -(-seconds // 60),
    )
