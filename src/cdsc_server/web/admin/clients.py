"""Registrations and their Client Objects, as operators see them."""

from __future__ import annotations

from typing import Any, Final

from flask.typing import ResponseReturnValue

from cdsc_server.domain.operators import DECIDE, LOOK, SWITCH
from cdsc_server.errors import Conflict
from cdsc_server.schemas.admin.clients import (
    AdminClientSchema,
    ClientStep,
    ClientStepRequestSchema,
    LimitListingSchema,
    LimitRequestSchema,
    RegistrationFilters,
    RegistrationListingSchema,
    RegistrationSchema,
)
from cdsc_server.services import client_holds, client_limits, console, operator_clients
from cdsc_server.services.client_limits import Limit
from cdsc_server.services.clients import to_wire
from cdsc_server.storage.clients import ClientRow, CredentialRow
from cdsc_server.storage.reviews import RequirementRow
from cdsc_server.web.admin.blueprint import blueprint, listed, uri
from cdsc_server.web.admin.door import account, operator_token
from cdsc_server.web.context import catalogue, ports, settings
from cdsc_server.web.cursors import PAGE_SIZE, cursor_of, shown
from cdsc_server.web.describe import describe
from cdsc_server.web.parameters import filters
from cdsc_server.web.wire import json_body

PATH: Final = {"client_id": "A Client Object of any registration."}
_LIMIT: Final = {**PATH, "scope": "One of its scopes.", "field": "A field of authorization_details of that scope."}


@blueprint.get("/registrations")
@operator_token(*LOOK)
@describe(tag="Clients", section="", query=RegistrationFilters, answers={200: RegistrationListingSchema})
def list_registrations() -> ResponseReturnValue:
    """
    List registrations

    Each with its Client Objects, the newest first.
    """
    wanted = filters(RegistrationFilters())
    found = console.registrations(sought=wanted.get("search", "").strip(), cursor=cursor_of(wanted), size=PAGE_SIZE)
    objects = [
        {
            "registration_id": row.registration_id,
            "uri": uri("registrations", row.registration_id),
            "created": row.created,
            "clients": [client_object(each) for each in found.clients[row.registration_id]],
        }
        for row in found.page.rows
    ]
    return shown(RegistrationListingSchema(), listed("registrations", found.page, objects))


@blueprint.get("/registrations/<registration_id>")
@operator_token(*LOOK)
@describe(
    tag="Clients",
    section="",
    answers={200: RegistrationSchema},
    path={"registration_id": "A registration."},
)
def get_registration(registration_id: str) -> ResponseReturnValue:
    """
    Get a registration

    With its Client Objects and Credentials, and how far it is with what production needs.
    """
    found = console.registration(registration_id)
    return shown(
        RegistrationSchema(),
        {
            "registration_id": registration_id,
            "uri": uri("registrations", registration_id),
            "created": found.row.created,
            "clients": [client_object(each) for each in found.clients],
            "credentials": [_credential(each) for each in found.credentials],
            "requirements": [requirement_object(each) for each in found.requirements],
            "grants_total": found.grants_total,
            "messages_total": found.messages_total,
        },
    )


@blueprint.get("/clients/<client_id>")
@operator_token(*LOOK)
@describe(tag="Clients", section="CDS-WG1-02 5.4", answers={200: AdminClientSchema}, path=PATH)
def get_client(client_id: str) -> ResponseReturnValue:
    """
    Get a Client Object

    One of any registration, with limits of its own.
    """
    return _shown(client_id)


@blueprint.post("/clients/<client_id>/steps")
@operator_token(*SWITCH)
@describe(
    tag="Clients",
    section="CDS-WG1-02 5.2",
    body=ClientStepRequestSchema,
    answers={200: AdminClientSchema},
    problems=(Conflict,),
    path=PATH,
)
def switch_client(client_id: str) -> ResponseReturnValue:
    """
    Suspend or restore a Client Object

    A suspended one is disabled, its Credentials and tokens have ended, and its Client cannot change that.
    Restored, it is what it was; its Client makes a new Credential.
    """
    asked = ClientStepRequestSchema().load(json_body())
    switch = client_holds.suspend_client if asked["step"] is ClientStep.SUSPEND else client_holds.restore_client
    switch(client_id, asked["reason"], actor=account().actor, clock=ports().clock)
    return _shown(client_id)


@blueprint.get("/clients/<client_id>/limits")
@operator_token(*LOOK)
@describe(tag="Clients", section="CDS-WG1-02 5.1", answers={200: LimitListingSchema}, path=PATH)
def list_limits(client_id: str) -> ResponseReturnValue:
    """
    List limits

    Every field of its scopes that can be limited, with everybody's limits and its own.
    """
    found = client_limits.limits_of(operator_clients.get_client(client_id), catalogue=catalogue())
    return shown(LimitListingSchema(), {"limits": [_limit(client_id, each) for each in found]})


@blueprint.put("/clients/<client_id>/limits/<scope>/<field>")
@operator_token(*DECIDE)
@describe(
    tag="Clients",
    section="CDS-WG1-02 5.1",
    body=LimitRequestSchema,
    answers={200: AdminClientSchema},
    path=_LIMIT,
)
def set_limit(client_id: str, scope: str, field: str) -> ResponseReturnValue:
    """
    Limit a field

    Requests that come later are judged by it; Grants stay as they are. The Client is told by a Message.
    """
    asked = LimitRequestSchema().load(json_body())
    client_limits.set_limit(
        client_id,
        scope,
        field,
        maximum=asked["maximum"],
        minimum=asked["minimum"],
        actor=account().actor,
        catalogue=catalogue(),
        clock=ports().clock,
    )
    return _shown(client_id)


@blueprint.delete("/clients/<client_id>/limits/<scope>/<field>")
@operator_token(*DECIDE)
@describe(tag="Clients", section="CDS-WG1-02 5.1", answers={200: AdminClientSchema}, path=_LIMIT)
def lift_limit(client_id: str, scope: str, field: str) -> ResponseReturnValue:
    """
    Lift a limit

    Everybody's limits hold again.
    """
    client_limits.lift_limit(client_id, scope, field, actor=account().actor, clock=ports().clock)
    return _shown(client_id)


def _shown(client_id: str) -> dict[str, Any]:
    return shown(AdminClientSchema(), client_object(operator_clients.get_client(client_id)))


def _limit(client_id: str, limit: Limit) -> dict[str, Any]:
    return {
        "scope": limit.scope_id,
        "field": limit.field_id,
        "uri": uri("clients", client_id, "limits", limit.scope_id, limit.field_id),
        "maximum": limit.maximum,
        "minimum": limit.minimum,
        "own": limit.own,
    }


def client_object(row: ClientRow) -> dict[str, Any]:
    """A Client Object as this API shows it."""
    return {
        **to_wire(row, catalogue=catalogue(), base_url=settings().base_url),
        "uri": uri("clients", row.client_id),
        "registration_id": row.registration_id,
        "limits": row.limits,
        "held": row.held,
    }


def requirement_object(row: RequirementRow) -> dict[str, Any]:
    """A requirement as this API shows it; its link is not in it, because whoever holds that fills in the form."""
    names = ("message_id", "field_id", "type", "status", "answers", "created", "modified")
    return {name: getattr(row, name) for name in names}


def _credential(row: CredentialRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("credential_id", "client_id", "created", "expires")}
