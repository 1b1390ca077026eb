"""What waits for operators: seen, decided, asked again; and production without being asked."""

from __future__ import annotations

from typing import Any, Final

from flask.typing import ResponseReturnValue

from cdsc_server.domain.operators import DECIDE, LOOK
from cdsc_server.errors import Conflict
from cdsc_server.schemas.admin.messages import AdminMessageSchema
from cdsc_server.schemas.admin.reviews import (
    AskAgainSchema,
    CaseSchema,
    DecisionRequestSchema,
    DecisionSchema,
    ProductionSchema,
    ReviewFilters,
    ReviewListingSchema,
)
from cdsc_server.services import decisions, review_cases, review_queue, reviews
from cdsc_server.services.decisions import Verdict
from cdsc_server.services.review_cases import Waiting
from cdsc_server.services.reviews import Decision
from cdsc_server.web.admin.blueprint import blueprint, desk, listed, uri
from cdsc_server.web.admin.clients import client_object, requirement_object
from cdsc_server.web.admin.door import operator_token
from cdsc_server.web.admin.messages import message_object, stored_message
from cdsc_server.web.context import catalogue
from cdsc_server.web.cursors import PAGE_SIZE, cursor_of, shown
from cdsc_server.web.describe import describe
from cdsc_server.web.parameters import filters
from cdsc_server.web.wire import json_body

_PATH: Final = {"message_id": "The Message that waits."}


@blueprint.get("/reviews")
@operator_token(*LOOK)
@describe(tag="Reviews", section="CDS-WG1-02 3.6, 6.9", query=ReviewFilters, answers={200: ReviewListingSchema})
def list_reviews() -> ResponseReturnValue:
    """
    List what waits

    The longest wait first. What is decided is not in it any more.
    """
    wanted = filters(ReviewFilters())
    page = review_queue.list_waiting(
        kinds=wanted.get("kinds"),
        registration_ids=wanted.get("registration_ids"),
        cursor=cursor_of(wanted),
        size=PAGE_SIZE,
    )
    return shown(ReviewListingSchema(), listed("reviews", page, [_review(each) for each in page.rows]))


@blueprint.get("/reviews/<message_id>")
@operator_token(*LOOK)
@describe(tag="Reviews", section="CDS-WG1-02 3.6, 6.9", answers={200: CaseSchema}, path=_PATH)
def get_review(message_id: str) -> ResponseReturnValue:
    """
    Get what waits

    Everything to decide by; also of what is decided.
    """
    case = review_cases.show(message_id, catalogue=catalogue())
    return shown(
        CaseSchema(),
        {
            **_review(case.waiting),
            "message": message_object(case.message, case.attachments if case.submission is None else ()),
            "requirement": None if case.requirement is None else requirement_object(case.requirement),
            "submission": None if case.submission is None else message_object(case.submission, case.attachments),
            "thread": [message_object(each) for each in case.thread],
            "clients": [client_object(each) for each in case.clients],
            "requirements": [requirement_object(each) for each in case.requirements],
            "unmet": case.unmet,
        },
    )


@blueprint.put("/reviews/<message_id>/decision")
@operator_token(*DECIDE)
@describe(
    tag="Reviews",
    section="CDS-WG1-02 3.6, 5.5, 6.9",
    body=DecisionRequestSchema,
    answers={200: DecisionSchema},
    problems=(Conflict,),
    path=_PATH,
)
def decide(message_id: str) -> ResponseReturnValue:
    """
    Decide

    Accepts or rejects, and tells the Client. The same decision a second time changes nothing and is answered as the
    first; another one is refused.
    """
    asked = DecisionRequestSchema().load(json_body())
    made = decisions.decide(
        message_id,
        asked["decision"],
        desk=desk(),
        note=asked["note"],
        override=asked["override"],
        customer_id=asked["customer_id"],
    )
    return shown(DecisionSchema(), _decision(made))


@blueprint.post("/reviews/<message_id>/requests")
@operator_token(*DECIDE)
@describe(
    tag="Reviews",
    section="CDS-WG1-02 3.6",
    body=AskAgainSchema,
    answers={201: AdminMessageSchema},
    problems=(Conflict,),
    path=_PATH,
)
def ask_again(message_id: str) -> ResponseReturnValue:
    """
    Ask again

    Asks once more for a form, a payment or a proof that is open or was rejected, by a new Message with a fresh link.
    """
    why = AskAgainSchema().load(json_body())["why"]
    return shown(AdminMessageSchema(), stored_message(reviews.ask_again(message_id, desk=desk(), why=why))), 201


@blueprint.post("/clients/<client_id>/production")
@operator_token(*DECIDE)
@describe(
    tag="Reviews",
    section="CDS-WG1-02 4.2",
    body=ProductionSchema,
    answers={201: DecisionSchema},
    problems=(Conflict,),
    path={"client_id": "A Client Object of the sandbox."},
)
def approve_production(client_id: str) -> ResponseReturnValue:
    """
    Approve production

    Makes the production Client Object beside one of the sandbox: by accepting the request of its Client when one waits,
    or although nobody asked for it. With override, what production needs and is missing is waived.
    """
    asked = ProductionSchema().load(json_body())
    if asked["override"]:
        decisions.needs_a_reason(asked["note"])
    made = reviews.make_production(client_id, desk=desk(), override=asked["override"], note=asked["note"])
    return shown(DecisionSchema(), _decision(made)), 201


def _review(waiting: Waiting) -> dict[str, Any]:
    return {
        "message_id": waiting.id,
        "uri": uri("reviews", waiting.id),
        "kind": waiting.kind,
        "registration_id": waiting.registration_id,
        "client_name": waiting.client_name,
        "title": waiting.title,
        "status": waiting.status,
        "since": waiting.since,
    }


def _decision(made: Decision) -> dict[str, Any]:
    return {
        "decision": Verdict.ACCEPT if made.accepted else Verdict.REJECT,
        "kind": made.kind,
        "registration_id": made.registration_id,
        "note": made.note,
        "made": list(made.made),
    }
