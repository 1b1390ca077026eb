"""Objects of one Customer in the order of the listings: the last modified first, then by id (CDS-WG3-01 10)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, and_, bindparam, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from cdsc_server.storage.among import among_given
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.prepared import Prepared
from cdsc_server.storage.types import UtcDateTime

#: More ids than this are looked for here instead of being sent to the database.
_MOST_SENT = 500
#: Rows fetched at once where it is not known how many are wanted.
_CHUNK = 200


@dataclass(frozen=True, slots=True)
class Place:
    """A place between two objects of a listing: right after, or read backward right before, the object named."""

    modified: datetime
    id: str


def newest_first(
    session: Session,
    row: Any,
    row_id: InstrumentedAttribute[str],
    *,
    customer_id: str,
    ids: Collection[str],
    place: Place | None = None,
    backward: bool = False,
    limit: int | None = None,
) -> Iterator[Any]:
    """
    The rows with these ids, one after another from a place on; plain values with the names of the columns.

    Args:
        row: a table of Customers with `modified`; row_id: its id.
        backward: in the opposite order.
        limit: how many are wanted at most; a hint that spares the database work.
    """
    if not ids:
        return
    few = len(ids) <= _MOST_SENT
    size = limit if few and limit is not None else _CHUNK
    given: dict[str, Any] = {"customer_key": customer_key_of(customer_id), "size": size}
    if few:
        given["ids"] = sorted(ids)
    while True:
        # Whoever filters may soon have enough, so the rest waits in the database and not in a cursor.
        chunk = _page(row, row_id, backward, few, placed=place is not None).all(
            session, given if place is None else {**given, "modified": place.modified, "id": place.id}
        )
        yield from (found for found in chunk if few or getattr(found, row_id.key) in ids)
        if len(chunk) < size or size == limit:
            return
        place = Place(chunk[-1].modified, getattr(chunk[-1], row_id.key))


@cache
def _page(row: Any, row_id: InstrumentedAttribute[str], backward: bool, few: bool, *, placed: bool) -> Prepared:
    columns = list(cast("Table", row.__table__).columns)
    rows = select(*columns).where(row.customer_key == bindparam("customer_key"))
    if few:
        rows = rows.where(among_given(row_id, "ids"))
    if placed:
        place: Any = (bindparam("modified", type_=UtcDateTime), bindparam("id"))
        rows = rows.where(_beyond(row, row_id, *place, backward=backward))
    order = (row.modified.asc(), row_id.desc()) if backward else (row.modified.desc(), row_id.asc())
    return Prepared(rows.order_by(*order).limit(bindparam("size")), columns, writes=False)


def beyond(row: Any, row_id: InstrumentedAttribute[str], place: Place, *, backward: bool) -> ColumnElement[bool]:
    """Whether a row stands after a place in the order of the listings; before it where they are read backward."""
    return _beyond(row, row_id, place.modified, place.id, backward=backward)


def _beyond(row: Any, row_id: Any, modified: Any, id: Any, *, backward: bool) -> ColumnElement[bool]:
    later = row.modified > modified if backward else row.modified < modified
    further = row_id < id if backward else row_id > id
    return or_(later, and_(row.modified == modified, further))
