"""Even readings made of what devices tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.domain.device_readings import DeviceReading, Direction, Origin, Quantity
from cdsc_server.domain.device_usage import Column, first_gap, usage_columns, without_future
from cdsc_server.domain.readings import Quality

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def counter(minutes: float, value: str, **fields: Any) -> DeviceReading:
    """What a counter showed so many minutes after noon."""
    at = NOON + timedelta(minutes=minutes)
    told: dict[str, Any] = {
        "source": "simulation", "device_id": "meter", "channel": "import", "quantity": Quantity.ENERGY,
        "value": Decimal(value), "unit": "kWh", "direction": Direction.FORWARD, "measured_at": at, "received_at": at,
    }  # fmt: skip
    return DeviceReading(**told | fields)


def power(minutes: float, watts: int, **fields: Any) -> DeviceReading:
    return counter(minutes, str(watts), channel="power", quantity=Quantity.POWER, unit="W", **fields)


def columns(*readings: DeviceReading, until: int = 60) -> list[Column]:
    return usage_columns(readings, interval=QUARTER, since=NOON, until=NOON + timedelta(minutes=until))


def told(*readings: DeviceReading, until: int = 60) -> list[tuple[str, Quality | None]]:
    (column,) = columns(*readings, until=until)
    return list(zip(column.readings.texts(), column.readings.qualities(), strict=True))


def test_a_counter_read_at_the_edges_gives_exact_energy() -> None:
    """Its difference, with its digits."""
    assert told(counter(0, "10.000"), counter(15, "10.250"), counter(30, "10.250"), until=30) == [
        ("0.250", Quality.RAW),
        ("0.000", Quality.RAW),
    ]


def test_between_two_edges_the_state_is_estimated() -> None:
    """And the readings on both sides say so."""
    assert told(
        counter(0, "10.000"), counter(10, "10.100"), counter(20, "10.300"), counter(30, "10.400"), until=30
    ) == [
        ("0.200", Quality.ESTIMATED),
        ("0.200", Quality.ESTIMATED),
    ]


def test_a_counter_that_fell_leaves_a_gap_and_goes_on() -> None:
    """What was counted before it began anew is unknown: never negative, never zero."""
    readings = counter(0, "10.0"), counter(15, "10.5"), counter(30, "0.1"), counter(45, "0.3")

    assert [text for text, _ in told(*readings, until=45)] == ["0.5", "", "0.2"]


def test_an_outage_is_a_gap_although_its_sum_is_known() -> None:
    """Nobody knows when within it the energy flowed."""
    readings = counter(0, "10.0"), counter(15, "10.5"), counter(60, "12.0"), counter(75, "12.1")

    assert [text for text, _ in told(*readings, until=75)] == ["0.5", "", "", "", "0.1"]


def test_a_counter_that_stood_still_says_that_nothing_flowed() -> None:
    """Inverters sleep at night."""
    readings = counter(0, "10.0"), counter(52, "10.0"), counter(60, "10.4")

    assert [text for text, _ in told(*readings)] == ["0.0", "0.0", "0.0", "0.4"]


def test_what_flows_back_is_negative() -> None:
    """As the standard has it."""
    readings = [counter(minutes, value, direction=Direction.REVERSE) for minutes, value in ((0, "1.0"), (15, "1.5"))]

    assert told(*readings, until=15) == [("-0.5", Quality.RAW)]


def test_energy_from_power_is_inferred_and_estimated() -> None:
    """Where a device has no counter; the mark goes with the series, the quality with the reading."""
    readings = [power(minutes, watts) for minutes, watts in ((0, 400), (5, 400), (10, 800), (15, 800))]
    (column,) = columns(*readings, until=15)

    assert column.origin is Origin.INFERRED
    assert column.unit == "Wh"
    # 400 W, the line from 400 to 800 W, and 800 W, each for five minutes.
    assert list(zip(column.readings.texts(), column.readings.qualities(), strict=True)) == [
        ("150.0", Quality.ESTIMATED)
    ]


def test_a_device_with_a_counter_needs_no_power() -> None:
    """The counter knows better."""
    readings = counter(0, "10.0"), counter(15, "10.5"), power(0, 400), power(15, 400)

    assert [column.channel for column in columns(*readings, until=15)] == ["import"]


def test_power_that_nobody_heard_of_is_no_energy() -> None:
    """A gap, not a zero."""
    readings = [power(minutes, 400, period=timedelta(minutes=5)) for minutes in (5, 10, 15, 35, 40, 45)]

    assert [text for text, _ in told(*readings, until=45)] == ["100.0", "", "100.0"]


def test_energy_of_periods_is_summed_up() -> None:
    """Of three times five minutes a quarter of an hour; two of them are none."""
    five = timedelta(minutes=5)
    readings = [counter(minutes, "0.1", period=five) for minutes in (5, 10, 15, 20, 25)]

    assert told(*readings, until=30) == [("0.3", Quality.RAW), ("", None)]


def test_of_two_at_one_instant_the_later_heard_of_counts() -> None:
    """In whatever order they come."""
    late = counter(15, "10.7", received_at=NOON + timedelta(hours=2))
    readings = late, counter(15, "10.5"), counter(0, "10.0")

    assert [text for text, _ in told(*readings, until=15)] == ["0.7"]


def test_a_clock_that_runs_ahead_is_not_believed() -> None:
    """What it says was measured in the future was measured nobody knows when."""
    ahead = counter(180, "10.0", received_at=NOON)
    slightly = replace(ahead, measured_at=NOON + timedelta(minutes=4))

    assert without_future([ahead, slightly]) == [slightly]


def test_the_first_gap_is_found_over_all_channels() -> None:
    """It is where a repair begins."""
    readings = counter(0, "10.0"), counter(15, "10.5"), counter(60, "12.0"), counter(75, "12.1")

    assert first_gap(columns(*readings, until=75)) == NOON + QUARTER
    # Nothing is missing where nothing was heard of yet.
    assert first_gap(columns(*readings[:2])) is None


@given(
    steps=st.lists(st.tuples(st.integers(1, 900), st.integers(0, 5_000)), min_size=2, max_size=40),
)
def test_slots_add_up_to_what_was_counted(steps: list[tuple[int, int]]) -> None:
    """However oddly a counter is read, nothing is made up and nothing is lost between the slots that are known."""
    at, value, readings = NOON, 0, []
    for seconds, watt_hours in steps:
        at, value = at + timedelta(seconds=seconds), value + watt_hours
        told_at = {"measured_at": at, "received_at": at}
        readings.append(counter(0, str(Decimal(value).scaleb(-3)), **told_at))

    (column,) = usage_columns(readings, interval=QUARTER, since=NOON, until=at)

    known = [each for each in column.readings.decimals() if each is not None]
    assert all(each >= 0 for each in known)
    assert sum(known) <= readings[-1].value - readings[0].value
    assert len(known) >= len(column.readings) - 2
