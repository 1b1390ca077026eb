"""What operators do with their own account: another password, and where they are signed in."""

from __future__ import annotations

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from cdsc_server.errors import InvalidRequest, NotFound, Problem, TooManyRequests
from cdsc_server.services import operators
from cdsc_server.services.guessing import WrongPassword
from cdsc_server.services.operator_sign_in import OperatorSession
from cdsc_server.web.console.blueprint import blueprint, show
from cdsc_server.web.console.door import current_session, operator, signed_in
from cdsc_server.web.context import ports, settings
from cdsc_server.web.describe import undocumented
from cdsc_server.web.forms import check_form


@blueprint.get("/account")
@operator()
@undocumented("a page")
def own_account() -> ResponseReturnValue:
    """One's own account."""
    return _page()


@blueprint.post("/account/password")
@operator()
@undocumented("a page")
def own_password() -> ResponseReturnValue:
    """Another password; whoever else is signed in with the old one is out."""
    try:
        _change_password()
    except WrongPassword:
        return _page(InvalidRequest("Your password now: it does not fit", field="old"), status=403)
    except TooManyRequests as refusal:
        wait = f"Too many tries: wait {refusal.retry_after} seconds, then try again"
        return _page(InvalidRequest(wait, field="old"), status=refusal.status)
    except InvalidRequest as refusal:
        return _page(refusal)
    return redirect(url_for("console.own_account", done="password"), 303)


@blueprint.post("/account/sessions")
@operator()
@undocumented("a page")
def own_sessions() -> ResponseReturnValue:
    """Sign out of one other browser, or of all others."""
    which, username = request.form.get("which", ""), signed_in().username
    try:
        if which == "others":
            here = _session().session_hash
            operators.end_sessions(username, but=here, actor=username, clock=ports().clock)
        else:
            operators.end_sessions(username, session_hash=which, actor=username, clock=ports().clock)
    except NotFound as refusal:
        return _page(refusal)
    return redirect(url_for("console.own_account", done="sessions"), 303)


def _change_password() -> None:
    form = request.form
    if form.get("password", "") != form.get("again", ""):
        raise InvalidRequest("New password, once more: it is not the same", field="again")
    operators.change_own_password(
        _session(),
        form.get("old", ""),
        form.get("password", ""),
        address=request.remote_addr or "",
        settings=settings(),
        limits=ports().limits,
        clock=ports().clock,
    )


def _session() -> OperatorSession:
    return check_form(current_session())


def _page(refusal: Problem | None = None, *, status: int | None = None) -> Response:
    here = current_session()
    return show(
        "own-account.html",
        status=status or (200 if refusal is None else refusal.status),
        sessions=operators.sessions_of(signed_in().username, clock=ports().clock),
        here_hash="" if here is None else here.session_hash,
        refusal=refusal,
        done=request.args.get("done", ""),
    )
