"""
How well a lease and its energy fit an income: five parts, each with its rule, that add up to at most 100.

    share of income for energy    35   all at 5 % or less, none at 15 % or more
    share for rent and energy     25   all at 30 % or less, none at 60 % or more
    steadiness over the months    15   all where a month strays 15 % from the mean or less, none at 75 %
    level for the household       15   all at what such a household uses, none at three times that
    how complete the data is      10   none where half or less of the time is known, all where all of it is

Between its two ends each part falls in a straight line. A part that cannot be told counts as anything from none to all
of its points, so the score is a range then, and never a guess. All of it is arithmetic on what is handed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

#: kWh of electricity in a year that a household of one is taken to use, and each further person adds.
FIRST_PERSON, EACH_MORE = Decimal(1800), Decimal(900)
MONTHS = 12
#: A mean over less says nothing of a year.
FEWEST_MONTHS = 6


@dataclass(frozen=True)
class Month:
    """
    A calendar month of one kind of use.

    Args:
        name: such as "March 2026".
        kwh: what was used in the part of it that is known.
        known: that part, from 0 to 1.
        estimated: the part of the readings that the utility estimated, from 0 to 1.
    """

    name: str
    kwh: Decimal
    known: Decimal
    estimated: Decimal = Decimal(0)


@dataclass(frozen=True)
class Declared:
    """What somebody says of themselves; None for what they did not say. Money is of a month, in one currency."""

    income: Decimal | None = None
    rent: Decimal | None = None
    people: int | None = None


@dataclass(frozen=True)
class Part:
    """
    A part of the score.

    Args:
        low, high: how many points it brings; the same unless it cannot be told.
        most: how many it can bring.
        value: what was measured, in words.
        rule: what brings all points, and what none.
    """

    name: str
    low: Decimal
    high: Decimal
    most: int
    value: str
    rule: str

    @property
    def told(self) -> bool:
        """Whether there was enough to tell it."""
        return self.low == self.high


@dataclass(frozen=True)
class Score:
    """The parts, and what they come to."""

    parts: tuple[Part, ...]

    @property
    def low(self) -> Decimal:
        return sum((part.low for part in self.parts), Decimal(0))

    @property
    def high(self) -> Decimal:
        return sum((part.high for part in self.parts), Decimal(0))

    @property
    def told(self) -> bool:
        """Whether it is one number and no range."""
        return self.low == self.high


def score(months: Sequence[Month], monthly_cost: Decimal | None, declared: Declared) -> Score:
    """
    The score.

    Args:
        months: the last twelve, the oldest first.
        monthly_cost: what all shared energy cost in a mean month; None where no bills were shared.
    """
    return Score(
        (
            _energy(monthly_cost, declared),
            _home(monthly_cost, declared),
            _steadiness(months),
            _level(months, declared),
            _completeness(months),
        )
    )


def yearly(months: Sequence[Month]) -> Decimal | None:
    """kWh of a year, from whole months' rates; None where too few months are known."""
    rates = _rates(months)
    return sum(rates, Decimal(0)) / len(rates) * MONTHS if len(rates) >= FEWEST_MONTHS else None


def usual(people: int) -> Decimal:
    """kWh that a household of so many is taken to use in a year."""
    return FIRST_PERSON + EACH_MORE * (people - 1)


def completeness(months: Sequence[Month]) -> Decimal:
    """The part of twelve months that is known, from 0 to 1."""
    return min(sum((month.known for month in months), Decimal(0)) / MONTHS, Decimal(1))


def _energy(cost: Decimal | None, declared: Declared) -> Part:
    rule = "All points at 5 % or less, none at 15 % or more."
    if cost is None or not declared.income:
        return _untold("Energy of your income", 35, "no bills shared" if cost is None else "no income named", rule)
    share = max(cost, Decimal(0)) / declared.income
    return _told("Energy of your income", 35, _falling(share, "0.05", "0.15"), _percent(share), rule)


def _home(cost: Decimal | None, declared: Declared) -> Part:
    rule = "All points at 30 % or less, none at 60 % or more."
    if cost is None or not declared.income or declared.rent is None:
        why = "no bills shared" if cost is None else "no income named" if not declared.income else "no rent named"
        return _untold("Rent and energy of your income", 25, why, rule)
    share = (max(cost, Decimal(0)) + declared.rent) / declared.income
    return _told("Rent and energy of your income", 25, _falling(share, "0.30", "0.60"), _percent(share), rule)


def _steadiness(months: Sequence[Month]) -> Part:
    rule = "All points where a month strays 15 % from the mean or less, none at 75 %."
    rates = _rates(months)
    mean = sum(rates, Decimal(0)) / len(rates) if rates else Decimal(0)
    if len(rates) < FEWEST_MONTHS or mean <= 0:
        return _untold("Steadiness", 15, "too few months", rule)
    strays = sum((abs(rate - mean) for rate in rates), Decimal(0)) / len(rates) / mean
    return _told("Steadiness", 15, _falling(strays, "0.15", "0.75"), f"{_percent(strays)} in a mean month", rule)


def _level(months: Sequence[Month], declared: Declared) -> Part:
    rule = f"All points at {FIRST_PERSON} kWh a year and {EACH_MORE} for each further person, none at three times that."
    year = yearly(months)
    if year is None or not declared.people:
        return _untold("Use for your household", 15, "too few months" if year is None else "no household named", rule)
    times = year / usual(declared.people)
    return _told("Use for your household", 15, _falling(times, "1", "3"), f"{year:.0f} kWh a year", rule)


def _completeness(months: Sequence[Month]) -> Part:
    known = completeness(months)
    # Falls the other way: what is missing costs points.
    good = _falling(1 - known, "0", "0.5")
    return _told("Data", 10, good, f"{_percent(known)} of twelve months", "All points when all is known, none at half.")


def _rates(months: Sequence[Month]) -> list[Decimal]:
    """kWh of each month as if all of it were known; months of which little is known are left out."""
    return [month.kwh / month.known for month in months if month.known >= Decimal("0.5")]


def _falling(value: Decimal, full: str, none: str) -> Decimal:
    """1 up to `full`, 0 from `none` on, and a straight line between."""
    start, end = Decimal(full), Decimal(none)
    return min(max((end - value) / (end - start), Decimal(0)), Decimal(1))


def _told(name: str, most: int, part: Decimal, value: str, rule: str) -> Part:
    points = (part * most).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return Part(name, points, points, most, value, rule)


def _untold(name: str, most: int, why: str, rule: str) -> Part:
    return Part(name, Decimal(0), Decimal(most), most, f"cannot be told: {why}", rule)


def _percent(part: Decimal) -> str:
    return f"{part * 100:.1f} %"
