"""The access view: what the entries of a Grant show, drawn over small made-up Customers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.domain.customer_graph import SELECTED_KIND, CustomerGraph, Kind, Link, Node
from cdsc_server.domain.detail_fields import FIELDS
from cdsc_server.domain.disclosure import OPENED_BY, OPTIONAL, View, view_of
from cdsc_server.domain.grants import GrantedEntry, Selection
from tests.disclosure_strategies import DAYS, NOW, PROGRAMS, entries, graphs
from tests.support import requirement

EVERYTHING = frozenset(OPENED_BY.values())


def told(view: View) -> set[tuple[str, ...]]:
    """Every fact the view lets out, so that two views can be compared as sets."""
    facts: set[tuple[str, ...]] = {("kind", kind) for kind in view.kinds}
    for kind, seen in view.seen.items():
        for object_id, sight in seen.items():
            facts.add(("object", kind, object_id))
            facts.update(("field", kind, object_id, field) for field in sight.fields)
            named = PROGRAMS if sight.programs is None else sight.programs
            facts.update(("program", kind, object_id, number) for number in named)
    for point in view.seen[Kind.SERVICE_POINT]:
        facts.update(("at", point, each) for ids in view.contracts_at(point) for each in ids)
    for meter in view.seen[Kind.METER_DEVICE]:
        facts.update(("of", meter, each) for ids in view.service_points_of(meter) for each in ids)
    return facts


def parents(graph: CustomerGraph, ids: set[str]) -> set[str]:
    known = graph.nodes[Kind.ACCOUNT]
    return {known[each].above for each in ids if each in known and known[each].above is not None}


@requirement("WG3-01-6.1.5-20", "WG3-01-6.1.1-17")
@given(graphs(), entries())
def test_nothing_of_the_kind_that_was_ticked_is_added(graph, entry):
    """Whoever ticks one of five contracts shares one, whatever else is included; Accounts bring parents only."""
    kind = SELECTED_KIND[entry.selection.kind]
    seen = set(view_of([entry], graph, now=NOW).seen[kind])
    ticked = graph.nodes[kind].keys() - entry.selection.left_out if entry.selection.include_future else None
    allowed = set(entry.selection.ids if ticked is None else ticked)
    for _ in graph.nodes[Kind.ACCOUNT]:
        allowed |= parents(graph, allowed) if kind is Kind.ACCOUNT else set()

    assert seen <= allowed


@requirement("WG3-01-7.2.1-07", "WG3-01-7.2.2-10", "WG3-01-7.2.3-07", "WG3-01-7.2.4-07")
@given(graphs(), st.lists(entries(), max_size=3))
def test_what_no_entry_names_stays_closed(graph, granted):
    view = view_of(granted, graph, now=NOW)
    opened = frozenset().union(*(entry.opens for entry in granted))

    assert all(OPENED_BY[kind] in opened for kind, seen in view.seen.items() if seen)
    for kind, seen in view.seen.items():
        assert {OPTIONAL[kind][field] for sight in seen.values() for field in sight.fields} <= opened


@given(graphs(), st.lists(entries(), min_size=1, max_size=3))
def test_two_entries_show_what_each_shows(graph, granted):
    """United, not mixed: a field opens on an object only by an entry that reaches the object itself."""
    whole = told(view_of(granted, graph, now=NOW))
    alone = [told(view_of([entry], graph, now=NOW)) for entry in granted]
    objects = {fact for fact in whole if fact[0] in ("object", "field", "program", "kind")}

    assert set().union(*alone) <= whole
    assert objects == {fact for facts in alone for fact in facts if fact[0] in ("object", "field", "program", "kind")}


@given(graphs(), entries(), st.data())
def test_a_narrower_entry_never_shows_more(graph, entry, data):
    narrower = data.draw(
        st.sampled_from(
            [
                replace(entry, opens=frozenset(data.draw(st.sets(st.sampled_from(sorted(entry.opens or {"x"})))))),
                replace(entry, selection=replace(entry.selection, ids=frozenset(list(entry.selection.ids)[1:]))),
                replace(entry, selection=replace(entry.selection, left_out=entry.selection.left_out | {"c0", "a1"})),
                replace(
                    entry,
                    programs=frozenset(
                        number
                        for number in sorted(PROGRAMS if entry.programs is None else entry.programs)
                        if data.draw(st.booleans())
                    ),
                ),
                replace(entry, sync_until=min(entry.sync_until or NOW, data.draw(st.sampled_from(DAYS)))),
            ]
        )
    )

    assert told(view_of([narrower], graph, now=NOW)) <= told(view_of([entry], graph, now=NOW))


@given(graphs(), st.lists(entries(), max_size=3))
def test_lists_of_ids_name_visible_objects_only(graph, granted):
    facts = told(view_of(granted, graph, now=NOW))
    contracts = {fact[2] for fact in facts if fact[:2] == ("object", "service_contract")}
    points = {fact[2] for fact in facts if fact[:2] == ("object", "service_point")}

    assert {fact[2] for fact in facts if fact[0] == "at"} <= contracts
    assert {fact[2] for fact in facts if fact[0] == "of"} <= points


def small() -> CustomerGraph:
    """Two contracts of one Account, which has a parent under another, at one Service Point in turn; a meter each."""
    early, middle = DAYS[0], DAYS[2]
    return CustomerGraph(
        {
            Kind.ACCOUNT: {
                "a": Node("a", "1", early, "p"),
                "p": Node("p", "2", early, "g"),
                "g": Node("g", "8", early),
            },
            Kind.SERVICE_CONTRACT: {"c1": Node("c1", "3", early, "a"), "c2": Node("c2", "4", middle, "a")},
            Kind.SERVICE_POINT: {"s": Node("s", "5", early)},
            Kind.METER_DEVICE: {"m1": Node("m1", "6", early), "m2": Node("m2", "7", middle)},
        },
        served=[Link("c1", "s", early, middle), Link("c2", "s", middle)],
        installed=[Link("m1", "s", early, middle), Link("m2", "s", middle)],
    )


def ticked(kind: str, *ids: str, **fields) -> GrantedEntry:
    plain = {"scope_id": "x", "scope_type": "cds_meters", "opens": EVERYTHING}
    return GrantedEntry(**{**plain, "selection": Selection(kind, frozenset(ids)), **fields})


@requirement("WG3-01-7.2.1-06", "WG3-01-7.2.1-04")
@pytest.mark.parametrize(
    ("kind", "object_id", "seen"),
    [
        ("service_contract_selection", "c1", {"a", "p", "g", "c1", "s", "m1"}),
        ("meter_device_selection", "m2", {"a", "p", "g", "c2", "s", "m2"}),
        ("account_selection", "a", {"a", "p", "g", "c1", "c2", "s", "m1", "m2"}),
        ("servicepoint_selection", "s", {"a", "p", "g", "c1", "c2", "s", "m1", "m2"}),
        ("account_selection", "p", {"p", "g"}),
        ("aggregation_selection", "a", set()),
    ],
)
def test_relations_are_followed_away_from_what_was_ticked(kind, object_id, seen):
    """The meter of the next contract is not the meter of this one, although both hang at one Service Point."""
    view = view_of([ticked(kind, object_id)], small(), now=NOW)

    assert {each for of_kind in view.seen.values() for each in of_kind} == seen


def test_after_sync_until_the_relations_of_that_instant_are_shown():
    """The second contract and its meter came later; the first is still told as current."""
    frozen = ticked("servicepoint_selection", "s", sync_until=DAYS[1])
    view = view_of([frozen], small(), now=NOW)

    assert set(view.seen[Kind.SERVICE_CONTRACT]) == {"c1"}
    assert view.contracts_at("s") == (["c1"], [])
    assert view_of([ticked("servicepoint_selection", "s")], small(), now=NOW).contracts_at("s") == (["c2"], ["c1"])


@requirement("WG3-01-6-04")
def test_what_comes_later_belongs_to_a_selection_of_the_future_unless_left_out():
    future = Selection("service_contract_selection", frozenset({"c1"}), include_future=True)
    seen = view_of([ticked("", selection=future)], small(), now=NOW).seen
    without = view_of([ticked("", selection=replace(future, left_out=frozenset({"c2"})))], small(), now=NOW).seen

    assert set(seen[Kind.SERVICE_CONTRACT]) == {"c1", "c2"}
    assert set(without[Kind.SERVICE_CONTRACT]) == {"c1"}


def test_every_optional_field_has_one_include_that_opens_it():
    """One table for metadata, form and disclosure: what it names twice, two fields would open."""
    paths = [path for field in FIELDS.values() for path in field.opens]

    assert len(paths) == len(set(paths))
    assert {path.partition(".")[0] for path in paths} >= {str(kind) for kind in Kind}
