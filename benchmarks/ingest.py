"""Delta files of readings, from CSV to commit, beside a row per reading; and the memory that takes."""

from __future__ import annotations

import csv
import multiprocessing
import resource
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from benchmarks.context import Context, Figures
from benchmarks.meters import DAY, START, thousandths
from benchmarks.peers import reading_rows
from cdsc_server.app import load_catalogue
from cdsc_server.intake.files import take_delta
from cdsc_server.ports import SystemClock
from cdsc_server.settings import Settings
from cdsc_server.storage import db
from tests.factories import customer_data as make

_COLUMNS = "external_meter_id,type,direction,units,start,end,value,quality"
#: Readings of the peer, which takes long.
_FEW = 100_000


class _Taken(NamedTuple):
    """What a file took: seconds, seconds of the processor, and megabytes at most."""

    seconds: float
    processor: float
    megabytes: float


def run(context: Context) -> None:
    """A million readings: a month of some meters, then a day of many, meter by meter and interval by interval."""
    few, days, many = (20, 31, 200) if context.quick else (336, 31, 10_417)
    rows = []
    with tempfile.TemporaryDirectory(prefix="cdsc-bench-") as folder, context.databases() as urls:
        files = [
            (f"{few} meters, a month", _written(Path(folder, "1.csv"), 1, few, 0, days)),
            (f"{many:,} meters, the first day", _written(Path(folder, "2.csv"), 2, many, days, 1)),
            (f"{many:,} meters, a day", _written(Path(folder, "3.csv"), 3, many, days + 1, 1)),
            (
                f"{many:,} meters, a day by interval",
                _written(Path(folder, "4.csv"), 4, many, days + 2, 1, by_time=True),
            ),
        ]
        for kind, url in urls.items():
            _connect(url, max(few, many))
            peer = _peer(url, files[0][1])
            for name, path in files:
                readings = _count(path)
                taken = _alone(url, path)
                rate = Figures([readings / taken.seconds])
                rows.append(
                    (
                        f"{kind}: {name}",
                        f"{readings:,}",
                        f"{rate.median / 1e3:,.0f}",
                        f"{readings / taken.processor / 1e3:,.0f}",
                        f"{rate.median / peer:.1f}",
                        f"{taken.megabytes:.0f}",
                    )
                )
    heading = ("delta file", "readings", "thousand/s", "thousand/s of processor", "times rows", "MB at most")
    context.table(heading, rows)


def _alone(url: str, path: Path) -> _Taken:
    """Take a file in, in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_take, (url, path))


def _take(url: str, path: Path) -> _Taken:
    app = Flask("ingest")
    db.install(app, url)
    catalogue = load_catalogue(Settings(database_url=url))
    with app.app_context():
        begun, used = time.perf_counter(), time.process_time()
        take_delta(path, catalogue=catalogue, clock=SystemClock())
        seconds, processor = time.perf_counter() - begun, time.process_time() - used
        db.db.engine.dispose()
    return _Taken(seconds, processor, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _connect(url: str, meters: int) -> None:
    """Make Customers with a meter each."""
    engine = create_engine(url, **db.engine_options(url))
    with Session(engine) as session, session.begin():
        for first in range(0, meters, 1000):
            names = [f"c{number}" for number in range(first, min(first + 1000, meters))]
            session.add_all([make.customer(name) for name in names])
            session.flush()
            for name in names:
                session.add_all([make.account(name, name), make.contract(name, name, name)])
                session.add_all([make.service_point(name, name), make.served(name, name, name)])
                session.add_all([make.meter(name, name), make.installed(name, name, name)])
            session.flush()
            session.expunge_all()
    engine.dispose()


def _written(path: Path, number: int, meters: int, day: int, days: int, *, by_time: bool = False) -> Path:
    instants = [
        (START + timedelta(days=day, minutes=15 * slot)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for slot in range(days * DAY + 1)
    ]
    values = [thousandths(days, meter).tolist() for meter in range(meters)]
    slots = range(days * DAY)
    order = (
        ((meter, slot) for slot in slots for meter in range(meters))
        if by_time
        else ((meter, slot) for meter in range(meters) for slot in slots)
    )
    with path.open("w", encoding="ascii") as file:
        file.write(f"cdsc-delta,1,readings,bench,{number}\n{_COLUMNS}\n")
        for meter, slot in order:
            value = values[meter][slot]
            file.write(
                f"M-c{meter},electric_usage,forward,kWh,{instants[slot]},{instants[slot + 1]},"
                f"{value // 1000}.{value % 1000:03},valid\n"
            )
        file.write(f"cdsc-delta-end,{meters * days * DAY}\n")
    return path


def _count(path: Path) -> int:
    with path.open("rb") as file:
        file.seek(-64, 2)
        return int(file.read().rsplit(b",", 1)[1])


def _peer(url: str, path: Path) -> float:
    """Readings a second of who reads the lines one by one and keeps a row for each."""
    engine = create_engine(url, **db.engine_options(url))
    db.prepare(engine)
    reading_rows.create(engine)
    begun = time.perf_counter()
    rows = []
    with path.open(encoding="ascii", newline="") as file:
        for line in csv.reader(file):
            if len(line) == 8 and line[4] != "start":
                start = int(datetime.fromisoformat(line[4]).timestamp())
                rows.append((int(line[0][3:]), start, int(line[6].replace(".", ""))))
            if len(rows) == _FEW:
                break
    with Session(engine) as session, session.begin():
        reading_rows.load(session, rows)
    seconds = time.perf_counter() - begun
    engine.dispose()
    return len(rows) / seconds
