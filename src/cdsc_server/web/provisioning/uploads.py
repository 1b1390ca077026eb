"""Many records at once: lines of JSON, all of which are taken in, or none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Final

from flask import request
from flask.typing import ResponseReturnValue

from cdsc_server import exact_json
from cdsc_server.errors import Conflict, FaultyRecords, InvalidRequest, RecordFault, UnsupportedMediaType
from cdsc_server.schemas.provisioning import ReportSchema
from cdsc_server.services.provisioning import applying
from cdsc_server.services.provisioning.applying import Record, Upload
from cdsc_server.web.context import catalogue, ports, settings
from cdsc_server.web.cursors import shown
from cdsc_server.web.describe import describe
from cdsc_server.web.provisioning.blueprint import blueprint, provisioning_token
from cdsc_server.web.provisioning.spool import spooled
from cdsc_server.web.service_door import account

_LINES: Final = "application/x-ndjson"
_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")


@blueprint.post("/records")
@provisioning_token()
@describe(
    tag="Records",
    section="",
    raw=(_LINES,),
    headers={
        "Idempotency-Key": "Your own name for this upload; when it comes again within 7 days it is not taken in twice."
    },
    answers={200: ReportSchema},
    problems=(Conflict, FaultyRecords),
)
def upload() -> ResponseReturnValue:
    """
    Hand in many records

    Each line is a record as JSON, with a `kind` beside its members. They may name records of lines before them. All of
    them are taken in, or none: then the answer tells which lines break which rules.
    """
    if request.mimetype != _LINES:
        raise UnsupportedMediaType(f"the body must be {_LINES}")
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _KEY.fullmatch(key):
        raise InvalidRequest("Idempotency-Key: up to 255 visible characters", field="Idempotency-Key")
    who = account()
    with spooled() as (spool, content_hash):
        report = applying.apply_records(
            _records(spool),
            subject=f"upload:{content_hash}",
            actor=who.actor,
            catalogue=catalogue(),
            clock=ports().clock,
            upload=None if key is None else Upload(who.client_id, key, content_hash),
        )
    told = {name: getattr(report, name) for name in ("accepted", "new", "changed", "unchanged", "repeated")}
    return shown(ReportSchema(), told)


def _records(spool: IO[bytes]) -> Iterator[Record]:
    """
    The records of the lines; empty lines count, but say nothing.

    Raises:
        FaultyRecords: a line is longer than any record, or not JSON, so that nobody knows what it was to be.
    """
    longest, number = settings().body_bytes, 0
    while line := spool.readline(longest + 1):
        number += 1
        if len(line) > longest:
            raise FaultyRecords([RecordFault(number, "", f"must not be longer than {longest} bytes")])
        if not line.strip():
            continue
        try:
            body = exact_json.loads(line)
        except ValueError as fault:
            raise FaultyRecords([RecordFault(number, "", "must be JSON")]) from fault
        if isinstance(body, dict):
            yield Record(body.pop("kind", None), body, number)
        else:
            raise FaultyRecords([RecordFault(number, "", "must be a JSON object")])
