"""
What a Grant lets a Client see of one Customer: which objects, and which optional fields of each.

Each entry of the Grant is followed by itself, then all are united: an object is visible if an entry reaches it,
a field of it is open if an entry that reaches it opens the field. Whatever no entry names stays out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from cdsc_server.domain.customer_graph import SELECTED_KIND, CustomerGraph, Kind, Link
from cdsc_server.domain.detail_fields import optional_fields
from cdsc_server.domain.direct_access import matching
from cdsc_server.domain.grants import GrantedEntry, Selection

#: The include field that opens each kind of object.
OPENED_BY: Final[Mapping[Kind, str]] = {
    Kind.ACCOUNT: "include_accounts",
    Kind.SERVICE_CONTRACT: "include_service_contracts",
    Kind.SERVICE_POINT: "include_service_points",
    Kind.METER_DEVICE: "include_meter_devices",
}

#: The optional fields of each kind with the include field that opens them, read from the one table of fields.
OPTIONAL: Final[Mapping[Kind, Mapping[str, str]]] = {kind: optional_fields(kind) for kind in Kind}


#: The optional field that holds the programs of each kind that has any.
_PROGRAMS: Final[Mapping[Kind, str]] = {
    Kind.ACCOUNT: "account_programs",
    Kind.SERVICE_CONTRACT: "service_programs",
}


@dataclass(frozen=True, slots=True)
class Sight:
    """
    How one object is seen.

    Args:
        fields: its open optional fields.
        as_of: the instant up to which its relations are told.
        programs: numbers of the programs that are told; None for all.
    """

    fields: frozenset[str]
    as_of: datetime
    programs: frozenset[str] | None = None


@dataclass(frozen=True)
class View:
    """
    Everything of one Customer that is visible.

    Args:
        kinds: those that the Grant opens at all, whether or not there is an object.
        seen: the visible objects of each kind.
    """

    graph: CustomerGraph
    kinds: frozenset[Kind]
    seen: Mapping[Kind, Mapping[str, Sight]]

    def sees(self, kind: Kind, object_id: str | None) -> bool:
        """Whether an id of this kind may be told."""
        return object_id in self.seen[kind]

    def shows(self, kind: Kind, object_id: str, field: str) -> bool:
        """Whether an optional field of an object is open."""
        sight = self.seen[kind].get(object_id)
        return sight is not None and field in sight.fields

    def contracts_at(self, service_point_id: str) -> tuple[list[str], list[str]]:
        """Visible contracts served at a visible Service Point: now, and only formerly; each in order of id."""
        return self._told(Kind.SERVICE_POINT, service_point_id, Kind.SERVICE_CONTRACT, self.graph.served_at)

    def service_points_of(self, meter_device_id: str) -> tuple[list[str], list[str]]:
        """Visible Service Points of a visible meter: where it is now, and where it only was; each in order of id."""
        return self._told(Kind.METER_DEVICE, meter_device_id, Kind.SERVICE_POINT, self.graph.installed_as)

    def _told(
        self, kind: Kind, object_id: str, other: Kind, links_of: Mapping[str, Sequence[Link]]
    ) -> tuple[list[str], list[str]]:
        ends = (
            (link.service_point_id if other is Kind.SERVICE_POINT else link.object_id, link.start, link.end)
            for link in links_of.get(object_id, ())
        )
        as_of = self.seen[kind][object_id].as_of
        return now_and_once([each for each in ends if self.sees(other, each[0])], as_of)


def view_of(entries: Sequence[GrantedEntry], graph: CustomerGraph, *, now: datetime) -> View:
    """
    What these entries of a Grant show of a Customer at an instant.

    Args:
        graph: the Customer's objects, later ones than `now` among them.
        now: an entry whose `sync_until` has passed shows the objects known then.

    Spec: CDS-WG3-01 6.1, 7.2.1 to 7.2.4, 7.3.1.
    """
    seen: dict[Kind, dict[str, Sight]] = {kind: {} for kind in Kind}
    kinds: set[Kind] = set()
    for entry in entries:
        opened = opened_kinds(entry.opens)
        kinds.update(opened)
        as_of, known = known_to(entry, graph, now)
        selected = SELECTED_KIND.get(entry.selection.kind)
        if selected is None or not opened:
            continue
        reached = known.related(selected, chosen(entry.selection, known, selected))
        for kind, fields in opened.items():
            sight = Sight(fields, as_of, entry.programs if _PROGRAMS.get(kind) in fields else frozenset())
            of_kind = seen[kind]
            for object_id in reached[kind]:
                of_kind[object_id] = united(of_kind.get(object_id), sight)
    return View(graph, frozenset(kinds), seen)


def known_to(entry: GrantedEntry, graph: CustomerGraph, now: datetime) -> tuple[datetime, CustomerGraph]:
    """The instant whose state an entry shows, and what was known then and matches its filter: all it can reach."""
    as_of = frozen_at(entry, now)
    known = graph.at(as_of)
    return as_of, known if entry.only is None else matching(known, entry.only)


def chosen(selection: Selection, graph: CustomerGraph, kind: Kind) -> frozenset[str]:
    """The ids a selection means now: those ticked and still there, and with `include_future` all that came later."""
    known = graph.nodes[kind].keys()
    if selection.include_future:
        return frozenset(known - selection.left_out)
    return frozenset(known & selection.ids)


def now_and_once(ends: Iterable[tuple[str, datetime, datetime | None]], as_of: datetime) -> tuple[list[str], list[str]]:
    """Of the other ends of links, each with its time: what holds at an instant, and what only held before it."""
    begun = [(other, end) for other, start, end in ends if start <= as_of]
    now = {other for other, end in begun if end is None or end > as_of}
    return sorted(now), sorted({other for other, _ in begun} - now)


def frozen_at(entry: GrantedEntry, now: datetime) -> datetime:
    """The instant whose state an entry shows: now, or `sync_until` once that has passed."""
    return now if entry.sync_until is None else min(now, entry.sync_until)


def earliest(entries: Iterable[GrantedEntry], *, now: datetime) -> datetime | None:
    """The earliest instant before now whose state any entry shows; None when all show what is now."""
    return min((each for entry in entries if (each := frozen_at(entry, now)) < now), default=None)


@lru_cache(maxsize=1024)
def opened_kinds(opens: frozenset[str]) -> Mapping[Kind, frozenset[str]]:
    """The kinds of objects that these include fields open, with the optional fields of each that they open."""
    return {kind: open_fields(kind, opens) for kind, include in OPENED_BY.items() if include in opens}


@lru_cache(maxsize=1024)
def open_fields(kind: Kind, opens: frozenset[str]) -> frozenset[str]:
    """The optional fields of a kind that these include fields open."""
    return frozenset(field for field, include in OPTIONAL[kind].items() if include in opens)


def united(one: Sight | None, other: Sight) -> Sight:
    """How an object is seen that is seen in two ways, or in one."""
    if one is None:
        return other
    programs = None if one.programs is None or other.programs is None else one.programs | other.programs
    return Sight(one.fields | other.fields, max(one.as_of, other.as_of), programs)
