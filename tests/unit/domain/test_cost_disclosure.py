"""What a Grant opens of costs: nothing that its contracts and its values do not open already."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.domain.cost_disclosure import OpenPart, OpenStretch, months_with, open_parts, stretches_of
from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.disclosure import view_of
from cdsc_server.domain.usage_disclosure import Tie, openings, ties
from tests.disclosure_strategies import COST, NOW, entries, graphs, series
from tests.strategies import zones
from tests.unit.domain.test_usage_disclosure import MOMENTS, second, shown_at

YEARS = st.integers(*(second(datetime(year, 1, 1, tzinfo=UTC)) for year in (2024, 2027)))


OPEN = {"include_usage_segments", "include_service_contracts"}
#: Entries of which most open usage of contracts, so that few examples are about nothing.
GRANTED = st.one_of(
    entries(),
    entries().map(lambda each: replace(each, opens=each.opens | OPEN)),
    entries().map(lambda each: replace(each, opens=each.opens | OPEN, value_formats=({},))),
)


def parts_of(granted, graph, rows):
    """The parts that these entries open, where every column of costs is one."""
    costs = {one.segment_key: one.series_id for one in rows if one.value_format == COST}
    tied = {one.segment_key: ties(graph.at(NOW), one)[Kind.SERVICE_CONTRACT] for one in rows}
    seen = view_of(granted, graph, now=NOW).seen[Kind.SERVICE_CONTRACT]
    return list(open_parts(openings(granted, graph, rows, now=NOW), costs, tied, seen)), costs, tied, seen


def told_at(parts, moment):
    return {(part.contract_id, column) for part in parts if part.start <= moment < part.end for column in part.columns}


@given(graphs(), st.lists(GRANTED, max_size=3), series())
def test_a_cost_is_open_only_where_all_that_it_is_made_of_is(graph, granted, rows):
    """The contract, the values of the column, and the readings beside it, at that very second."""
    parts, costs, tied, seen = parts_of(granted, graph, rows)
    opened = openings(granted, graph, rows, now=NOW)

    for moment in MOMENTS:
        shown = {one for one, values in shown_at(opened, moment) if values}
        for part in (part for part in parts if part.start <= moment < part.end):
            assert costs[part.segment_key] in part.columns <= shown
            held = {tie.object_id for tie in tied[part.segment_key] if tie.within(moment, moment + 1)}
            assert part.contract_id in held & seen.keys()


@given(graphs(), st.lists(GRANTED, min_size=1, max_size=3), series())
def test_less_consent_never_opens_more(graph, granted, rows):
    """An entry that goes takes costs away, and adds none."""
    fewer, more = (parts_of(some, graph, rows)[0] for some in (granted[:-1], granted))

    assert all(told_at(fewer, moment) <= told_at(more, moment) for moment in MOMENTS)


_spans = st.tuples(st.sampled_from("ab"), st.integers(0, 20), st.integers(1, 9), st.sampled_from([None, NOW]))


@given(st.lists(_spans, max_size=8))
def test_stretches_are_their_parts_and_nothing_between(spans):
    """Fixed charges of days between two stretches are nobody's business."""
    parts = [OpenPart(of, "key", low, low + length, frozenset(), as_of) for of, low, length, as_of in spans]

    found = stretches_of(parts)

    assert sorted(map(id, (part for each in found for part in each.parts))) == sorted(map(id, parts))
    for each in found:
        covered = {n for part in each.parts for n in range(part.start, part.end)}
        assert covered == set(range(each.start, each.end))
    for one, other in pairwise(sorted(found, key=lambda each: (each.contract_id, each.as_of is None, each.start))):
        assert (one.contract_id, one.as_of) != (other.contract_id, other.as_of) or one.end < other.start


def test_a_contract_is_whole_only_with_all_its_meters():
    """Of meters of other contracts, and of times before and after, nothing is asked."""
    tied = {"one": [Tie("c")], "other": [Tie("c", 50, 80), Tie("d")]}
    one = OpenStretch("c", None, 0, 100, (OpenPart("c", "one", 0, 100, frozenset()),))
    both = OpenStretch("c", None, 0, 100, (*one.parts, OpenPart("c", "other", 50, 80, frozenset())))

    assert (one.whole(tied, 0, 50), one.whole(tied, 0, 51), one.whole(tied, 80, 100)) == (True, False, True)
    assert both.whole(tied, 0, 100)
    assert not both.whole({**tied, "third": [Tie("c")]}, 0, 10)


@given(st.lists(st.tuples(YEARS, st.integers(1, 100 * 86_400)), max_size=4), zones)
def test_months_are_those_with_readings(stretches, zone):
    """Each once, in order, and none without a second of readings."""
    readings = [(start, start + length) for start, length in stretches]

    months = list(months_with(readings, zone))

    assert all(one[1] <= other[0] for one, other in pairwise(months))
    assert all(any(low < end and start < high for start, end in readings) for low, high in months)
    assert all(
        any(low <= moment < high for low, high in months) for start, end in readings for moment in (start, end - 1)
    )
