"""
What of a group's sums may be told without a word from its Customers (CDS-WG3-01 12.3).

Two dangers: one sum may speak of few Customers, or of one who outweighs the others; and the difference of several sums
may speak of few although none of them does. The first is judged in each interval, the second over whole sets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Final, TypeVar

Customer = TypeVar("Customer", int, str)


class ConsentNeed(StrEnum):
    """Whether the Customers of a group must consent before its data is released (10.7.6)."""

    ALWAYS = "always"
    SOMETIMES = "sometimes"
    NEVER = "never"


@dataclass(frozen=True)
class Thresholds:
    """
    The rule that ships: at least so many Customers, and none with more than a share of the whole, in each interval.

    Args:
        customers: how many, at least.
        share: of the sum in one interval, at most, between 0 and 1.
    """

    customers: int = 10
    share: Decimal = Decimal("0.50")

    def tells(self, customers: int, largest: int, total: int) -> bool:
        """
        Whether the sum of one interval may be told.

        Args:
            customers: how many have a part in it.
            largest: the part of whoever has the largest, without its sign.
            total: the sum of all parts without their signs, in the same unit.
        """
        part, whole = self._ratio
        # Whole numbers, because a month has thousands of intervals.
        return customers >= self.customers and largest * whole <= part * total

    @cached_property
    def _ratio(self) -> tuple[int, int]:
        return self.share.as_integer_ratio()

    def apart(self, customers: int) -> bool:
        """Whether so many Customers may be told apart from others: none at all, or enough."""
        return customers == 0 or customers >= self.customers

    def need(self, customers: int) -> ConsentNeed:
        """What is known of a group before anybody says which time is asked for."""
        if customers < self.customers:
            return ConsentNeed.ALWAYS
        return ConsentNeed.NEVER if self.share >= 1 else ConsentNeed.SOMETIMES


#: The rule where the configuration says nothing.
DEFAULT: Final = Thresholds()


def read_thresholds(table: Mapping[str, object], faults: list[str]) -> Thresholds:
    """The `[aggregations]` table of the configuration; adds what is wrong to `faults`."""
    customers, share = table.get("least_customers", DEFAULT.customers), table.get("largest_share", str(DEFAULT.share))
    if not isinstance(customers, int) or isinstance(customers, bool) or customers < 1:
        faults.append("aggregations.least_customers must be a whole number from 1")
        return DEFAULT
    try:
        held = Decimal(str(share))
    except ArithmeticError:
        held = Decimal(-1)
    if not isinstance(share, str) or not held.is_finite() or not 0 < held <= 1:
        faults.append('aggregations.largest_share must be a text such as "0.50", above 0 and up to 1')
        return DEFAULT
    return Thresholds(customers, held)


def cells(sets: Sequence[Collection[Customer]]) -> Counter[frozenset[int]]:
    """How many Customers belong to exactly these of the sets, for each combination that any Customer has."""
    belongs: dict[Customer, set[int]] = {}
    for place, members in enumerate(sets):
        for customer in members:
            belongs.setdefault(customer, set()).add(place)
    return Counter(frozenset(places) for places in belongs.values())


def differ_safely(
    rule: Thresholds, sets: Sequence[Collection[Customer]], *, consented: Iterable[Customer] = ()
) -> bool:
    """
    Whether sums over all these sets can be told to one reader.

    Whatever is added and subtracted, the outcome is made of cells: Customers who belong to exactly the same sets. So
    it is enough, and a little stricter than needed, that each cell is large enough. Who consented is told apart anyway.
    """
    free = frozenset(consented)
    counted = cells([[each for each in members if each not in free] for members in sets])
    return all(rule.apart(size) for size in counted.values())
