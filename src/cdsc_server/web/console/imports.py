"""What came by the import folder, and how fresh the data of each source is."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from cdsc_server.services import deliveries
from cdsc_server.web.console.blueprint import SIZE, asked_cursor, blueprint, show
from cdsc_server.web.console.door import operator
from cdsc_server.web.context import catalogue, ports, settings
from cdsc_server.web.describe import undocumented


@blueprint.get("/imports")
@operator()
@undocumented("a page")
def imports() -> ResponseReturnValue:
    """Each source with its last delivery, and every delivery, the latest first."""
    return show(
        "imports.html",
        folder=bool(settings().import_dir),
        sources=deliveries.sources(catalogue=catalogue(), clock=ports().clock),
        page=deliveries.list_deliveries(cursor=asked_cursor(), size=SIZE),
    )
