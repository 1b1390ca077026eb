"""Figures of days out of counts."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.domain.durations import local_midnight
from cdsc_server.domain.service_levels import (
    ANSWERED,
    MICROSECONDS,
    REQUESTS,
    WITHIN,
    Tier,
    day_figures,
    first_answer,
    minute_of_day,
    month_figures,
)

ZONE = ZoneInfo("Europe/Brussels")
SHORT, LONG, PLAIN = date(2026, 3, 29), date(2026, 10, 25), date(2026, 6, 10)
LATER = datetime(2026, 12, 1, tzinfo=UTC)


def answered(instants):
    """Counts by day, as they stand when the server answered in the minutes of these instants."""
    days = {}
    for instant in instants:
        day, hour, bit = minute_of_day(instant, ZONE)
        counts = days.setdefault(day, {})
        counts[ANSWERED, hour] = counts.get((ANSWERED, hour), 0) | bit
    return days


def minutes_of(day):
    start, end = local_midnight(day, ZONE), local_midnight(day + timedelta(days=1), ZONE)
    return [start + timedelta(minutes=n) for n in range((end - start) // timedelta(minutes=1))]


@pytest.mark.parametrize(("day", "minutes"), [(SHORT, 1380), (PLAIN, 1440), (LONG, 1500)])
def test_a_day_answered_throughout_is_whole_however_long_it_is(day, minutes):
    """Each minute has a bit of its own, in the hour that comes twice too."""
    counted = answered(minutes_of(day))
    figures = day_figures(day, counted[day], first=first_answer(counted, ZONE), now=LATER, zone=ZONE)

    assert sum(bits.bit_count() for bits in counted[day].values()) == minutes
    assert figures.availability == 1


@given(st.sets(st.integers(0, 1439), min_size=1, max_size=60))
def test_availability_is_the_part_of_minutes_since_the_first_answer(minutes):
    instants = [minutes_of(PLAIN)[n] for n in minutes]
    counted = answered([*instants, *instants])
    first = first_answer(counted, ZONE)

    assert first == min(instants)
    figures = day_figures(PLAIN, counted[PLAIN], first=first, now=LATER, zone=ZONE)
    assert figures.availability == (Decimal(len(minutes)) / (1440 - min(minutes))).quantize(Decimal("0.0001"))


def test_a_day_of_silence_counts_in_its_month():
    """A server that was off has no counts at all, and that is what is told."""
    days = answered([*minutes_of(PLAIN), *minutes_of(PLAIN + timedelta(days=2))])
    (june,) = month_figures(days, first=first_answer(days, ZONE), now=LATER, zone=ZONE)

    assert (june.month, june.availability) == ("2026-06", Decimal("0.6667"))


def test_the_minute_that_runs_is_not_held_against_the_server():
    """The look of this minute may come in its last second."""
    minutes = minutes_of(PLAIN)[:10]
    counted = answered(minutes)
    figures = day_figures(PLAIN, counted[PLAIN], first=minutes[0], now=minutes[-1] + timedelta(seconds=61), zone=ZONE)

    assert figures.availability == 1


def test_nothing_is_said_of_a_time_before_anybody_looked():
    figures = day_figures(PLAIN, {}, first=None, now=LATER, zone=ZONE)

    assert figures.availability is None
    assert figures.tiers[Tier.UNATTENDED].within_threshold is None
    assert figures.tiers[Tier.UNATTENDED].average_seconds is None


def test_performance_is_told_for_each_tier():
    counts = {
        (REQUESTS, "unattended"): 3,
        (WITHIN, "unattended"): 2,
        (MICROSECONDS, "unattended"): 4_500_000,
        (REQUESTS, "low_priority"): 1,
    }
    figures = day_figures(PLAIN, counts, first=None, now=LATER, zone=ZONE)

    assert figures.tiers[Tier.UNATTENDED].within_threshold == Decimal("0.6667")
    assert figures.tiers[Tier.UNATTENDED].average_seconds == Decimal("1.5")
    assert figures.invocations == 4
