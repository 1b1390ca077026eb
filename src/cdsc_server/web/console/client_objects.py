"""One Client Object: on its way to production, suspended and restored, and its limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from cdsc_server import exact_json
from cdsc_server.domain.client_limits import offered_to
from cdsc_server.domain.operators import DECIDE, SWITCH
from cdsc_server.errors import Conflict, InvalidRequest, NotFound, Problem
from cdsc_server.oauth.rfc8414 import authorization_server_metadata
from cdsc_server.services import client_holds, client_limits, console, production, reviews
from cdsc_server.services.audit import noting
from cdsc_server.services.reviews import Desk
from cdsc_server.storage.clients import ClientRow
from cdsc_server.web.console.blueprint import blueprint, show
from cdsc_server.web.console.door import operator, signed_in
from cdsc_server.web.context import catalogue, ports, public_url, settings
from cdsc_server.web.describe import undocumented


@blueprint.get("/objects/<client_id>")
@operator()
@undocumented("a page")
def client_object(client_id: str) -> ResponseReturnValue:
    """A Client Object."""
    return _page(client_id)


@blueprint.post("/objects/<client_id>/production")
@operator(*DECIDE)
@undocumented("a page")
def produce(client_id: str) -> ResponseReturnValue:
    """Make its production Client Object, asked for or not; without what it needs only with a tick and a reason."""
    note, override = request.form.get("note", "").strip(), "override" in request.form

    def make() -> None:
        if override and not note:
            raise InvalidRequest("Reason: write why, what is missing is waived by it", field="note")
        desk = Desk(catalogue(), settings(), ports(), noted=noting(signed_in().username, ports().clock))
        reviews.make_production(client_id, desk=desk, override=override, note=note)

    return _done(client_id, "produced", make)


@blueprint.post("/objects/<client_id>/switch")
@operator(*SWITCH)
@undocumented("a page")
def switch_client(client_id: str) -> ResponseReturnValue:
    """Suspend a Client Object, or restore it."""
    do = request.form.get("do", "")
    switch = {"suspend": client_holds.suspend_client, "restore": client_holds.restore_client}.get(do)

    def turn() -> None:
        if switch is None:
            raise InvalidRequest("Choose what to do", field="reason")
        switch(client_id, request.form.get("reason", ""), actor=signed_in().username, clock=ports().clock)

    return _done(client_id, do, turn)


@blueprint.get("/objects/<client_id>/limits")
@operator()
@undocumented("a page")
def limits(client_id: str) -> ResponseReturnValue:
    """Everybody's limits and its own, and what its metadata says of them."""
    return _limits(client_id)


@blueprint.post("/objects/<client_id>/limits")
@operator(*DECIDE)
@undocumented("a page")
def limit(client_id: str) -> ResponseReturnValue:
    """Set the limit of a field, or lift it."""
    form = request.form
    scope_id, _, field_id = form.get("of", "").partition(" ")
    try:
        if form.get("do") == "lift":
            client_limits.lift_limit(client_id, scope_id, field_id, actor=signed_in().username, clock=ports().clock)
        else:
            client_limits.set_limit(
                client_id,
                scope_id,
                field_id,
                maximum=form.get("maximum", "").strip() or None,
                minimum=form.get("minimum", "").strip() or None,
                actor=signed_in().username,
                catalogue=catalogue(),
                clock=ports().clock,
            )
    except (InvalidRequest, NotFound) as refusal:
        return _limits(client_id, refusal)
    return redirect(url_for("console.limits", client_id=client_id, done=form.get("do", "set")), 303)


def _done(client_id: str, done: str, do: Callable[[], None]) -> ResponseReturnValue:
    try:
        do()
    except (InvalidRequest, Conflict) as refusal:
        return _page(client_id, refusal)
    return redirect(url_for("console.client_object", client_id=client_id, done=done), 303)


def _page(client_id: str, refusal: Problem | None = None) -> Response:
    row, name = console.client_object(client_id)
    return show(
        "client-object.html",
        status=200 if refusal is None else refusal.status,
        client=row,
        name=name,
        case=production.production_case(client_id, catalogue=catalogue()),
        direct=any(scope.type.direct for scope in catalogue().scopes_of(row.scope.split())),
        refusal=refusal,
        sent=request.form,
        done=request.args.get("done", ""),
    )


def _limits(client_id: str, refusal: Problem | None = None) -> Response:
    row, name = console.client_object(client_id)
    return show(
        "limits.html",
        status=200 if refusal is None else refusal.status,
        client=row,
        name=name,
        limits=client_limits.limits_of(row, catalogue=catalogue()),
        metadata=_metadata(row),
        address=public_url("client_metadata.server_metadata", client_id=client_id),
        refusal=refusal,
        sent=request.form,
        done=request.args.get("done", ""),
    )


def _metadata(row: ClientRow) -> dict[str, str]:
    """What its authorization server metadata says of each scope that has limits of its own."""
    document: dict[str, Any] = authorization_server_metadata(
        offered_to(catalogue(), row), base_url=settings().base_url, url=public_url
    )
    described = document["cds_scope_descriptions"]
    limited_ids = [scope_id for scope_id in row.limits if scope_id in described]
    told = {each: described[each]["authorization_details_fields_supported"] for each in limited_ids}
    return {
        scope_id: "\n".join(_member(each) for each in fields if each["id"] in row.limits[scope_id])
        for scope_id, fields in told.items()
    }


def _member(field: dict[str, Any]) -> str:
    lines = [f"  {exact_json.dumps(name).decode()}: {exact_json.dumps(each).decode()}" for name, each in field.items()]
    return "{\n" + ",\n".join(lines) + "\n}"
