"""
Pages of a list that is sorted by an instant, newest first unless said otherwise: keyset paging on (instant, id).

It is stable while rows change: one that moves never makes another row appear twice or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, FromClause, Select, literal, select, tuple_
from sqlalchemy import Row as PlainRow
from sqlalchemy.orm import InstrumentedAttribute, Session

Row = TypeVar("Row")


@dataclass(frozen=True)
class Cursor:
    """
    A place between two rows.

    Args:
        backwards: the page before this place, not the one after it.
        at: the instant of the row at this place.
        id: its id.
    """

    backwards: bool
    at: datetime
    id: str


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page; a cursor is None where the list ends."""

    rows: Sequence[Row]
    previous: Cursor | None
    next: Cursor | None


def page(
    session: Session,
    statement: Select[Row],
    *,
    at: InstrumentedAttribute[datetime],
    id: InstrumentedAttribute[str],
    cursor: Cursor | None,
    size: int,
    oldest_first: bool = False,
) -> Page[Row]:
    """
    The page at `cursor`, the first one without it; one statement.

    Args:
        at: the column sorted by, newest first or `oldest_first`.
        id: breaks ties, so that the order is total.
    """
    found = session.scalars(_at_place(statement, at, id, cursor, size, oldest_first=oldest_first))
    return _page(found.all(), at, id, cursor, size)


def plain_page(
    session: Session,
    table: FromClause,
    *conditions: ColumnElement[bool],
    at: InstrumentedAttribute[datetime],
    id: InstrumentedAttribute[str],
    cursor: Cursor | None,
    size: int,
) -> Page[PlainRow[Any]]:
    """
    As `page`, of rows that have the columns of the table as attributes and are only read.

    Objects of a session can be changed and are told of changes, which costs as much as the rest of a long page.
    """
    found = session.execute(_at_place(select(table).where(*conditions), at, id, cursor, size))
    return _page(found.all(), at, id, cursor, size)


def _at_place(
    statement: Select[Any],
    at: InstrumentedAttribute[datetime],
    id: InstrumentedAttribute[str],
    cursor: Cursor | None,
    size: int,
    *,
    oldest_first: bool = False,
) -> Select[Any]:
    key = tuple_(at, id)
    upwards = oldest_first != (cursor is not None and cursor.backwards)
    if cursor is not None:
        # With the column's own type, because SQLite keeps instants as text of one width.
        place = tuple_(literal(cursor.at, at.type), literal(cursor.id))
        statement = statement.where(key > place if upwards else key < place)
    order = (at.asc(), id.asc()) if upwards else (at.desc(), id.desc())
    return statement.order_by(*order).limit(size + 1)


def _page(
    found: Sequence[Row],
    at: InstrumentedAttribute[datetime],
    id: InstrumentedAttribute[str],
    cursor: Cursor | None,
    size: int,
) -> Page[Row]:
    more, rows = len(found) > size, list(found[:size])
    backwards = cursor is not None and cursor.backwards
    if backwards:
        rows.reverse()

    def place_of(row: Any, *, back: bool) -> Cursor:
        return Cursor(back, getattr(row, at.key), getattr(row, id.key))

    before = more if backwards else cursor is not None
    after = cursor is not None if backwards else more
    return Page(
        rows,
        previous=place_of(rows[0], back=True) if rows and before else None,
        next=place_of(rows[-1], back=False) if rows and after else None,
    )
