"""Local months as periods of UTC seconds; every other module counts in seconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo


def month_around(second: int, timezone: str) -> tuple[int, int]:
    """
    The calendar month of a zone that holds an instant.

    Args:
        second: since 1970 UTC.
        timezone: IANA name.

    Returns:
        First second of the month, and first second of the next one. Months with a clock change are an hour off 24 * n.
    """
    local = datetime.fromtimestamp(second, ZoneInfo(timezone))
    return _month(local.year, local.month, timezone)


@lru_cache(maxsize=4096)
def _month(year: int, month: int, timezone: str) -> tuple[int, int]:
    zone = ZoneInfo(timezone)
    next_year, next_month = (year, month + 1) if month < 12 else (year + 1, 1)
    # Where a clock change skips midnight itself, this gives the change, which is the first instant of the month.
    return tuple(  # type: ignore[return-value]
        int(datetime(*day, 1, tzinfo=zone).astimezone(UTC).timestamp())
        for day in ((year, month), (next_year, next_month))
    )


def instant_of_clock(shown: datetime, zone: str, *, not_before: datetime) -> datetime:
    """
    The instant at which a clock without an offset showed a time.

    Args:
        shown: naive.
        zone: IANA name of the zone whose clock it is.
        not_before: aware; decides which one is meant of an hour that comes twice.
    """
    at = shown.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)
    later = shown.replace(tzinfo=ZoneInfo(zone), fold=1).astimezone(UTC)
    return later if at < not_before and later > at else at
