"""
Bounds in time as requests write them: `P3Y`, an absolute date, or `infinite` (CDS-WG1-02 2, 3.9; CDS-WG3-01 7.3).

A relative value is always positive; the field says whether it is subtracted (start) or added (end).
Calendar parts (years, months, weeks, days) are counted on the local calendar of `cds_timezone`, clock parts in UTC.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cdsc_server.exact_json import instant

INFINITE: Final = "infinite"

_DURATION = re.compile(
    r"P(?!$)(?:(?P<years>\d{1,4})Y)?(?:(?P<months>\d{1,5})M)?(?:(?P<weeks>\d{1,5})W)?(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?!$)(?:(?P<hours>\d{1,7})H)?(?:(?P<minutes>\d{1,8})M)?(?:(?P<seconds>\d{1,9})S)?)?"
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DATETIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:[Zz]|[+-]\d{2}:\d{2})")


@dataclass(frozen=True)
class Duration:
    """An ISO 8601 duration without sign."""

    months: int = 0
    days: int = 0
    seconds: int = 0

    def magnitude(self) -> timedelta:
        """Its nominal length, for comparing bounds: a month counts 365.25 / 12 days."""
        return timedelta(days=self.months * 365.25 / 12 + self.days, seconds=self.seconds)


def read_duration(text: str, *, dates: bool = False) -> Duration:
    """
    The duration that `text` writes.

    `P0S`, which the standard gives as an example although ISO 8601 wants a `T`, is read as `PT0S`.

    Args:
        dates: it leads to a date, so it may count no hours, minutes or seconds (CDS-WG1-02 3.9).

    Raises:
        ValueError: not a positive ISO 8601 duration.
    """
    if dates and ("T" in text or text == "P0S"):
        raise ValueError(f"{text} counts hours, minutes or seconds; a date is whole days, weeks, months or years away")
    match = _DURATION.fullmatch("PT0S" if text == "P0S" else text)
    if match is None:
        raise ValueError(f"{text!r} is not an ISO 8601 duration such as P3Y or PT0S")
    part = {name: int(number or 0) for name, number in match.groupdict().items()}
    return Duration(
        months=part["years"] * 12 + part["months"],
        days=part["weeks"] * 7 + part["days"],
        seconds=part["hours"] * 3600 + part["minutes"] * 60 + part["seconds"],
    )


def shifted(at: datetime, duration: Duration, *, zone: ZoneInfo, sign: int) -> datetime:
    """
    `at` moved by `duration` into the past (`sign` -1) or the future (+1), in UTC.

    A day that the target month lacks becomes its last day.

    Raises:
        ValueError: the result leaves the calendar.
    """
    local = at.astimezone(zone)
    month = local.year * 12 + local.month - 1 + sign * duration.months
    year, month = divmod(month, 12)
    if not 1 <= year <= 9998:
        raise ValueError("the duration leaves the calendar")
    moved = local.replace(year=year, month=month + 1, day=min(local.day, monthrange(year, month + 1)[1]))
    try:
        moved = moved + sign * timedelta(days=duration.days)
        return moved.astimezone(UTC) + sign * timedelta(seconds=duration.seconds)
    except OverflowError as fault:
        raise ValueError("the duration leaves the calendar") from fault


def read_date(text: str) -> date:
    """RFC 3339 full-date; ValueError otherwise."""
    if not _DATE.fullmatch(text):
        raise ValueError(f"{text!r} is not a date such as 2026-11-21")
    return date.fromisoformat(text)


def read_datetime(text: str) -> datetime:
    """RFC 3339 date-time with offset, as UTC; ValueError otherwise."""
    if not _DATETIME.fullmatch(text):
        raise ValueError(f"{text!r} is not a date-time with offset such as 2026-11-21T00:00:00Z")
    return datetime.fromisoformat(text.upper()).astimezone(UTC)


def local_midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local day, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def resolve(text: str, *, at: datetime, zone: ZoneInfo, sign: int, dates: bool = False) -> datetime | None:
    """
    The instant a `relative_or_absolute_datetime` value means when its reference is `at`; None for `infinite`.

    Args:
        dates: it is a `relative_or_absolute_date`, which means the first instant of a local day.

    Raises:
        ValueError: neither a duration, a date-time nor `infinite`.
    """
    if text == INFINITE:
        return None
    if not text.startswith("P"):
        return local_midnight(read_date(text), zone) if dates else read_datetime(text)
    moved = shifted(at, read_duration(text, dates=dates), zone=zone, sign=sign)
    return local_midnight(moved.astimezone(zone).date(), zone) if dates else moved


def written(bound: datetime | None, *, zone: ZoneInfo, dates: bool = False) -> str:
    """The absolute value that means this instant, as `resolve` reads it; of dates the local day it is on."""
    if bound is None:
        return INFINITE
    return bound.astimezone(zone).date().isoformat() if dates else instant(bound)
