"""
The outbox: mails written in the transaction of the change they tell of, and sent after it.

A mail is claimed by one conditional UPDATE, so two workers never send the same one at the same time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, Integer, LargeBinary, String, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.storage.db import DataBase
from cdsc_server.storage.types import UtcDateTime


class MailStatus(StrEnum):
    """Where a mail stands."""

    WAITING = "waiting"
    SENT = "sent"
    #: Given up: refused for good, or tried too often.
    DEAD = "dead"


class MailRow(DataBase):
    """A mail. Its words are sealed, because they hold secret addresses, and gone once it was sent."""

    __tablename__ = "mails"
    __table_args__ = (Index(None, "status", "due"),)

    mail_id: Mapped[str] = mapped_column(String, primary_key=True)
    #: What it is about, for the operator: receipt, revoked.
    kind: Mapped[str] = mapped_column(String)
    recipient: Mapped[str] = mapped_column(String)
    #: JSON of subject, text and html, under the key of the server.
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    status: Mapped[str] = mapped_column(String, default=MailStatus.WAITING)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    #: The next attempt; while one is under way, the end of its claim; when sent or dead, since when.
    due: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    #: What went wrong last.
    fault: Mapped[str | None] = mapped_column(String, default=None)


def due_mails(session: Session, *, now: datetime, limit: int) -> Sequence[str]:
    """Ids of mails whose time has come, the longest waiting first."""
    return session.scalars(
        select(MailRow.mail_id)
        .where(MailRow.status == MailStatus.WAITING, MailRow.due <= now)
        .order_by(MailRow.due)
        .limit(limit)
    ).all()


def claim_mail(session: Session, mail_id: str, *, now: datetime, until: datetime) -> MailRow | None:
    """
    The mail, for an attempt that is counted already; None when somebody else has it.

    A claim ends by itself, so a mail outlives the worker that died with it.
    """
    return session.scalars(
        update(MailRow)
        .where(MailRow.mail_id == mail_id, MailRow.status == MailStatus.WAITING, MailRow.due <= now)
        .values(due=until, attempts=MailRow.attempts + 1)
        .returning(MailRow)
        .execution_options(synchronize_session=False, populate_existing=True)
    ).one_or_none()


def finish_mail(session: Session, mail_id: str, *, now: datetime) -> None:
    """Mark a mail as sent, and forget its words."""
    session.execute(
        update(MailRow)
        .where(MailRow.mail_id == mail_id)
        .values(status=MailStatus.SENT, due=now, sealed=None, fault=None)
    )


def postpone_mail(session: Session, mail_id: str, *, due: datetime, fault: str, dead: bool) -> None:
    """Note why an attempt failed, and try again at `due`, or never."""
    status = MailStatus.DEAD if dead else MailStatus.WAITING
    session.execute(update(MailRow).where(MailRow.mail_id == mail_id).values(status=status, due=due, fault=fault))


def mails_in(session: Session, status: MailStatus, *, limit: int) -> Sequence[MailRow]:
    """Mails of a status, the oldest first."""
    return session.scalars(
        select(MailRow).where(MailRow.status == status).order_by(MailRow.created, MailRow.mail_id).limit(limit)
    ).all()


def count_mails(session: Session) -> dict[str, int]:
    """How many mails there are of each status."""
    rows = session.execute(select(MailRow.status, func.count()).group_by(MailRow.status))
    return {str(status): int(count) for status, count in rows}


def longest_waiting(session: Session, *, now: datetime) -> datetime | None:
    """Since when the mail is due that should have gone first; None when none is due."""
    due = select(func.min(MailRow.due, type_=UtcDateTime))
    return session.scalars(due.where(MailRow.status == MailStatus.WAITING, MailRow.due <= now)).one()


def revive_mails(session: Session, mail_ids: Sequence[str] | None, *, now: datetime) -> int:
    """Give dead mails all their attempts again, or all dead mails; returns how many."""
    which = MailRow.status == MailStatus.DEAD
    if mail_ids is not None:
        which &= MailRow.mail_id.in_(mail_ids)
    revived = session.scalars(
        update(MailRow)
        .where(which)
        .values(status=MailStatus.WAITING, due=now, attempts=0)
        .returning(MailRow.mail_id)
        .execution_options(synchronize_session=False)
    )
    return len(revived.all())


def forget_mails(session: Session, *, sent_before: datetime, dead_before: datetime) -> int:
    """Delete mails sent, or given up, before these instants; returns how many."""
    over = ((MailRow.status == MailStatus.SENT) & (MailRow.due < sent_before)) | (
        (MailRow.status == MailStatus.DEAD) & (MailRow.due < dead_before)
    )
    gone = session.scalars(
        delete(MailRow).where(over).returning(MailRow.mail_id).execution_options(synchronize_session=False)
    )
    return len(gone.all())
