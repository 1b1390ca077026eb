"""What came by the import folder, and when each source was heard of last."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.storage.db import DataBase
from cdsc_server.storage.keyset import Cursor, Page, page
from cdsc_server.storage.types import ExactJSON, UtcDateTime


class DeliveryRow(DataBase):
    """A delivery, and what became of it when it was looked at last."""

    __tablename__ = "deliveries"
    __table_args__ = (Index(None, "looked_at", "delivery_id"),)

    #: Its kind, and the name under which it is put away.
    delivery_id: Mapped[str] = mapped_column(String, primary_key=True)
    #: As the source called it.
    name: Mapped[str] = mapped_column(String)
    #: One of `intake.files.Outcome`.
    outcome: Mapped[str] = mapped_column(String)
    #: What its report says, or how that begins.
    lines: Mapped[list[str]] = mapped_column(ExactJSON)
    looked_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SourceRow(DataBase):
    """When a delivery last told of a source."""

    __tablename__ = "sources"

    #: One of `domain.freshness.Source`.
    source: Mapped[str] = mapped_column(String, primary_key=True)
    heard_of: Mapped[datetime] = mapped_column(UtcDateTime)


def set_heard_of(session: Session, sources: Collection[str], at: datetime) -> None:
    """Note that a delivery told of these sources."""
    for source in sorted(sources):
        session.merge(SourceRow(source=source, heard_of=at))


def last_heard_of(session: Session) -> Sequence[SourceRow]:
    """Every source that a delivery ever told of."""
    return session.scalars(select(SourceRow)).all()


def list_deliveries(session: Session, *, cursor: Cursor | None, size: int) -> Page[DeliveryRow]:
    """Deliveries, the latest first."""
    row = DeliveryRow
    return page(session, select(row), at=row.looked_at, id=row.delivery_id, cursor=cursor, size=size)
