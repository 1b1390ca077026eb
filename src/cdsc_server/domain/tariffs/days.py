"""Local days with their clock changes, and which of them are holidays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo


class Stretch(NamedTuple):
    """A part of a local day on which the clock does not change: seconds since 1970, and those the clock is ahead."""

    start: int
    end: int
    ahead: int


def midnight(day: date, timezone: str) -> int:
    """The first second of a local day, since 1970 UTC."""
    local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone))
    return int(local.astimezone(UTC).timestamp())


def day_at(second: int, timezone: str) -> date:
    """The local day that holds an instant."""
    return datetime.fromtimestamp(second, ZoneInfo(timezone)).date()


def days_between(start: int, end: int, timezone: str) -> Iterator[date]:
    """Every local day that has a second in [start, end)."""
    if start >= end:
        return
    day, last = day_at(start, timezone), day_at(end - 1, timezone)
    while day <= last:
        yield day
        day += timedelta(days=1)


@lru_cache(maxsize=8192)
def stretches_of(day: date, timezone: str) -> tuple[Stretch, ...]:
    """A local day of 23, 24 or 25 hours in stretches without a clock change."""
    zone = ZoneInfo(timezone)
    start, end = midnight(day, timezone), midnight(day + timedelta(days=1), timezone)
    if start == end:
        # A zone that moved over the date line has left this day out.
        return ()
    first, last = _ahead(start, zone), _ahead(end - 1, zone)
    if first == last:
        return (Stretch(start, end, first),)
    low, high = start, end - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _ahead(middle, zone) == first else (low, middle)
    return (Stretch(start, high, first), Stretch(high, end, last))


def is_region(code: str) -> bool:
    """Whether the holidays of a region are known: a country of ISO 3166, or one with a part of it, such as US-NY."""
    country, _, part = code.partition("-")
    import holidays  # a large library, loaded by who knows a region only

    known = holidays.list_supported_countries()
    return country in known and (not part or part in known[country])


@lru_cache(maxsize=512)
def public_holidays(region: str, year: int) -> frozenset[date]:
    """
    The public holidays of a region, those with pay on another day among them.

    Args:
        region: one that `is_region` knows.
    """
    country, _, part = region.partition("-")
    import holidays

    return frozenset(holidays.country_holidays(country, subdiv=part or None, years=year))


def _ahead(second: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(second, zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())
