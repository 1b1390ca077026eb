"""Webhooks as their Client sees them: made, shown to be its own, changed, sent to again."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from cdsc_server.domain.webhooks import EventKind, WebhookStatus, new_secret, read_networks, url_fault
from cdsc_server.errors import Conflict, InvalidRequest, NotFound
from cdsc_server.ports import Clock, KeyStore
from cdsc_server.services.webhook_events import outgoing
from cdsc_server.settings import Settings
from cdsc_server.storage import outbox, webhooks
from cdsc_server.storage.clients import lock_registration
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.keyset import Cursor, Page
from cdsc_server.storage.outbox import OutboxRow
from cdsc_server.storage.webhooks import WebhookRow

#: Of one registration.
MOST: Final = 10
_SECRET_BYTES: Final = 32


@dataclass(frozen=True)
class WebhookChange:
    """What a Client asks to change; None leaves it as it is."""

    url: str | None = None
    events: Sequence[str] | None = None
    status: WebhookStatus | None = None


def create_webhook(
    url: str, events: Sequence[str], *, registration_id: str, settings: Settings, clock: Clock, keys: KeyStore
) -> tuple[WebhookRow, str]:
    """
    A webhook, pending until its address has answered the question that the worker sends there.

    Returns:
        It, and the secret that its calls are signed with; that is never shown again.

    Raises:
        InvalidRequest: an address that must not be called.
        Conflict: there are too many already.
    """
    _check(url, settings)
    now, webhook_id, secret = clock.now(), secrets.token_hex(12), new_secret(secrets.token_bytes(_SECRET_BYTES))
    with transaction() as session:
        lock_registration(session, registration_id)
        if webhooks.count_webhooks(session, registration_id) >= MOST:
            raise Conflict(f"there are {MOST} webhooks already; delete one first")
        row = WebhookRow(
            webhook_id=webhook_id,
            registration_id=registration_id,
            url=url,
            events=list(events),
            challenge="",
            secret=keys.seal(secret, context=context_of(webhook_id)),
            created=now,
            modified=now,
        )
        session.add(row)
        session.flush()
        _ask(session, row, now=now)
    return row, secret


def get_webhook(webhook_id: str, *, registration_id: str) -> WebhookRow:
    """The webhook; NotFound when there is none in this registration."""
    with reading() as session:
        return _found(session, webhook_id, registration_id)


def list_webhooks(registration_id: str) -> Sequence[WebhookRow]:
    """All of a registration, the oldest first."""
    with reading() as session:
        return webhooks.list_webhooks(session, registration_id)


def change_webhook(
    webhook_id: str, change: WebhookChange, *, registration_id: str, settings: Settings, clock: Clock
) -> WebhookRow:
    """
    Give a webhook another address or other events, stop it, or have its address asked again.

    Another address has to show that it is the Client's before anything else is sent there; until then events wait.

    Raises:
        NotFound: no such webhook in this registration.
        InvalidRequest: an address that must not be called.
    """
    if change.url is not None:
        _check(change.url, settings)
    now = clock.now()
    with transaction() as session:
        row = _found(session, webhook_id, registration_id, lock=True)
        moved = change.url is not None and change.url != row.url
        row.url = change.url if change.url is not None else row.url
        row.events = list(change.events) if change.events is not None else row.events
        row.modified = now
        if change.status is WebhookStatus.DISABLED:
            row.status, row.fault = WebhookStatus.DISABLED, None
            webhooks.drop_verifications(session, webhook_id)
            webhooks.give_up_waiting(session, webhook_id, now=now)
        elif moved or change.status is WebhookStatus.PENDING:
            _ask(session, row, now=now)
        return row


def delete_webhook(webhook_id: str, *, registration_id: str) -> None:
    """Forget a webhook, and all that was to be sent to it; NotFound when there is none in this registration."""
    with transaction() as session:
        _found(session, webhook_id, registration_id, lock=True)
        webhooks.delete_webhook(session, webhook_id)


def rotate_secret(
    webhook_id: str, *, registration_id: str, settings: Settings, clock: Clock, keys: KeyStore
) -> tuple[WebhookRow, str]:
    """
    A new secret; calls are signed with both until the one before runs out.

    Returns:
        The webhook, and the new secret; that is never shown again.

    Raises:
        NotFound: no such webhook in this registration.
    """
    now, secret = clock.now(), new_secret(secrets.token_bytes(_SECRET_BYTES))
    with transaction() as session:
        row = _found(session, webhook_id, registration_id, lock=True)
        row.former, row.former_until = row.secret, now + timedelta(hours=settings.webhook_overlap_hours)
        row.secret = keys.seal(secret, context=context_of(webhook_id))
        row.modified = now
    return row, secret


def list_deliveries(
    webhook_id: str, *, registration_id: str, statuses: Collection[str] | None, cursor: Cursor | None, size: int
) -> Page[OutboxRow]:
    """
    What was or is to be sent to a webhook, the latest first.

    Raises:
        NotFound: no such webhook in this registration.
    """
    with reading() as session:
        _found(session, webhook_id, registration_id)
        return webhooks.list_deliveries(session, webhook_id, statuses=statuses, cursor=cursor, size=size)


def replay(
    webhook_id: str, *, since: datetime, delivery_ids: Collection[str] | None, registration_id: str, clock: Clock
) -> int:
    """
    Send events again that were sent or given up, with the ids they had.

    Args:
        since: only those of then or later.
        delivery_ids: only these; None for all.

    Returns:
        How many will be sent again.

    Raises:
        NotFound: no such webhook in this registration.
        Conflict: it is not active.
    """
    now = clock.now()
    with transaction() as session:
        row = _found(session, webhook_id, registration_id, lock=True)
        if row.status != WebhookStatus.ACTIVE:
            raise Conflict(f"the webhook is {row.status}: nothing is sent again")
        return len(outbox.revive(session, webhooks.ended_since(webhook_id, since, delivery_ids), now=now))


def to_wire(row: WebhookRow, *, base_url: str) -> dict[str, Any]:
    """The webhook as the API shows it: all but its secrets."""
    return {
        "webhook_id": row.webhook_id,
        "uri": f"{base_url}/webhooks/{row.webhook_id}",
        "url": row.url,
        "events": row.events,
        "status": row.status,
        "fault": row.fault,
        "failing_since": row.failing_since,
        "former_secret_until": row.former_until,
        "created": row.created,
        "modified": row.modified,
    }


def delivery_to_wire(row: OutboxRow) -> dict[str, Any]:
    """A delivery as the API shows it."""
    waits = row.status == "waiting"
    return {
        "delivery_id": row.outbox_id,
        "type": row.kind,
        "status": row.status,
        "created": row.created,
        "attempts": row.attempts,
        "next_attempt": row.due if waits else None,
        "ended": None if waits else row.due,
        "fault": row.fault,
    }


def context_of(webhook_id: str) -> str:
    """What the secrets of a webhook are sealed for."""
    return f"webhook:{webhook_id}"


def _ask(session: Session, row: WebhookRow, *, now: datetime) -> None:
    """Have the address asked whether it belongs to the Client, in place of what it was asked before."""
    webhooks.drop_verifications(session, row.webhook_id)
    row.status, row.challenge = WebhookStatus.PENDING, secrets.token_urlsafe(24)
    row.fault = row.failing_since = None
    data = {"webhook_id": row.webhook_id, "challenge": row.challenge}
    session.add(outgoing(row, EventKind.VERIFICATION, data, now=now))


def _check(url: str, settings: Settings) -> None:
    fault = url_fault(url, allowed=read_networks(settings.webhook_networks), local=settings.demo)
    if fault is not None:
        raise InvalidRequest(f"url: {fault}", field="url")


def _found(session: Session, webhook_id: str, registration_id: str, *, lock: bool = False) -> WebhookRow:
    row = webhooks.find_webhook(session, webhook_id, registration_id=registration_id, lock=lock)
    if row is None:
        raise NotFound("no webhook has this webhook_id")
    return row
