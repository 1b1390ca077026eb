"""
A thousand simulated sites asked every five minutes by one worker: CPU a question, and whether any is late.

Time is compressed: the worker's clock moves on by a minute as soon as everything due in it was asked, so half an hour
of polling takes as long as its work does. A minute whose work took longer than a minute would have made others late.
The homes are another process on another core, which answers over HTTP as platforms do.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask
from sqlalchemy import Engine

from benchmarks.context import Context, Figures
from benchmarks.servers import free_port, started
from cdsc_server.app import system_ports
from cdsc_server.companions.simulated_site import PASSWORD
from cdsc_server.connectors.file_keys import FileKeyStore
from cdsc_server.ports import Mode, PlatformAccess, Ports
from cdsc_server.services.device_sites import NewSite, add_site
from cdsc_server.services.polling import Poller
from cdsc_server.settings import Settings
from cdsc_server.storage import db
from cdsc_server.storage.customers import CustomerRow
from cdsc_server.storage.db import transaction
from cdsc_server.storage.meter_devices import MeterDeviceRow

_MINUTE = timedelta(minutes=1)
#: Minutes at the beginning in which homes are built, sessions opened and devices listed.
_FIRST = 6


@dataclass
class _Marching:
    """Satisfies `ports.Clock`: goes on when told."""

    at: datetime

    def now(self) -> datetime:
        return self.at


def run(context: Context) -> None:
    """Half an hour of polling on each database."""
    sites, minutes = (20, 12) if context.quick else (1000, 36)
    rows = []
    with _homes() as url, context.engines() as engines:
        for kind, engine in engines.items():
            cpu, busy, asked, failed, latest = _polled(engine, url, sites, minutes)
            share = cpu.median * sites / 300
            rows.append(
                (kind, f"{sites:,}", f"{asked:,}", str(failed), cpu.spread(1e3, 1), f"{share:.0%}", busy.spread(1, 1),
                 f"{latest.total_seconds():.0f} s")
            )  # fmt: skip
    names = ("polling", "sites", "asked", "failed", "CPU ms/question", "of one core", "s a minute's work", "latest")
    context.table(names, rows)


def _polled(engine: Engine, url: str, sites: int, minutes: int) -> tuple[Figures, Figures, int, int, timedelta]:
    """CPU seconds a question and seconds a minute's work, of each minute; questions, faults, and the greatest delay."""
    url_of_database = engine.url.render_as_string(hide_password=False)
    app = Flask("benchmark")
    db.install(app, url_of_database)
    clock = _Marching(datetime.now(UTC).replace(second=0, microsecond=0) - (minutes + 5) * _MINUTE)
    asked, failed, latest = 0, 0, timedelta()
    cpu: list[float] = []
    busy: list[float] = []
    with TemporaryDirectory() as directory, app.app_context():
        key = str(Path(directory) / "sealing.key")
        FileKeyStore.create(key)
        settings = Settings(database_url=url_of_database, key_file=key, blob_dir=directory)
        ports = replace(system_ports(settings), clock=clock)
        poller = Poller(ports)
        for minute in range(minutes):
            # They are spread over their five minutes from the start, as in a worker that has run for a while.
            for number in range(minute, sites, 5) if minute < 5 else ():
                _settle(number, url, ports)
            clock.at += _MINUTE
            started, used = time.perf_counter(), time.process_time()
            done = poller.run()
            if minute >= _FIRST and done.asked:
                cpu.append((time.process_time() - used) / done.asked)
                busy.append(time.perf_counter() - started)
                asked, failed, latest = asked + done.asked, failed + done.failed, max(latest, done.latest)
        poller.close()
        db.db.engine.dispose()
    return Figures(cpu), Figures(busy), asked, failed, latest


def _settle(number: int, url: str, ports: Ports) -> None:
    name, now = f"home-{number}", ports.clock.now()
    with transaction() as session:
        session.add(CustomerRow(customer_id=name, display_name=name, is_test=True, created=now))
        session.add(
            MeterDeviceRow(
                customer_id=name,
                meter_device_id=f"meter-{number}",
                meter_number=None,
                types=[],
                apps=[],
                created=now,
                modified=now,
                synced=now,
            )
        )
    new = NewSite(
        label=name,
        platform="simulation",
        mode=Mode.STAGE,
        access=PlatformAccess(url, name, PASSWORD),
        meters={"meter": f"meter-{number}"},
        interval=900,
    )
    add_site(new, customer=name, actor="benchmark", ports=ports)


@contextmanager
def _homes() -> Iterator[str]:
    """Address of a process with homes."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "cdsc_server.cli", "simulated-site", "--port", str(port), "--days", "1"]
    with started(command, f"{url}/healthz", dict(os.environ)):
        yield url
