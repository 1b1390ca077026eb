"""Clients API: a Client Admin sees and changes the Client Objects of its own registration (CDS-WG1-02 5)."""

from __future__ import annotations

from typing import Final

from flask import g
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError

from cdsc_server.domain.catalogue import CLIENT_ADMIN
from cdsc_server.errors import InvalidClientMetadata
from cdsc_server.schemas.clients import ClientFilters, ClientListingSchema, ClientSchema, ClientUpdateSchema
from cdsc_server.services import client_changes, clients
from cdsc_server.web.bearer import bearer
from cdsc_server.web.context import catalogue, ports, settings
from cdsc_server.web.describe import Answer, describe
from cdsc_server.web.parameters import filters
from cdsc_server.web.problems import first_fault
from cdsc_server.web.registration.room import PAGE_SIZE, blueprint, cursor_of, links, shown
from cdsc_server.web.wire import json_body

_PATH: Final = {"client_id": "A Client Object of this registration."}
_FILTERS: Final = ClientFilters()
_LISTING: Final = ClientListingSchema()


@blueprint.get("/clients")
@bearer(CLIENT_ADMIN)
@describe(tag="Registration", section="CDS-WG1-02 5.3", query=ClientFilters, answers={200: ClientListingSchema})
def list_clients() -> ResponseReturnValue:
    """
    List Client Objects

    Those of this registration, the last modified first.
    """
    wanted = filters(_FILTERS)
    page = clients.list_clients(
        g.token.registration_id,
        client_ids=wanted.get("client_ids"),
        statuses=wanted.get("statuses"),
        cursor=cursor_of(wanted),
        size=PAGE_SIZE,
    )
    base_url = settings().base_url
    objects = [clients.to_wire(row, catalogue=catalogue(), base_url=base_url) for row in page.rows]
    return shown(_LISTING, {"clients": objects, **links(page)})


@blueprint.get("/clients/<client_id>")
@bearer(CLIENT_ADMIN)
@describe(tag="Registration", section="CDS-WG1-02 5.4", answers={200: ClientSchema}, path=_PATH)
def get_client(client_id: str) -> ResponseReturnValue:
    """
    Get a Client Object

    One of this registration.
    """
    row = clients.get_client(client_id, registration_id=g.token.registration_id)
    return shown(ClientSchema(), clients.to_wire(row, catalogue=catalogue(), base_url=settings().base_url))


@blueprint.put("/clients/<client_id>")
@bearer(CLIENT_ADMIN)
@describe(
    tag="Registration",
    section="CDS-WG1-02 5.5, RFC 7592 2.2",
    body=ClientUpdateSchema,
    answers={
        200: ClientSchema,
        202: Answer(ClientSchema, "Some changes wait for a review; the body shows what holds until then."),
    },
    problems=(InvalidClientMetadata,),
    path=_PATH,
)
def replace_client(client_id: str) -> ResponseReturnValue:
    """
    Replace a Client Object

    What is left out goes back to its default; what the server sets may only be repeated as it is.
    """
    try:
        sent = ClientUpdateSchema().load(json_body())
    except ValidationError as fault:
        field, rule = first_fault(fault.messages)
        raise InvalidClientMetadata(f"{field}: {rule}", field=field) from fault
    replaced = client_changes.replace_client(
        client_id,
        sent,
        registration_id=g.token.registration_id,
        catalogue=catalogue(),
        settings=settings(),
        clock=ports().clock,
        blobs=ports().blobs,
    )
    body = shown(ClientSchema(), clients.to_wire(replaced.row, catalogue=catalogue(), base_url=settings().base_url))
    return body, 202 if replaced.waiting else 200
