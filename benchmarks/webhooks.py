"""Ten thousand events to a receiver that fails half the time, in a process of its own: do all arrive?"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, func, select

from benchmarks.context import Context
from cdsc_server.app import create_app, system_ports
from cdsc_server.connectors.file_keys import FileKeyStore
from cdsc_server.domain.webhooks import EventKind
from cdsc_server.ports import KeyStore
from cdsc_server.services.webhook_events import tell_many
from cdsc_server.services.webhook_sending import Dispatcher
from cdsc_server.services.webhooks import create_webhook
from cdsc_server.settings import Settings
from cdsc_server.storage.clients import RegistrationRow
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.outbox import OutboxRow, OutboxStatus
from cdsc_server.storage.types import UtcDateTime


class _Clock:
    """Of this machine, but skips the waits between attempts, which are not what is measured."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def skip_to(self, instant: datetime) -> None:
        self._ahead += max(instant - self.now(), timedelta())


def run(context: Context) -> None:
    """Events of four Clients; each round sends what is due, then the clock skips to when all that failed is due."""
    count = 400 if context.quick else 10_000
    rows = []
    with context.databases() as urls:
        for kind, url in urls.items():
            rows += [(kind, f"{fails:.0%}", *_fan_out(url, count, fails)) for fails in (0.0, 0.5)]
    heading = ("database", "fails", "events", "write ms", "seconds", "arrived/s", "calls/s", "lost", "twice", "dead")
    context.table(heading, rows)


def _fan_out(url: str, count: int, fails: float) -> tuple[object, ...]:
    with tempfile.TemporaryDirectory(prefix="cdsc-bench-") as folder, _receiver(fails) as receiver:
        key = Path(folder) / "key"
        FileKeyStore.create(str(key))
        # Half of all calls fail: of 10,000 events one needs more than 20 tries in every hundredth run.
        settings = Settings(database_url=url, key_file=str(key), demo=True, webhook_tries=40)
        clock = _Clock()
        ports = replace(system_ports(settings), clock=clock)
        with create_app(settings, ports).app_context():
            registrations = _registrations(receiver, settings, ports.keys, clock, run=f"{fails}")

            def send() -> None:
                dispatcher = Dispatcher(caller=ports.caller, keys=ports.keys, clock=clock, settings=settings)
                asyncio.run(dispatcher.send_due())

            send()
            begun = time.perf_counter()
            with transaction() as session:
                events = ((registrations[n % 4], {"grant_id": f"g{n}"}) for n in range(count))
                made = tell_many(session, events, EventKind.GRANT_CHANGED, now=clock.now())
            written = time.perf_counter() - begun
            begun = time.perf_counter()
            while (due := _last_due()) is not None:
                clock.skip_to(due)
                send()
            taken = time.perf_counter() - begun
            sent, attempts, dead = _ends()
        with urllib.request.urlopen(receiver) as answer:  # noqa: S310 - of this machine
            arrived = json.loads(answer.read())
    came = sum(arrived.values()) - 4
    lost = made - sum(1 for each in sent if each in arrived)
    return (made, f"{written * 1e3:.0f}", f"{taken:.1f}", f"{made / taken:.0f}", f"{attempts / taken:.0f}",
            lost, came - made, dead)  # fmt: skip


def _registrations(receiver: str, settings: Settings, keys: KeyStore, clock: _Clock, *, run: str) -> list[str]:
    ids = [f"bench-{run}-{n}" for n in range(4)]
    with transaction() as session:
        session.execute(delete(OutboxRow))
        session.add_all(RegistrationRow(registration_id=each, created=clock.now(), metadata_sent={}) for each in ids)
    for each in ids:
        create_webhook(
            receiver, [EventKind.GRANT_CHANGED], registration_id=each, settings=settings, clock=clock, keys=keys
        )
    return ids


def _last_due() -> datetime | None:
    with reading() as session:
        waiting = OutboxRow.status == OutboxStatus.WAITING
        return session.scalar(select(func.max(OutboxRow.due, type_=UtcDateTime)).where(waiting))


def _ends() -> tuple[list[str], int, int]:
    with reading() as session:
        event = OutboxRow.kind == EventKind.GRANT_CHANGED
        rows = session.execute(select(OutboxRow.outbox_id, OutboxRow.status, OutboxRow.attempts).where(event)).all()
    dead = sum(row.status == OutboxStatus.DEAD for row in rows)
    return [row.outbox_id for row in rows], sum(row.attempts for row in rows), dead


@contextmanager
def _receiver(fails: float) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.support.receiver", "--fails", str(fails)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.stdin.close()
