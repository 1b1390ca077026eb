"""The rules for when a sum is harmless, each by what it promises, and the choice of one."""

from decimal import Decimal
from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.domain.aggregation_privacy import ConsentNeed, differ_safely
from cdsc_server.domain.sum_rules import DEFAULT, ClosestEstimate, LargestShare, read_sum_rule
from tests.support import requirement

SHARE = LargestShare(customers=3, share=Decimal("0.5"))
ESTIMATE = ClosestEstimate(customers=3, closest=Decimal("0.2"))
RULES = pytest.mark.parametrize("rule", [SHARE, ESTIMATE], ids=["share", "estimate"])

_parts = st.lists(st.integers(0, 40), max_size=6)
#: Few people and few groups, so that these often overlap.
_people = st.frozensets(st.integers(0, 8), max_size=8)


def tells(rule, parts):
    """What a rule says of one interval with these parts."""
    largest, second, *_ = [*sorted(parts, reverse=True), 0, 0]
    return rule.tells(len(parts), largest, second, sum(parts))


@RULES
@requirement("WG3-01-12.3-03", "WG3-01-12.3-05")
@given(parts=_parts)
def test_nothing_is_told_of_fewer_than_the_threshold(rule, parts):
    assert len(parts) >= rule.customers or not tells(rule, parts)


@requirement("WG3-01-12.3-05")
@given(parts=_parts)
def test_by_share_nobody_outweighs_the_others(parts):
    """And whatever has enough parts, none of them too large, is told."""
    small = all(part * 2 <= sum(parts) for part in parts)

    assert tells(SHARE, parts) is (len(parts) >= SHARE.customers and small)


@requirement("WG3-01-12.3-05")
@given(parts=_parts)
def test_by_estimate_nobody_in_a_sum_can_work_out_another(parts):
    """Whoever takes away the own part is left with what another used at most: too much by a fifth at least."""
    off = [(sum(parts) - own - other, other) for own, other in permutations(parts, 2)]
    hidden = all(gap * 5 >= other for gap, other in off)

    assert tells(ESTIMATE, parts) is (len(parts) >= ESTIMATE.customers and hidden)


@pytest.mark.parametrize(
    ("parts", "by_share", "by_estimate"),
    [
        ([5, 5, 5], True, True),
        ([5, 5], False, False),
        ([], False, False),
        ([10, 5, 5], True, True),
        ([11, 5, 5], False, True),
        ([0, 0, 0], True, True),
        ([1, 0, 0], False, False),
        ([50, 49, 1], True, False),
    ],
)
def test_the_rules_differ_where_two_share_nearly_all(parts, by_share, by_estimate):
    """Half of the whole is still a share of it; and of two who know of each other one tells the other."""
    assert (tells(SHARE, parts), tells(ESTIMATE, parts)) == (by_share, by_estimate)


@RULES
@requirement("WG3-01-12.3-05")
@given(sets=st.lists(_people, max_size=3))
def test_no_sum_or_difference_of_what_is_told_speaks_of_few(rule, sets):
    """However often each group is added or taken away, who is left is nobody or enough people."""
    if not differ_safely(rule, sets):
        return

    for times in product((-2, -1, 0, 1, 2), repeat=len(sets)):
        left = [sum(time for time, members in zip(times, sets, strict=True) if one in members) for one in range(9)]
        assert sum(map(bool, left)) == 0 or sum(map(bool, left)) >= rule.customers


@RULES
@requirement("WG3-01-12.3-05")
@given(whole=_people, cuts=st.lists(st.integers(0, 2), min_size=9, max_size=9))
def test_a_group_that_was_split_is_told_only_where_each_piece_is_enough(rule, whole, cuts):
    """The last piece too, which nobody asks for and everybody can work out."""
    pieces = [frozenset(one for one in whole if cuts[one] == piece) for piece in range(3)]

    if differ_safely(rule, [whole, *pieces[:2]]):
        assert all(len(piece) == 0 or len(piece) >= rule.customers for piece in pieces)


@RULES
@requirement("WG3-01-12.3-05")
@given(before=_people, after=_people)
def test_who_joins_or_leaves_is_never_the_difference_of_two_sums(rule, before, after):
    if differ_safely(rule, [before, after]):
        moved = [before - after, after - before, before & after]
        assert all(len(each) == 0 or len(each) >= rule.customers for each in moved)


@requirement("WG3-01-10.7.6-01", "WG3-01-10.7.6-02", "WG3-01-10.7.6-03")
def test_what_is_known_of_a_group_before_anything_is_asked():
    """Too few always need to be asked; where no share is too large, enough never do."""
    assert [SHARE.need(2), ESTIMATE.need(2)] == [ConsentNeed.ALWAYS] * 2
    assert [SHARE.need(3), ESTIMATE.need(3)] == [ConsentNeed.SOMETIMES] * 2
    assert LargestShare(3, Decimal(1)).need(3) is ConsentNeed.NEVER


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
        ({"rule": "closest_estimate", "closest_estimate": "0"}, "closest_estimate"),
        ({"rule": "closest_estimate", "largest_share": "0.5"}, "largest_share is no setting"),
        ({"closest_estimate": "0.2"}, "closest_estimate is no setting"),
        ({"rule": "trust_us"}, "rule must be one of largest_share, closest_estimate"),
        ({"rule": 15}, "rule"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_told(table, fault):
    """By the name of the setting."""
    faults: list[str] = []
    read_sum_rule(table, faults)

    assert [fault in each for each in faults] == [True]


@pytest.mark.parametrize(
    ("table", "rule", "words"),
    [
        ({}, DEFAULT, "At least 10 Customers, none of them with more than 50 % of the sum"),
        (
            {"least_customers": 15, "largest_share": "0.15"},
            LargestShare(15, Decimal("0.15")),
            "At least 15 Customers, none of them with more than 15 % of the sum",
        ),
        (
            {"rule": "closest_estimate", "least_customers": 4, "closest_estimate": "0.125"},
            ClosestEstimate(4, Decimal("0.125")),
            "At least 4 Customers, none of them able to tell what another used more exactly than 12.5 %",
        ),
    ],
)
def test_a_rule_is_read_as_it_is_written(table, rule, words):
    """To the digit, and the defaults where nothing is said."""
    faults: list[str] = []

    assert read_sum_rule(table, faults) == rule
    assert (rule.words, faults) == (words, [])
