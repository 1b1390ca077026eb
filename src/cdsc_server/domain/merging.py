"""
Scopes of one request that share one selection on the form (CDS-WG3-01 7.4.2).

Each entry may name another scope by `merge_selection_with`; whatever hangs together by such names, in whichever
direction, is one Request Section. One selection can serve all only if they ask for it in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.details import RequestedEntry
from cdsc_server.errors import InvalidAuthorizationDetails

MERGE: Final = "merge_selection_with"
#: What one section has once; a scope that does not offer a field counts as null.
_SHARED: Final = ("authorization_form_selection_type", "purpose", "allow_scope_modifications")


def section_places(catalogue: Catalogue, entries: Sequence[RequestedEntry]) -> list[list[int]]:
    """
    The places of the entries that share a section, in the order of the request.

    An entry that names no other entry of the request stands alone.
    """
    beside: list[set[int]] = [set() for _ in entries]
    for place, target in enumerate(_targets(catalogue, entries)):
        if target is not None:
            beside[place].add(target)
            beside[target].add(place)
    found: list[list[int]] = []
    seen: set[int] = set()
    for place in range(len(entries)):
        if place not in seen:
            group, waiting = set(), [place]
            while waiting:
                here = waiting.pop()
                if here not in group:
                    group.add(here)
                    waiting.extend(beside[here] - group)
            seen |= group
            found.append(sorted(group))
    return found


def check_merges(catalogue: Catalogue, entries: Sequence[RequestedEntry]) -> None:
    """
    Refuse a request whose entries cannot share the selections they want to.

    Raises:
        InvalidAuthorizationDetails: names the entry, the field and the rule.
    """
    for place, target in enumerate(_targets(catalogue, entries)):
        name = entries[place].values.get(MERGE)
        if name is not None and target is None:
            raise _refusal(place, MERGE, f"{name!r} is no other scope of the request")
        if target is not None and entries[target].values.get(MERGE) is None:
            raise _refusal(place, MERGE, f"{name!r} has no {MERGE} of its own")
    for group in section_places(catalogue, entries):
        if len(group) > 1:
            _check_alike(catalogue, entries, group)


def _targets(catalogue: Catalogue, entries: Sequence[RequestedEntry]) -> list[int | None]:
    """For each entry the place of the first other one that it names."""
    places: dict[str, list[int]] = {}
    for place, entry in enumerate(entries):
        places.setdefault(entry.scope_id, []).append(place)
    found: list[int | None] = []
    for place, entry in enumerate(entries):
        name = entry.values.get(MERGE)
        scope = catalogue.scope(name) if isinstance(name, str) else None
        # Two are enough to find one that is not the entry itself.
        others = places.get(scope.id, [])[:2] if scope is not None else []
        found.append(next((other for other in others if other != place), None))
    return found


def _check_alike(catalogue: Catalogue, entries: Sequence[RequestedEntry], group: Sequence[int]) -> None:
    first = group[0]
    for name in _SHARED:
        for place in group[1:]:
            if entries[place].values.get(name) != entries[first].values.get(name):
                raise _refusal(place, name, f"must be the same in {_named(entries, group)}, which share a selection")
    offered: dict[str, list[int]] = {}
    for place in group:
        for name, each in catalogue.scopes[entries[place].scope_id].fields.items():
            if each.field.kind == "preselection":
                offered.setdefault(name, []).append(place)
    for name, places in offered.items():
        _check_ticks(entries, group, name, places)


def _check_ticks(entries: Sequence[RequestedEntry], group: Sequence[int], name: str, places: Sequence[int]) -> None:
    """A field that all of them offer has one value, and one that only some offer has none."""
    for place in places:
        value = entries[place].values[name]
        if len(places) < len(group) and value is not None:
            raise _refusal(place, name, f"must be null: not all of {_named(entries, group)} offer it")
        if _in_order(value) != _in_order(entries[places[0]].values[name]):
            raise _refusal(place, name, f"must be the same in {_named(entries, group)}, which share a selection")


def _in_order(value: Any) -> Any:
    """Lists that name the same are the same, in whichever order."""
    return sorted(set(value)) if isinstance(value, list) else value


def _named(entries: Sequence[RequestedEntry], group: Sequence[int]) -> str:
    return ", ".join(entries[place].scope_id for place in group)


def _refusal(place: int, name: str, rule: str) -> InvalidAuthorizationDetails:
    where = f"authorization_details[{place}].{name}"
    return InvalidAuthorizationDetails(f"{where} {rule}", field=where)
