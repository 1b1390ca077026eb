"""
What energy costs: readings multiplied by the prices that hold when they were taken.

    cost = cost_of(terms, {Flow.OFFTAKE: used}, start, end)
    cost.total          # Decimal("84.12"), rounded once
    cost.lines          # what it is made of, with every digit: they add up to cost.exact
    cost.unread         # stretches nobody knows the energy of; they are never counted as zero

Readings stay scaled integers: a run of them under one price costs one multiplication, however many there are.
"""

from __future__ import annotations

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Final, NamedTuple

from cdsc_server.domain.currencies import minor_digits
from cdsc_server.domain.tariffs.days import days_between, midnight
from cdsc_server.domain.tariffs.runs import Metered, Run, Term, runs_of
from cdsc_server.domain.tariffs.tariff import FixedLine, Flow, Per, Version

#: Digits in which nothing is lost: those of readings, prices and the taxes on them together are fewer by far.
_DIGITS: Final = 400
#: Steps of the days of a monthly charge.
_CHARGE_STEP: Final = Decimal("0.00000001")


class Stretch(NamedTuple):
    """Seconds [start, end) since 1970 UTC."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class CostLine:
    """
    A part of a cost.

    Args:
        kind: energy, fixed or tax.
        quantity: energy in the units of the tariff, days, or the money that is taxed.
        units: words of CDS-WG3-01 10.8.7.1; money is in the currency of the cost.
        price: of one of the units; None where it depends on the length of months.
        amount: with every digit; negative is a credit.
        flow: None of what is no energy.
        tier: from 1; None where the price is not in tiers.
    """

    id: str
    name: str
    kind: str
    quantity: Decimal
    units: str
    price: Decimal | None
    amount: Decimal
    flow: Flow | None = None
    tou: str | None = None
    season: str | None = None
    tier: int | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """
    What a stretch of time costs; always calculated, never billed.

    Args:
        unread: where there is no reading of a flow.
        unpriced: where there is no tariff, or a reading and no price for the whole of it.
    """

    currency: str
    lines: tuple[CostLine, ...]
    unread: tuple[Stretch, ...] = ()
    unpriced: tuple[Stretch, ...] = ()

    @property
    def exact(self) -> Decimal:
        """The sum of the lines with every digit."""
        with localcontext(prec=_DIGITS):
            return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def total(self) -> Decimal:
        """The sum, rounded once, half away from zero, to the smallest coin of the currency."""
        return rounded(self.exact, self.currency)

    @property
    def unknown(self) -> int:
        """Seconds without a reading, or with one that has no price."""
        return sum(each.end - each.start for each in _joined((*self.unread, *self.unpriced)))


@dataclass(frozen=True, slots=True)
class Amounts:
    """What each value costs with the taxes on it, in 10 ** -scale of the currency; None where that is not known."""

    scale: int
    values: Sequence[int | None]


def rounded(amount: Decimal, currency: str) -> Decimal:
    """An amount to the smallest coin of its currency, half away from zero."""
    with localcontext(prec=_DIGITS):
        return amount.quantize(Decimal(1).scaleb(-minor_digits(currency)), ROUND_HALF_UP)


def cost_of(terms: Sequence[Term], metered: Mapping[Flow, Metered], start: int, end: int) -> Cost | None:
    """
    The cost of [start, end) with what it is made of; None where no tariff holds.

    Costs of stretches that follow each other add up to the cost of all of them, wherever they are cut between values:
    a fixed charge belongs to the stretch with the first second of its day.

    Args:
        terms: in order, without overlap, of one currency.
        metered: the energy of each flow that a meter counts, since the first second of the month or of the term where
            prices are in tiers.
    """
    inside = [term for term in terms if term.start < end and start < term.end]
    if not inside:
        return None
    lines: dict[CostLine, CostLine] = {}
    unread: list[Stretch] = []
    unpriced = list(_outside(inside, start, end))
    with localcontext(prec=_DIGITS):
        for term in inside:
            low, high = max(start, term.start), min(end, term.end)
            found = list(_fixed(term, low, high))
            for flow, used in metered.items():
                unread += _unread(used, low, high)
                found += _energy(term, flow, used.finer(), (low, high), unpriced)
            for line in (*found, *_taxes(term.version, found)):
                _add(lines, line)
    return Cost(inside[0].tariff.currency, tuple(lines.values()), _joined(unread), _joined(unpriced))


def amounts_of(terms: Sequence[Term], metered: Mapping[Flow, Metered]) -> Amounts:
    """
    What each value costs with the taxes on its lines, and without fixed charges.

    Args:
        terms: in order, without overlap, of one currency.
        metered: of each flow, at least one, the same slots.
    """
    one = next(iter(metered.values()))
    inside = [term for term in terms if term.start < one.end and one.start < term.end]
    with localcontext(prec=_DIGITS):
        priced: list[tuple[Metered, Run, Decimal]] = []
        known = bytearray(len(one.values))
        for term in inside:
            first, last = one.numbers(term.start, term.end)
            known[first:last] = b"\1" * (last - first)
            for flow, used in metered.items():
                fine = used.finer()
                runs, unpriced = runs_of(term, flow, fine, first, last)
                for number in unpriced:
                    known[number] = 0
                priced += [(fine, run, _sign(flow) * run.price * term.version.taxed(run.line.id)) for run in runs]
        scale = max((fine.scale + _decimals(factor) for fine, _, factor in priced), default=0)
        amounts = [0] * len(known)
        for fine, run, factor in priced:
            step = int(factor.scaleb(scale - fine.scale))
            values = fine.values[run.first : run.last] if run.part is None else (run.part,)
            for number, value in enumerate(values, start=run.first):
                amounts[number] += value * step
    for used in metered.values():
        for number in _gaps(used, 0, len(known)):
            known[number] = 0
    told = [amount if sure else None for amount, sure in zip(amounts, known, strict=True)]
    return Amounts(scale, told)


def added(parts: Sequence[tuple[Amounts, int, int]]) -> Amounts:
    """
    Amounts for the same slots as one: what several contracts at a time cost is added up.

    Args:
        parts: at least one, each with the numbers [first, last) of the values it is of; what is of none is not known.
    """
    scale = max(each.scale for each, _, _ in parts)
    count = len(parts[0][0].values)
    totals: list[int | None] = [None] * count
    reached = bytearray(count)
    for each, first, last in parts:
        for number in range(first, last):
            before, value = totals[number] if reached[number] else 0, each.values[number]
            unknown = before is None or value is None
            totals[number] = None if unknown else before + value * 10 ** (scale - each.scale)
            reached[number] = 1
    return Amounts(scale, totals)


def _energy(
    term: Term, flow: Flow, used: Metered, inside: tuple[int, int], unpriced: list[Stretch]
) -> Iterator[CostLine]:
    """A line for each price; what has none is added to `unpriced`."""
    first, last = used.numbers(*inside)
    runs, without = runs_of(term, flow, used, first, last)
    left_out = sorted(number for number in without if not used.gaps[number])
    unpriced += [*(_stretch(used, number) for number in left_out), *_cut(used, *inside)]
    sums: dict[tuple[object, ...], int] = {}
    priced: dict[tuple[object, ...], Run] = {}
    for run in runs:
        if run.part is None:
            counted = sum(used.values[run.first : run.last])
            counted -= sum(used.values[number] for number in _among(left_out, run.first, run.last))
        else:
            counted = 0 if run.first in without else run.part
        key = (run.line.id, run.price, run.rule.tou, run.rule.season, run.tier)
        priced.setdefault(key, run)
        sums[key] = sums.get(key, 0) + counted
    for each, run in priced.items():
        quantity = Decimal(sums[each]).scaleb(-used.scale)
        yield CostLine(
            id=run.line.id,
            name=run.line.name,
            kind="energy",
            quantity=quantity,
            units=term.tariff.units,
            price=run.price,
            amount=_sign(flow) * quantity * run.price,
            flow=flow,
            tou=run.rule.tou,
            season=run.rule.season,
            tier=run.tier,
        )


def _among(numbers: Sequence[int], first: int, last: int) -> Sequence[int]:
    """Of numbers in order those in [first, last)."""
    return numbers[bisect_left(numbers, first) : bisect_left(numbers, last)]


def _fixed(term: Term, start: int, end: int) -> Iterator[CostLine]:
    """A line for each charge, for the days that begin in [start, end)."""
    zone = term.tariff.timezone
    days = [day for day in days_between(start, end, zone) if start <= midnight(day, zone) < end]
    for line in term.version.fixed if days else ():
        count = Decimal(len(days))
        if line.per is Per.DAY:
            yield CostLine(line.id, line.name, "fixed", count, "days", line.amount, count * line.amount)
        else:
            amount = sum((_of_month(line, day) for day in days), Decimal(0))
            yield CostLine(line.id, line.name, "fixed", count, "days", None, amount)


def _of_month(line: FixedLine, day: date) -> Decimal:
    """What a day brings of a monthly charge: all days of a month bring the whole of it, whatever was rounded away."""
    days = monthrange(day.year, day.month)[1]
    until = [(line.amount * number / days).quantize(_CHARGE_STEP, ROUND_HALF_UP) for number in (day.day - 1, day.day)]
    return (line.amount if day.day == days else until[1]) - until[0]


def _taxes(version: Version, lines: Sequence[CostLine]) -> Iterator[CostLine]:
    amounts: dict[str, Decimal] = {}
    for line in lines:
        amounts[line.id] = amounts.get(line.id, Decimal(0)) + line.amount
    for tax in version.taxes:
        taxed = sum((amounts.get(each, Decimal(0)) for each in tax.on), Decimal(0))
        amounts[tax.id] = taxed * tax.percent / 100
        yield CostLine(tax.id, tax.name, "tax", taxed, "money", tax.percent / 100, amounts[tax.id])


def _add(lines: dict[CostLine, CostLine], line: CostLine) -> None:
    """Put a line to those that differ from it in nothing but how much."""
    key = replace(line, quantity=Decimal(0), amount=Decimal(0))
    before = lines.get(key, key)
    lines[key] = replace(line, quantity=before.quantity + line.quantity, amount=before.amount + line.amount)


def _unread(used: Metered, start: int, end: int) -> Iterator[Stretch]:
    """Where in [start, end) there is no reading."""
    yield Stretch(start, min(end, used.start))
    yield from (_stretch(used, number) for number in _gaps(used, *used.numbers(start, end)))
    yield Stretch(max(start, used.end), end)


def _gaps(used: Metered, first: int, last: int) -> Iterator[int]:
    """The numbers of values [first, last) for which there is no reading."""
    found = used.gaps.find(1, first, last)
    while found != -1:
        yield found
        found = used.gaps.find(1, found + 1, last)


def _cut(used: Metered, start: int, end: int) -> Iterator[Stretch]:
    """What of values that begin before [start, end) or end after it lies inside."""
    first, last = used.numbers(start, end)
    yield Stretch(max(start, used.start), min(end, used.start + first * used.interval))
    yield Stretch(max(start, used.start + last * used.interval), min(end, used.end))


def _stretch(used: Metered, number: int) -> Stretch:
    start = used.start + number * used.interval
    return Stretch(start, start + used.interval)


def _outside(terms: Sequence[Term], start: int, end: int) -> Iterator[Stretch]:
    """Where in [start, end) there is no tariff."""
    for term in terms:
        yield Stretch(start, min(term.start, end))
        start = max(start, term.end)
    yield Stretch(start, end)


def _joined(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    joined: list[Stretch] = []
    for start, end in sorted(each for each in stretches if each.start < each.end):
        if joined and start <= joined[-1].end:
            joined[-1] = Stretch(joined[-1].start, max(joined[-1].end, end))
        else:
            joined.append(Stretch(start, end))
    return tuple(joined)


def _sign(flow: Flow) -> int:
    return -1 if flow is Flow.INJECTION else 1


def _decimals(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
