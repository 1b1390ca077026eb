"""Grants of any registration: listed, shown, given by hand, held and let go on."""

from __future__ import annotations

from typing import Any, Final

from flask.typing import ResponseReturnValue

from cdsc_server.domain.operators import DECIDE, LOOK, SWITCH
from cdsc_server.errors import Conflict, NotFound
from cdsc_server.schemas.admin.grants import (
    AdminGrantListingSchema,
    CustomerOfGrantSchema,
    GrantRequestByHandSchema,
    SteppableGrantSchema,
    StepRequestSchema,
    UnidentifiedFilters,
    UnidentifiedListingSchema,
)
from cdsc_server.schemas.grants import GrantFiltersSchema
from cdsc_server.services import console, grants, identifying, operator_clients
from cdsc_server.services.granting import Terms
from cdsc_server.services.grants import SeenGrant
from cdsc_server.services.identifying import Unidentified
from cdsc_server.services.operator_grants import Giving, change_grant, give_grants
from cdsc_server.storage.grants import GrantFilters
from cdsc_server.web.admin.blueprint import blueprint, listed, uri
from cdsc_server.web.admin.door import account, operator_token
from cdsc_server.web.context import catalogue, mailing, ports, settings
from cdsc_server.web.cursors import PAGE_SIZE, cursor_of, shown
from cdsc_server.web.describe import describe
from cdsc_server.web.parameters import filters
from cdsc_server.web.wire import json_body

_PATH: Final = {"grant_id": "A Grant of any registration."}


@blueprint.get("/registrations/<registration_id>/grants")
@operator_token(*LOOK)
@describe(
    tag="Grants of Clients",
    section="CDS-WG1-02 8.5",
    query=GrantFiltersSchema,
    answers={200: AdminGrantListingSchema},
    path={"registration_id": "Whose Grants these are."},
)
def list_grants(registration_id: str) -> ResponseReturnValue:
    """
    List Grants

    Those of one registration, the last modified first.
    """
    wanted = filters(GrantFiltersSchema())
    cursor = cursor_of(wanted)
    wanted.pop("cursor", None)
    operator_clients.check_registration(registration_id)
    page = grants.list_grants(
        registration_id, GrantFilters(**wanted), clock=ports().clock, cursor=cursor, size=PAGE_SIZE
    )
    return shown(AdminGrantListingSchema(), listed("grants", page, [_grant(each) for each in page.rows]))


@blueprint.post("/grants")
@operator_token(*DECIDE)
@describe(
    tag="Grants of Clients",
    section="CDS-WG1-02 6.9, 8.3",
    body=GrantRequestByHandSchema,
    answers={201: SteppableGrantSchema},
    problems=(Conflict, NotFound),
)
def give_grant() -> ResponseReturnValue:
    """
    Give a Grant by hand

    For a Customer who agreed in another way, on paper for instance. That one gets a receipt and a mail, as after an
    approval; the Client is told by a Message.
    """
    asked = GrantRequestByHandSchema().load(json_body())
    entry = dict(asked["authorization_details"][0])
    giving = Giving(
        asked["client_id"],
        entry.pop("type"),
        entry,
        [asked["customer_id"]],
        asked["reason"],
        Terms(asked["begins"], asked["ends"], waits=asked["waits"]),
    )
    (grant_id,) = give_grants(
        giving, actor=account().actor, catalogue=catalogue(), clock=ports().clock, mailing=mailing()
    )
    return _shown(grant_id), 201


@blueprint.get("/grants/<grant_id>")
@operator_token(*LOOK)
@describe(tag="Grants of Clients", section="CDS-WG1-02 8.6", answers={200: SteppableGrantSchema}, path=_PATH)
def get_grant(grant_id: str) -> ResponseReturnValue:
    """
    Get a Grant

    One of any registration, with what may be done with it now.
    """
    return _shown(grant_id)


@blueprint.post("/grants/<grant_id>/steps")
@operator_token(*SWITCH)
@describe(
    tag="Grants of Clients",
    section="CDS-WG1-02 8.2",
    body=StepRequestSchema,
    answers={200: SteppableGrantSchema},
    problems=(Conflict,),
    path=_PATH,
)
def take_step(grant_id: str) -> ResponseReturnValue:
    """
    Change a Grant

    It holds from the next request of its Client on, who is told by a Message. A suspended Grant keeps what it opened;
    one that is disabled or revoked has lost it for good. `agree` is for one whose Customer agreed on paper, who then
    has a receipt and a mail.
    """
    asked = StepRequestSchema().load(json_body())
    change_grant(
        grant_id,
        asked["step"],
        reason=asked["reason"],
        told=asked["told"],
        eta=asked["eta"],
        actor=account().actor,
        catalogue=catalogue(),
        clock=ports().clock,
        mailing=mailing(),
    )
    return _shown(grant_id)


@blueprint.get("/unidentified-grants")
@operator_token(*LOOK)
@describe(
    tag="Grants of Clients",
    section="CDS-WG3-01 9.1.1, 9.2",
    query=UnidentifiedFilters,
    answers={200: UnidentifiedListingSchema},
)
def list_unidentified() -> ResponseReturnValue:
    """
    List Grants that nobody knows yet whose they are

    People agreed to them without signing in. The longest wait first.
    """
    wanted = filters(UnidentifiedFilters())
    page = identifying.list_unidentified(cursor=cursor_of(wanted), size=PAGE_SIZE, clock=ports().clock)
    return shown(UnidentifiedListingSchema(), listed("grants", page, [_unidentified(each) for each in page.rows]))


@blueprint.post("/grants/<grant_id>/customer")
@operator_token(*DECIDE)
@describe(
    tag="Grants of Clients",
    section="CDS-WG3-01 9.1.1, 9.2",
    body=CustomerOfGrantSchema,
    answers={200: SteppableGrantSchema},
    problems=(Conflict, NotFound),
    path=_PATH,
)
def name_customer(grant_id: str) -> ResponseReturnValue:
    """
    Say whose a Grant is

    Of one that somebody agreed to without signing in and that waits for this. It opens what was agreed to from the
    next request on, and its Client is told by a Message. The Customer must have everything that was named.
    """
    asked = CustomerOfGrantSchema().load(json_body())
    identifying.identify(
        grant_id, asked["customer_id"], reason=asked["reason"], actor=account().actor, clock=ports().clock
    )
    return _shown(grant_id)


def _shown(grant_id: str) -> dict[str, Any]:
    found = console.grant(grant_id, clock=ports().clock)
    whole = {**_grant(SeenGrant(found.row, found.relatives)), "steps": list(found.steps), "stated": found.stated}
    return shown(SteppableGrantSchema(), whole)


def _unidentified(each: Unidentified) -> dict[str, Any]:
    row = each.row
    return {
        "grant_id": row.grant_id,
        "uri": uri("grants", row.grant_id),
        "registration_id": row.registration_id,
        "client_id": row.client_id,
        "client_name": each.client_name,
        "scope": row.scope,
        "since": row.created,
        "eta": row.eta,
        "stated": each.stated,
    }


def _grant(seen: SeenGrant) -> dict[str, Any]:
    return {
        **grants.to_wire(seen, base_url=settings().base_url, now=ports().clock.now()),
        "uri": uri("grants", seen.row.grant_id),
        "registration_id": seen.row.registration_id,
        "customer_id": seen.row.customer_id,
    }
