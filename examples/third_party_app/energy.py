"""What was read into what a page shows: sums per hour, day or month, what it cost, and shares of sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

#: What a page calls a unit, where that is not its short form.
_WORDS = {"therm": "therms", "gal": "gallons"}

#: First digits of the top of an axis, so that its half is a short number too.
_TOPS = ("1", "1.2", "1.6", "2", "2.4", "3", "4", "5", "6", "8", "10")

#: The member that holds the number, by type of value.
_KEYS = {"electric_usage": "eu", "natural_gas_usage": "gu", "water_usage": "wu"}


@dataclass
class Bar:
    """What was used, and what was sent to the grid, in one hour, day or month."""

    label: str
    name: str
    used: Decimal = Decimal(0)
    sent: Decimal = Decimal(0)
    known: int = 0
    missing: int = 0
    estimated: int = 0


@dataclass
class Use:
    """The bars of a view, in one unit."""

    bars: list[Bar]
    units: str = ""
    title: str = ""
    earlier: str = ""
    later: str = ""
    start: datetime | None = None
    end: datetime | None = None
    places: Callable[[datetime], int | None] = field(default=lambda _: None)

    @property
    def total(self) -> Decimal:
        return sum((bar.used for bar in self.bars), Decimal(0))

    @property
    def sent(self) -> Decimal:
        return sum((bar.sent for bar in self.bars), Decimal(0))

    @property
    def missing(self) -> int:
        return sum(bar.missing for bar in self.bars)

    @property
    def estimated(self) -> int:
        return sum(bar.estimated for bar in self.bars)

    @property
    def any(self) -> bool:
        return any(bar.used or bar.sent for bar in self.bars)

    def take(self, segments: Iterable[dict[str, Any]]) -> Use:
        """Add up the values of these segments; a row without any value is a gap."""
        for segment in segments:
            columns = [
                (number, _KEYS[each["type"]], each)
                for number, each in enumerate(segment["formats"])
                # What a device behind the meter measured is a part of what the meter did, or never came by it.
                if each["type"] in _KEYS and "cdsc_device" not in each
            ]
            start, step = _instant(segment["segment_start"]), timedelta(seconds=float(segment["interval"]))
            for row, values in enumerate(segment["values"]):
                place = self.places(start + row * step)
                if columns and place is not None:
                    self._add(self.bars[place], columns, values)
        return self

    def _add(
        self, bar: Bar, columns: list[tuple[int, str, dict[str, Any]]], values: list[dict[str, Any] | None]
    ) -> None:
        known = [(values[number][key], each) for number, key, each in columns if values[number]]  # type: ignore[index]
        bar.known += bool(known)
        bar.missing += not known
        for value, each in known:
            self.units = _WORDS.get(each["units"], each["units"])
            bar.estimated += each.get("quality") == "estimated"
            # Energy sent to the grid is negative; the two directions are never added up.
            if each.get("direction") == "reverse":
                bar.sent -= value
            else:
                bar.used += value


@dataclass
class Costs:
    """What one service cost on each bill, the oldest first, in one currency."""

    bars: list[Bar]
    currency: str = ""

    @property
    def total(self) -> Decimal:
        return sum((bar.used for bar in self.bars), Decimal(0))

    @property
    def credits(self) -> bool:
        """Whether the utility paid on any bill."""
        return any(bar.used < 0 for bar in self.bars)


def costs(sections: Iterable[dict[str, Any]]) -> Costs:
    """The overall total of each Bill Section; sections in another currency than the newest are left out."""
    newest_first = sorted(sections, key=lambda each: each["end_date"], reverse=True)
    found = Costs([], newest_first[0]["currency"] if newest_first else "")
    for section in reversed(newest_first):
        totals = [each["cost"] for each in section["cost_details"] if "overall_total" in each["types"]]
        if totals and section["currency"] == found.currency:
            first, last = date.fromisoformat(section["start_date"]), date.fromisoformat(section["end_date"])
            found.bars.append(Bar(f"{last:%b}", f"{_words(first)} to {_words(last, year=True)}", totals[0]))
    return found


def view_of(view: str, at: date, zone: ZoneInfo) -> Use:
    """An empty day (by the hour), fortnight (by the day) or year (by the month) that ends with `at`."""
    if view == "day":
        return _day(at, zone)
    if view == "year":
        return _year(at, zone)
    return _days(at - timedelta(days=13), 14, zone)


def week_before(today: date, zone: ZoneInfo) -> Use:
    """The last seven whole days."""
    return _days(today - timedelta(days=7), 7, zone)


def shares(segments: Iterable[dict[str, Any]]) -> dict[str, dict[str, Decimal]]:
    """
    By attribution, the mean share of each source over all values; with the mean carbon intensity under "carbon".

    Attributions may stand side by side in one segment, or in segments of their own.
    """
    sums: dict[tuple[str, str], Decimal] = {}
    carbon: dict[str, Decimal] = {}
    rows: Counter[str] = Counter()
    for segment in segments:
        formats = [each for each in segment["formats"] if each["type"] == "electric_supply_mix"]
        for values in segment["values"]:
            told = [(each, value) for each, value in zip(formats, values, strict=True) if value is not None]
            rows.update({each["attribution"] for each, _ in told})
            for each, value in told:
                place = (each["attribution"], each["supply_type"])
                sums[place] = sums.get(place, Decimal(0)) + value["sm"]
                share = value["sm"] * value.get("ci", Decimal(0))
                carbon[each["attribution"]] = carbon.get(each["attribution"], Decimal(0)) + share
    mixes: dict[str, dict[str, Decimal]] = {}
    for (attribution, source), share in sums.items():
        mixes.setdefault(attribution, {})[source] = share / rows[attribution]
    for attribution, grams in carbon.items():
        mixes[attribution]["carbon"] = grams / rows[attribution]
    return mixes


def nice_top(highest: Decimal) -> Decimal:
    """A round number a little above the highest bar, for the top of the axis."""
    if highest <= 0:
        return Decimal(1)
    step = Decimal(10) ** highest.adjusted()
    return next(step * each for each in map(Decimal, _TOPS) if step * each >= highest)


def _day(at: date, zone: ZoneInfo) -> Use:
    start, end = _midnight(at, zone), _midnight(at + timedelta(days=1), zone)
    hours = int((end - start).total_seconds() // 3600)
    local = [(start + timedelta(hours=n)).astimezone(zone) for n in range(hours)]
    bars = [Bar(f"{each.hour}" if each.hour % 3 == 0 else "", f"{each:%H:%M}") for each in local]
    use = Use(bars, title=_words(at, year=True), start=start, end=end)
    use.earlier, use.later = (at - timedelta(days=1)).isoformat(), (at + timedelta(days=1)).isoformat()
    use.places = lambda instant: _within(int((instant - start).total_seconds() // 3600), hours)
    return use


def _days(first: date, count: int, zone: ZoneInfo) -> Use:
    days = [first + timedelta(days=n) for n in range(count)]
    use = Use([Bar(str(each.day), f"{each:%A} {_words(each)}") for each in days])
    use.title = f"{_words(days[0])} to {_words(days[-1], year=True)}"
    use.start, use.end = _midnight(first, zone), _midnight(days[-1] + timedelta(days=1), zone)
    use.earlier, use.later = (first - timedelta(days=1)).isoformat(), (days[-1] + timedelta(days=count)).isoformat()
    use.places = lambda instant: _within((instant.astimezone(zone).date() - first).days, count)
    return use


def _year(at: date, zone: ZoneInfo) -> Use:
    months = [_month(at, back) for back in range(11, -1, -1)]
    use = Use([Bar(f"{each:%b}", f"{each:%B %Y}") for each in months])
    use.title = f"{months[0]:%B %Y} to {months[-1]:%B %Y}"
    use.start, use.end = _midnight(months[0], zone), _midnight(_month(at, -1), zone)
    use.earlier, use.later = _month(at, 12).isoformat(), _month(at, -12).isoformat()
    index = {(each.year, each.month): number for number, each in enumerate(months)}
    use.places = lambda instant: index.get((instant.astimezone(zone).year, instant.astimezone(zone).month))
    return use


def _within(place: int, count: int) -> int | None:
    return place if 0 <= place < count else None


def _month(at: date, back: int) -> date:
    months = at.year * 12 + at.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    # In UTC, because the difference of two local times forgets that a day may have 23 or 25 hours.
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _words(day: date, *, year: bool = False) -> str:
    return f"{day.day} {day:%B %Y}" if year else f"{day.day} {day:%B}"


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
