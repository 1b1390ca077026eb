"""What came by the import folder, and when each source was heard of last."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Index, String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.storage.db import DataBase
from cdsc_server.storage.inserts import insert_into
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
    """When a delivery last told of a source, and whether operators were told of its silence."""

    __tablename__ = "sources"

    #: One of `domain.freshness.Source`.
    source: Mapped[str] = mapped_column(String, primary_key=True)
    #: None when no delivery ever did.
    heard_of: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    #: When operators were told that it is late; None when it is not.
    alarmed: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)


def set_heard_of(session: Session, sources: Collection[str], at: datetime) -> None:
    """Note that a delivery told of these sources."""
    for source in sorted(sources):
        fresh = insert_into(session, SourceRow).values(source=source, heard_of=at)
        session.execute(fresh.on_conflict_do_update(index_elements=["source"], set_={"heard_of": at}))


def last_heard_of(session: Session) -> dict[str, datetime]:
    """When each source was told of last, for those that ever were."""
    row = SourceRow
    return {source: at for source, at in session.execute(select(row.source, row.heard_of)) if at is not None}


def raise_alarm(session: Session, source: str, *, now: datetime) -> bool:
    """Note that operators are told of a late source; False when they were already, also by another process."""
    fresh = insert_into(session, SourceRow).values(source=source, alarmed=now)
    raised = fresh.on_conflict_do_update(
        index_elements=["source"], set_={"alarmed": now}, where=SourceRow.alarmed.is_(None)
    )
    return session.scalar(raised.returning(SourceRow.source)) is not None


def end_alarms(session: Session, *, but: Collection[str]) -> Sequence[str]:
    """Forget the alarms of all sources but these; gives those that had one."""
    ended = update(SourceRow).where(SourceRow.alarmed.is_not(None), SourceRow.source.not_in(but)).values(alarmed=None)
    options = {"synchronize_session": False}
    return session.scalars(ended.returning(SourceRow.source).execution_options(**options)).all()


def list_deliveries(session: Session, *, cursor: Cursor | None, size: int) -> Page[DeliveryRow]:
    """Deliveries, the latest first."""
    row = DeliveryRow
    return page(session, select(row), at=row.looked_at, id=row.delivery_id, cursor=cursor, size=size)
