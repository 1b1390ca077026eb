"""Objects of one Customer in the order of the listings: the last modified first, then by id (CDS-WG3-01 10)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

Row = TypeVar("Row")

#: More ids than this are looked for here instead of being sent to the database.
_MOST_SENT = 500


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
        row: a table with `customer_id` and `modified`; row_id: its id.
        backward: in the opposite order.
        limit: how many are wanted at most; a hint that spares the database work.
    """
    table: Any = row
    if not ids:
        return
    rows = select(row).where(table.customer_id == customer_id)
    few = len(ids) <= _MOST_SENT
    if few:
        rows = rows.where(row_id.in_(sorted(ids)))
    if place is not None:
        beyond = table.modified > place.modified if backward else table.modified < place.modified
        further = row_id < place.id if backward else row_id > place.id
        rows = rows.where(or_(beyond, and_(table.modified == place.modified, further)))
    order = (table.modified.asc(), row_id.desc()) if backward else (table.modified.desc(), row_id.asc())
    rows = rows.order_by(*order)
    # A short list comes in one journey; a long one a few at a time, as whoever filters it may soon have enough.
    rows = rows.limit(limit) if few and limit is not None else rows.execution_options(yield_per=200)
    for found in session.scalars(rows):
        if few or getattr(found, row_id.key) in ids:
            yield found
