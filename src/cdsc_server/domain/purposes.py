"""
What a Client says it wants data for: texts that the form shows beside a request (CDS-WG3-01 7.4.4, 8).

Some are this Server's and come with a scope; others are a Client's own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from cdsc_server.domain.offered_fields import Choice

if TYPE_CHECKING:
    from cdsc_server.domain.catalogue import Catalogue, Scope

FIELD: Final = "purpose"

_MOST: Final = 50
_LONGEST: Final = {"name": 200, "content": 5_000, "related_name": 200, "related_uri": 2_000}
_MEMBERS: Final = ("id", "name", "content", "related_uri", "related_name", "scopes_supported")

#: What is stored of a Client's own Purpose: name, content, related_uri, related_name.
Kept = Mapping[str, str | None]


@dataclass(frozen=True)
class Purpose:
    """
    A Purpose (CDS-WG3-01 8.3).

    Args:
        name: for the Client; no Customer sees it.
        content: plain text, with line breaks.
        scopes: ids of the scopes it may be used with.
        ours: whether this Server wrote it.
        reviewed: whether an operator has looked at it, of one that a Client wrote.
    """

    id: str
    name: str
    content: str
    related_uri: str | None = None
    related_name: str | None = None
    scopes: tuple[str, ...] = ()
    ours: bool = False
    reviewed: bool = False

    def to_wire(self) -> dict[str, Any]:
        """A Purpose object."""
        values = (self.id, self.name, self.content, self.related_uri, self.related_name, list(self.scopes))
        return dict(zip(_MEMBERS, values, strict=True))


def read_purposes(tables: Mapping[str, Any], scopes: Mapping[str, Scope], faults: list[str]) -> dict[str, Purpose]:
    """The Server's own, from the `[purposes.<id>]` tables of the configuration; adds what is wrong to `faults`."""
    found = {}
    for purpose_id, table in tables.items():
        where = f"purposes.{purpose_id}"
        if not isinstance(table, Mapping):
            faults.append(f"{where} must be a table")
            continue
        names = table.get("scopes", [])
        given = {"related_uri": None, **{name: table[name] for name in table if name != "scopes"}}
        if fault := _fault({"id": purpose_id, "scopes_supported": [], **given}):
            faults.append(f"{where}.{fault}")
            continue
        faults += [
            f"{where}.scopes: {name!r} is not a scope that offers the field {FIELD}"
            for name in names
            if name not in scopes or FIELD not in scopes[name].fields
        ]
        texts = (table["name"], table["content"], table.get("related_uri"), table.get("related_name"))
        found[purpose_id] = Purpose(purpose_id, *texts, scopes=tuple(names), ours=True)
    return found


def purposes_of(
    catalogue: Catalogue, words: str, own: Mapping[str, Kept], *, reviewed: bool = False
) -> dict[str, Purpose]:
    """
    What a Client Object may name, by id: this Server's that fit its scope, then its own.

    Args:
        words: its scope.
        own: as stored, by id.
        reviewed: whether an operator has looked at its own.
    """
    offering = taking(catalogue, words)
    fitting = {
        each.id: replace(each, scopes=tuple(name for name in each.scopes if name in offering))
        for each in catalogue.purposes.values()
        if not set(offering).isdisjoint(each.scopes)
    }
    mine = {
        purpose_id: Purpose(purpose_id, **kept, scopes=offering, reviewed=reviewed)  # type: ignore[arg-type]
        for purpose_id, kept in own.items()
        if offering
    }
    return {**fitting, **mine}


def taking(catalogue: Catalogue, words: str) -> tuple[str, ...]:
    """The scopes among these words whose requests may name a Purpose."""
    return tuple(name for name in words.split() if name in catalogue.scopes and FIELD in catalogue.scopes[name].fields)


def with_purposes(catalogue: Catalogue, purposes: Mapping[str, Purpose]) -> Catalogue:
    """The catalogue with these as the choices of the field `purpose`, each in the scopes it fits (7.4.4)."""
    scopes = dict(catalogue.scopes)
    for name, scope in scopes.items():
        if FIELD in scope.fields:
            choices = tuple(
                Choice(each.id, each.name, each.content, documentation=f"/purposes#{each.id}" if each.ours else None)
                for each in purposes.values()
                if name in each.scopes
            )
            scopes[name] = replace(scope, fields={**scope.fields, FIELD: replace(scope.fields[FIELD], choices=choices)})
    return replace(catalogue, scopes=scopes)


def replaced(
    sent: Mapping[str, Any], before: Mapping[str, Kept], ours: Collection[str], *, new_id: Callable[[], str]
) -> dict[str, Kept]:
    """
    A Client's own Purposes after it sent `cds_purposes` (8.2).

    What it sends of this Server's is passed over, and so are `id` and `scopes_supported`. One that it leaves out is
    gone; one under an id that nobody knows is new.

    Args:
        before: its own, by id.
        ours: ids of this Server's.

    Raises:
        ValueError: names the Purpose, the member and the rule.
    """
    if len(sent) > _MOST:
        raise ValueError(f"more than {_MOST} of them")
    kept: dict[str, Kept] = {}
    for key, value in sent.items():
        if key in ours:
            continue
        if fault := _fault(value):
            raise ValueError(f"{key}.{fault}" if isinstance(value, Mapping) else f"{key} {fault}")
        kept[key if key in before else new_id()] = _kept(value)
    return kept


def submitted(values: Collection[Mapping[str, Any]], *, new_id: Callable[[], str]) -> dict[str, Kept]:
    """A Client's own Purposes from a registration field that holds some (5.1), each with an id of its own."""
    return {new_id(): _kept(value) for value in values}


def submitted_fault(value: Any) -> str | None:
    """Why this is no list of Purposes as a registration field has them (5.1); None when it is."""
    if not isinstance(value, list) or not value:
        return "must be an array of at least one Purpose"
    if len(value) > _MOST:
        return f"must not hold more than {_MOST} Purposes"
    for place, each in enumerate(value):
        fault = _fault(each)
        if fault is None and each.get("id") != "":
            fault = "id: must be an empty string"
        if fault is None and each.get("scopes_supported") != []:
            fault = "scopes_supported: must be an empty array"
        if fault is not None:
            return f"must hold sound Purposes; [{place}].{fault}"
    return None


def _kept(value: Mapping[str, Any]) -> Kept:
    return {name: value.get(name) for name in ("name", "content", "related_uri", "related_name")}


def _fault(value: Any) -> str | None:
    """The member of a Purpose object that breaks a rule, with the rule (8.3); None when it is sound."""
    if not isinstance(value, Mapping):
        return "must be a Purpose object"
    for name in ("name", "content"):
        if not isinstance(value.get(name), str) or not value[name].strip():
            return f"{name}: must be a string that is not blank"
    for name in ("related_uri", "related_name"):
        if value.get(name) is not None and not isinstance(value[name], str):
            return f"{name}: must be a string or null"
    for name, longest in _LONGEST.items():
        if len(value.get(name) or "") > longest:
            return f"{name}: must not be longer than {longest} characters"
    if "related_uri" not in value:
        return "related_uri: is missing; send null for none"
    return _link_fault(value["related_uri"], value.get("related_name"))


def _link_fault(uri: str | None, name: str | None) -> str | None:
    if uri is None:
        return None
    try:
        parts = urlsplit(uri)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        sound = False
    if not sound or not uri.isascii() or not uri.isprintable() or " " in uri:
        return "related_uri: must be an absolute http or https URL without user name"
    if name is None or not name.strip() or not name.isprintable():
        return "related_name: must be one line that is not blank, because related_uri is set"
    return None
