"""Small made-up Customers, their series of readings, and entries of Grants over them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from cdsc_server.domain.customer_graph import SELECTED_KIND, CustomerGraph, Kind, Link, Node
from cdsc_server.domain.detail_fields import FIELDS
from cdsc_server.domain.direct_access import MATCHED, Filter, base_of
from cdsc_server.domain.grants import GrantedEntry, Selection, everything_of
from cdsc_server.domain.usage_disclosure import Series

NOW = datetime(2026, 3, 10, tzinfo=UTC)
#: Few instants, so that bounds often meet.
DAYS = [datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=2 * day) for day in range(5)]
KWH = {"type": "electric_usage", "units": "kWh"}
COST = {"type": "cost", "currency": "USD"}

#: Numbers that an entry may name; objects have no programs of their own here.
PROGRAMS = ["P1", "P2"]

_IDS = {
    Kind.ACCOUNT: ["a0", "a1", "a2"],
    Kind.SERVICE_CONTRACT: ["c0", "c1", "c2"],
    Kind.SERVICE_POINT: ["s0", "s1"],
    Kind.METER_DEVICE: ["m0", "m1", "m2"],
}
_INCLUDES = sorted(field.id for field in FIELDS.values() if field.format == "boolean" and field.kind == "include")
_FORMATS: list[tuple[Any, ...]] = [(), ({"type": "electric_usage"},), ({"type": "cost"},), (KWH, {"type": "cost"})]

_days = st.sampled_from(DAYS)
_maybe_day = st.none() | _days


def _links(objects: list[str]) -> st.SearchStrategy[list[Link]]:
    link = st.builds(
        lambda one, point, start, length: Link(one, point, start, None if length is None else start + length),
        st.sampled_from(objects),
        st.sampled_from(_IDS[Kind.SERVICE_POINT]),
        _days,
        st.none() | st.sampled_from([timedelta(days=2), timedelta(days=4)]),
    )
    return st.lists(link, max_size=5)


@st.composite
def graphs(draw: st.DrawFn) -> CustomerGraph:
    """A Customer with up to three objects of each kind, hung together at random."""
    above = {
        Kind.ACCOUNT: st.none() | st.sampled_from(_IDS[Kind.ACCOUNT]),
        Kind.SERVICE_CONTRACT: st.sampled_from(_IDS[Kind.ACCOUNT]),
    }
    nodes = {
        kind: {
            each: Node(each, f"number {each}", draw(_days), draw(above.get(kind, st.none())))
            for each in draw(st.sets(st.sampled_from(ids), min_size=1))
        }
        for kind, ids in _IDS.items()
    }
    return CustomerGraph(nodes, draw(_links(_IDS[Kind.SERVICE_CONTRACT])), draw(_links(_IDS[Kind.METER_DEVICE])))


@st.composite
def entries(draw: st.DrawFn) -> GrantedEntry:
    """An entry of any scope: some includes, something ticked, any window."""
    kind = draw(st.sampled_from(sorted(SELECTED_KIND)))
    ids = _IDS[SELECTED_KIND[kind]]
    selection = Selection(
        kind,
        frozenset(draw(st.sets(st.sampled_from(ids)))),
        draw(st.booleans()),
        frozenset(draw(st.sets(st.sampled_from(ids)))),
    )
    return GrantedEntry(
        "scope",
        "cds_usage",
        frozenset(draw(st.sets(st.sampled_from([*_INCLUDES, "include_usage_segments"])))),
        selection,
        draw(st.sampled_from(_FORMATS)),
        draw(_maybe_day),
        draw(_maybe_day),
        draw(_maybe_day),
        programs=draw(st.none() | st.frozensets(st.sampled_from(PROGRAMS))),
    )


def _some(kind: Kind) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from(_IDS[kind])


@st.composite
def series(draw: st.DrawFn) -> list[Series]:
    """Up to four series in up to two rows of segments, each with the owners its source happened to name."""
    return [
        Series(
            f"series {number}",
            f"key {draw(st.integers(0, 1))}",
            draw(st.sampled_from([KWH, COST])),
            draw(_some(Kind.ACCOUNT)),
            draw(_some(Kind.SERVICE_CONTRACT)),
            draw(_some(Kind.SERVICE_POINT)),
            draw(_some(Kind.METER_DEVICE)),
        )
        for number in range(draw(st.integers(0, 4)))
    ]


#: Members by which direct access filters, with few values, so that filters often meet.
MORE = {
    Kind.ACCOUNT: ["account_programs[].program_number"],
    Kind.SERVICE_CONTRACT: ["service_types[]", "service_programs[].program_number"],
    Kind.SERVICE_POINT: ["servicepoint_types[]", "premises[].premise_number"],
    Kind.METER_DEVICE: ["meter_types[]", "meter_apps[].app_number"],
}


def _values(path: str) -> list[str]:
    """Of types words that the standard has, of numbers any."""
    if path == "meter_types[]":
        return ["electric_usage", "water_usage"]
    return ["electric", "water"] if path.endswith("_types[]") else ["x", "y"]


@st.composite
def telling_graphs(draw: st.DrawFn) -> CustomerGraph:
    """As `graphs`, with values to filter by."""
    graph = draw(graphs())
    nodes = {
        kind: {
            each: replace(
                node, more={path: frozenset(draw(st.sets(st.sampled_from(_values(path))))) for path in MORE[kind]}
            )
            for each, node in of_kind.items()
        }
        for kind, of_kind in graph.nodes.items()
    }
    return replace(graph, nodes=nodes)


@st.composite
def filters(draw: st.DrawFn) -> Filter:
    """Up to two preselection fields, each with some of the values there are."""
    names = draw(st.sets(st.sampled_from(sorted(MATCHED)), max_size=2))
    values = {
        name: [f"number {each}" for each in _IDS[kind]]
        if path.endswith("_number") and "." not in path
        else _values(path)
        for name, (kind, path) in MATCHED.items()
    }
    return {name: frozenset(draw(st.sets(st.sampled_from(values[name]), min_size=1))) for name in sorted(names)}


@st.composite
def direct_entries(draw: st.DrawFn, only: st.SearchStrategy[Filter] | None = None) -> GrantedEntry:
    """An entry of direct access: some includes, a filter, any window."""
    wanted = draw(filters() if only is None else only)
    base = draw(st.sampled_from([*Kind, base_of(None, wanted)]))
    entry = draw(entries())
    return replace(entry, selection=everything_of(base), only=wanted)
