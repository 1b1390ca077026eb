"""
The form on which a Customer decides, at an address that only the browser which opened the request may use.

A stranger, and another browser, learn nothing: no such page is there for them.
"""

from __future__ import annotations

from typing import Any, Final

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from cdsc_server import exact_json
from cdsc_server.domain.drafts import SectionEdit
from cdsc_server.domain.stated import read_numbers
from cdsc_server.errors import InvalidRequest
from cdsc_server.services import consent, consent_proofs, sharing
from cdsc_server.services.consent_form import Form
from cdsc_server.services.consent_proofs import ProofNeeded, WrongCode
from cdsc_server.services.open_requests import Answered, NotForYou, Outcome, RequestOver, SignInNeeded
from cdsc_server.services.sessions import BrowserSession
from cdsc_server.web.bearer import public
from cdsc_server.web.context import catalogue, ports, settings
from cdsc_server.web.describe import undocumented
from cdsc_server.web.forms import check_form
from cdsc_server.web.pages import allow_form_target, page_blueprint, render
from cdsc_server.web.sessions import current_session
from cdsc_server.web.speech import choose, translated

#: Of a mail address (RFC 5321 4.5.3.1.3).
LONGEST_ADDRESS: Final = 254

blueprint = translated(page_blueprint("consent", __name__))


@blueprint.get("/consent/<request_id>")
@public
@undocumented("a page")
def form(request_id: str) -> ResponseReturnValue:
    """The form, as far as it is filled in."""
    try:
        shown = consent.open_form(request_id, _session(), **_outside())
    except SignInNeeded:
        return _to_sign_in(request_id)
    return _shown(shown, request_id)


@blueprint.post("/consent/<request_id>")
@public
@undocumented("a page")
def decide(request_id: str) -> ResponseReturnValue:
    """A change of the form, a yes or a no. Enter in a field presses the first button, which changes nothing."""
    session = check_form(current_session())
    action = request.form.get("do", "update")
    try:
        if action in ("decline", "decline-unmatched"):
            return _led(_declined(request_id, session, unmatched=action != "decline"), request_id)
        edits, contact = _edits(), request.form.get("contact", "").strip()[:LONGEST_ADDRESS]
        if action == "approve":
            return _led(
                consent.approve(request_id, session, edits, contact=contact, limits=ports().limits, **_outside()),
                request_id,
            )
        consent.change(request_id, session, edits, action, contact=contact, **_outside())
        if action.startswith("language-"):
            choose(action.removeprefix("language-"))
    except SignInNeeded:
        return _to_sign_in(request_id)
    return redirect(url_for("consent.form", request_id=request_id, _anchor=_anchor(action)), 303)


@blueprint.get("/consent/<request_id>/code")
@public
@undocumented("a page")
def code(request_id: str) -> ResponseReturnValue:
    """Where somebody who did not sign in enters the code that was mailed."""
    try:
        return _code_page(consent_proofs.proof_needed(request_id, _session(), **_outside()), request_id)
    except SignInNeeded:
        return _to_sign_in(request_id)


@blueprint.post("/consent/<request_id>/code")
@public
@undocumented("a page")
def prove(request_id: str) -> ResponseReturnValue:
    """The code, or the wish for another one. A right one completes the approval."""
    session = check_form(current_session())
    try:
        if request.form.get("do") == "again":
            return _led(consent_proofs.send_again(request_id, session, limits=ports().limits, **_outside()), request_id)
        return _led(consent_proofs.prove(request_id, session, request.form.get("code", ""), **_outside()), request_id)
    except WrongCode as wrong:
        return _code_page(consent_proofs.proof_needed(request_id, session, **_outside()), request_id, wrong)
    except SignInNeeded:
        return _to_sign_in(request_id)


