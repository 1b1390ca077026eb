"""Webhooks of Clients, and what of the outbox is for them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.domain.webhooks import EventKind, WebhookStatus
from cdsc_server.storage.db import DataBase
from cdsc_server.storage.keyset import Cursor, Page, page
from cdsc_server.storage.outbox import Channel, OutboxRow, OutboxStatus
from cdsc_server.storage.types import ExactJSON, UtcDateTime


class WebhookRow(DataBase):
    """An address that a Client wants to be called at. Its secrets are sealed: each call is signed with them."""

    __tablename__ = "webhooks"
    __table_args__ = (Index(None, "registration_id", "created", "webhook_id"),)

    webhook_id: Mapped[str] = mapped_column(String, primary_key=True)
    registration_id: Mapped[str] = mapped_column(ForeignKey("registrations.registration_id"))
    url: Mapped[str] = mapped_column(String)
    #: Kinds of events that are wanted.
    events: Mapped[list[str]] = mapped_column(ExactJSON)
    status: Mapped[str] = mapped_column(String, default=WebhookStatus.PENDING)
    #: What the address has to answer while it is pending.
    challenge: Mapped[str] = mapped_column(String)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    #: The secret before, valid beside the other one until `former_until`.
    former: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)
    former_until: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    #: The first failure since the last success.
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    #: Why it is disabled, or what went wrong last.
    fault: Mapped[str | None] = mapped_column(String, default=None)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    modified: Mapped[datetime] = mapped_column(UtcDateTime)


def find_webhook(
    session: Session, webhook_id: str, *, registration_id: str | None = None, lock: bool = False
) -> WebhookRow | None:
    """The webhook, of this registration when one is given."""
    statement = select(WebhookRow).where(WebhookRow.webhook_id == webhook_id)
    if registration_id is not None:
        statement = statement.where(WebhookRow.registration_id == registration_id)
    return session.scalars(statement.with_for_update() if lock else statement).one_or_none()


def list_webhooks(session: Session, registration_id: str) -> Sequence[WebhookRow]:
    """Those of a registration, the oldest first."""
    statement = select(WebhookRow).where(WebhookRow.registration_id == registration_id)
    return session.scalars(statement.order_by(WebhookRow.created, WebhookRow.webhook_id)).all()


def listening(session: Session, registration_ids: Collection[str]) -> Sequence[WebhookRow]:
    """Webhooks of these registrations that are told of events."""
    return session.scalars(
        select(WebhookRow).where(
            WebhookRow.registration_id.in_(registration_ids), WebhookRow.status != WebhookStatus.DISABLED
        )
    ).all()


def delete_webhook(session: Session, webhook_id: str) -> None:
    """Forget a webhook and all that was to be sent to it."""
    session.execute(delete(OutboxRow).where(_of(webhook_id)))
    session.execute(delete(WebhookRow).where(WebhookRow.webhook_id == webhook_id))


def verified(session: Session, webhook_id: str, challenge: str, *, now: datetime) -> bool:
    """Make a webhook active that gave back what it was asked; False when that is not what it is asked now."""
    return (
        session.scalars(
            update(WebhookRow)
            .where(
                WebhookRow.webhook_id == webhook_id,
                WebhookRow.challenge == challenge,
                WebhookRow.status == WebhookStatus.PENDING,
            )
            .values(status=WebhookStatus.ACTIVE, failing_since=None, fault=None, modified=now)
            .returning(WebhookRow.webhook_id)
            .execution_options(synchronize_session=False)
        ).one_or_none()
        is not None
    )


def drop_verifications(session: Session, webhook_id: str) -> None:
    """Take back questions that no longer matter."""
    session.execute(delete(OutboxRow).where(_of(webhook_id), OutboxRow.kind == EventKind.VERIFICATION))


def give_up_waiting(session: Session, webhook_id: str, *, now: datetime) -> None:
    """Give up what waits for a webhook that gets nothing any more; its Client can have it sent again later."""
    waiting = and_(_of(webhook_id), OutboxRow.status == OutboxStatus.WAITING)
    session.execute(
        update(OutboxRow)
        .where(waiting)
        .values(status=OutboxStatus.DEAD, due=now, fault="the webhook was disabled")
        .execution_options(synchronize_session=False)
    )


def webhooks_with_due(session: Session, *, now: datetime) -> Sequence[str]:
    """Ids of webhooks for which something can be sent now."""
    due = and_(
        OutboxRow.recipient == WebhookRow.webhook_id, OutboxRow.status == OutboxStatus.WAITING, OutboxRow.due <= now
    )
    statement = select(WebhookRow.webhook_id).where(exists().where(due, _sendable()))
    return session.scalars(statement.order_by(WebhookRow.webhook_id)).all()


def due_for(session: Session, webhook_id: str, *, now: datetime, limit: int) -> Sequence[str]:
    """Ids of what can be sent to a webhook now, the longest waiting first."""
    return session.scalars(
        select(OutboxRow.outbox_id)
        .join(WebhookRow, WebhookRow.webhook_id == OutboxRow.recipient)
        .where(OutboxRow.recipient == webhook_id, OutboxRow.status == OutboxStatus.WAITING, OutboxRow.due <= now)
        .where(_sendable())
        .order_by(OutboxRow.due)
        .limit(limit)
    ).all()


def _sendable() -> ColumnElement[bool]:
    """All to an active webhook, its question to a pending one, nothing to one that is disabled."""
    asks = and_(WebhookRow.status == WebhookStatus.PENDING, OutboxRow.kind == EventKind.VERIFICATION)
    return or_(WebhookRow.status == WebhookStatus.ACTIVE, asks)


def list_deliveries(
    session: Session, webhook_id: str, *, statuses: Collection[str] | None, cursor: Cursor | None, size: int
) -> Page[OutboxRow]:
    """What was or is to be sent to a webhook, the latest first."""
    row = OutboxRow
    statement = select(row).where(_of(webhook_id))
    if statuses is not None:
        statement = statement.where(row.status.in_(statuses))
    return page(session, statement, at=row.created, id=row.outbox_id, cursor=cursor, size=size)


def ended_since(webhook_id: str, since: datetime, delivery_ids: Collection[str] | None) -> ColumnElement[bool]:
    """Events of a webhook that were sent or given up, of an instant or later; of these ids where some are given."""
    found = and_(
        _of(webhook_id),
        OutboxRow.kind != EventKind.VERIFICATION,
        OutboxRow.status != OutboxStatus.WAITING,
        OutboxRow.created >= since,
    )
    return found if delivery_ids is None else and_(found, OutboxRow.outbox_id.in_(delivery_ids))


def _of(webhook_id: str) -> ColumnElement[bool]:
    return and_(OutboxRow.recipient == webhook_id, OutboxRow.channel == Channel.WEBHOOK)


def count_webhooks(session: Session, registration_id: str) -> int:
    """How many a registration has."""
    counted = select(func.count()).select_from(WebhookRow).where(WebhookRow.registration_id == registration_id)
    return session.scalars(counted).one()
