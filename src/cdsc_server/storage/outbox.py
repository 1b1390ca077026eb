"""
The outbox: what is to be told, written in the transaction of the change it tells of, and sent after it.

A row is claimed by a conditional UPDATE, so two workers never send the same one at the same time.
A claim ends by itself, so a row outlives the worker that died with it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Index, Integer, LargeBinary, String, Text, and_, delete, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.storage.db import DataBase
from cdsc_server.storage.keyset import Cursor, Page, page
from cdsc_server.storage.types import UtcDateTime


class Channel(StrEnum):
    """How something is sent."""

    MAIL = "mail"
    WEBHOOK = "webhook"
    TICKET = "ticket"


class OutboxStatus(StrEnum):
    """Where a row stands."""

    WAITING = "waiting"
    SENT = "sent"
    #: Given up: refused for good, or tried too often.
    DEAD = "dead"


class OutboxRow(DataBase):
    """
    One thing for one recipient.

    The words of a mail are sealed, because they hold secret addresses, and gone once it was sent.
    An event for a webhook holds only ids, and stays as long as it can be sent again.
    The words of a ticket are those of the Message whose id it has.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index(None, "channel", "status", "due"),
        Index(None, "recipient", "status", "due"),
        Index(None, "recipient", "created", "outbox_id"),
        Index(None, "status", "created", "outbox_id"),
    )

    outbox_id: Mapped[str] = mapped_column(String, primary_key=True)
    #: One of Channel.
    channel: Mapped[str] = mapped_column(String)
    #: What it is about, for the operator: receipt, grant.revoked.
    kind: Mapped[str] = mapped_column(String)
    #: A mail address, the id of a webhook, or where tickets are made.
    recipient: Mapped[str] = mapped_column(String)
    #: Of a mail: JSON of subject, text and html, under the key of the server.
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)
    #: Of an event: JSON, as `services.webhook_events` writes it.
    body: Mapped[str | None] = mapped_column(Text, default=None)
    status: Mapped[str] = mapped_column(String, default=OutboxStatus.WAITING)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    #: The next attempt; while one is under way, the end of its claim; when sent or dead, since when.
    due: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    #: What went wrong last.
    fault: Mapped[str | None] = mapped_column(String, default=None)


def due_of(session: Session, channel: Channel, *, now: datetime, limit: int) -> Sequence[str]:
    """Ids of what is to be sent by now, the longest waiting first."""
    return session.scalars(
        select(OutboxRow.outbox_id).where(_due(channel, now)).order_by(OutboxRow.due).limit(limit)
    ).all()


def claim(session: Session, outbox_ids: Collection[str], *, now: datetime, until: datetime) -> Sequence[OutboxRow]:
    """Those of these rows that nobody else has, for an attempt that is counted already."""
    return session.scalars(
        update(OutboxRow)
        .where(OutboxRow.outbox_id.in_(outbox_ids), OutboxRow.status == OutboxStatus.WAITING, OutboxRow.due <= now)
        .values(due=until, attempts=OutboxRow.attempts + 1)
        .returning(OutboxRow)
        .execution_options(synchronize_session=False, populate_existing=True)
    ).all()


def finish(session: Session, outbox_ids: Collection[str], *, now: datetime) -> None:
    """Mark rows as sent, and forget what was sealed in them."""
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.outbox_id.in_(outbox_ids))
        .values(status=OutboxStatus.SENT, due=now, sealed=None, fault=None)
    )


def longest_waiting(session: Session, channel: Channel, *, now: datetime) -> datetime | None:
    """Since when that is due which should have gone first by this channel; None when nothing is due."""
    return session.scalars(select(func.min(OutboxRow.due, type_=UtcDateTime)).where(_due(channel, now))).one()


def postpone(session: Session, outbox_id: str, *, due: datetime, fault: str, dead: bool) -> None:
    """Note why an attempt failed, and try again at `due`, or never."""
    status = OutboxStatus.DEAD if dead else OutboxStatus.WAITING
    session.execute(
        update(OutboxRow).where(OutboxRow.outbox_id == outbox_id).values(status=status, due=due, fault=fault)
    )


def page_of(
    session: Session, *conditions: ColumnElement[bool], cursor: Cursor | None, size: int, oldest_first: bool = False
) -> Page[OutboxRow]:
    """A page of the rows that meet the conditions, the latest first or the oldest."""
    row = OutboxRow
    statement = select(row).where(*conditions)
    return page(
        session, statement, at=row.created, id=row.outbox_id, cursor=cursor, size=size, oldest_first=oldest_first
    )


def count(session: Session) -> Mapping[tuple[str, str], int]:
    """How many rows there are, by channel and status."""
    row = OutboxRow
    counted = session.execute(select(row.channel, row.status, func.count()).group_by(row.channel, row.status))
    return {(channel, status): int(number) for channel, status, number in counted}


def revive(session: Session, *conditions: ColumnElement[bool], now: datetime) -> Sequence[str]:
    """Give the rows that meet the conditions all their attempts again; returns their ids."""
    return session.scalars(
        update(OutboxRow)
        .where(*conditions)
        .values(status=OutboxStatus.WAITING, due=now, attempts=0)
        .returning(OutboxRow.outbox_id)
        .execution_options(synchronize_session=False)
    ).all()


def dead(outbox_ids: Collection[str] | None) -> ColumnElement[bool]:
    """What was given up, of these rows or of all."""
    given_up = OutboxRow.status == OutboxStatus.DEAD
    return given_up if outbox_ids is None else given_up & OutboxRow.outbox_id.in_(outbox_ids)


def over(channel: Channel, *, sent_before: datetime, dead_before: datetime) -> ColumnElement[bool]:
    """What was sent by a channel, or given up, before these instants."""
    row = OutboxRow
    sent = and_(row.status == OutboxStatus.SENT, row.due < sent_before)
    return and_(row.channel == channel, or_(sent, and_(row.status == OutboxStatus.DEAD, row.due < dead_before)))


def drop(session: Session, *conditions: ColumnElement[bool]) -> Sequence[str]:
    """Delete the rows that meet the conditions; returns their ids."""
    return session.scalars(
        delete(OutboxRow).where(*conditions).returning(OutboxRow.outbox_id).execution_options(synchronize_session=False)
    ).all()


def _due(channel: Channel, now: datetime) -> ColumnElement[bool]:
    row = OutboxRow
    return and_(row.channel == channel, row.status == OutboxStatus.WAITING, row.due <= now)
