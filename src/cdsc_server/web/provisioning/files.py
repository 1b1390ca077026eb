"""Delta files: sent here instead of put into a folder, and what became of every file that came."""

from __future__ import annotations

from typing import Final

from flask import Response, request
from flask.typing import ResponseReturnValue

from cdsc_server.errors import Conflict, FaultyRecords, FeedWaits, InvalidFile, NotAcceptable, UnsupportedMediaType
from cdsc_server.intake.files import take_upload
from cdsc_server.schemas.provisioning import (
    DeliveryListingSchema,
    DeltaReportSchema,
    FeedListingSchema,
    PlaceParameters,
)
from cdsc_server.services import deliveries, delta_files
from cdsc_server.storage.deliveries import DeliveryRow
from cdsc_server.web.context import catalogue, ports
from cdsc_server.web.cursors import PAGE_SIZE, cursor_of, links, shown
from cdsc_server.web.describe import Answer, describe
from cdsc_server.web.parameters import filters
from cdsc_server.web.provisioning.blueprint import blueprint, provisioning_token
from cdsc_server.web.provisioning.spool import CSV, PARQUET, spooled

_TAG: Final = "Files of changes"
_FORMS: Final = (CSV, PARQUET)
_JSON: Final = "application/json"
_WORDS: Final = "text/plain"


@blueprint.post("/files")
@provisioning_token()
@describe(
    tag=_TAG,
    section="",
    raw=_FORMS,
    answers={200: Answer(DeltaReportSchema, files=(_WORDS,))},
    problems=(Conflict, FeedWaits, InvalidFile, FaultyRecords),
)
def upload_file() -> ResponseReturnValue:
    """
    Send a delta file

    As CSV, or of readings as `application/vnd.apache.parquet`. It is applied as a whole, or not at all: then the answer
    tells which rows break which rules. A file that was applied before changes nothing. A file before whose number
    another one is missing is not kept: `feed_waits` tells which, so send that one first. With `Accept: text/plain` the
    report comes in words.
    """
    if request.mimetype not in _FORMS:
        raise UnsupportedMediaType(f"the body must be {' or '.join(_FORMS)}")
    in_words = _asks_for_words()
    with spooled() as (spool, _):
        heading, done = take_upload(spool, catalogue=catalogue(), clock=ports().clock)
    if in_words:
        return _words([done.summary, *done.notes])
    told = {each: getattr(done, each) for each in ("rows", "summary", "notes", "repeated")}
    return shown(DeltaReportSchema(), {"feed": heading.feed, "number": heading.number, **told})


@blueprint.get("/files")
@provisioning_token()
@describe(tag=_TAG, section="", query=PlaceParameters, answers={200: Answer(DeliveryListingSchema, files=(_WORDS,))})
def list_deliveries() -> ResponseReturnValue:
    """
    List the files that came

    Those of the import folder, of the SFTP server and of uploads, with their reports; the last looked at first. With
    `Accept: text/plain` the reports come in words.
    """
    asked = filters(PlaceParameters())
    page = deliveries.list_deliveries(cursor=cursor_of(asked), size=PAGE_SIZE)
    if _asks_for_words():
        return _words([line for row in page.rows for line in (f"{_kind(row)} {row.name}: {row.outcome}", *row.lines)])
    files = [
        {
            "name": row.name,
            "kind": _kind(row),
            "outcome": row.outcome,
            "lines": row.lines,
            "looked_at": row.looked_at,
        }
        for row in page.rows
    ]
    return shown(DeliveryListingSchema(), {"files": files, **links(page)})


@blueprint.get("/feeds")
@provisioning_token()
@describe(tag=_TAG, section="", answers={200: FeedListingSchema})
def list_feeds() -> ResponseReturnValue:
    """
    List the feeds

    Each with the last number that was applied or skipped: the next file has the number after it.
    """
    feeds = [{"feed": row.feed, "done": row.done} for row in delta_files.list_feeds()]
    return shown(FeedListingSchema(), {"feeds": feeds})


def _kind(row: DeliveryRow) -> str:
    return row.delivery_id.partition("/")[0]


def _asks_for_words() -> bool:
    """
    Whether the caller prefers words to JSON.

    Raises:
        NotAcceptable: it takes neither.
    """
    found = request.accept_mimetypes.best_match([_JSON, _WORDS], "" if request.accept_mimetypes else _JSON)
    if not found:
        raise NotAcceptable(f"this is told in {_JSON} or {_WORDS}")
    return found == _WORDS


def _words(lines: list[str]) -> Response:
    return Response("".join(f"{line}\n" for line in lines), mimetype=_WORDS)
