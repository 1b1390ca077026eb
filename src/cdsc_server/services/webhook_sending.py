"""
Events go out to webhooks: at least once each, in no promised order, each webhook in a lane of its own.

A lane claims a few events, sends them side by side, writes down what came of it, and takes the next ones; a receiver
that hangs fills its own lane only. A worker that dies leaves its claims to end by themselves.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Final, TypeVar

from sqlalchemy.orm import Session

from cdsc_server import __version__, exact_json
from cdsc_server.domain.messages import MessageStatus, MessageType
from cdsc_server.domain.waits import LONGEST_WAIT, wait_after
from cdsc_server.domain.webhooks import EventKind, WebhookStatus, is_over, signature
from cdsc_server.ports import Answer, Call, Caller, CallFault, Clock, KeyStore
from cdsc_server.services.messages import add_message
from cdsc_server.services.webhook_events import body_of
from cdsc_server.services.webhooks import context_of
from cdsc_server.settings import Settings
from cdsc_server.storage import outbox, webhooks
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.outbox import OutboxRow
from cdsc_server.storage.webhooks import WebhookRow

log = logging.getLogger(__name__)

#: Calls to one webhook at the same time.
SIDE_BY_SIDE: Final = 16
#: How long an attempt may take before another worker may try: longer than any call, and writing down what came of it.
CLAIM: Final = timedelta(minutes=2)
_SECONDS_BETWEEN_LOOKS: Final = 0.5
_SECONDS_AFTER_A_FAULT: Final = 15
_USER_AGENT: Final = f"cdsc-server/{__version__}"
_GONE: Final = 410

Found = TypeVar("Found")


@dataclass(frozen=True)
class _Outcome:
    """
    What came of an attempt.

    Args:
        fault: None when the event arrived.
        wait: that the receiver asked for.
        gone: whether it says that nobody is there any more.
    """

    row: OutboxRow
    fault: str | None = None
    wait: timedelta | None = None
    gone: bool = False


class Dispatcher:
    """
    Sends what is due; create it where the database of the application is at hand.

    Two of them may work at the same time, in one process or in several.
    """

    def __init__(self, *, caller: Caller, keys: KeyStore, clock: Clock, settings: Settings) -> None:
        self._caller, self._keys, self._clock, self._settings = caller, keys, clock, settings
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._sent = 0

    async def send_due(self) -> int:
        """Send until nothing is due; returns how many events arrived."""
        async with self._caller.calling() as call:
            while await self._open_lanes(call):
                await asyncio.gather(*self._lanes.values())
        return self._sent

    async def work(self, stop: asyncio.Event) -> None:
        """Send whatever becomes due, until told to stop; calls that are under way then are finished first."""
        async with self._caller.calling() as call:
            while not stop.is_set():
                wait = _SECONDS_BETWEEN_LOOKS
                try:
                    await self._open_lanes(call, stop)
                except Exception:
                    log.exception("what is due for webhooks cannot be looked at")
                    wait = _SECONDS_AFTER_A_FAULT
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), wait)
            await asyncio.gather(*self._lanes.values(), return_exceptions=True)

    async def _open_lanes(self, call: Call, stop: asyncio.Event | None = None) -> bool:
        """Give each webhook with something due a lane, if it has none; says whether any is open."""
        for webhook_id, lane in list(self._lanes.items()):
            if lane.done():
                del self._lanes[webhook_id]
                if fault := lane.exception():
                    log.error("webhook %s: its lane broke", webhook_id, exc_info=fault)
        for webhook_id in await _apart(self._with_due):
            if webhook_id not in self._lanes:
                self._lanes[webhook_id] = asyncio.create_task(self._run_lane(webhook_id, call, stop))
        return bool(self._lanes)

    async def _run_lane(self, webhook_id: str, call: Call, stop: asyncio.Event | None) -> None:
        while stop is None or not stop.is_set():
            webhook, rows = await _apart(partial(self._claim, webhook_id))
            if webhook is None or not rows:
                return
            outcomes = await asyncio.gather(*(self._attempt(webhook, row, call) for row in rows))
            await _apart(partial(self._write_down, webhook_id, outcomes))

    def _with_due(self) -> Sequence[str]:
        with reading() as session:
            return webhooks.webhooks_with_due(session, now=self._clock.now())

    def _claim(self, webhook_id: str) -> tuple[WebhookRow | None, Sequence[OutboxRow]]:
        now = self._clock.now()
        with transaction() as session:
            ids = webhooks.due_for(session, webhook_id, now=now, limit=SIDE_BY_SIDE)
            rows = outbox.claim(session, ids, now=now, until=now + CLAIM) if ids else ()
            return webhooks.find_webhook(session, webhook_id), rows

    async def _attempt(self, webhook: WebhookRow, row: OutboxRow, call: Call) -> _Outcome:
        if row.attempts > self._settings.webhook_tries:
            # Every attempt before this one was counted, but none came to an end.
            return _Outcome(row, "no attempt came to an end")
        now, body = self._clock.now(), body_of(row, base_url=self._settings.base_url)
        timestamp = int(now.timestamp())
        try:
            keys = self._secrets(webhook, now)
            headers = {
                "Content-Type": "application/json",
                "User-Agent": _USER_AGENT,
                "webhook-id": row.outbox_id,
                "webhook-timestamp": str(timestamp),
                "webhook-signature": signature(keys, event_id=row.outbox_id, timestamp=timestamp, body=body),
            }
            answer = await call(webhook.url, headers, body)
        except (CallFault, ValueError) as fault:
            return _Outcome(row, str(fault))
        return _judged(row, answer, now=now)

    def _secrets(self, webhook: WebhookRow, now: datetime) -> list[str]:
        sealed = [webhook.secret]
        if webhook.former is not None and webhook.former_until is not None and now < webhook.former_until:
            sealed.append(webhook.former)
        return [self._keys.open(each, context=context_of(webhook.webhook_id)) for each in sealed]

    def _write_down(self, webhook_id: str, outcomes: Sequence[_Outcome]) -> None:
        now = self._clock.now()
        arrived = [each.row for each in outcomes if each.fault is None]
        failed = [each for each in outcomes if each.fault is not None]
        with transaction() as session:
            webhook = webhooks.find_webhook(session, webhook_id, lock=True)
            if webhook is None:
                return
            outbox.finish(session, [row.outbox_id for row in arrived], now=now)
            for each in failed:
                self._postpone(session, each, now=now)
            self._judge(session, webhook, arrived=bool(arrived), failed=failed, now=now)
            for row in arrived:
                if row.kind == EventKind.VERIFICATION:
                    webhooks.verified(session, webhook_id, _challenge_of(row), now=now)
        self._sent += len(arrived)
        for row in arrived:
            log.info("event %s (%s) went to webhook %s", row.outbox_id, row.kind, webhook_id)

    def _postpone(self, session: Session, failed: _Outcome, *, now: datetime) -> None:
        row, fault = failed.row, failed.fault or ""
        dead = self._is_last(row)
        first, chance = timedelta(seconds=self._settings.webhook_retry_seconds), secrets.SystemRandom().random()
        wait = max(wait_after(row.attempts, first=first, chance=chance), failed.wait or timedelta())
        outbox.postpone(session, row.outbox_id, due=now if dead else now + wait, fault=fault, dead=dead)
        words = "event %s (%s), webhook %s, attempt %d: %s%s"
        log.warning(words, row.outbox_id, row.kind, row.recipient, row.attempts, fault, "; given up" * dead)

    def _is_last(self, row: OutboxRow) -> bool:
        return row.attempts >= self._settings.webhook_tries

    def _judge(
        self, session: Session, webhook: WebhookRow, *, arrived: bool, failed: Sequence[_Outcome], now: datetime
    ) -> None:
        """What the attempts mean for the webhook: it works, it fails, or it has failed for too long."""
        if arrived:
            webhook.failing_since = webhook.fault = None
        if not failed or webhook.status == WebhookStatus.DISABLED:
            return
        webhook.fault = failed[-1].fault
        webhook.failing_since = webhook.failing_since or now
        if any(each.gone for each in failed):
            _disable(session, webhook, "Its address says that nobody is there any more (410).", now=now)
        elif any(each.row.kind == EventKind.VERIFICATION and self._is_last(each.row) for each in failed):
            _disable(session, webhook, f"Its address did not show that it is yours: {webhook.fault}.", now=now)
        elif is_over(webhook.failing_since, days=self._settings.webhook_failing_days, now=now):
            days = self._settings.webhook_failing_days
            _disable(session, webhook, f"Nothing has arrived there for {days} days.", now=now)


def _judged(row: OutboxRow, answer: Answer, *, now: datetime) -> _Outcome:
    if not 200 <= answer.status < 300:
        fault = f"the address answered {answer.status}"
        return _Outcome(row, fault, wait=_asked_wait(answer.retry_after, now), gone=answer.status == _GONE)
    if row.kind == EventKind.VERIFICATION and _echoed(answer.body) != _challenge_of(row):
        return _Outcome(row, "the address did not give back the challenge")
    return _Outcome(row)


def _challenge_of(row: OutboxRow) -> str:
    challenge: str = exact_json.loads(row.body or "")["data"]["challenge"]
    return challenge


def _echoed(body: bytes) -> object:
    try:
        said = exact_json.loads(body)
    except ValueError:
        return None
    return said.get("challenge") if isinstance(said, dict) else None


def _asked_wait(retry_after: str | None, now: datetime) -> timedelta | None:
    """What Retry-After asks for, in seconds or as a date (RFC 9110 10.2.3); no longer than any wait of ours."""
    if retry_after is None:
        return None
    if retry_after.isascii() and retry_after.isdigit():
        return min(timedelta(seconds=int(retry_after[:9])), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return min(max(until.replace(tzinfo=until.tzinfo or UTC) - now, timedelta()), LONGEST_WAIT)


def _disable(session: Session, webhook: WebhookRow, why: str, *, now: datetime) -> None:
    """Send nothing more to a webhook, and tell its Client by a Message."""
    webhook.status, webhook.fault, webhook.modified = WebhookStatus.DISABLED, why, now
    # Before the Message, which tells the other webhooks of the Client.
    session.flush()
    webhooks.give_up_waiting(session, webhook.webhook_id, now=now)
    add_message(
        session,
        registration_id=webhook.registration_id,
        type=MessageType.PRIVATE_MESSAGE,
        status=MessageStatus.COMPLETE,
        name="Webhook disabled",
        description=f"{webhook.webhook_id} gets no events any more. {why} Later events are not kept for it.",
        now=now,
    )
    log.warning("webhook %s was disabled: %s", webhook.webhook_id, why)


async def _apart(work: Callable[[], Found]) -> Found:
    """Do work with the database beside the event loop, which goes on."""
    return await asyncio.to_thread(work)
