"""Credentials API: a Client Admin reads, adds and ends the secrets of its registration (CDS-WG1-02 7)."""

from __future__ import annotations

from typing import Any, Final

from flask import g
from flask.typing import ResponseReturnValue

from cdsc_server.domain.catalogue import CLIENT_ADMIN
from cdsc_server.schemas.credentials import (
    CredentialChangeSchema,
    CredentialFilters,
    CredentialListingSchema,
    CredentialRequestSchema,
    CredentialSchema,
)
from cdsc_server.services import credentials
from cdsc_server.web.bearer import bearer
from cdsc_server.web.context import ports, settings
from cdsc_server.web.describe import describe
from cdsc_server.web.parameters import filters
from cdsc_server.web.registration.room import PAGE_SIZE, blueprint, cursor_of, links, shown
from cdsc_server.web.wire import json_body

_NOT_KEPT: Final = {"Cache-Control": "no-store"}
_PATH: Final = {"credential_id": "A Credential of this registration."}
_FILTERS: Final = CredentialFilters()
_LISTING: Final = CredentialListingSchema()


@blueprint.get("/credentials")
@bearer(CLIENT_ADMIN)
@describe(tag="Registration", section="CDS-WG1-02 7.3", query=CredentialFilters, answers={200: CredentialListingSchema})
def list_credentials() -> ResponseReturnValue:
    """
    List Credentials

    Those of every Client Object of this registration, the last modified first.
    """
    wanted = filters(_FILTERS)
    page = credentials.list_credentials(
        g.token.registration_id,
        credential_ids=wanted.get("credential_ids"),
        client_ids=wanted.get("client_ids"),
        after=wanted.get("after"),
        before=wanted.get("before"),
        cursor=cursor_of(wanted),
        size=PAGE_SIZE,
    )
    keys = ports().keys
    objects = [_with_uri(credentials.to_wire(row, keys=keys)) for row in page.rows]
    return shown(_LISTING, {"credentials": objects, **links(page)}), 200, _NOT_KEPT


@blueprint.post("/credentials")
@bearer(CLIENT_ADMIN)
@describe(tag="Registration", section="CDS-WG1-02 7.5", body=CredentialRequestSchema, answers={201: CredentialSchema})
def create_credential() -> ResponseReturnValue:
    """
    Add a Credential

    One more secret for a Client Object; the others go on working.
    """
    asked = CredentialRequestSchema().load(json_body())
    made = credentials.create_credential(
        asked["client_id"], registration_id=g.token.registration_id, clock=ports().clock, keys=ports().keys
    )
    return shown(CredentialSchema(), _with_uri(made)), 201, _NOT_KEPT


@blueprint.get("/credentials/<credential_id>")
@bearer(CLIENT_ADMIN)
@describe(tag="Registration", section="CDS-WG1-02 7.4", answers={200: CredentialSchema}, path=_PATH)
def get_credential(credential_id: str) -> ResponseReturnValue:
    """
    Get a Credential

    One of this registration, its secret in clear.
    """
    found = credentials.get_credential(credential_id, registration_id=g.token.registration_id, keys=ports().keys)
    return shown(CredentialSchema(), _with_uri(found)), 200, _NOT_KEPT


@blueprint.patch("/credentials/<credential_id>")
@bearer(CLIENT_ADMIN)
@describe(
    tag="Registration",
    section="CDS-WG1-02 7.6",
    body=CredentialChangeSchema,
    answers={200: CredentialSchema},
    path=_PATH,
)
def modify_credential(credential_id: str) -> ResponseReturnValue:
    """
    End a Credential

    Its end is only brought forward. Ended now, its secret and every token issued with it stop working at once.
    """
    change = CredentialChangeSchema().load(json_body())
    changed = credentials.expire_credential(
        credential_id,
        change.get("client_secret_expires_at"),
        registration_id=g.token.registration_id,
        clock=ports().clock,
        keys=ports().keys,
    )
    return shown(CredentialSchema(), _with_uri(changed)), 200, _NOT_KEPT


def _with_uri(credential: dict[str, Any]) -> dict[str, Any]:
    return {**credential, "uri": f"{settings().base_url}/credentials/{credential['credential_id']}"}
