"""Durations: what they read, and where they lead."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.domain import durations
from tests.strategies import durations as any_duration
from tests.strategies import instants, written, zones
from tests.support import requirement

NEW_YORK = ZoneInfo("America/New_York")


@requirement("WG1-02-2-10", "WG1-02-2-12")
@given(st.data(), any_duration)
def test_a_duration_reads_as_it_was_written(data, duration):
    """Whatever parts the writer chose."""
    assert durations.read_duration(data.draw(written(duration))) == duration


@pytest.mark.parametrize("text", ["", "P", "PT", "3Y", "P-3Y", "+P3Y", "P3Y ", "P1.5Y", "P3H", "PT3D", "P3YT", "p3y"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="is not an ISO 8601 duration"):
        durations.read_duration(text)


@requirement("WG1-02-3.9-02")
def test_years_are_counted_on_the_local_calendar():
    """Three years before a local morning is the same local morning, whatever daylight saving says."""
    at = datetime(2026, 11, 22, 5, 30, tzinfo=UTC)  # 00:30 in New York, still 22 November

    back = durations.shifted(at, durations.read_duration("P3Y8M"), zone=NEW_YORK, sign=-1)

    assert back.astimezone(NEW_YORK).isoformat() == "2023-03-22T00:30:00-04:00"


def test_a_day_the_month_lacks_becomes_its_last_day():
    at = datetime(2024, 2, 29, 12, tzinfo=UTC)

    assert durations.shifted(at, durations.read_duration("P1Y"), zone=NEW_YORK, sign=-1).day == 28


@given(instants, zones, st.integers(0, 10**7))
def test_clock_parts_are_counted_in_utc(at, zone, seconds):
    """An hour is 3600 seconds also in the night when the clocks change."""
    moved = durations.shifted(at, durations.Duration(seconds=seconds), zone=ZoneInfo(zone), sign=+1)

    assert moved - at == timedelta(seconds=seconds)


@requirement("WG1-02-2-13")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("infinite", None),
        ("PT0S", datetime(2026, 11, 22, tzinfo=UTC)),
        ("P0S", datetime(2026, 11, 22, tzinfo=UTC)),
        ("2026-01-01T00:00:00-05:00", datetime(2026, 1, 1, 5, tzinfo=UTC)),
    ],
)
def test_a_bound_is_absolute_relative_or_infinite(text, expected):
    at = datetime(2026, 11, 22, tzinfo=UTC)

    assert durations.resolve(text, at=at, zone=NEW_YORK, sign=-1) == expected


@pytest.mark.parametrize("text", ["2026-01-01", "2026-01-01T00:00:00", "yesterday", "2026-13-01T00:00:00Z", "P999999Y"])
def test_what_is_no_bound_is_refused(text):
    """A date-time without offset is no instant."""
    with pytest.raises(ValueError):  # noqa: PT011 -- each kind has its own words
        durations.resolve(text, at=datetime(2026, 11, 22, tzinfo=UTC), zone=NEW_YORK, sign=-1)


@requirement("WG3-01-7.3.2-05", "WG3-01-7.3.3-05", "WG3-01-7.3.2-06", "WG3-01-7.3.3-06")
@pytest.mark.parametrize(
    ("text", "sign", "day"),
    [
        ("P1Y", -1, "2025-11-21"),
        ("P2M", +1, "2027-01-21"),
        ("P0D", +1, "2026-11-21"),
        ("2026-03-08", +1, "2026-03-08"),
        ("infinite", +1, "infinite"),
    ],
)
def test_a_bound_of_days_is_a_local_day(text, sign, day):
    """In New York it is still the evening of the 21st."""
    at = datetime(2026, 11, 22, 3, tzinfo=UTC)

    bound = durations.resolve(text, at=at, zone=NEW_YORK, sign=sign, dates=True)

    assert durations.written(bound, zone=NEW_YORK, dates=True) == day
    assert bound is None or bound.astimezone(NEW_YORK).hour == 0


@pytest.mark.parametrize("text", ["2026-01-01T00:00:00Z", "PT1H", "P0S", "P1DT1S", "2026-02-30", "tomorrow", ""])
def test_a_bound_of_days_has_no_time_of_day(text):
    """CDS-WG1-02 3.9: a date counts no hours."""
    with pytest.raises(ValueError):  # noqa: PT011 -- each kind has its own words
        durations.resolve(text, at=datetime(2026, 11, 22, tzinfo=UTC), zone=NEW_YORK, sign=-1, dates=True)
