"""
A tariff: its versions over time, each with lines that price energy, fixed charges, and taxes on them.

Days and times of day are those of the tariff's own zone. Prices are Decimals and never rounded here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, TypeAlias


class Flow(StrEnum):
    """Which way energy went, as the Customer pays for it."""

    OFFTAKE = "offtake"
    INJECTION = "injection"


class Per(StrEnum):
    """What a fixed charge is for."""

    DAY = "day"
    MONTH = "month"


class Tier(NamedTuple):
    """A price up to so much energy in a billing period; None is without end."""

    up_to: Decimal | None
    price: Decimal


@dataclass(frozen=True, slots=True)
class Rule:
    """
    A price, and when it holds; of several that match, the first holds.

    Args:
        tiers: one without end where the price does not depend on how much was used.
        days: 0 for Monday to 6 for Sunday.
        on_holidays: whether it holds on holidays, which are no day of the week.
        start, end: minutes of the day; where the end is not after the start, over midnight.
        season, tou: words of CDS-WG3-01 10.8.7; a season is one of the version.
    """

    tiers: tuple[Tier, ...]
    days: frozenset[int] = frozenset(range(7))
    on_holidays: bool = True
    start: int = 0
    end: int = 1440
    season: str | None = None
    tou: str | None = None

    def holds(self, *, weekday: int, holiday: bool, season: str | None, minute: float) -> bool:
        """Whether it holds at a time of day."""
        if self.season not in (None, season) or not (self.on_holidays if holiday else weekday in self.days):
            return False
        if self.start < self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end


class PriceSeries(NamedTuple):
    """Prices of given intervals, such as those of the day ahead; `start` and `interval` in seconds, the former UTC."""

    start: int
    interval: int
    prices: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class EnergyLine:
    """
    What energy of one flow costs.

    Args:
        rules: in the order in which they are asked.
        series: prices of given intervals, which go before the rules; the last that has one for an instant holds.
    """

    id: str
    name: str
    flow: Flow
    rules: tuple[Rule, ...]
    series: tuple[PriceSeries, ...] = ()

    @property
    def in_tiers(self) -> bool:
        """Whether a price depends on what was used before."""
        return any(len(rule.tiers) > 1 for rule in self.rules)


@dataclass(frozen=True, slots=True)
class FixedLine:
    """What is charged for time alone."""

    id: str
    name: str
    amount: Decimal
    per: Per


@dataclass(frozen=True, slots=True)
class Tax:
    """A share of lines and of taxes before it, both named by their ids."""

    id: str
    name: str
    percent: Decimal
    on: frozenset[str]


#: First and last day of a season as month and day, both inside it; it may go over the turn of the year.
Season: TypeAlias = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Version:
    """
    What a tariff is from a day on.

    Args:
        end: the first day on which it is no longer; None is without end.
        longest: seconds of the longest readings from which a cost may be worked out; None takes any.
    """

    start: date
    end: date | None
    energy: tuple[EnergyLine, ...]
    fixed: tuple[FixedLine, ...] = ()
    taxes: tuple[Tax, ...] = ()
    seasons: Mapping[str, Season] = field(default_factory=dict)
    longest: int | None = None

    def season_of(self, day: date) -> str | None:
        """The season a day is in."""
        here = (day.month, day.day)
        for name, (first, last) in self.seasons.items():
            if (first <= here <= last) if first <= last else (here >= first or here <= last):
                return name
        return None

    def taxed(self, line_id: str) -> Decimal:
        """What a line costs with all taxes, as a multiple of what it costs without."""
        shares = {line_id: Decimal(1)}
        for tax in self.taxes:
            shares[tax.id] = sum((shares.get(each, Decimal(0)) for each in tax.on), Decimal(0)) * tax.percent / 100
        return sum(shares.values(), Decimal(0))


@dataclass(frozen=True, slots=True)
class Tariff:
    """
    A tariff through time.

    Args:
        timezone: IANA name of the zone of its days and times of day.
        units: those that are priced, a word of CDS-WG3-01 10.8.7.1.
        region: whose public holidays count, such as BE or US-NY; None has none.
        holidays: days that count beside them.
        versions: by their first day, without overlap.
    """

    id: str
    name: str
    currency: str
    timezone: str
    units: str
    versions: Sequence[Version]
    region: str | None = None
    holidays: Collection[date] = frozenset()
