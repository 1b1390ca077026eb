"""Grants of people who agreed without signing in and whom nobody has recognised yet (CDS-WG3-01 9.1.1, 9.2)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, literal_column, or_, select
from sqlalchemy.orm import Session

from cdsc_server.storage.grants import GrantRow, ReceiptRow
from cdsc_server.storage.keyset import Cursor, Page, page


def list_unidentified(session: Session, *, cursor: Cursor | None, size: int, now: datetime) -> Page[GrantRow]:
    """A page of them, the longest wait first."""
    statement = select(GrantRow).where(_waits(now))
    return page(
        session, statement, at=GrantRow.created, id=GrantRow.grant_id, cursor=cursor, size=size, oldest_first=True
    )


def count_unidentified(session: Session, *, now: datetime) -> int:
    """How many there are."""
    return session.scalars(select(func.count()).select_from(GrantRow).where(_waits(now))).one()


def _waits(now: datetime) -> ColumnElement[bool]:
    # Other Grants without a Customer can be pending, too; what was named is on the receipt of these.
    named = exists().where(ReceiptRow.grant_id == GrantRow.grant_id, ReceiptRow.stated.is_not(None))
    return and_(
        # As it stands in the index.
        GrantRow.status == literal_column("'pending'"),
        GrantRow.customer_id.is_(None),
        or_(GrantRow.expires.is_(None), GrantRow.expires > now),
        named,
    )
