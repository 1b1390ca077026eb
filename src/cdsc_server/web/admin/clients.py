"""Registrations and their Client Objects, as operators see them."""

from __future__ import annotations

from typing import Any, Final

from flask.typing import ResponseReturnValue

from cdsc_server.domain.operators import LOOK
from cdsc_server.schemas.admin.clients import (
    AdminClientSchema,
    RegistrationFilters,
    RegistrationListingSchema,
    RegistrationSchema,
)
from cdsc_server.services import console, operator_clients
from cdsc_server.services.clients import to_wire
from cdsc_server.storage.clients import ClientRow, CredentialRow
from cdsc_server.storage.reviews import RequirementRow
from cdsc_server.web.admin.blueprint import blueprint, listed, uri
from cdsc_server.web.admin.door import operator_token
from cdsc_server.web.context import settings
from cdsc_server.web.cursors import PAGE_SIZE, cursor_of, shown
from cdsc_server.web.describe import describe
from cdsc_server.web.parameters import filters

PATH: Final = {"client_id": "A Client Object of any registration."}


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
    return shown(AdminClientSchema(), client_object(operator_clients.get_client(client_id)))


def client_object(row: ClientRow) -> dict[str, Any]:
    """A Client Object as this API shows it."""
    return {
        **to_wire(row, base_url=settings().base_url),
        "uri": uri("clients", row.client_id),
        "registration_id": row.registration_id,
        "limits": row.limits,
    }


def requirement_object(row: RequirementRow) -> dict[str, Any]:
    """A requirement as this API shows it; its link is not in it, because whoever holds that fills in the form."""
    names = ("message_id", "field_id", "type", "status", "answers", "created", "modified")
    return {name: getattr(row, name) for name in names}


def _credential(row: CredentialRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("credential_id", "client_id", "created", "expires")}
