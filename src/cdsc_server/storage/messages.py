"""Messages between this Server and a registration, and the files attached to them (CDS-WG1-02 6)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Boolean, ColumnElement, ForeignKey, Index, Integer, Row, String, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.domain.messages import OUTSTANDING, MessageStatus, MessageType, RelatedTo
from cdsc_server.storage.among import among
from cdsc_server.storage.db import DataBase
from cdsc_server.storage.keyset import Cursor, Page, page, plain_page
from cdsc_server.storage.types import ExactDecimal, ExactJSON, UtcDateTime

_WAITING: Final = text("status IN ('open', 'pending')")


class MessageRow(DataBase):
    """A Message (CDS-WG1-02 6.1)."""

    __tablename__ = "messages"
    __table_args__ = (
        Index(None, "registration_id", "read", "modified", "message_id"),
        # Few Messages wait for somebody; this index holds only those.
        Index(
            None,
            "registration_id",
            "modified",
            "message_id",
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
        # The console lists those of all registrations, the longest wait first.
        Index(None, "modified", "message_id", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index(None, "previous_id"),
    )

    message_id: Mapped[str] = mapped_column(String, primary_key=True)
    registration_id: Mapped[str] = mapped_column(ForeignKey("registrations.registration_id"))
    #: The Message this one answers; previous_uri on the wire.
    previous_id: Mapped[str | None] = mapped_column(ForeignKey("messages.message_id"), default=None)
    type: Mapped[str] = mapped_column(String)
    status: Mapped[str] = mapped_column(String)
    read: Mapped[bool] = mapped_column(Boolean)
    #: The client_id of the Client that sent it; None for the Server.
    creator: Mapped[str | None] = mapped_column(String, default=None)
    name: Mapped[str] = mapped_column(String)
    description: Mapped[str] = mapped_column(String)
    updates_requested: Mapped[list[dict[str, Any]] | None] = mapped_column(ExactJSON, default=None)
    grants_requested: Mapped[list[dict[str, Any]] | None] = mapped_column(ExactJSON, default=None)
    #: See domain/messages.RelatedTo: no address of this Server is stored.
    related_type: Mapped[str | None] = mapped_column(String, default=None)
    related_key: Mapped[str | None] = mapped_column(String, default=None)
    amount: Mapped[Decimal | None] = mapped_column(ExactDecimal, default=None)
    currency: Mapped[str | None] = mapped_column(String, default=None)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    modified: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def related(self) -> RelatedTo | None:
        """What it is about."""
        return related_of(self)

    @related.setter
    def related(self, related: RelatedTo | None) -> None:
        self.related_type = None if related is None else str(related.type)
        self.related_key = None if related is None else related.key


def related_of(row: MessageRow | Row[Any]) -> RelatedTo | None:
    """What a Message is about."""
    if row.related_type is None or row.related_key is None:
        return None
    return RelatedTo(row.related_type, row.related_key)


class AttachmentRow(DataBase):
    """A file attached to a Message (CDS-WG1-02 6.7); its bytes are in the BlobStore."""

    __tablename__ = "message_attachments"

    message_id: Mapped[str] = mapped_column(ForeignKey("messages.message_id"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    filename: Mapped[str] = mapped_column(String)
    mime_type: Mapped[str] = mapped_column(String)
    size: Mapped[int] = mapped_column(Integer)
    content_hash: Mapped[str] = mapped_column(String)


#: The three lists of CDS-WG1-02 6.8; a Message may be outstanding and in one of the others at once.
SEGMENTS: Final[Mapping[str, ColumnElement[bool]]] = {
    "outstanding": MessageRow.status.in_(OUTSTANDING),
    "unread": MessageRow.read.is_(False),
    "read": MessageRow.read.is_(True),
}


def find_message(
    session: Session, message_id: str, *, registration_id: str | None = None, lock: bool = False
) -> MessageRow | None:
    """The Message; None when there is none, or none of this registration. `lock`: until the transaction ends."""
    statement = select(MessageRow).where(MessageRow.message_id == message_id)
    if registration_id is not None:
        statement = statement.where(MessageRow.registration_id == registration_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalars(statement).one_or_none()


def list_segment(
    session: Session,
    registration_id: str,
    segment: str,
    *,
    message_ids: Collection[str] | None,
    cursor: Cursor | None,
    size: int,
) -> Page[Row[Any]]:
    """One of the three lists, last modified first; `segment` is a key of SEGMENTS."""
    conditions = [MessageRow.registration_id == registration_id, SEGMENTS[segment]]
    if message_ids is not None:
        conditions.append(among(MessageRow.message_id, message_ids))
    return plain_page(
        session,
        MessageRow.__table__,
        *conditions,
        at=MessageRow.modified,
        id=MessageRow.message_id,
        cursor=cursor,
        size=size,
    )


def list_messages(
    session: Session,
    registration_id: str,
    *,
    types: Collection[str] | None,
    statuses: Collection[str] | None,
    cursor: Cursor | None,
    size: int,
) -> Page[MessageRow]:
    """Messages of a registration in both directions, last modified first; only of these types and statuses."""
    statement = select(MessageRow).where(MessageRow.registration_id == registration_id)
    for column, wanted in ((MessageRow.type, types), (MessageRow.status, statuses)):
        if wanted is not None:
            statement = statement.where(column.in_(wanted))
    return page(session, statement, at=MessageRow.modified, id=MessageRow.message_id, cursor=cursor, size=size)


def attachments_of(session: Session, message_ids: Collection[str]) -> dict[str, list[AttachmentRow]]:
    """What is attached to these Messages, in the order it was sent."""
    found: dict[str, list[AttachmentRow]] = {}
    for row in session.scalars(
        select(AttachmentRow)
        .where(among(AttachmentRow.message_id, message_ids))
        .order_by(AttachmentRow.message_id, AttachmentRow.position)
    ):
        found.setdefault(row.message_id, []).append(row)
    return found


def latest_submission(session: Session, request_id: str) -> MessageRow | None:
    """The Client's newest client_submission to a request, which overrides all earlier ones (CDS-WG1-02 6.11)."""
    return session.scalars(
        select(MessageRow)
        .where(MessageRow.previous_id == request_id, MessageRow.type == MessageType.CLIENT_SUBMISSION)
        .order_by(MessageRow.created.desc(), MessageRow.message_id.desc())
        .limit(1)
    ).one_or_none()


