"""Readings of one meter from the database to JSON bytes in this process, beside a table with a row per reading."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import numpy as np
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from benchmarks.context import Context
from benchmarks.meters import DAY, NOW, START, readings, series, thousandths
from benchmarks.peers import reading_rows
from cdsc_server.domain.usage import Column
from cdsc_server.storage.usage import find_series
from cdsc_server.storage.usage_blocks import put_many
from cdsc_server.storage.usage_segments import read_columns, segment_periods
from cdsc_server.web.customer_data.usage_values import values_json

_METERS = 10


def run(context: Context) -> None:
    """A month, a year and three years in month blocks; a year in day blocks."""
    days = 60 if context.quick else 1095
    spans = {"month": 30, "year": min(365, days), "3 years": days}
    rows = []
    with context.engines() as engines:
        for kind, engine in engines.items():
            _fill(engine, days)
            for name, length in spans.items():
                rows.append((f"{kind}, {name}", *_compare(context, engine, 0, length)))
            rows.append((f"{kind}, year of day blocks", *_compare(context, engine, _METERS, spans["year"])))
    context.table(("read", "ms", "rows ms", "times rows", "MB/s"), rows)


def _fill(engine: Engine, days: int) -> None:
    reading_rows.create(engine)
    first = int(START.timestamp())
    for meter in range(2 * _METERS):
        values = thousandths(days, meter)
        with Session(engine) as session, session.begin():
            row = series(session, meter)
            if meter < _METERS:
                put_many(session, [(row, readings(values))], at=NOW)
            else:
                parts = [(row, readings(values[day * DAY : (day + 1) * DAY], day)) for day in range(min(days, 365))]
                put_many(session, parts, at=NOW)
            reading_rows.load(session, ((meter, first + 900 * n, value) for n, value in enumerate(values.tolist())))
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def _compare(context: Context, engine: Engine, first: int, days: int) -> tuple[str, ...]:
    turns = {"ours": 0, "peer": 0}

    def each(what: str, task: Callable[[int], list[bytes]]) -> list[bytes]:
        """A different meter each time, the same ones for both."""
        turns[what] += 1
        return task(first + turns[what] % _METERS)

    # A request has its connection already, so opening one is not measured.
    with engine.connect().execution_options(cdsc_writes=False) as connection, Session(connection) as session:
        ours, peer = partial(_ours, session, days), partial(_peer, session, days)
        # Ours are the values of each month, the peer's are one list.
        assert b",".join(month[1:-1] for month in ours(first)) == peer(first)[0][1:-1]
        figures = context.rounds({"ours": partial(each, "ours", ours), "peer": partial(each, "peer", peer)}, 15)
        size = len(b",".join(ours(first)))
    return (
        figures["ours"].spread(1e3),
        figures["peer"].spread(1e3),
        figures["ours"].times(figures["peer"]).spread(digits=1),
        figures["ours"].rate(size).spread(1e-6, 0),
    )


def _ours(session: Session, days: int, meter: int) -> list[bytes]:
    session.expunge_all()
    found = find_series(session, f"customer-{meter}")
    periods = segment_periods(session, found, end=START + timedelta(days=days))
    return [b"".join(values_json(columns)) for _, columns in read_columns(session, periods)]


def _peer(session: Session, days: int, meter: int) -> list[bytes]:
    first = int(START.timestamp())
    found = np.array(reading_rows.values(session, meter, first, first + 86400 * days), np.int64)
    # The same encoder as ours, so that only the stores are compared.
    return [b"".join(values_json([Column({}, None, "s", (("eu", readings(found)),))]))]
