"""What registrations have to do before production, and how far they are (CDS-WG1-02 3.6)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    String,
    and_,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
    tuple_,
    union,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.domain.clients import ClientStatus
from cdsc_server.domain.messages import MessageStatus, MessageType
from cdsc_server.domain.registration_fields import FieldType
from cdsc_server.domain.requirements import UNDECIDED, RequirementStatus
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import DataBase
from cdsc_server.storage.messages import MessageRow
from cdsc_server.storage.types import ExactJSON, UtcDateTime


class RequirementRow(DataBase):
    """
    One requirement of one registration, for every scope that needs it.

    `link` is random and stands in a public address: whoever holds it may fill in the form, as often as it takes.
    """

    __tablename__ = "requirements"
    __table_args__ = (
        Index(None, "registration_id", "field_id", unique=True),
        Index(
            None,
            "status",
            "created",
            sqlite_where=text("status IN ('open', 'submitted')"),
            postgresql_where=text("status IN ('open', 'submitted')"),
        ),
    )

    requirement_id: Mapped[str] = mapped_column(String, primary_key=True)
    registration_id: Mapped[str] = mapped_column(ForeignKey("registrations.registration_id"))
    #: Of the catalogue; `type` is kept, because a catalogue may change.
    field_id: Mapped[str] = mapped_column(String)
    type: Mapped[str] = mapped_column(String)
    status: Mapped[str] = mapped_column(String)
    #: The Message that asks for it, the latest one.
    message_id: Mapped[str] = mapped_column(ForeignKey("messages.message_id"), index=True)
    link: Mapped[str] = mapped_column(String, unique=True)
    link_expires: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    payment_id: Mapped[str | None] = mapped_column(ForeignKey("payments.payment_id"), default=None)
    #: What was filled in, or proven: answers of a form, the address that was verified, the account that signed in.
    answers: Mapped[dict[str, Any]] = mapped_column(ExactJSON, default_factory=dict)
    #: Of a waived one: why an operator did without it.
    waived_because: Mapped[str | None] = mapped_column(String, default=None)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    modified: Mapped[datetime] = mapped_column(UtcDateTime)


class EmailCodeRow(DataBase):
    """The code sent for a requirement last; only the newest one counts."""

    __tablename__ = "email_codes"

    requirement_id: Mapped[str] = mapped_column(ForeignKey("requirements.requirement_id"), primary_key=True)
    address: Mapped[str] = mapped_column(String)
    code_hash: Mapped[str] = mapped_column(String)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    expires: Mapped[datetime] = mapped_column(UtcDateTime)


def by_link(session: Session, link: str) -> RequirementRow | None:
    """The requirement at this link."""
    return session.scalars(select(RequirementRow).where(RequirementRow.link == link)).one_or_none()


def by_message(session: Session, message_id: str) -> RequirementRow | None:
    """The requirement that this Message asks for."""
    return session.scalars(select(RequirementRow).where(RequirementRow.message_id == message_id)).one_or_none()


def by_payment(session: Session, payment_id: str) -> RequirementRow | None:
    """The requirement that this payment is for."""
    return session.scalars(select(RequirementRow).where(RequirementRow.payment_id == payment_id)).one_or_none()


def requirements_of(session: Session, registration_id: str) -> Sequence[RequirementRow]:
    """Every requirement of a registration."""
    return session.scalars(
        select(RequirementRow)
        .where(RequirementRow.registration_id == registration_id)
        .order_by(RequirementRow.created, RequirementRow.field_id)
    ).all()


def move_requirement(
    session: Session,
    requirement_id: str,
    *,
    current: Collection[RequirementStatus],
    following: RequirementStatus,
    now: datetime,
    **changed: Any,
) -> RequirementRow | None:
    """The requirement after a step; None when it is not where the caller thought: somebody else was first."""
    return session.scalars(
        update(RequirementRow)
        .where(RequirementRow.requirement_id == requirement_id, RequirementRow.status.in_(current))
        .values(status=following, modified=now, **changed)
        .returning(RequirementRow)
        .execution_options(synchronize_session=False, populate_existing=True)
    ).one_or_none()


def overdue_links(session: Session, *, now: datetime, limit: int) -> Sequence[RequirementRow]:
    """Open requirements whose link is too old, held until the transaction ends."""
    return session.scalars(
        select(RequirementRow)
        .where(RequirementRow.status == RequirementStatus.OPEN, RequirementRow.link_expires <= now)
        .order_by(RequirementRow.link_expires)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def find_code(session: Session, requirement_id: str) -> EmailCodeRow | None:
    """The code that counts, held until the transaction ends."""
    return session.scalars(
        select(EmailCodeRow)
        .where(EmailCodeRow.requirement_id == requirement_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


#: Requests of Clients, and of ours that they answered, which an operator decides.
REVIEWED = (
    MessageType.PRODUCTION_REQUEST,
    MessageType.GRANT_REQUEST,
    MessageType.FIELD_CHANGES,
    MessageType.SERVER_REQUEST,
    MessageType.SUPPORT_REQUEST,
)


def waiting(
    session: Session,
    *,
    limit: int,
    registration_id: str | None = None,
    after: tuple[datetime, str] | None = None,
) -> Sequence[tuple[MessageRow, RequirementRow | None]]:
    """
    Messages that wait for an operator, each with its requirement when it asks for one; the longest wait first.

    Args:
        after: `modified` and `message_id` of the last one of the page before.
    """
    here: list[ColumnElement[bool]] = []
    if registration_id is not None:
        here.append(MessageRow.registration_id == registration_id)
    if after is not None:
        place = tuple_(literal(after[0], MessageRow.modified.type), literal(after[1]))
        here.append(tuple_(MessageRow.modified, MessageRow.message_id) > place)
    order = (MessageRow.modified, MessageRow.message_id)
    # Each part ends where the page does, so that a long queue is not sorted for each of its pages.
    asked = select(MessageRow.message_id).where(*_asked(), *here).order_by(*order).limit(limit)
    due = (
        select(MessageRow.message_id)
        .join(RequirementRow, RequirementRow.message_id == MessageRow.message_id)
        .where(*_due(), *here)
        .order_by(*order)
        .limit(limit)
    )
    ids = union(*(select(part.subquery().c.message_id) for part in (asked, due)))
    statement = (
        select(MessageRow, RequirementRow)
        .outerjoin(RequirementRow, RequirementRow.message_id == MessageRow.message_id)
        .where(MessageRow.message_id.in_(ids))
        .order_by(*order)
        .limit(limit)
    )
    return [(message, requirement) for message, requirement in session.execute(statement)]


def count_waiting(session: Session) -> int:
    """How many Messages wait for an operator."""
    return session.scalars(select(func.count()).select_from(MessageRow).where(waits())).one()


def waits() -> ColumnElement[bool]:
    """Whether a Message waits for an operator."""
    # A list of ids, found with the very conditions of the partial indexes: what waits is few among many Messages.
    asked = select(MessageRow.message_id).where(*_asked())
    due = select(RequirementRow.message_id).where(*_due())
    return MessageRow.message_id.in_(union(asked.correlate(None), due.correlate(None)))


def _asked() -> tuple[ColumnElement[bool], ...]:
    in_index = literal_column("messages.status IN ('open', 'pending')", Boolean())
    return in_index, MessageRow.type.in_(REVIEWED), MessageRow.status == MessageStatus.PENDING


def _due() -> tuple[ColumnElement[bool], ...]:
    handed_in = RequirementRow.status == RequirementStatus.SUBMITTED
    ours = and_(RequirementRow.type == FieldType.INTERNAL_REVIEW, RequirementRow.status.in_(UNDECIDED))
    in_index = literal_column("requirements.status IN ('open', 'submitted')", Boolean())
    return in_index, or_(handed_in, ours)


def claim_message(session: Session, message_id: str, *, now: datetime) -> MessageRow | None:
    """The pending Message, held until the transaction ends; None when somebody has decided it, or there is none."""
    # An UPDATE, because it takes the row on every kind of database: of two reviewers the second finds it decided.
    return session.scalars(
        update(MessageRow)
        .where(
            MessageRow.message_id == message_id,
            MessageRow.type.in_(REVIEWED),
            MessageRow.status == MessageStatus.PENDING,
        )
        .values(modified=now)
        .returning(MessageRow)
        .execution_options(synchronize_session=False, populate_existing=True)
    ).one_or_none()


def pending_changes(session: Session, registration_id: str, client_id: str) -> Sequence[MessageRow]:
    """Changes of a Client Object that wait for an operator."""
    return session.scalars(
        select(MessageRow).where(
            MessageRow.registration_id == registration_id,
            MessageRow.related_key == client_id,
            MessageRow.type == MessageType.FIELD_CHANGES,
            MessageRow.status == MessageStatus.PENDING,
        )
    ).all()


def pending_production(session: Session, registration_id: str, client_id: str) -> MessageRow | None:
    """The oldest request for production of a Client Object that waits for an operator."""
    return session.scalars(
        select(MessageRow)
        .where(
            MessageRow.registration_id == registration_id,
            MessageRow.related_key == client_id,
            MessageRow.type == MessageType.PRODUCTION_REQUEST,
            MessageRow.status == MessageStatus.PENDING,
        )
        .order_by(MessageRow.created, MessageRow.message_id)
        .limit(1)
    ).one_or_none()


def production_like(session: Session, client: ClientRow) -> ClientRow | None:
    """A production Client Object of the same registration for the same scopes: enabled, or held by an operator."""
    found = session.scalars(
        select(ClientRow)
        .where(
            ClientRow.registration_id == client.registration_id,
            or_(ClientRow.status == ClientStatus.PRODUCTION, ClientRow.held.is_not(None)),
            ClientRow.scope == client.scope,
        )
        .order_by(ClientRow.created, ClientRow.client_id)
    ).all()
    fitting = (row for row in found if ClientStatus.PRODUCTION in row.status_options)
    return next((row for row in fitting if row.response_types == client.response_types), None)
