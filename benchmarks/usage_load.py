"""Loading history, adding and correcting a day of every meter, and the room it takes, beside a row per reading."""

from __future__ import annotations

import time
from datetime import timedelta
from functools import partial

import numpy as np
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from benchmarks.context import Context, Figures
from benchmarks.meters import DAY, NOW, START, readings, series, thousandths
from benchmarks.peers import reading_rows
from cdsc_server.storage.usage import UsageSeriesRow
from cdsc_server.storage.usage_blocks import put_many


def run(context: Context) -> None:
    """A year of each meter in batches of 50, then days of all meters at once."""
    meters, days, few = (50, 31, 10) if context.quick else (1000, 365, 50)
    loads, upserts = [], []
    with context.engines() as engines:
        for kind, engine in engines.items():
            with Session(engine, expire_on_commit=False) as session, session.begin():
                owned = [series(session, meter) for meter in range(meters)]
            empty = _size(engine, "usage_blocks")
            ours = _load(engine, owned, days)
            room = (_size(engine, "usage_blocks") - empty) / (meters * days * DAY)
            peer, peer_room = _load_rows(engine, few, days)
            loads.append((kind, ours.spread(1e-6), peer.spread(1e-6), f"{ours.median / peer.median:.1f}",
                          f"{room:.2f}", f"{peer_room:.2f}"))  # fmt: skip
            upserts += _days(context, engine, kind, owned, days)
    context.table(("load", "M readings/s", "rows M/s", "times rows", "bytes/reading", "rows bytes"), loads)
    context.table((f"one day, {meters:,} meters", "ms", "rows ms", "times rows"), upserts)


def _load(engine: Engine, owned: list[UsageSeriesRow], days: int) -> Figures:
    rates = []
    for first in range(0, len(owned), 50):
        batch = [(row, readings(thousandths(days, first + n))) for n, row in enumerate(owned[first : first + 50])]
        begun = time.perf_counter()
        with Session(engine) as session, session.begin():
            put_many(session, batch, at=NOW)
        rates.append(len(batch) * days * DAY / (time.perf_counter() - begun))
    return Figures(rates)


def _load_rows(engine: Engine, meters: int, days: int) -> tuple[Figures, float]:
    reading_rows.create(engine)
    before, rates, first = _size(engine, "reading_rows"), [], int(START.timestamp())
    for start in range(0, meters, 10):
        values = [thousandths(days, start + n).tolist() for n in range(10)]
        rows = [(start + n, first + 900 * slot, v) for n, each in enumerate(values) for slot, v in enumerate(each)]
        begun = time.perf_counter()
        with Session(engine) as session, session.begin():
            reading_rows.load(session, rows)
        rates.append(len(rows) / (time.perf_counter() - begun))
    return Figures(rates), (_size(engine, "reading_rows") - before) / (meters * days * DAY)


def _days(context: Context, engine: Engine, kind: str, owned: list[UsageSeriesRow], days: int) -> list[tuple[str, ...]]:
    values = np.stack([thousandths(1, meter) for meter in range(len(owned))])
    turn = {"ours": 0, "peer": 0}

    def ours(*, fresh: bool) -> None:
        turn["ours"] += 1
        day = days + (turn["ours"] if fresh else 0)
        changed = values + turn["ours"]
        writes = [(row, readings(each, day)) for row, each in zip(owned, changed, strict=True)]
        with Session(engine) as session, session.begin():
            put_many(session, writes, at=NOW + timedelta(seconds=turn["ours"]))

    def peer(*, fresh: bool) -> None:
        turn["peer"] += 1
        start = int(START.timestamp()) + 86400 * (days + (turn["peer"] if fresh else 0))
        changed = (values + turn["peer"]).tolist()
        rows = [(meter, start + 900 * n, v) for meter, each in enumerate(changed) for n, v in enumerate(each)]
        with Session(engine) as session, session.begin():
            reading_rows.upsert(session, rows)

    compared: list[tuple[str, ...]] = []
    for name, fresh in (("new", True), ("corrected", False)):
        figures = context.rounds({"ours": partial(ours, fresh=fresh), "peer": partial(peer, fresh=fresh)}, 7)
        times = figures["ours"].times(figures["peer"]).spread(digits=1)
        compared.append((f"{kind}, {name}", figures["ours"].spread(1e3, 1), figures["peer"].spread(1e3, 1), times))
    return compared


def _size(engine: Engine, table: str) -> int:
    """Bytes of a table with its indexes; on SQLite those of the whole file."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            return int(
                connection.execute(
                    text("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
                ).scalar_one()
            )
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT pg_total_relation_size(:name)"), {"name": table}).scalar_one())