def _code_page(
    needed: ProofNeeded | Outcome | Answered | NotForYou | None, request_id: str, wrong: WrongCode | None = None
) -> ResponseReturnValue:
    if not isinstance(needed, ProofNeeded):
        return _led(needed, request_id)
    response = render("contact-code.html", needed=needed, wrong=wrong)
    response.status_code = 200 if wrong is None else wrong.status
    return allow_form_target(response, needed.scheme)


def _declined(request_id: str, session: BrowserSession, *, unmatched: bool) -> Outcome | Answered:
    return consent.decline(
        request_id, session, unmatched=unmatched, settings=settings(), clock=ports().clock, keys=ports().keys
    )


def _led(outcome: Outcome | Answered | NotForYou | ProofNeeded | None, request_id: str) -> ResponseReturnValue:
    """Where a decision leads: to the Client, or back to the form when something is missing."""
    if isinstance(outcome, ProofNeeded):
        return redirect(url_for("consent.code", request_id=request_id), 303)
    if outcome is None:
        return redirect(url_for("consent.form", request_id=request_id, _anchor="problem"), 303)
    if isinstance(outcome, NotForYou) or outcome.location is None:
        return _shown(outcome, request_id)
    # 303: the Client must not be sent the form (RFC 9700 4.12).
    return redirect(outcome.location, 303)


def _shown(shown: Form | Outcome | Answered | NotForYou, request_id: str) -> ResponseReturnValue:
    if isinstance(shown, Outcome):
        return redirect(shown.location, 303)
    if isinstance(shown, Form):
        page = render("preselection.html" if shown.unmatched else "consent.html", form=shown)
        return allow_form_target(page, shown.scheme)
    if isinstance(shown, NotForYou):
        response = render("not-for-you.html", asks=shown, request_id=request_id)
        response.status_code = 403
        return response
    session = _session()
    name = sharing.customer_name(session.customer_id) if session.customer_id else ""
    return render("answered.html", agreed=shown.agreed, customer_name=name)


def _session() -> BrowserSession:
    session = current_session()
    if session is None:
        raise RequestOver("This request is not open here.")
    return session


def _to_sign_in(request_id: str) -> ResponseReturnValue:
    return redirect(url_for("sign_in.form", next=url_for("consent.form", request_id=request_id)), 303)


def _outside() -> dict[str, Any]:
    return {"catalogue": catalogue(), "settings": settings(), "clock": ports().clock, "keys": ports().keys}


def _edits() -> dict[int, SectionEdit]:
    """What came for each section that had boxes; a section says so by its list of what it showed."""
    sent, left_out = request.form, request.form.getlist("leave_out")
    edits = {}
    for name in sent:
        if name.startswith("s") and name.endswith("-shown") and name[1:-6].isdecimal():
            n = int(name[1:-6])
            edits[n] = SectionEdit(
                shown=_ids(sent[name]),
                ticked=frozenset(sent.getlist(f"s{n}")),
                future=f"s{n}-future" in sent,
                left_out=str(n) in left_out,
                find=sent.get(f"s{n}-find", "").strip()[:100],
                only_ticked=f"s{n}-only" in sent,
                added=read_numbers(sent.get(f"s{n}-added", "")),
                bounds=_bounds(f"s{n}-bound-"),
                includable=frozenset(sent.getlist(f"s{n}-includable")),
                included=frozenset(sent.getlist(f"s{n}-include")),
            )
    return edits


def _bounds(prefix: str) -> dict[str, str]:
    return {name.removeprefix(prefix): value for name, value in request.form.items() if name.startswith(prefix)}


def _ids(text: str) -> frozenset[str]:
    try:
        ids = exact_json.loads(text)
    except ValueError as fault:
        raise InvalidRequest("This page is damaged. Load it again.") from fault
    if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
        raise InvalidRequest("This page is damaged. Load it again.")
    return frozenset(ids)


def _anchor(action: str) -> str | None:
    """Back to the section whose button was pressed."""
    verb, _, number = action.partition("-")
    number = number.partition("-")[0]
    return f"s{number}-{'time' if verb == 'time' else 'which'}" if number.isdecimal() else None
