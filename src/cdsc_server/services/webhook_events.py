"""
What Clients are told by calls: written into the outbox in the transaction of what it tells of.

Functions that take a session are for other use cases.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from cdsc_server import exact_json
from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.grants import read_all_granted
from cdsc_server.domain.messages import PATHS, RelatedType
from cdsc_server.domain.usage_disclosure import shows
from cdsc_server.domain.webhooks import EventKind
from cdsc_server.exact_json import instant
from cdsc_server.ports import Clock
from cdsc_server.storage import arrivals, webhooks
from cdsc_server.storage.arrivals import Arrived
from cdsc_server.storage.db import transaction
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.outbox import Channel, OutboxRow
from cdsc_server.storage.webhooks import WebhookRow

#: Notes of arrivals turned into events at a time.
_BATCH: Final = 500
#: Where what an event is about is read, by the name of its id.
_READ_AT: Final = {"grant_id": PATHS[RelatedType.GRANT], "message_id": PATHS[RelatedType.MESSAGE]}


def tell(session: Session, registration_id: str, kind: EventKind, *, now: datetime, **ids: str) -> None:
    """
    Tell the webhooks of a registration that want this kind of event; nothing where there is none.

    Args:
        ids: what it is about, such as grant_id.
    """
    tell_many(session, [(registration_id, ids)], kind, now=now)


def tell_many(session: Session, events: Iterable[tuple[str, dict[str, str]]], kind: EventKind, *, now: datetime) -> int:
    """As `tell`, of many events at once, each a registration_id with its ids; returns how many calls that makes."""
    told = list(events)
    wanting: dict[str, list[WebhookRow]] = {}
    for row in webhooks.listening(session, {registration_id for registration_id, _ in told}):
        if kind in row.events:
            wanting.setdefault(row.registration_id, []).append(row)
    rows = [
        outgoing(row, kind, ids, now=now) for registration_id, ids in told for row in wanting.get(registration_id, ())
    ]
    session.add_all(rows)
    return len(rows)


def outgoing(webhook: WebhookRow, kind: EventKind, data: dict[str, str], *, now: datetime) -> OutboxRow:
    """An event for one webhook, ready for the outbox."""
    return OutboxRow(
        outbox_id=f"evt_{secrets.token_urlsafe(18)}",
        channel=Channel.WEBHOOK,
        kind=kind,
        recipient=webhook.webhook_id,
        body=exact_json.dumps({"type": kind, "timestamp": instant(now), "data": data}).decode(),
        created=now,
        due=now,
    )


def body_of(row: OutboxRow, *, base_url: str) -> bytes:
    """The body of the call: what is kept, and where to read what it is about. The same at every attempt."""
    event: dict[str, Any] = exact_json.loads(row.body or "{}")
    data = event["data"]
    for name, path in _READ_AT.items():
        if name in data:
            data["uri"] = f"{base_url}{path}/{data[name]}"
    return exact_json.dumps(event)


def tell_of_arrivals(*, catalogue: Catalogue, clock: Clock, batches: int = 100) -> int:
    """
    Tell of the data that was written since the last time: one event for each live Grant over whom it belongs to.

    An event says that there may be something new under a Grant, not that the Grant opens it. What changed for many
    Customers at once, such as a tariff, is told of only where it can be seen.

    Returns:
        How many calls that makes.
    """
    made = 0
    for _ in range(batches):
        with transaction() as session:
            arrived = arrivals.take_arrivals(session, limit=_BATCH)
            found = arrivals.grants_told(session, arrived.keys()) if arrived else ()
            events = (
                (grant.registration_id, {"grant_id": grant.grant_id})
                for grant in found
                if _may_see(catalogue, grant, arrived[str(grant.customer_id)])
            )
            made += tell_many(session, events, EventKind.DATA_ARRIVED, now=clock.now())
        if not arrived:
            break
    return made


def _may_see(catalogue: Catalogue, grant: GrantRow, arrived: Collection[Arrived]) -> bool:
    """Whether any of this may be something new under a Grant."""
    if any(one.value_type is None for one in arrived):
        return True
    entries = read_all_granted(catalogue, grant.enabled_authorization_details, grant.selections)
    return any(
        one.value_type is not None and shows([entry], one.value_type)
        for one in arrived
        for entry in entries
        if one.at is None or entry.sync_until is None or one.at <= entry.sync_until
    )
