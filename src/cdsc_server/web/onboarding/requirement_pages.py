"""Behind the links of requirements: an online form, a code by mail, an account (CDS-WG1-02 3.6)."""

from __future__ import annotations

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from cdsc_server.domain.registration_fields import FieldType
from cdsc_server.domain.wording import direct_words
from cdsc_server.services import requirement_forms, sharing
from cdsc_server.services.requirement_forms import WrongAnswer
from cdsc_server.web.bearer import public
from cdsc_server.web.context import catalogue, mailing, ports
from cdsc_server.web.describe import undocumented
from cdsc_server.web.forms import check_form
from cdsc_server.web.pages import page_blueprint, render
from cdsc_server.web.sessions import current_session, ensure_session
from cdsc_server.web.speech import speak, translatable

blueprint = translatable(page_blueprint("requirement", __name__))


@blueprint.get("/requirements/<link>")
@public
@undocumented("a page")
def show(link: str) -> Response:
    """The form, or what became of it; opening it changes nothing, so it can be opened again and again."""
    ensure_session()
    return _page(link)


@blueprint.post("/requirements/<link>")
@public
@undocumented("a page")
def send(link: str) -> ResponseReturnValue:
    """Take what was filled in."""
    session = check_form(current_session())
    form = requirement_forms.open_form(link, catalogue=catalogue(), clock=ports().clock)
    action = request.form.get("do", "")
    if action == "decline":
        # Nothing to note: the link stays, for whoever else it may concern.
        return redirect(url_for("requirement.show", link=link, said="no"), 303)
    try:
        if form.field.type is FieldType.ONLINE_FORM:
            requirement_forms.send_answers(link, request.form, catalogue=catalogue(), clock=ports().clock)
        elif form.field.type is FieldType.EMAIL_VERIFICATION and action == "code":
            address = request.form.get("address", "")
            requirement_forms.send_code(
                link, address, catalogue=catalogue(), limits=ports().limits, clock=ports().clock, mailing=mailing()
            )
        elif form.field.type is FieldType.EMAIL_VERIFICATION:
            code = request.form.get("code", "")
            requirement_forms.enter_code(link, code, catalogue=catalogue(), clock=ports().clock)
        elif form.field.type is FieldType.SSO_VERIFICATION and session.customer_id is not None:
            requirement_forms.send_account(link, session.customer_id, catalogue=catalogue(), clock=ports().clock)
    except WrongAnswer as fault:
        return _page(link, wrong=fault.field or "", rule=fault.description)
    return redirect(url_for("requirement.show", link=link), 303)


def _page(link: str, wrong: str = "", rule: str = "") -> Response:
    form = requirement_forms.open_form(link, catalogue=catalogue(), clock=ports().clock)
    session = current_session()
    signed_in = None if session is None else session.customer_id
    if form.opens:
        # A Customer reads this one; the others are for who makes the app.
        speak()
    response = render(
        "own-account.html" if form.opens else "requirement.html",
        form=form,
        opens=direct_words(form.opens),
        sent=request.form,
        wrong=wrong,
        rule=rule,
        declined=request.args.get("said") == "no",
        account=None if signed_in is None else sharing.customer_name(signed_in),
    )
    response.status_code = 400 if wrong else 200
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
