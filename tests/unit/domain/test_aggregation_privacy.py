"""What may be told of groups by the difference of several sums."""

from decimal import Decimal

import pytest

from cdsc_server.domain.aggregation_privacy import cells, differ_safely
from cdsc_server.domain.sum_rules import LargestShare

RULE = LargestShare(customers=3, share=Decimal("0.5"))


@pytest.mark.parametrize(
    ("sets", "consented", "safe"),
    [
        ([range(6)], (), True),
        ([range(2)], (), False),
        ([range(6), range(6)], (), True),
        ([range(6), range(5)], (), False),
        ([range(6), range(3)], (), True),
        ([range(6), range(3, 9)], (), True),
        ([range(10), range(3), range(3, 9)], (), False),
        ([range(6), range(5)], (5,), True),
        ([range(2)], (0, 1), True),
    ],
)
def test_groups_that_differ_by_few_are_not_told_together(sets, consented, safe):
    """Those who consented may be told apart."""
    assert differ_safely(RULE, sets, consented=consented) is safe


def test_each_customer_is_counted_once():
    """Under exactly the groups it belongs to."""
    assert cells([[1, 2], [2, 3], []]) == {frozenset({0}): 1, frozenset({0, 1}): 1, frozenset({1}): 1}
