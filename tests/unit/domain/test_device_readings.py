"""What devices tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from cdsc_server.domain.device_readings import DeviceReading, Direction, Quantity

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
COUNTER: dict[str, Any] = {
    "source": "simulation",
    "device_id": "meter",
    "channel": "imported",
    "quantity": Quantity.ENERGY,
    "value": Decimal("10.5"),
    "unit": "kWh",
    "direction": Direction.FORWARD,
    "measured_at": NOON,
    "received_at": NOON,
}


def test_a_counter_is_a_reading_without_a_period() -> None:
    """Energy at an instant is what has been counted until then."""
    assert DeviceReading(**COUNTER).period is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": Decimal("NaN")},
        {"value": Decimal("-0.1")},
        {"unit": "W"},
        {"direction": None},
        {"quantity": Quantity.TEMPERATURE, "unit": "°C"},
        {"measured_at": NOON.replace(tzinfo=None)},
        {"received_at": NOON.astimezone(timezone(timedelta(hours=2)))},
        {"period": timedelta()},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_what_cannot_be_is_no_reading(wrong: dict[str, Any]) -> None:
    """A connector that mixes up units, directions or zones is told at once."""
    with pytest.raises(ValueError, match=r"reading|unit|direction|negative|UTC|period"):
        DeviceReading(**COUNTER | wrong)


def test_net_values_may_be_negative() -> None:
    """Forward less reverse."""
    assert DeviceReading(**COUNTER | {"value": Decimal(-3), "direction": Direction.NET}).value == -3
