"""One Message: what it says, what was answered, and the decision when it waits for one."""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from cdsc_server.domain.messages import MessageStatus
from cdsc_server.domain.operators import DECIDE, WRITE
from cdsc_server.domain.registration_fields import FieldType
from cdsc_server.domain.requirements import UNDECIDED, RequirementStatus
from cdsc_server.errors import Conflict, InvalidRequest, NotFound, Problem
from cdsc_server.services import console, customer_search, review_cases, reviews
from cdsc_server.services.audit import noting
from cdsc_server.services.review_cases import Case
from cdsc_server.services.reviews import Desk
from cdsc_server.storage.reviews import RequirementRow
from cdsc_server.web.console.blueprint import blueprint, show
from cdsc_server.web.console.door import operator, signed_in
from cdsc_server.web.context import catalogue, ports, settings
from cdsc_server.web.describe import undocumented


@blueprint.get("/messages/<message_id>")
@operator()
@undocumented("a page")
def message(message_id: str) -> ResponseReturnValue:
    """The Message."""
    return _page(message_id)


@blueprint.post("/messages/<message_id>/decision")
@operator(*DECIDE)
@undocumented("a page")
def decide(message_id: str) -> ResponseReturnValue:
    """Say yes or no; no needs a reason, and so does yes when something stands against it. `find` only searches."""
    if request.form.get("do") == "find":
        return _page(message_id)
    try:
        _decide(message_id)
    except (InvalidRequest, Conflict) as refusal:
        return _page(message_id, refusal)
    return redirect(url_for("console.message", message_id=message_id, done="decided"), 303)


@blueprint.post("/messages/<message_id>/reply")
@operator(*WRITE)
@undocumented("a page")
def write(message_id: str) -> ResponseReturnValue:
    """Answer without deciding."""
    try:
        reviews.ask_question(message_id, desk=_desk(), text=request.form.get("text", ""))
    except InvalidRequest as refusal:
        return _page(message_id, refusal)
    return redirect(url_for("console.message", message_id=message_id, done="sent"), 303)


@blueprint.post("/messages/<message_id>/again")
@operator(*DECIDE)
@undocumented("a page")
def ask_again(message_id: str) -> ResponseReturnValue:
    """Ask for a requirement anew."""
    try:
        asked = reviews.ask_again(message_id, desk=_desk(), why=request.form.get("why", ""))
    except (InvalidRequest, Conflict) as refusal:
        return _page(message_id, refusal)
    return redirect(url_for("console.message", message_id=asked, done="asked"), 303)


@blueprint.get("/messages/<message_id>/files/<int:position>")
@operator()
@undocumented("a file")
def attachment(message_id: str, position: int) -> ResponseReturnValue:
    """A file that a Client sent: to be saved, never shown as a page of ours."""
    row = console.attachment(message_id, position)
    with ports().blobs.open(row.content_hash) as file:
        response = Response(file.read(), mimetype="application/octet-stream")
    response.headers.set("Content-Disposition", "attachment", filename=row.filename)
    return response


def _desk() -> Desk:
    return Desk(catalogue(), settings(), ports(), noted=noting(signed_in().username, ports().clock))


def _decide(message_id: str) -> None:
    form = request.form
    reason, override = form.get("reason", "").strip(), "override" in form
    desk = _desk()
    if form.get("decision") == "accept":
        if not reason and (override or "answer" in form):
            raise InvalidRequest("Write why in the field for it: the Client reads it", field="reason")
        customer = form.get("customer", "").strip() or None
        reviews.accept(message_id, desk=desk, note=reason, override=override, customer_id=customer)
    elif form.get("decision") == "reject":
        if not reason:
            raise InvalidRequest("Reason: write why, the Client reads it", field="reason")
        reviews.reject(message_id, desk=desk, reason=reason)
    else:
        raise InvalidRequest("Your decision: choose one", field="decision")


def _page(message_id: str, refusal: Problem | None = None) -> Response:
    try:
        case = review_cases.show(message_id, catalogue=catalogue())
    except NotFound:
        case = None
    requirement = None if case is None else case.requirement
    return show(
        "message.html",
        status=200 if refusal is None else refusal.status,
        refusal=refusal,
        case=case,
        thread=console.thread(message_id),
        decidable=case is not None and _decidable(case),
        again=requirement is not None and _can_be_asked_again(requirement),
        sent=request.form,
        whose=None if case is None else _whose(case),
        done=request.args.get("done", ""),
        catalogue=catalogue(),
    )


def _whose(case: Case) -> dict[str, Any] | None:
    """The search for the Customer whose data a grant_request is about; None where it opens none."""
    words = {word for entry in case.message.grants_requested or () for word in entry["scope"].split()}
    words |= {each["type"] for entry in case.message.grants_requested or () for each in entry["authorization_details"]}
    if not any((scope := catalogue().scope(word)) is not None and scope.type.consent for word in words):
        return None
    is_test = console.is_sandbox(str(case.message.related_key))
    sought, customer = request.form.get("q", ""), request.form.getlist("customer")
    matches = customer_search.search(sought, is_test=is_test)
    return {
        "is_test": is_test,
        "chosen": customer_search.named(customer),
        "matches": [each for each in matches if each.customer_id not in customer],
        "most": customer_search.MOST,
    }


def _can_be_asked_again(requirement: RequirementRow) -> bool:
    # What we review is asked of nobody while it is open.
    waits_for_us = requirement.type == FieldType.INTERNAL_REVIEW and requirement.status == RequirementStatus.OPEN
    return requirement.status in (RequirementStatus.OPEN, RequirementStatus.REJECTED) and not waits_for_us


def _decidable(case: Case) -> bool:
    if case.requirement is not None:
        return case.requirement.status in UNDECIDED
    return case.message.status == MessageStatus.PENDING
