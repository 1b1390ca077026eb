"""
What of a group's sums may be told without a word from its Customers (CDS-WG3-01 12.3).

Two dangers: one sum may speak of few Customers, or of one who outweighs the others; and the difference of several sums
may speak of few although none of them does. The first is judged in each interval, the second over whole sets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
from typing import Protocol, TypeVar

Customer = TypeVar("Customer", int, str)


class ConsentNeed(StrEnum):
    """Whether the Customers of a group must consent before its data is released (10.7.6)."""

    ALWAYS = "always"
    SOMETIMES = "sometimes"
    NEVER = "never"


class SumRule(Protocol):
    """When the law of the place calls a sum harmless; the configuration chooses one by name (domain/sum_rules.py)."""

    def tells(self, customers: int, largest: int, second: int, total: int) -> bool:
        """
        Whether the sum of one interval may be told.

        Args:
            customers: how many have a part in it.
            largest: the part of whoever has the largest, without its sign; `second` of whoever comes next, 0 of nobody.
            total: the sum of all parts without their signs, in the same unit.
        """
        ...

    def apart(self, customers: int) -> bool:
        """Whether so many Customers may be told apart from others: none at all, or enough."""
        ...

    def need(self, customers: int) -> ConsentNeed:
        """What is known of a group of so many before anybody says which time is asked for."""
        ...

    @property
    def words(self) -> str:
        """The rule with its numbers, in words for operators."""
        ...


def cells(sets: Sequence[Collection[Customer]]) -> Counter[frozenset[int]]:
    """How many Customers belong to exactly these of the sets, for each combination that any Customer has."""
    belongs: dict[Customer, set[int]] = {}
    for place, members in enumerate(sets):
        for customer in members:
            belongs.setdefault(customer, set()).add(place)
    return Counter(frozenset(places) for places in belongs.values())


def differ_safely(rule: SumRule, sets: Sequence[Collection[Customer]], *, consented: Iterable[Customer] = ()) -> bool:
    """
    Whether sums over all these sets can be told to one reader.

    Whatever is added and subtracted, the outcome is made of cells: Customers who belong to exactly the same sets. So
    it is enough, and a little stricter than needed, that each cell is large enough. Who consented is told apart anyway.
    """
    free = frozenset(consented)
    counted = cells([[each for each in members if each not in free] for members in sets])
    return all(rule.apart(size) for size in counted.values())
