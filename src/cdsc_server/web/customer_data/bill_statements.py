"""Bill Statements of a Customer, for the Client whose Grant opens them: CDS-WG3-01 10.5."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from mimetypes import guess_extension
from typing import Any, Final

from flask import g
from flask.typing import ResponseReturnValue

from cdsc_server.errors import InvalidRequest
from cdsc_server.schemas.bill_statements import BillStatementFilters, BillStatementListingSchema, BillStatementSchema
from cdsc_server.schemas.listing_filters import keeps
from cdsc_server.services.bill_statements import OPTIONAL, SeenStatement, list_statements, open_file
from cdsc_server.services.customer_data import access_of
from cdsc_server.storage.bill_statements import Place
from cdsc_server.web.bearer import bearer
from cdsc_server.web.context import catalogue, ports, settings
from cdsc_server.web.customer_data.blueprint import blueprint, tell_read
from cdsc_server.web.customer_data.filters import asked_filters
from cdsc_server.web.customer_data.listings import shape
from cdsc_server.web.customer_data.sealing import sealing_key
from cdsc_server.web.describe import describe
from cdsc_server.web.downloads import Download, answers, sent
from cdsc_server.web.paging import PARAMETER, asked_place, page_url

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FILTERS: Final = BillStatementFilters()
_OPTIONAL: Final = frozenset(OPTIONAL)


@blueprint.get("/cds/bill_statements")
@bearer()
@describe(
    tag="Customer data",
    section="CDS-WG3-01 10.5.4",
    query=BillStatementFilters,
    answers={200: BillStatementListingSchema},
)
def list_bill_statements() -> ResponseReturnValue:
    """
    List Bill Statements

    The bills that the Grant opens, the newest first, with the members that it opens.
    """
    return answer_statements()


@blueprint.get("/cds/bill_statements/<statement_id>/file")
@bearer()
@describe(
    tag="Customer data",
    section="CDS-WG3-01 10.5.1",
    answers=answers("*/*"),
    path={"statement_id": "A Bill Statement whose files the Grant opens."},
)
def get_bill_file(statement_id: str) -> ResponseReturnValue:
    """
    Get the file of a bill

    The bill as the Customer got it, with the token that lists the Bill Statement.
    """
    access = access_of(catalogue(), g.token.grant, now=ports().clock.now())
    row, file, content = open_file(access, statement_id, blobs=ports().blobs)
    tell_read("bill_files", 1, period=[row.statement_date])
    name = f"bill-{row.statement_date.isoformat()}{guess_extension(file.mimetype) or ''}"
    return sent(
        Download(name, file.mimetype, file.size, file.content_hash, row.modified),
        content,
        whole=sealing_key() is not None,
    )


def answer_statements(*, scope_id: str | None = None) -> dict[str, Any]:
    """
    The page that the request asks for.

    Args:
        scope_id: only what entries of this scope open.

    Raises:
        InsufficientScope: the token's Grant opens no Bill Statements.
        InvalidRequest, ValidationError: a malformed parameter.
    """
    asked = asked_filters(_FILTERS)
    after, before = asked.pop("after", None), asked.pop("before", None)

    def show(seen: SeenStatement) -> dict[str, Any] | None:
        shown: dict[str, Any] = shape(BillStatementSchema, seen.fields, _OPTIONAL).dump(seen)
        return shown if keeps(_FILTERS, asked, shown) else None

    place, backward = _asked_place()
    access = access_of(catalogue(), g.token.grant, now=ports().clock.now(), scope_id=scope_id)
    page = list_statements(
        access,
        show=show,
        base_url=settings().base_url,
        asked=asked,
        after=after,
        before=before,
        place=place,
        backward=backward,
    )
    days = [date.fromisoformat(shown["statement_date"]) for shown in page.statements]
    tell_read("bill_statements", len(days), period=days)
    return {
        "bill_statements": page.statements,
        "next": page_url(_written(page.following, backward=False)),
        "previous": page_url(_written(page.preceding, backward=True)),
    }


def _written(place: Place | None, *, backward: bool) -> list[Any] | None:
    if place is None:
        return None
    return [place.day.isoformat(), (place.modified - _EPOCH) // timedelta(microseconds=1), place.id, backward]


def _asked_place() -> tuple[Place | None, bool]:
    asked = asked_place((str, int, str, bool))
    if asked is None:
        return None, False
    day, microseconds, statement_id, backward = asked
    try:
        place = Place(date.fromisoformat(day), _EPOCH + timedelta(microseconds=microseconds), statement_id)
    except (ValueError, OverflowError):
        place = None
    if place is None or "\0" in statement_id:
        raise InvalidRequest(f"{PARAMETER} is not a place in this listing", field=PARAMETER)
    return place, backward
