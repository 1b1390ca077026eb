"""A month of a building with 1,000 meters from the database to JSON bytes, beside a table with a row per reading."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from benchmarks.context import Context
from benchmarks.meters import NOW, START, readings, series, thousandths
from benchmarks.peers import reading_rows
from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.sum_rules import DEFAULT
from cdsc_server.storage.aggregations import AggregationRow, set_members
from cdsc_server.storage.usage_blocks import put_many
from cdsc_server.storage.usage_sums import newest_of, read_sums, series_of_group, sum_periods
from cdsc_server.web.customer_data.usage_values import values_json

_GROUP = "building"
#: A whole local month, so that the month blocks of the store hold nothing else.
_DAYS = 31


def run(context: Context) -> None:
    """Members found, thresholds judged in each quarter hour, sums written out."""
    meters = 20 if context.quick else 1000
    rows = []
    with context.engines() as engines:
        for kind, engine in engines.items():
            _fill(engine, meters)
            rows.append((f"{kind}, {meters} meters", *_compare(context, engine)))
    context.table(("read", "ms", "rows ms", "times rows"), rows)


def _fill(engine: Engine, meters: int) -> None:
    reading_rows.create(engine)
    first = int(START.timestamp())
    with Session(engine) as session, session.begin():
        session.add(
            AggregationRow(
                aggregation_id=_GROUP,
                name="Building",
                types=["confidential", "building"],
                confidential=True,
                is_test=True,
                lists={},
                published={},
                addresses=[],
                regions=[],
                created=NOW,
                modified=NOW,
                synced=NOW,
            )
        )
        session.flush()
        members = [(f"customer-{meter}", Kind.METER_DEVICE, f"meter-{meter}") for meter in range(meters)]
        set_members(session, _GROUP, members, at=NOW)
        for meter in range(meters):
            values = thousandths(_DAYS, meter)
            put_many(session, [(series(session, meter), readings(values))], at=NOW)
            reading_rows.load(session, ((meter, first + 900 * n, value) for n, value in enumerate(values.tolist())))
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def _compare(context: Context, engine: Engine) -> tuple[str, ...]:
    with engine.connect().execution_options(cdsc_writes=False) as connection, Session(connection) as session:
        ours, peer = partial(_ours, session), partial(_peer, session)
        assert ours() == peer()
        figures = context.rounds({"ours": ours, "peer": peer}, 11)
    return (
        figures["ours"].spread(1e3, 1),
        figures["peer"].spread(1e3, 0),
        figures["ours"].times(figures["peer"]).spread(digits=1),
    )


def _ours(session: Session) -> bytes:
    start, end = START, START + timedelta(days=_DAYS)
    periods = sum_periods(session, series_of_group(session, _GROUP, at=NOW), start=start, end=end)
    newest = newest_of(periods)
    months = [
        b"".join(values_json(read_sums(session, each, each.sums(), newest=newest, tells=DEFAULT.tells)))
        for each in periods
    ]
    return b",".join(month[1:-1] for month in months)


def _peer(session: Session) -> bytes:
    first = int(START.timestamp())
    sums = reading_rows.sums(session, first, first + _DAYS * 86_400)
    return b",".join(b'[{"eu":%d.%03d}]' % divmod(value, 1000) for value in sums)
