"""Grants API: a Client Admin sees what Customers agreed to, and gives it back (CDS-WG1-02 8)."""

from __future__ import annotations

from typing import Final

from flask import g
from flask.typing import ResponseReturnValue

from cdsc_server.domain.catalogue import CLIENT_ADMIN
from cdsc_server.errors import Conflict, InvalidAuthorizationDetails, InvalidScope
from cdsc_server.schemas.grants import GrantChangeSchema, GrantFiltersSchema, GrantListingSchema, GrantSchema
from cdsc_server.services import grant_changes, grants
from cdsc_server.storage.grants import GrantFilters
from cdsc_server.web.bearer import bearer
from cdsc_server.web.context import catalogue, mailing, ports, settings
from cdsc_server.web.describe import Answer, describe
from cdsc_server.web.parameters import filters
from cdsc_server.web.registration.room import PAGE_SIZE, blueprint, cursor_of, links, shown
from cdsc_server.web.wire import json_body

_PATH: Final = {"grant_id": "A Grant of this registration."}
_FILTERS: Final = GrantFiltersSchema()
_LISTING: Final = GrantListingSchema()


@blueprint.get("/grants")
@bearer(CLIENT_ADMIN)
@describe(tag="Grants", section="CDS-WG1-02 8.5", query=GrantFiltersSchema, answers={200: GrantListingSchema})
def list_grants() -> ResponseReturnValue:
    """
    List Grants

    Those of every Client Object of this registration, the last modified first.
    """
    wanted = filters(_FILTERS)
    cursor = cursor_of(wanted)
    wanted.pop("cursor", None)
    clock, base_url = ports().clock, settings().base_url
    page = grants.list_grants(
        g.token.registration_id, GrantFilters(**wanted), clock=clock, cursor=cursor, size=PAGE_SIZE
    )
    now = clock.now()
    objects = [grants.to_wire(seen, base_url=base_url, now=now) for seen in page.rows]
    return shown(_LISTING, {"grants": objects, **links(page)})


@blueprint.get("/grants/<grant_id>")
@bearer(CLIENT_ADMIN)
@describe(tag="Grants", section="CDS-WG1-02 8.6", answers={200: GrantSchema}, path=_PATH)
def get_grant(grant_id: str) -> ResponseReturnValue:
    """
    Get a Grant

    One of this registration, with its status as it is now.
    """
    seen = grants.get_grant(grant_id, registration_id=g.token.registration_id)
    return shown(GrantSchema(), grants.to_wire(seen, base_url=settings().base_url, now=ports().clock.now()))


@blueprint.patch("/grants/<grant_id>")
@bearer(CLIENT_ADMIN)
@describe(
    tag="Grants",
    section="CDS-WG1-02 8.7",
    body=GrantChangeSchema,
    answers={200: GrantSchema, 202: Answer(GrantSchema, "More is asked for, which waits for a review; see `eta`.")},
    problems=(Conflict, InvalidScope, InvalidAuthorizationDetails),
    path=_PATH,
)
def modify_grant(grant_id: str) -> ResponseReturnValue:
    """
    Close or change a Grant

    What is given back stops working at once. More than a Customer agreed to turns the status to needs_authorization:
    what was agreed to goes on working, and an authorization request with this grant_id as cds_grant_id gets the rest.
    Where this server looks at such a change first, the status is pending, and a Message tells what came of it.
    """
    change = GrantChangeSchema().load(json_body())
    clock = ports().clock
    modified = grant_changes.modify_grant(
        grant_id,
        change,
        registration_id=g.token.registration_id,
        catalogue=catalogue(),
        clock=clock,
        mailing=mailing(),
    )
    body = shown(GrantSchema(), grants.to_wire(modified.seen, base_url=settings().base_url, now=clock.now()))
    return body, 202 if modified.waiting else 200