def replies_to(session: Session, message_id: str) -> Sequence[MessageRow]:
    """The Messages that answer or amend this one, the oldest first."""
    return session.scalars(
        select(MessageRow)
        .where(MessageRow.previous_id == message_id)
        .order_by(MessageRow.created, MessageRow.message_id)
    ).all()


def outstanding_updates(session: Session, message_id: str) -> Sequence[MessageRow]:
    """Each request_update about a Message that still says that somebody is waited for."""
    return session.scalars(
        select(MessageRow).where(
            MessageRow.previous_id == message_id,
            MessageRow.type == MessageType.REQUEST_UPDATE,
            MessageRow.status.in_(OUTSTANDING),
        )
    ).all()


def pending_amendments(session: Session, message_id: str) -> Sequence[MessageRow]:
    """Support requests of the Client that amend this one, directly or by another one, and wait for the Server."""
    chain = (
        select(MessageRow.message_id)
        .where(MessageRow.previous_id == message_id, MessageRow.type == MessageType.SUPPORT_REQUEST)
        .cte("chain", recursive=True)
    )
    chain = chain.union(
        select(MessageRow.message_id)
        .join(chain, MessageRow.previous_id == chain.c.message_id)
        .where(MessageRow.type == MessageType.SUPPORT_REQUEST)
    )
    return session.scalars(
        select(MessageRow)
        .where(MessageRow.message_id.in_(select(chain.c.message_id)), MessageRow.status == MessageStatus.PENDING)
        .with_for_update()
    ).all()
