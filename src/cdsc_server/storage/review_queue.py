"""What waits for operators, as a listing with filters that goes both ways."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, literal, select, tuple_
from sqlalchemy.orm import Session

from cdsc_server.storage.keyset import Cursor, Page
from cdsc_server.storage.messages import MessageRow
from cdsc_server.storage.reviews import RequirementRow, waits


@dataclass(frozen=True)
class Waiter:
    """A Message that waits for an operator, with its requirement when it asks for one."""

    message: MessageRow
    requirement: RequirementRow | None


def list_waiting(
    session: Session,
    *,
    kinds: Collection[str] | None,
    registration_ids: Collection[str] | None,
    cursor: Cursor | None,
    size: int,
) -> Page[Waiter]:
    """
    A page of what waits, the longest wait first; one statement.

    Args:
        kinds: types of Messages, or of the registration fields that they ask for; None for all.
    """
    backwards = cursor is not None and cursor.backwards
    key = tuple_(MessageRow.modified, MessageRow.message_id)
    statement = (
        select(MessageRow, RequirementRow)
        .outerjoin(RequirementRow, RequirementRow.message_id == MessageRow.message_id)
        .where(waits())
    )
    if kinds is not None:
        statement = statement.where(func.coalesce(RequirementRow.type, MessageRow.type).in_(kinds))
    if registration_ids is not None:
        statement = statement.where(MessageRow.registration_id.in_(registration_ids))
    if cursor is not None:
        place = tuple_(literal(cursor.at, MessageRow.modified.type), literal(cursor.id))
        statement = statement.where(key < place if backwards else key > place)
    columns = (MessageRow.modified, MessageRow.message_id)
    order = [column.desc() if backwards else column.asc() for column in columns]
    found = [Waiter(*row) for row in session.execute(statement.order_by(*order).limit(size + 1))]
    more, rows = len(found) > size, found[:size]
    if backwards:
        rows.reverse()
    before = more if backwards else cursor is not None
    after = cursor is not None if backwards else more
    return Page(
        rows,
        previous=_place(rows[0], back=True) if rows and before else None,
        next=_place(rows[-1], back=False) if rows and after else None,
    )


def _place(waiter: Waiter, *, back: bool) -> Cursor:
    return Cursor(back, waiter.message.modified, waiter.message.message_id)
