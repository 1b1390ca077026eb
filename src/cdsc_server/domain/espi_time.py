"""
ESPI's LocalTimeParameters: decode the daylight saving rules and find the IANA zone that keeps them, and the way back.

From its lowest bit a rule has seconds (12 bits), hours (5), day of the week (3, Monday is 1), day of the month (5),
operator (3) and month (4).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

#: Says that there is no daylight saving time.
_NO_RULE = 0xFFFFFFFF
#: The operator of "the last such day of the week of the month", and of "the first one on or after a day".
_LAST, _FROM = 7, 1
#: Years in which a zone must have kept the rules; the United States and the European Union have changed none in them.
_YEARS = range(2010, 2026)
#: Utilities write the hour of the change in standard or in daylight saving time; the day decides.
_TOLERANCE = timedelta(hours=4)
_SECOND = timedelta(seconds=1)
#: Asked first, so that the name is the one people expect; among the rest the alphabet decides.
_PREFERRED = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Anchorage",
    "America/Halifax",
    "America/St_Johns",
    "America/Phoenix",
    "America/Regina",
    "America/Puerto_Rico",
    "Pacific/Honolulu",
    "Europe/London",
    "Europe/Brussels",
    "Europe/Helsinki",
    "Australia/Sydney",
    "Australia/Adelaide",
    "Australia/Brisbane",
    "Pacific/Auckland",
    "Asia/Tokyo",
    "Asia/Kolkata",
    "America/Sao_Paulo",
)


@dataclass(frozen=True, slots=True)
class DaylightRule:
    """The moment of each year at which clocks change, in the local time of that moment."""

    month: int
    operator: int
    day_of_month: int
    day_of_week: int
    seconds: int

    @classmethod
    def decoded(cls, bits: int) -> DaylightRule:
        """
        The rule in ESPI's bit field.

        Raises:
            ValueError: a part of it is outside its range.
        """
        rule = cls(
            bits >> 28, bits >> 25 & 7, bits >> 20 & 31, bits >> 17 & 7, (bits >> 12 & 31) * 3600 + (bits & 0xFFF)
        )
        needs_weekday, needs_day = rule.operator != 0, rule.operator < 2
        if not 1 <= rule.month <= 12 or rule.seconds > 86400:
            raise ValueError("the month or the hour is out of range")
        if (needs_weekday and rule.day_of_week == 0) or (needs_day and rule.day_of_month == 0):
            raise ValueError("the day is missing")
        rule.on(2024)
        return rule

    def on(self, year: int) -> datetime:
        """
        The moment in one year, as a naive local time.

        Raises:
            ValueError: the month has no such day.
        """
        first = date(year, self.month, 1)
        if self.operator == 0:
            day = first.replace(day=self.day_of_month)
        elif self.operator == _FROM:
            day = _weekday_from(first.replace(day=self.day_of_month), self.day_of_week)
        elif self.operator == _LAST:
            following = date(year + self.month // 12, self.month % 12 + 1, 1)
            day = _weekday_from(following - timedelta(days=7), self.day_of_week)
        else:
            day = _weekday_from(first, self.day_of_week) + timedelta(weeks=self.operator - 2)
        return datetime(day.year, day.month, day.day) + timedelta(seconds=self.seconds)  # noqa: DTZ001

    def encoded(self) -> int:
        """The rule as ESPI's bit field."""
        time = (self.seconds // 3600) << 12 | self.seconds % 3600
        return self.month << 28 | self.operator << 25 | self.day_of_month << 20 | self.day_of_week << 17 | time


def _weekday_from(day: date, iso_weekday: int) -> date:
    return day + timedelta(days=(iso_weekday - day.isoweekday()) % 7)


@lru_cache(maxsize=256)
def timezone_of(tz_offset: int, dst_offset: int = 0, dst_start: int = _NO_RULE, dst_end: int = _NO_RULE) -> str:
    """
    The IANA zone that keeps these LocalTimeParameters.

    Args:
        tz_offset: seconds east of UTC in winter.
        dst_offset: seconds added in summer; 0 when never.
        dst_start: bit field of the rule that starts summer time; all ones when there is none.
        dst_end: likewise for its end.

    Returns:
        A name in use where one fits, else the nearest fixed offset: months are then cut without summer time.

    Raises:
        ValueError: an offset is more than a day, or a bit field is no rule.
    """
    winter = timedelta(seconds=tz_offset)
    if abs(tz_offset) > 16 * 3600 or abs(dst_offset) > 3 * 3600:
        raise ValueError("the offset from UTC is out of range")
    if dst_offset == 0 or _NO_RULE in (dst_start, dst_end):
        changes = [(datetime(year, month, 1, tzinfo=UTC), winter) for year in _YEARS for month in (1, 7)]
    else:
        changes = _changes(winter, timedelta(seconds=dst_offset), dst_start, dst_end)
    steady = len({offset for _, offset in changes}) == 1
    # A whole hour without summer time is many places; none of them is meant more than the others.
    candidates = _PREFERRED if steady and tz_offset % 3600 == 0 else [*_PREFERRED, *sorted(_places())]
    for name in candidates if tz_offset or not steady else ():
        if _keeps(ZoneInfo(name), changes):
            return name
    # The names of fixed offsets count west of Greenwich.
    hours = max(-12, min(14, round(tz_offset / 3600)))
    return f"Etc/GMT{-hours:+d}" if hours else "Etc/UTC"


@dataclass(frozen=True, slots=True)
class LocalTime:
    """The members of LocalTimeParameters; rules are bit fields, all ones where clocks never change."""

    tz_offset: int
    dst_offset: int
    dst_start: int
    dst_end: int


@lru_cache(maxsize=256)
def local_time(name: str, year: int) -> LocalTime:
    """
    The LocalTimeParameters that a zone keeps.

    Args:
        name: of IANA.
        year: whose rules are told. Where clocks change otherwise than to summer time and back, its first offset is.
    """
    zone = ZoneInfo(name)
    changes = _changes_in(zone, year)
    first = _offset(datetime(year, 1, 1, tzinfo=UTC), zone)
    if len(changes) != 2 or {after for _, _, after in changes} != {before for _, before, _ in changes}:
        return LocalTime(first // _SECOND, 0, _NO_RULE, _NO_RULE)
    (start, winter, summer), (end, *_) = sorted(changes, key=lambda change: change[1])
    return LocalTime(
        winter // _SECOND,
        (summer - winter) // _SECOND,
        _rule(zone, start + winter).encoded(),
        _rule(zone, end + summer).encoded(),
    )


def _changes_in(zone: ZoneInfo, year: int) -> list[tuple[datetime, timedelta, timedelta]]:
    """When the offset of a zone changes in a year, with the offsets before and after."""
    found = []
    low, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    while low < end:
        high = low + timedelta(days=1)
        before, after = _offset(low, zone), _offset(high, zone)
        if before != after:
            early, late = low, high
            while late - early > _SECOND:
                middle = early + (late - early) // (2 * _SECOND) * _SECOND
                early, late = (middle, late) if _offset(middle, zone) == before else (early, middle)
            found.append((late, before, after))
        low = high
    return found


def _rule(zone: ZoneInfo, local: datetime) -> DaylightRule:
    """The rule that leads to this local moment, and if possible to those of the years beside it."""
    month, day, weekday = local.month, local.day, local.isoweekday()
    seconds = local.hour * 3600 + local.minute * 60 + local.second
    days = (date(local.year + month // 12, month % 12 + 1, 1) - date(local.year, month, 1)).days
    candidates = [DaylightRule(month, (day - 1) // 7 + 2, 0, weekday, seconds)]
    if day + 7 > days:
        candidates.insert(0, DaylightRule(month, _LAST, 0, weekday, seconds))
    candidates += [DaylightRule(month, _FROM, first, weekday, seconds) for first in range(max(day - 6, 1), day + 1)]
    moments = {
        (instant + before).replace(tzinfo=None)
        for year in (local.year - 1, local.year + 1)
        for instant, before, _ in _changes_in(zone, year)
    }
    return max(candidates, key=lambda rule: sum(rule.on(year) in moments for year in (local.year - 1, local.year + 1)))


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def _changes(winter: timedelta, extra: timedelta, start: int, end: int) -> list[tuple[datetime, timedelta]]:
    """Instants around each change of clocks and the offset a zone must have there."""
    begin, finish, summer = DaylightRule.decoded(start), DaylightRule.decoded(end), winter + extra
    found = []
    for year in _YEARS:
        to_summer = begin.on(year).replace(tzinfo=timezone(winter))
        to_winter = finish.on(year).replace(tzinfo=timezone(summer))
        found += [(to_summer - _TOLERANCE, winter), (to_summer + _TOLERANCE, summer)]
        found += [(to_winter - _TOLERANCE, summer), (to_winter + _TOLERANCE, winter)]
    return found


def _keeps(zone: ZoneInfo, changes: list[tuple[datetime, timedelta]]) -> bool:
    return all(instant.astimezone(zone).utcoffset() == offset for instant, offset in changes)


@lru_cache(maxsize=1)
def _places() -> frozenset[str]:
    areas = ("Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
    return frozenset(name for name in available_timezones() if name.startswith(areas))
