"""The audit trail: who did what to what, and when. Rows are added and read, and never changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, event, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.storage.db import DataBase
from cdsc_server.storage.keyset import Cursor, Page, page
from cdsc_server.storage.types import ExactJSON, UtcDateTime


class AuditRow(DataBase):
    """One thing that an operator did."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index(None, "at", "entry_id"), Index(None, "subject", "at", "entry_id"))

    entry_id: Mapped[str] = mapped_column(String, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: The username of an operator, "command line" or "customer". No foreign key: the trail stands by itself.
    actor: Mapped[str] = mapped_column(String)
    #: What was done, such as "grant.suspended".
    action: Mapped[str] = mapped_column(String)
    #: To what, as "<kind>:<id>".
    subject: Mapped[str] = mapped_column(String)
    #: What else there is to know, such as the reason; never a secret.
    detail: Mapped[Mapping[str, Any]] = mapped_column(ExactJSON)


@event.listens_for(AuditRow, "before_update")
@event.listens_for(AuditRow, "before_delete")
def _refuse(_mapper: Any, _connection: Any, row: AuditRow) -> None:
    raise RuntimeError(f"the audit trail is never changed: {row.entry_id}")


def list_entries(
    session: Session, *, cursor: Cursor | None, size: int, subject: str | None = None, actor: str | None = None
) -> Page[AuditRow]:
    """The trail, the newest first; only that of one subject, or of one actor, where it is given."""
    statement = select(AuditRow)
    if subject is not None:
        statement = statement.where(AuditRow.subject == subject)
    if actor is not None:
        statement = statement.where(AuditRow.actor == actor)
    return page(session, statement, at=AuditRow.at, id=AuditRow.entry_id, cursor=cursor, size=size)


def latest_entry(session: Session, subject: str, *, actions: Collection[str]) -> AuditRow | None:
    """The newest entry that tells of one of these actions on a subject."""
    return session.scalars(
        select(AuditRow)
        .where(AuditRow.subject == subject, AuditRow.action.in_(actions))
        .order_by(AuditRow.at.desc(), AuditRow.entry_id.desc())
        .limit(1)
    ).one_or_none()


def latest_entries(session: Session, subjects: Collection[str], *, action: str) -> Mapping[str, AuditRow]:
    """The newest entry that tells of an action, by subject, where there is one."""
    row = AuditRow
    found = select(row).where(row.subject.in_(subjects), row.action == action).order_by(row.at, row.entry_id)
    return {entry.subject: entry for entry in session.scalars(found)} if subjects else {}
