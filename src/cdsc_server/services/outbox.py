"""
What an operator sees and does about what waits to be sent, and what was given up; mails and events alike.

How each is sent stands in services/mails and services/webhook_sending.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cdsc_server.errors import InvalidRequest
from cdsc_server.ports import Clock
from cdsc_server.services.audit import record
from cdsc_server.settings import Settings
from cdsc_server.storage import outbox
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.keyset import Cursor, Page
from cdsc_server.storage.outbox import Channel, OutboxRow, OutboxStatus

KEPT_SENT: Final = timedelta(days=30)
KEPT_DEAD: Final = timedelta(days=90)
#: Ids in one entry of the audit trail.
_MOST_NAMED: Final = 20


@dataclass(frozen=True)
class Kept:
    """Something in the outbox as an operator sees it: neither its words nor its links."""

    outbox_id: str
    channel: str
    kind: str
    recipient: str
    created: datetime
    attempts: int
    fault: str | None


def anything_due(channel: Channel, *, clock: Clock) -> bool:
    """Whether something waits for its attempt."""
    with reading() as session:
        return bool(outbox.due_of(session, channel, now=clock.now(), limit=1))


def counts() -> dict[Channel, dict[OutboxStatus, int]]:
    """How many wait, were sent and were given up, by each channel."""
    with reading() as session:
        found = outbox.count(session)
    return {channel: {each: found.get((channel, each), 0) for each in OutboxStatus} for channel in Channel}


def given_up(*, cursor: Cursor | None = None, size: int = 100) -> Page[Kept]:
    """What was given up, the oldest first."""
    with reading() as session:
        found = outbox.page_of(session, outbox.dead(None), cursor=cursor, size=size, oldest_first=True)
    return Page([_kept(row) for row in found.rows], found.previous, found.next)


def retry(outbox_ids: Collection[str] | None, *, actor: str, clock: Clock) -> Sequence[str]:
    """
    Let what was given up be tried again from the start: these, or all.

    Returns:
        Ids of those that will be.

    Raises:
        InvalidRequest: none is chosen.
    """
    _check_choice(outbox_ids)
    now = clock.now()
    with transaction() as session:
        revived = outbox.revive(session, outbox.dead(outbox_ids), now=now)
        if revived:
            record(session, actor=actor, action="outbox.retried", subject="outbox", detail=_which(revived), now=now)
    return revived


def drop(outbox_ids: Collection[str] | None, *, reason: str, actor: str, clock: Clock) -> Sequence[str]:
    """
    Delete what was given up: these, or all; nobody will be told of it any more.

    Args:
        reason: for the audit trail.

    Returns:
        Ids of those that are gone.

    Raises:
        InvalidRequest: no reason, or none is chosen.
    """
    _check_choice(outbox_ids)
    if not reason.strip():
        raise InvalidRequest("Reason: write why", field="reason")
    now = clock.now()
    with transaction() as session:
        gone = outbox.drop(session, outbox.dead(outbox_ids))
        if gone:
            detail = {"reason": reason.strip(), **_which(gone)}
            record(session, actor=actor, action="outbox.dropped", subject="outbox", detail=detail, now=now)
    return gone


def forget(*, settings: Settings, clock: Clock) -> int:
    """Delete what was sent, and given up, long ago; returns how many."""
    now = clock.now()
    kept_events = timedelta(days=settings.webhook_days)
    with transaction() as session:
        mails = outbox.over(Channel.MAIL, sent_before=now - KEPT_SENT, dead_before=now - KEPT_DEAD)
        events = outbox.over(Channel.WEBHOOK, sent_before=now - kept_events, dead_before=now - kept_events)
        tickets = outbox.over(Channel.TICKET, sent_before=now - KEPT_SENT, dead_before=now - KEPT_DEAD)
        return sum(len(outbox.drop(session, each)) for each in (mails, events, tickets))


def _check_choice(outbox_ids: Collection[str] | None) -> None:
    if outbox_ids is not None and not outbox_ids:
        raise InvalidRequest("Choose what to try again or to drop", field="chosen")


def _which(outbox_ids: Sequence[str]) -> dict[str, Any]:
    """Enough for the audit trail to say what was done to how many."""
    return {"count": len(outbox_ids), "ids": list(outbox_ids[:_MOST_NAMED])}


def _kept(row: OutboxRow) -> Kept:
    return Kept(row.outbox_id, row.channel, row.kind, row.recipient, row.created, row.attempts, row.fault)
