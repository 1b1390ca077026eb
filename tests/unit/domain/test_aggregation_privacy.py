"""What may be told of groups: in one interval, and by the difference of several sums."""

from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.domain.aggregation_privacy import ConsentNeed, Thresholds, cells, differ_safely, read_thresholds
from tests.support import requirement

RULE = Thresholds(customers=3, share=Decimal("0.5"))
#: Few people and few groups, so that these often overlap.
_people = st.frozensets(st.integers(0, 8), max_size=8)


@requirement("WG3-01-12.3-03", "WG3-01-12.3-05")
@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ([5, 5, 5], True),
        ([5, 5], False),
        ([], False),
        ([10, 5, 5], True),
        ([11, 5, 5], False),
        ([0, 0, 0], True),
        ([1, 0, 0], False),
    ],
)
def test_an_interval_is_told_of_enough_customers_none_of_whom_outweighs_the_others(parts, told):
    """Half of the whole is still a share of it; more is not."""
    assert RULE.tells(len(parts), max(parts, default=0), sum(parts)) is told


@requirement("WG3-01-12.3-05")
@given(sets=st.lists(_people, max_size=3))
def test_no_sum_or_difference_of_what_is_told_speaks_of_few(sets):
    """However often each group is added or taken away, who is left is nobody or enough people."""
    if not differ_safely(RULE, sets):
        return

    for times in product((-2, -1, 0, 1, 2), repeat=len(sets)):
        left = [sum(time for time, members in zip(times, sets, strict=True) if one in members) for one in range(9)]
        assert sum(map(bool, left)) == 0 or sum(map(bool, left)) >= RULE.customers


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


@requirement("WG3-01-10.7.6-01", "WG3-01-10.7.6-02", "WG3-01-10.7.6-03")
def test_what_is_known_of_a_group_before_anything_is_asked():
    """Too few always need to be asked; where no share is too large, enough never do."""
    assert RULE.need(2) is ConsentNeed.ALWAYS
    assert RULE.need(3) is ConsentNeed.SOMETIMES
    assert Thresholds(3, Decimal(1)).need(3) is ConsentNeed.NEVER


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ({"least_customers": 0}, "least_customers"),
        ({"least_customers": True}, "least_customers"),
        ({"least_customers": "10"}, "least_customers"),
        ({"largest_share": "0"}, "largest_share"),
        ({"largest_share": "1.01"}, "largest_share"),
        ({"largest_share": "NaN"}, "largest_share"),
        ({"largest_share": 0.5}, "largest_share"),
        ({"largest_share": "half"}, "largest_share"),
    ],
)
def test_thresholds_that_cannot_be_meant_are_told(table, fault):
    """By the name of the setting."""
    faults: list[str] = []
    read_thresholds(table, faults)

    assert [fault in each for each in faults] == [True]


def test_thresholds_are_read_as_they_are_written():
    """To the digit, and the defaults where nothing is said."""
    faults: list[str] = []

    assert read_thresholds({"least_customers": 15, "largest_share": "0.15"}, faults) == Thresholds(15, Decimal("0.15"))
    assert read_thresholds({}, faults) == Thresholds(10, Decimal("0.50"))
    assert faults == []
