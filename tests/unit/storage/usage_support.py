"""What the tests of usage share: a session factory on each database, one series, readings of a morning."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from cdsc_server.domain.readings import Qualities, Readings
from cdsc_server.storage.db import engine_options, prepare
from cdsc_server.storage.usage import UsageSeriesRow
from cdsc_server.storage.usage_blocks import find_or_create_series, wanted_series

START = datetime(2026, 3, 10, tzinfo=UTC)
NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
ENERGY = {"type": "electric_usage", "units": "kWh", "direction": "forward"}

Work = Callable[[], "contextmanager[Session]"]


def engine_on(url: str) -> Engine:
    """An engine as the application makes it."""
    engine = create_engine(url, **engine_options(url))
    prepare(engine)
    return engine


@contextmanager
def committed(engine: Engine) -> Iterator[Session]:
    """A session whose work is committed at the end."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


def series_of(session: Session, name: str = "forward", **fields: object) -> UsageSeriesRow:
    """A 15-minute series of meter m1 in Brussels, unless fields say otherwise."""
    plain: dict[str, object] = {
        "customer_id": "c1",
        "series_id": f"m1/{name}",
        "segment_key": "m1",
        "value_format": ENERGY,
        "interval_seconds": 900,
        "timezone": "Europe/Brussels",
        "meter_device_id": "m1",
        "at": NOW,
    }
    return find_or_create_series(session, wanted_series(**{**plain, **fields}))


def readings_of(*texts: str, start: datetime = START, interval: int = 900, qualities: Qualities = None) -> Readings:
    """Readings as written; "" is a gap."""
    return Readings.of(start, interval, [Decimal(text) if text else None for text in texts], qualities=qualities)
