"""Made-up meters: quarter hours with a day's and a year's shape and as much noise as households have."""

from __future__ import annotations

from array import array
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
from sqlalchemy.orm import Session

from cdsc_server.domain.readings import MARK_OF, Quality, Readings
from cdsc_server.storage.usage import UsageSeriesRow
from cdsc_server.storage.usage_blocks import find_or_create_series, wanted_series

DAY = 96
START = datetime(2025, 1, 1, tzinfo=UTC) - timedelta(hours=1)  # midnight in Brussels
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def thousandths(days: int, seed: int) -> npt.NDArray[np.int64]:
    """Thousandths of a kWh, mostly below 1 kWh."""
    noise = np.random.default_rng(seed)
    slot = np.arange(days * DAY)
    day = np.sin(2 * np.pi * (slot % DAY - 30) / DAY)
    year = np.sin(2 * np.pi * slot / (365 * DAY))
    shape = np.maximum(120 + 90 * day + 60 * year, 20) * noise.uniform(0.5, 3)
    drawn: npt.NDArray[np.float64] = shape * noise.lognormal(0, 0.5, len(slot))
    return drawn.astype(np.int64)


def readings(values: npt.NDArray[np.int64], day: int = 0) -> Readings:
    """The values from a day on, all of them valid."""
    numbers = array("q")
    numbers.frombytes(values.tobytes())
    return Readings(START + timedelta(days=day), 900, 3, numbers, bytes([MARK_OF[Quality.VALID]]))


def series(session: Session, number: int) -> UsageSeriesRow:
    """The series of one meter, under a Customer of its own."""
    return find_or_create_series(
        session,
        wanted_series(
            customer_id=f"customer-{number}",
            series_id=f"meter-{number}/forward",
            segment_key=f"meter-{number}",
            value_format={"type": "electric_usage", "units": "kWh", "direction": "forward"},
            interval_seconds=900,
            timezone="Europe/Brussels",
            meter_device_id=f"meter-{number}",
            at=NOW,
        ),
    )
