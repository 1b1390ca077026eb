"""Objects of one Customer in the order of the listings: the last modified first, then by id (CDS-WG3-01 10)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from cdsc_server.storage.customers import customer_key_of

Row = TypeVar("Row")

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
    row: type[Row],
    row_id: InstrumentedAttribute[str],
    *,
    customer_id: str,
    ids: Collection[str],
    place: Place | None = None,
    backward: bool = False,
    limit: int | None = None,
) -> Iterator[Row]:
    """
    The rows with these ids, one after another from a place on.

    Args:
        row: a table of Customers with `modified`; row_id: its id.
        backward: in the opposite order.
        limit: how many are wanted at most; a hint that spares the database work.
    """
    table: Any = row
    if not ids:
        return
    few = len(ids) <= _MOST_SENT
    order = (table.modified.asc(), row_id.desc()) if backward else (table.modified.desc(), row_id.asc())
    rows = select(row).where(table.customer_key == customer_key_of(customer_id)).order_by(*order)
    if few:
        rows = rows.where(row_id.in_(sorted(ids)))
    size = limit if few and limit is not None else _CHUNK
    while True:
        # Whoever filters may soon have enough, so the rest waits in the database and not in a cursor.
        following = rows if place is None else rows.where(beyond(row, row_id, place, backward=backward))
        chunk = session.scalars(following.limit(size)).all()
        yield from (found for found in chunk if few or getattr(found, row_id.key) in ids)
        if len(chunk) < size or size == limit:
            return
        last: Any = chunk[-1]
        place = Place(last.modified, getattr(last, row_id.key))


def beyond(row: Any, row_id: InstrumentedAttribute[str], place: Place, *, backward: bool) -> ColumnElement[bool]:
    """Whether a row stands after a place in the order of the listings; before it where they are read backward."""
    later = row.modified > place.modified if backward else row.modified < place.modified
    further = row_id < place.id if backward else row_id > place.id
    return or_(later, and_(row.modified == place.modified, further))
