"""Clients with all they hold, and their Grants, which may be held and let go on."""

from __future__ import annotations

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from cdsc_server.domain.operators import SWITCH
from cdsc_server.errors import Conflict, InvalidRequest, Problem
from cdsc_server.services import console
from cdsc_server.web.console.blueprint import SIZE, asked_cursor, blueprint, show
from cdsc_server.web.console.door import operator, signed_in
from cdsc_server.web.context import ports
from cdsc_server.web.describe import undocumented


@blueprint.get("/clients")
@operator()
@undocumented("a page")
def clients() -> ResponseReturnValue:
    """Every registration, the newest first; `q` seeks by name and by id."""
    sought = request.args.get("q", "").strip().replace("\0", "")
    found = console.registrations(sought=sought, cursor=asked_cursor(), size=SIZE)
    return show("clients.html", found=found, sought=sought)


@blueprint.get("/clients/<registration_id>")
@operator()
@undocumented("a page")
def client(registration_id: str) -> ResponseReturnValue:
    """A registration with all it holds."""
    return show("client.html", registration=console.registration(registration_id), now=ports().clock.now())


@blueprint.get("/clients/<registration_id>/grants")
@operator()
@undocumented("a page")
def grants(registration_id: str) -> ResponseReturnValue:
    """Every Grant of a registration, the latest change first."""
    found = console.registration(registration_id, grants_cursor=asked_cursor(), size=SIZE)
    return show("listing.html", registration=found, kind="grants", page=found.grants, total=found.grants_total)


@blueprint.get("/clients/<registration_id>/messages")
@operator()
@undocumented("a page")
def messages(registration_id: str) -> ResponseReturnValue:
    """Every Message of a registration, the latest change first."""
    found = console.registration(registration_id, messages_cursor=asked_cursor(), size=SIZE)
    return show("listing.html", registration=found, kind="messages", page=found.messages, total=found.messages_total)


@blueprint.get("/grants/<grant_id>")
@operator()
@undocumented("a page")
def grant(grant_id: str) -> ResponseReturnValue:
    """A Grant."""
    return _grant(grant_id)


@blueprint.post("/grants/<grant_id>")
@operator(*SWITCH)
@undocumented("a page")
def switch_grant(grant_id: str) -> ResponseReturnValue:
    """Suspend a Grant, or restore one."""
    do = request.form.get("do", "")
    switch = {"suspend": console.suspend, "restore": console.restore}.get(do)
    if switch is None:
        return _grant(grant_id, InvalidRequest("Choose what to do", field="reason"))
    try:
        switch(grant_id, request.form.get("reason", ""), actor=signed_in().username, clock=ports().clock)
    except (InvalidRequest, Conflict) as refusal:
        return _grant(grant_id, refusal)
    return redirect(url_for("console.grant", grant_id=grant_id, done=do), 303)


def _grant(grant_id: str, refusal: Problem | None = None) -> Response:
    row, status, client = console.grant(grant_id, clock=ports().clock)
    return show(
        "grant.html",
        status=200 if refusal is None else refusal.status,
        grant=row,
        grant_status=status,
        client=client,
        refusal=refusal,
        reason=request.form.get("reason", ""),
        done=request.args.get("done", ""),
    )
