"""Clients with all they hold."""

from __future__ import annotations

from typing import Final

from flask import request
from flask.typing import ResponseReturnValue

from cdsc_server.services import console, review_cases
from cdsc_server.web.console.blueprint import SIZE, asked_cursor, blueprint, show
from cdsc_server.web.console.door import operator
from cdsc_server.web.context import ports
from cdsc_server.web.describe import undocumented

_MOST_WAITING: Final = 50


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
    return show(
        "client.html",
        registration=console.registration(registration_id),
        waiting=review_cases.list_waiting(limit=_MOST_WAITING, registration_id=registration_id),
        now=ports().clock.now(),
    )


@blueprint.get("/clients/<registration_id>/grants")
@operator()
@undocumented("a page")
def grants(registration_id: str) -> ResponseReturnValue:
    """Every Grant of a registration, the latest change first."""
    found = console.registration(registration_id, grants_cursor=asked_cursor(), size=SIZE)
    return show(
        "listing.html",
        registration=found,
        kind="grants",
        page=found.grants,
        total=found.grants_total,
        made=request.args.get("done", type=int),
    )


@blueprint.get("/clients/<registration_id>/messages")
@operator()
@undocumented("a page")
def messages(registration_id: str) -> ResponseReturnValue:
    """Every Message of a registration, the latest change first."""
    found = console.registration(registration_id, messages_cursor=asked_cursor(), size=SIZE)
    return show("listing.html", registration=found, kind="messages", page=found.messages, total=found.messages_total)
