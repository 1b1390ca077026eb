"""
Support requests of Clients, mirrored to a ticket system; what its agents answer comes back as Messages.

A row of the outbox is written with the Message and handed on by the worker, so a ticket system that is down delays
tickets and loses none. A worker that dies in between hands on the same again, and the desk finds what is there already.
"""

from __future__ import annotations

import logging
import secrets
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from cdsc_server.domain.messages import MessageStatus, MessageType
from cdsc_server.domain.tickets import Ticket, TicketNews, is_ours, ticket_of
from cdsc_server.domain.waits import wait_after
from cdsc_server.ports import Clock, TicketDesk, TicketFault
from cdsc_server.services.mails import CLAIM
from cdsc_server.services.messages import reply
from cdsc_server.settings import Settings
from cdsc_server.storage import clients, outbox, tickets
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.messages import MessageRow
from cdsc_server.storage.outbox import Channel, OutboxRow
from cdsc_server.storage.tickets import TicketRow

log = logging.getLogger(__name__)

_BATCH: Final = 50


def mirror(session: Session, message: MessageRow, *, settings: Settings) -> None:
    """Have a support request become a ticket, in the transaction that stores it; nothing where there is no desk."""
    if settings.tickets_url and message.type == MessageType.SUPPORT_REQUEST:
        session.add(
            OutboxRow(
                outbox_id=message.message_id,
                channel=Channel.TICKET,
                kind=message.type,
                recipient=settings.tickets_url,
                created=message.created,
                due=message.created,
            )
        )


def hand_on_due(*, desk: TicketDesk, settings: Settings, clock: Clock) -> int:
    """
    Hand on every support request whose time has come. Safe to run in several workers at once.

    Returns:
        How many became a ticket or a comment.
    """
    with reading() as session:
        ids = outbox.due_of(session, Channel.TICKET, now=clock.now(), limit=_BATCH)
    return sum(_attempt(message_id, desk=desk, settings=settings, clock=clock) for message_id in ids)


def _attempt(message_id: str, *, desk: TicketDesk, settings: Settings, clock: Clock) -> bool:
    now = clock.now()
    with transaction() as session:
        claimed = outbox.claim(session, [message_id], now=now, until=now + CLAIM)
        if not claimed:
            return False
        ticket, amended = _written(session, message_id, settings=settings)
    (row,) = claimed
    if row.attempts > settings.mail_tries:
        # Every attempt before this one was counted, but none came to an end.
        _postpone(row, TicketFault("no attempt came to an end", hopeless=True), settings=settings, now=now)
        return False
    try:
        if amended is None:
            ticket_id = desk.open(ticket)
        else:
            ticket_id = amended
            desk.comment(ticket_id, ticket)
    except TicketFault as fault:
        _postpone(row, fault, settings=settings, now=clock.now())
        return False
    with transaction() as session:
        tickets.add_ticket(session, message_id, ticket_id, now=clock.now())
        outbox.finish(session, [message_id], now=clock.now())
    log.info("support request %s is ticket %s", message_id, ticket_id)
    return True


def _written(session: Session, message_id: str, *, settings: Settings) -> tuple[Ticket, str | None]:
    """The ticket of a Message, and the id of the one that it amends."""
    message = session.get_one(MessageRow, message_id)
    client = None if message.creator is None else clients.find_client(session, message.creator)
    ticket = ticket_of(
        message_id=message_id,
        name=message.name,
        description=message.description,
        client_name=message.registration_id if client is None else client.client_name,
        contacts=[] if client is None else list(client.contacts),
        console=f"{settings.base_url}/console/messages/{message_id}",
    )
    amended = None if message.previous_id is None else session.get(TicketRow, message.previous_id)
    return ticket, None if amended is None else amended.ticket_id


def _postpone(row: OutboxRow, fault: TicketFault, *, settings: Settings, now: datetime) -> None:
    dead = fault.hopeless or row.attempts >= settings.mail_tries
    first, chance = timedelta(seconds=settings.mail_retry_seconds), secrets.SystemRandom().random()
    due = now if dead else now + max(wait_after(row.attempts, first=first, chance=chance), fault.retry_after)
    with transaction() as session:
        outbox.postpone(session, row.outbox_id, due=due, fault=str(fault), dead=dead)
    log.warning("support request %s, attempt %d: %s%s", row.outbox_id, row.attempts, fault, "; given up" * dead)


def take_in(news: TicketNews, *, clock: Clock) -> bool:
    """
    Bring news of a ticket to the Client that asked: comments as Messages, the solution as the end of its request.

    Returns:
        False when nothing came of it: told before, about no ticket of ours, or nothing for the Client.
    """
    now = clock.now()
    if news.comment is not None and is_ours(news.comment):
        return False
    with transaction() as session:
        message_id = tickets.first_message_of(session, news.ticket_id)
        if message_id is None or not tickets.claim_news(session, news.news_id, now=now):
            return False
        message = session.get_one(MessageRow, message_id)
        if news.comment is not None and news.comment.strip():
            reply(
                session,
                message,
                type=MessageType.PRIVATE_MESSAGE,
                status=MessageStatus.COMPLETE,
                description=news.comment.strip(),
                now=now,
            )
            return True
        if news.solved and message.status != MessageStatus.COMPLETE:
            reply(session, message, status=MessageStatus.COMPLETE, description="Support has solved this.", now=now)
            return True
    return False
