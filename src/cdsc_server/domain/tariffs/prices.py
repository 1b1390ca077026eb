"""Which price of a line holds when: stretches of time, each with one rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from cdsc_server.domain.intervals import month_around
from cdsc_server.domain.tariffs.days import days_between, public_holidays, stretches_of
from cdsc_server.domain.tariffs.tariff import EnergyLine, PriceSeries, Rule, Tariff, Tier, Version

_DAY = 86_400


class Span(NamedTuple):
    """Seconds [start, end) in which a rule holds; None where the line has no price."""

    start: int
    end: int
    rule: Rule | None


def spans(tariff: Tariff, version: Version, line: EnergyLine, start: int, end: int) -> list[Span]:
    """The prices of a line in [start, end), in order and without holes; stretches of one rule are joined."""
    found: list[Span] = []
    for day in days_between(start, end, tariff.timezone):
        kind = (day.weekday(), _is_holiday(tariff, day), version.season_of(day))
        for stretch in stretches_of(day, tariff.timezone):
            local = (stretch.start + stretch.ahead) % _DAY
            for low, high, rule in _held(line.rules, kind, local, local + stretch.end - stretch.start):
                begin = stretch.start - local
                _add(found, Span(max(begin + low, start), min(begin + high, end), rule))
    for series in line.series:
        found = _overlaid(found, series)
    return found


def billing_months(start: int, end: int, timezone: str) -> Iterator[tuple[int, int]]:
    """Every local month that has a second in [start, end), whole."""
    while start < end:
        month = month_around(start, timezone)
        yield month
        start = month[1]


def _is_holiday(tariff: Tariff, day: date) -> bool:
    return day in tariff.holidays or (tariff.region is not None and day in public_holidays(tariff.region, day.year))


@lru_cache(maxsize=4096)
def _held(
    rules: Sequence[Rule], kind: tuple[int, bool, str | None], first: int, last: int
) -> tuple[tuple[int, int, Rule | None], ...]:
    """
    Which rule holds when on a day of a kind, in seconds of its clock.

    Args:
        kind: day of the week, whether it is a holiday, season.
        first, last: a part of the day on which the clock does not change. What the clock leaves out is in no such
            part, and what it shows twice is in two.
    """
    weekday, holiday, season = kind
    turns = {60 * (minute % 1440) for rule in rules for minute in (rule.start, rule.end)}
    bounds = [first, *sorted(turn for turn in turns if first < turn < last), last]
    return tuple(
        (
            low,
            high,
            next((r for r in rules if r.holds(weekday=weekday, holiday=holiday, season=season, minute=low / 60)), None),
        )
        for low, high in pairwise(bounds)
    )


def _overlaid(found: Sequence[Span], series: PriceSeries) -> list[Span]:
    """The spans with the prices of given intervals in their place."""
    laid: list[Span] = []
    last = series.start + series.interval * len(series.prices)
    for span in found:
        _add(laid, Span(span.start, min(span.end, series.start), span.rule))
        low, end = max(span.start, series.start), min(span.end, last)
        while low < end:
            number = (low - series.start) // series.interval
            high = min(series.start + (number + 1) * series.interval, end)
            _add(laid, Span(low, high, _flat(series.prices[number])))
            low = high
        _add(laid, Span(max(span.start, last), span.end, span.rule))
    return laid


def _flat(price: Decimal) -> Rule:
    return Rule((Tier(None, price),))


def _add(found: list[Span], span: Span) -> None:
    """Put a stretch behind the others, as one with the last where the rule is the same; an empty one not at all."""
    if span.start >= span.end:
        return
    if found and found[-1].end == span.start and found[-1].rule == span.rule:
        span = Span(found.pop().start, span.end, span.rule)
    found.append(span)
