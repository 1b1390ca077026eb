"""Which stretches of which readings the entries of a Grant open."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.domain.customer_graph import CustomerGraph, Kind, Link, Node
from cdsc_server.domain.grants import GrantedEntry, Selection
from cdsc_server.domain.usage_disclosure import Opening, Series, Tie, openings, ties
from tests.disclosure_strategies import COST, DAYS, KWH, NOW, entries, graphs, series
from tests.support import requirement

METER = Series("kwh", "meter", KWH, meter_device_id="m")
USAGE = GrantedEntry(
    "usage_data",
    "cds_usage",
    frozenset({"include_usage_segments"}),
    Selection("service_contract_selection", frozenset({"c1"})),
    ({"type": "electric_usage"},),
)


def second(day: datetime) -> int:
    return int(day.timestamp())


def shown_at(found: dict[str, tuple[Opening, ...]], moment: int) -> set[tuple[str, bool]]:
    """The series open at an instant, and whether with values."""
    return {
        (one, one in opening.columns)
        for each in found.values()
        for opening in each
        if (opening.start is None or opening.start <= moment) and (opening.end is None or moment < opening.end)
        for one in opening.series
    }


#: Before, inside and after everything that the strategies draw, and on every bound.
MOMENTS = [second(day) + step for day in DAYS for step in (-1, 0, 1)]


def two_contracts() -> CustomerGraph:
    """Two contracts, one after the other, at the Service Point of one meter."""
    start, change = DAYS[0], DAYS[2]
    return CustomerGraph(
        {
            Kind.ACCOUNT: {"a": Node("a", "1", start)},
            Kind.SERVICE_CONTRACT: {"c1": Node("c1", "2", start, "a"), "c2": Node("c2", "3", start, "a")},
            Kind.SERVICE_POINT: {"s": Node("s", "4", start)},
            Kind.METER_DEVICE: {"m": Node("m", "5", start)},
        },
        served=[Link("c1", "s", start, change), Link("c2", "s", change)],
        installed=[Link("m", "s", start)],
    )


@given(graphs(), st.lists(entries(), max_size=3), series())
def test_stretches_never_overlap_and_stand_in_order(graph, granted, rows):
    found = openings(granted, graph, rows, now=NOW)

    for each in found.values():
        assert all(
            one.end is not None and later.start is not None and one.end <= later.start for one, later in pairwise(each)
        )
        assert all(one.columns <= one.series for one in each)


@requirement("WG3-01-7.3.6-04", "WG3-01-7.3.7-04", "WG3-01-7.3-01")
@given(graphs(), entries(), series())
def test_nothing_is_open_outside_the_window(graph, entry, rows):
    ends = [second(end) for end in (entry.end, entry.sync_until) if end is not None]

    for opening in (one for each in openings([entry], graph, rows, now=NOW).values() for one in each):
        assert entry.start is None or (opening.start is not None and opening.start >= second(entry.start))
        assert not ends or (opening.end is not None and opening.end <= min(ends))


@given(graphs(), st.lists(entries(), min_size=1, max_size=3), series())
def test_entries_together_open_what_each_opens(graph, granted, rows):
    whole = openings(granted, graph, rows, now=NOW)
    alone = [openings([entry], graph, rows, now=NOW) for entry in granted]

    for moment in MOMENTS:
        each = set().union(*(shown_at(found, moment) for found in alone))
        assert {one for one, _ in shown_at(whole, moment)} == {one for one, _ in each}
        assert {one for one, values in shown_at(whole, moment) if values} == {one for one, values in each if values}


@requirement("WG3-01-7.2.8-10")
@given(graphs(), entries(), series())
def test_a_narrower_entry_never_opens_more(graph, entry, rows):
    wide = openings([entry], graph, rows, now=NOW)
    closed = replace(entry, opens=entry.opens - {"include_usage_segments"})
    fewer = replace(entry, selection=replace(entry.selection, ids=frozenset(), include_future=False))
    later = replace(entry, start=max(entry.start or DAYS[1], DAYS[1]))

    assert openings([closed], graph, rows, now=NOW) == {} == openings([fewer], graph, rows, now=NOW)
    assert all(
        shown_at(openings([later], graph, rows, now=NOW), moment) <= shown_at(wide, moment) for moment in MOMENTS
    )


@requirement("WG3-01-6.1.9-22")
def test_readings_belong_to_a_contract_only_while_it_was_served_at_the_meter():
    """Whoever shares the first of two contracts does not share what the meter counted for the second."""
    found = openings([USAGE], two_contracts(), [METER], now=NOW)

    assert found == {"meter": (Opening(second(DAYS[0]), second(DAYS[2]), frozenset({"kwh"}), frozenset({"kwh"})),)}


def test_both_contracts_of_a_meter_make_one_stretch():
    both = replace(USAGE, selection=Selection("service_contract_selection", frozenset({"c1", "c2"})))
    (opening,) = openings([both], two_contracts(), [METER], now=NOW)["meter"]

    assert (opening.start, opening.end) == (second(DAYS[0]), None)


def test_owners_that_the_source_names_count_for_all_time():
    """An imported file may say whose readings these are without saying where the meter hung."""
    named = replace(METER, contract_id="c2", account_id="a")

    assert ties(two_contracts(), named)[Kind.SERVICE_CONTRACT] == [Tie("c2")]
    assert ties(two_contracts(), named)[Kind.ACCOUNT] == [Tie("a")]
    assert openings([USAGE], two_contracts(), [named], now=NOW) == {}


@requirement("WG3-01-7.2.8.1-07")
def test_only_chosen_kinds_of_values_are_columns():
    cost = Series("cost", "meter", COST, meter_device_id="m")
    (opening,) = openings([USAGE], two_contracts(), [METER, cost], now=NOW)["meter"]

    assert opening.series == opening.columns == {"kwh"}


@requirement("WG3-01-7.2.8.1-05", "WG3-01-7.2.8.1-06")
def test_without_chosen_kinds_of_values_segments_have_no_columns():
    (opening,) = openings([replace(USAGE, value_formats=())], two_contracts(), [METER], now=NOW)["meter"]

    assert (opening.series, opening.columns) == ({"kwh"}, frozenset())


def test_windows_of_two_entries_over_one_series_are_united():
    early, late = replace(USAGE, end=DAYS[1]), replace(USAGE, start=DAYS[0])
    (opening,) = openings([early, late], two_contracts(), [METER], now=NOW)["meter"]

    assert (opening.start, opening.end) == (second(DAYS[0]), second(DAYS[2]))


def test_windows_with_time_between_them_stay_apart():
    early, late = replace(USAGE, end=DAYS[1]), replace(USAGE, start=DAYS[1] + timedelta(days=1))
    first, then = openings([early, late], two_contracts(), [METER], now=NOW)["meter"]

    assert (first.end, then.start) == (second(DAYS[1]), second(DAYS[1]) + 86400)


def test_where_columns_differ_one_stretch_ends_and_the_next_begins():
    cost = Series("cost", "meter", COST, meter_device_id="m")
    costs = replace(USAGE, value_formats=({"type": "cost"},), start=DAYS[1])
    first, then = openings([USAGE, costs], two_contracts(), [METER, cost], now=NOW)["meter"]

    assert (first.columns, first.end) == ({"kwh"}, second(DAYS[1]))
    assert (then.columns, then.start) == ({"kwh", "cost"}, second(DAYS[1]))


@requirement("WG3-01-7.3.1-05")
def test_after_sync_until_readings_of_that_instant_are_shown():
    (frozen,) = openings([replace(USAGE, sync_until=DAYS[1])], two_contracts(), [METER], now=NOW)["meter"]
    (live,) = openings([replace(USAGE, sync_until=NOW)], two_contracts(), [METER], now=NOW)["meter"]

    assert (frozen.end, frozen.as_of) == (second(DAYS[1]), DAYS[1])
    assert (live.end, live.as_of) == (second(DAYS[2]), None)
