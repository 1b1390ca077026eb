"""Which support request became which ticket of another system, and which of its news were taken in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.storage.db import DataBase
from cdsc_server.storage.inserts import insert_into
from cdsc_server.storage.types import UtcDateTime


class TicketRow(DataBase):
    """A support request of a Client, and the ticket that it became or that it amends."""

    __tablename__ = "tickets"

    message_id: Mapped[str] = mapped_column(ForeignKey("messages.message_id"), primary_key=True)
    #: Of the other system.
    ticket_id: Mapped[str] = mapped_column(String, index=True)
    created: Mapped[datetime] = mapped_column(UtcDateTime)


class TicketNewsRow(DataBase):
    """News of a ticket that was taken in, so that the same news told again changes nothing."""

    __tablename__ = "ticket_news"

    news_id: Mapped[str] = mapped_column(String, primary_key=True)
    received: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


def add_ticket(session: Session, message_id: str, ticket_id: str, *, now: datetime) -> None:
    """Note what a support request became; one that is noted stays."""
    values = {"message_id": message_id, "ticket_id": ticket_id, "created": now}
    session.execute(insert_into(session, TicketRow).values(values).on_conflict_do_nothing())


def first_message_of(session: Session, ticket_id: str) -> str | None:
    """The Message that a ticket stands for, the first one where others amend it; None when it is none of ours."""
    return session.scalars(
        select(TicketRow.message_id)
        .where(TicketRow.ticket_id == ticket_id)
        .order_by(TicketRow.created, TicketRow.message_id)
        .limit(1)
    ).one_or_none()


def claim_news(session: Session, news_id: str, *, now: datetime) -> bool:
    """Take news in; False when the same was taken in before, or is at this moment."""
    statement = insert_into(session, TicketNewsRow).values(news_id=news_id, received=now)
    taken = session.scalars(statement.on_conflict_do_nothing().returning(TicketNewsRow.news_id))
    return taken.one_or_none() is not None
