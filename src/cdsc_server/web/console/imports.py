"""What came by the import folder, how fresh the data of each source is, and which feeds wait for a missing file."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from cdsc_server.domain.operators import SWITCH
from cdsc_server.errors import Conflict
from cdsc_server.services import deliveries, delta_files
from cdsc_server.web.console.blueprint import SIZE, asked_cursor, blueprint, show
from cdsc_server.web.console.door import operator, signed_in
from cdsc_server.web.context import catalogue, ports, settings
from cdsc_server.web.describe import undocumented


@blueprint.get("/imports")
@operator()
@undocumented("a page")
def imports() -> ResponseReturnValue:
    """Each source with its last delivery, each feed, and every delivery, the latest first."""
    return _page()


@blueprint.post("/imports")
@operator(*SWITCH)
@undocumented("a page")
def skip_missing() -> ResponseReturnValue:
    """Go on without the missing files of a feed, up to the number that the page told."""
    feed, number = request.form.get("feed", ""), request.form.get("number", type=int, default=0)
    try:
        delta_files.skip(feed, number, only_missing=True, actor=signed_in().username, clock=ports().clock)
    except Conflict as refusal:
        return _page(refusal)
    return redirect(url_for("console.imports"), 303)


def _page(refusal: Conflict | None = None) -> ResponseReturnValue:
    return show(
        "imports.html",
        status=200 if refusal is None else refusal.status,
        folder=bool(settings().import_dir),
        sources=deliveries.sources(catalogue=catalogue(), clock=ports().clock),
        feeds=delta_files.list_feeds(),
        page=deliveries.list_deliveries(cursor=asked_cursor(), size=SIZE),
        refusal=refusal,
    )
