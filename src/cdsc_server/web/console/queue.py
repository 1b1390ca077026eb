"""What waits for an operator, and the audit trail of what operators did."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from cdsc_server.domain.operators import READ_TRAIL
from cdsc_server.services import audit, console, deliveries, delta_files
from cdsc_server.storage.keyset import Cursor
from cdsc_server.web.console.blueprint import SIZE, asked_cursor, blueprint, link, show
from cdsc_server.web.console.door import operator
from cdsc_server.web.context import catalogue, ports, settings
from cdsc_server.web.describe import undocumented


@blueprint.get("", endpoint="queue")
@operator()
@undocumented("a page")
def waiting() -> ResponseReturnValue:
    """What waits, the longest wait first; above it sources that are late, and feeds that miss a file."""
    cursor = asked_cursor()
    found = console.queue(after=None if cursor is None else (cursor.at, cursor.id), size=SIZE)
    following = None if found.next is None else Cursor(False, *found.next)
    late = deliveries.late_sources(settings=settings(), catalogue=catalogue(), clock=ports().clock)
    return show(
        "queue.html",
        queue=found,
        later=cursor is not None,
        following=link(following),
        late=late,
        feeds=delta_files.list_feeds(),
    )


@blueprint.get("/audit")
@operator(*READ_TRAIL)
@undocumented("a page")
def audit_trail() -> ResponseReturnValue:
    """What operators did, the latest first; `subject` shows what was done to one thing."""
    subject = request.args.get("subject") or None
    return show("audit.html", page=audit.entries(cursor=asked_cursor(), size=SIZE, subject=subject), subject=subject)
