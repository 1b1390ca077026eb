"""Runs of readings under one price, tier by tier: what every cost is added up from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate
from typing import Final, NamedTuple

from cdsc_server.domain.tariffs.days import days_between
from cdsc_server.domain.tariffs.prices import billing_months, spans
from cdsc_server.domain.tariffs.tariff import EnergyLine, Flow, Rule, Tariff, Version

#: Thresholds that were divided by days keep three digits behind the point.
_ENERGY_DIGITS: Final = 3


@dataclass(frozen=True, slots=True)
class Metered:
    """
    Energy of one flow: value n covers [start + n * interval, start + (n + 1) * interval).

    Args:
        start: seconds since 1970 UTC; `interval`: seconds.
        scale: values are counted in 10 ** -scale of the units of the tariff.
        values: never negative; 0 in a gap.
        gaps: a byte for each value, 1 where there is no reading.
    """

    start: int
    interval: int
    scale: int
    values: Sequence[int]
    gaps: bytes

    @property
    def end(self) -> int:
        """The second at which the last value ends."""
        return self.start + self.interval * len(self.values)

    def numbers(self, start: int, end: int) -> tuple[int, int]:
        """First and last (exclusive) of the values wholly inside [start, end)."""
        first = min(max(-((self.start - start) // self.interval), 0), len(self.values))
        return first, min(max((end - self.start) // self.interval, first), len(self.values))

    def within(self, start: int | None, end: int | None) -> Metered:
        """The values wholly inside [start, end); None is no bound."""
        first, last = self.numbers(self.start if start is None else start, self.end if end is None else end)
        begin = self.start + first * self.interval
        return replace(self, start=begin, values=self.values[first:last], gaps=self.gaps[first:last])

    def finer(self) -> Metered:
        """The same energy counted in steps that thresholds can be told in."""
        more = _ENERGY_DIGITS - self.scale
        if more <= 0:
            return self
        return replace(self, scale=_ENERGY_DIGITS, values=[value * 10**more for value in self.values])


@dataclass(frozen=True, slots=True)
class Term:
    """A version of a tariff that a contract is on in [start, end), seconds since 1970 UTC."""

    tariff: Tariff
    version: Version
    start: int
    end: int


class Run(NamedTuple):
    """
    Values [first, last) under one price.

    Args:
        tier: from 1; None where the price is not in tiers.
        part: what of a single value is meant, where a threshold lies inside it; None is all.
    """

    line: EnergyLine
    rule: Rule
    tier: int | None
    price: Decimal
    first: int
    last: int
    part: int | None = None


def runs_of(term: Term, flow: Flow, metered: Metered, first: int, last: int) -> tuple[list[Run], set[int]]:
    """
    The prices of values [first, last), for every line of a flow.

    Args:
        metered: as fine as thresholds are (`finer`).

    Returns:
        Runs, and the numbers of values that some line has no price for the whole of: these are in runs of other lines,
        and are not to be counted. A value has none where its price changes inside it, where readings are longer than
        the tariff takes, and in tiers where what was used before it is not known.
    """
    runs: list[Run] = []
    unpriced: set[int] = set()
    version, interval = term.version, metered.interval
    if version.longest is not None and interval > version.longest:
        return runs, set(range(first, last))
    for line in version.energy:
        if line.flow is not flow:
            continue
        if not line.in_tiers:
            runs += _priced(term, line, metered, (first, last), unpriced=unpriced, used=None)
            continue
        for month in billing_months(*_seconds(metered, first, last), term.tariff.timezone):
            begun = max(month[0], term.start)
            low, high = (max(bound, begun) for bound in _seconds(metered, first, last))
            inside = metered.numbers(low, min(high, month[1]))
            counted = metered.numbers(begun, month[1])[0]
            if metered.start > begun:
                unpriced.update(range(*inside))
                continue
            used = _Used(counted, list(accumulate(metered.values[counted : inside[1]], initial=0)), _share(term, month))
            runs += _priced(term, line, metered, inside, unpriced=unpriced, used=used)
        unpriced.update(_across_months(term, metered, first, last))
    return runs, unpriced


class _Used(NamedTuple):
    """What was used since the value numbered `first`, before each later one, and the share of a month it counts for."""

    first: int
    before: list[int]
    share: tuple[int, int]


def _seconds(metered: Metered, first: int, last: int) -> tuple[int, int]:
    return metered.start + first * metered.interval, metered.start + last * metered.interval


def _share(term: Term, month: tuple[int, int]) -> tuple[int, int]:
    """The days of a month on which a contract is on the version, of all its days."""
    zone = term.tariff.timezone
    mine = days_between(max(month[0], term.start), min(month[1], term.end), zone)
    return sum(1 for _ in mine), sum(1 for _ in days_between(*month, zone))


def _across_months(term: Term, metered: Metered, first: int, last: int) -> Iterator[int]:
    """Values that lie in two months: thresholds begin anew inside them."""
    start, end = _seconds(metered, first, last)
    for _, turn in billing_months(start, end, term.tariff.timezone):
        if turn < end and (turn - metered.start) % metered.interval:
            yield (turn - metered.start) // metered.interval


def _priced(
    term: Term, line: EnergyLine, metered: Metered, inside: tuple[int, int], *, unpriced: set[int], used: _Used | None
) -> Iterator[Run]:
    """The runs of a line among values [first, last); those it has no price for are added to `unpriced`."""
    first, last = inside
    start, end = _seconds(metered, first, last)
    for span in spans(term.tariff, term.version, line, start, end):
        low, high = metered.numbers(span.start, span.end)
        if span.rule is None:
            unpriced.update(range((span.start - metered.start) // metered.interval, high))
        elif low < high and used is not None:
            yield from _in_tiers(line, span.rule, low, high, scale=metered.scale, used=used)
        elif low < high:
            yield Run(line, span.rule, None, span.rule.tiers[0].price, low, high)
        if span.end < end and (span.end - metered.start) % metered.interval:
            unpriced.add((span.end - metered.start) // metered.interval)


def _in_tiers(line: EnergyLine, rule: Rule, low: int, high: int, *, scale: int, used: _Used) -> Iterator[Run]:
    before, shift = used.before, used.first
    at, reached = low, before[low - shift]
    for number, tier in enumerate(rule.tiers, start=1):
        limit = _threshold(tier.up_to, used.share, scale)
        named = number if len(rule.tiers) > 1 else None
        if reached > before[at - shift]:
            whole = before[at + 1 - shift]
            part = (whole if limit is None else min(limit, whole)) - reached
            if part > 0:
                yield Run(line, rule, named, tier.price, at, at + 1, part)
                reached += part
            if reached < whole:
                continue
            at += 1
        stop = high
        if limit is not None:
            stop = max(at, min(high, bisect_right(before, limit) - 1 + shift))
        if at < stop:
            yield Run(line, rule, named, tier.price, at, stop)
            at, reached = stop, before[stop - shift]
        if at == high:
            return
        if limit is not None and limit > reached:
            yield Run(line, rule, named, tier.price, at, at + 1, limit - reached)
            reached = limit


def _threshold(up_to: Decimal | None, share: tuple[int, int], scale: int) -> int | None:
    """A threshold for a part of a month, in steps of the values."""
    if up_to is None:
        return None
    days, of = share
    prorated = up_to if days == of else (up_to * days / of).quantize(Decimal(1).scaleb(-_ENERGY_DIGITS), ROUND_HALF_UP)
    return int(prorated.scaleb(scale))
