"""Readings in bulk: as CSV, lines of JSON or Parquet, all of which are stored, or none; and those of a time removed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import BinaryIO, Final

from flask import request
from flask.typing import ResponseReturnValue

from cdsc_server.connectors.delta_files import json_lines, parquet
from cdsc_server.connectors.delta_files.blocks import Block, columns_of, lines_of
from cdsc_server.connectors.delta_files.readings import COLUMNS
from cdsc_server.errors import FaultyRecords, InvalidFile, UnsupportedMediaType
from cdsc_server.intake.deltas import take_readings
from cdsc_server.schemas.provisioning import (
    ReadingParameters,
    RemovalParameters,
    RemovedReadingsSchema,
    StoredReadingsSchema,
)
from cdsc_server.services.provisioning import removed_readings
from cdsc_server.services.provisioning.removed_readings import Asked
from cdsc_server.web.context import catalogue, ports
from cdsc_server.web.cursors import shown
from cdsc_server.web.describe import describe
from cdsc_server.web.parameters import filters
from cdsc_server.web.provisioning.blueprint import blueprint, provisioning_token
from cdsc_server.web.provisioning.spool import CSV, PARQUET, spooled
from cdsc_server.web.service_door import account

Table = tuple[tuple[str, ...], Iterable[Block]]


def _csv(file: BinaryIO) -> Table:
    return columns_of(file), lines_of(file, first_line=2)


def _turned(blocks: Callable[[BinaryIO], Iterable[Block]], file: BinaryIO) -> Table:
    return COLUMNS, blocks(file)


#: By media type: what gives the columns and the lines of a body.
_FORMS: Final[Mapping[str, Callable[[BinaryIO], Table]]] = {
    CSV: _csv,
    "application/x-ndjson": partial(_turned, json_lines.csv_blocks),
    PARQUET: partial(_turned, parquet.csv_blocks),
}


@blueprint.post("/readings")
@provisioning_token()
@describe(
    tag="Files of changes",
    section="",
    query=ReadingParameters,
    raw=tuple(_FORMS),
    answers={200: StoredReadingsSchema},
    problems=(InvalidFile, FaultyRecords),
)
def upload_readings() -> ResponseReturnValue:
    """
    Send readings

    As CSV with the names of the columns in its first line, as `application/x-ndjson` with an object for each reading,
    or as `application/vnd.apache.parquet`. Columns and rules are those of delta files. All readings are stored, or
    none; the same ones again change nothing.
    """
    form = _FORMS.get(request.mimetype)
    if form is None:
        raise UnsupportedMediaType(f"the body must be {', '.join(_FORMS)}")
    missing = filters(ReadingParameters()).get("missing", "").split(",")
    with spooled() as (spool, _):
        columns, blocks = form(spool)
        done = take_readings(
            columns,
            blocks,
            counted="row" if request.mimetype == PARQUET else "line",
            missing=filter(None, missing),
            catalogue=catalogue(),
            clock=ports().clock,
        )
    return shown(StoredReadingsSchema(), {"rows": done.rows, "summary": done.summary})


@blueprint.delete("/meters/<external_id>/readings")
@provisioning_token()
@describe(
    tag="Files of changes",
    section="",
    query=RemovalParameters,
    answers={200: RemovedReadingsSchema},
    path={"external_id": "The `external_meter_id` that your systems have for it."},
)
def remove_readings(external_id: str) -> ResponseReturnValue:
    """
    Remove readings of a meter

    Those that lie wholly in the time named are taken away from whoever has them, however long each is, all at once.
    Clients read null there, and see by `cds_modified` that something changed. The same again removes nothing.
    """
    given = filters(RemovalParameters())
    asked = Asked(given["start"], given["end"], given.get("type"), given.get("direction"))
    gone = removed_readings.remove_readings(external_id, asked, actor=account().actor, clock=ports().clock)
    return shown(RemovedReadingsSchema(), {"readings": gone})
