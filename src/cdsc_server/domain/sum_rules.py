"""
The rules that come with this Server for when a sum is harmless, and the one that the configuration chooses.

A rule of another kind is a class with the members of `SumRule` and its line in `_RULES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Final

from cdsc_server.domain.aggregation_privacy import ConsentNeed, SumRule


@dataclass(frozen=True)
class LargestShare:
    """
    At least so many Customers, and none with more than a share of the whole, in each interval.

    Args:
        customers: how many, at least.
        share: of the sum in one interval, at most, above 0 and up to 1.
    """

    customers: int = 10
    share: Decimal = Decimal("0.50")

    def tells(self, customers: int, largest: int, second: int, total: int) -> bool:  # noqa: ARG002 - not of this rule
        """Whether enough have a part, and nobody outweighs the others."""
        part, whole = self._ratio
        # Whole numbers, because a month has thousands of intervals.
        return customers >= self.customers and largest * whole <= part * total

    def apart(self, customers: int) -> bool:
        """Whether so many Customers may be told apart from others: none at all, or enough."""
        return _apart(customers, self.customers)

    def need(self, customers: int) -> ConsentNeed:
        """What is known of a group of so many before anybody says which time is asked for."""
        if customers < self.customers:
            return ConsentNeed.ALWAYS
        return ConsentNeed.NEVER if self.share >= 1 else ConsentNeed.SOMETIMES

    @property
    def words(self) -> str:
        """The rule with its numbers, in words for operators."""
        return f"At least {self.customers} Customers, none of them with more than {_percent(self.share)} of the sum"

    @cached_property
    def _ratio(self) -> tuple[int, int]:
        return self.share.as_integer_ratio()


@dataclass(frozen=True)
class ClosestEstimate:
    """
    At least so many Customers, none of whom can work out what another used by taking away the own part.

    A shop with 49 of 100 learns nearly all about the one with 50, and no share above one half tells. Statistical
    offices call it the p-percent rule. The second largest comes closest to the largest, so these two decide.

    Args:
        customers: how many, at least.
        closest: how far every such estimate is off at least, as a share of what is estimated; above 0.
    """

    customers: int = 10
    closest: Decimal = Decimal("0.20")

    def tells(self, customers: int, largest: int, second: int, total: int) -> bool:
        """Whether enough have a part, and what the others add hides the largest from the second."""
        part, whole = self._ratio
        return customers >= self.customers and (total - largest - second) * whole >= part * largest

    def apart(self, customers: int) -> bool:
        """Whether so many Customers may be told apart from others: none at all, or enough."""
        return _apart(customers, self.customers)

    def need(self, customers: int) -> ConsentNeed:
        """What is known of a group of so many before anybody says which time is asked for."""
        return ConsentNeed.ALWAYS if customers < self.customers else ConsentNeed.SOMETIMES

    @property
    def words(self) -> str:
        """The rule with its numbers, in words for operators."""
        return (
            f"At least {self.customers} Customers, none of them able to tell what another used "
            f"more exactly than {_percent(self.closest)}"
        )

    @cached_property
    def _ratio(self) -> tuple[int, int]:
        return self.closest.as_integer_ratio()


#: The rule where the configuration says nothing.
DEFAULT: Final = LargestShare()
_LEAST: Final = "least_customers"
#: Name: the setting of its share, with its default and how large it may be, and what makes it.
_RULES: Final[Mapping[str, tuple[str, Decimal, Decimal, Callable[[int, Decimal], SumRule]]]] = {
    "largest_share": ("largest_share", LargestShare.share, Decimal(1), LargestShare),
    "closest_estimate": ("closest_estimate", ClosestEstimate.closest, Decimal(10), ClosestEstimate),
}


def read_sum_rule(table: Mapping[str, object], faults: list[str]) -> SumRule:
    """The rule that the `[aggregations]` table of the configuration chooses; adds what is wrong to `faults`."""
    name, customers = table.get("rule", "largest_share"), table.get(_LEAST, DEFAULT.customers)
    if not isinstance(name, str) or name not in _RULES:
        faults.append(f"aggregations.rule must be one of {', '.join(_RULES)}")
        return DEFAULT
    setting, default, most, rule = _RULES[name]
    others = sorted(table.keys() - {"rule", _LEAST, setting})
    faults += [f"aggregations.{each} is no setting of the rule {name}" for each in others]
    if not isinstance(customers, int) or isinstance(customers, bool) or customers < 1:
        faults.append(f"aggregations.{_LEAST} must be a whole number from 1")
        return DEFAULT
    written = table.get(setting, str(default))
    try:
        share = Decimal(str(written))
    except ArithmeticError:
        share = Decimal(-1)
    if not isinstance(written, str) or not share.is_finite() or not 0 < share <= most:
        faults.append(f'aggregations.{setting} must be a text such as "{default}", above 0 and up to {most}')
        return DEFAULT
    return rule(customers, share)


def _apart(customers: int, least: int) -> bool:
    return customers == 0 or customers >= least


def _percent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f} %"
