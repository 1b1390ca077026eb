"""Months are those of the zone, also where the clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.domain.intervals import instant_of_clock, month_around

ZONES = ["Europe/Brussels", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Apia", "America/Sao_Paulo", "UTC"]


def second(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


@pytest.mark.parametrize(
    ("zone", "instant", "first", "last"),
    [
        ("Europe/Brussels", "2026-03-31T21:59:59Z", "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"),
        ("Europe/Brussels", "2026-03-31T22:00:00Z", "2026-03-31T22:00:00Z", "2026-04-30T22:00:00Z"),
        ("Asia/Kolkata", "2026-12-31T18:30:00Z", "2026-12-31T18:30:00Z", "2027-01-31T18:30:00Z"),
    ],
)
def test_a_month_runs_from_local_midnight_to_local_midnight(zone, instant, first, last):
    assert month_around(second(instant), zone) == (second(first), second(last))


@pytest.mark.parametrize(("instant", "hours"), [("2026-03-15T00:00:00Z", 743), ("2026-10-15T00:00:00Z", 745)])
def test_a_month_with_a_clock_change_is_an_hour_shorter_or_longer(instant, hours):
    first, last = month_around(second(instant), "Europe/Brussels")

    assert last - first == hours * 3600


@given(st.integers(0, 4_000_000_000), st.sampled_from(ZONES))
def test_months_hold_their_instant_and_follow_one_another(instant, zone):
    first, last = month_around(instant, zone)

    assert first <= instant < last
    assert month_around(first, zone) == month_around(last - 1, zone) == (first, last)
    assert month_around(last, zone)[0] == last
    assert datetime.fromtimestamp(first, UTC).second == 0


def test_of_an_hour_that_comes_twice_the_order_tells_which_one_is_meant() -> None:
    """Clocks without an offset show 02:30 twice on this night."""
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    second = first + timedelta(hours=1)
    shown = datetime(2026, 10, 25, 2, 30)  # noqa: DTZ001 - as a clock on a wall shows it

    assert instant_of_clock(shown, "Europe/Brussels", not_before=first) == first
    assert instant_of_clock(shown, "Europe/Brussels", not_before=first + timedelta(minutes=5)) == second
    assert instant_of_clock(shown, "Africa/Johannesburg", not_before=second) == first
