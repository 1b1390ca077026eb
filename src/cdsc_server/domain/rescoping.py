"""
What a Grant holds after its Client asks for another scope: less holds at once, more waits (CDS-WG1-02 8.7).

Nothing here ever opens more: what works meanwhile lies within what worked before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cdsc_server.domain import durations
from cdsc_server.domain.catalogue import Catalogue, Scope
from cdsc_server.domain.detail_fields import DetailField
from cdsc_server.domain.details import RequestedEntry, check_required, read_fields
from cdsc_server.domain.grants import granted_details
from cdsc_server.domain.merging import MERGE
from cdsc_server.domain.offered_fields import OfferedField
from cdsc_server.errors import InvalidAuthorizationDetails, InvalidScope

Entry = Mapping[str, Any]

#: What an entry of a scope without a consent form is about; two with the same are the same.
FILE_ID: Final = "file_id"


@dataclass(frozen=True)
class Rescoped:
    """
    What becomes of a Grant.

    Args:
        enabled: the entries that work now, each with the place of the one that worked before.
        widened: whether something is asked for that a Customer has not agreed to.
    """

    enabled: list[tuple[dict[str, Any], int]]
    widened: bool


def asked_entries(
    catalogue: Catalogue,
    listed: Sequence[Entry],
    *,
    words: Collection[str],
    details: Sequence[Any],
    allowed: Collection[str],
    at: datetime,
) -> list[dict[str, Any]]:
    """
    The authorization_details a Grant is to have, with absolute dates.

    Args:
        listed: those it has.
        words: scope words; one without an entry in `details` keeps what is listed under it, or gets its defaults.
        details: entries that override the words of their types; fields they do not name stay as they are listed.
        allowed: scope ids registered for the Client Object.
        at: reference for relative durations; a whole second.

    Returns:
        What is kept or changed in the order of `listed`, then what is new.

    Raises:
        InvalidScope: a word that is unknown, not registered, or for the Server alone to give.
        InvalidAuthorizationDetails: an entry, a field or a value that cannot be asked for.
    """
    kept: dict[int, dict[str, Any]] = {}
    new: list[dict[str, Any]] = []
    detailed: set[str] = set()
    for n, raw in enumerate(details):
        scope = _scope_of(catalogue, raw, n, known={entry["type"] for entry in listed}.union(allowed))
        place = next((i for i, entry in enumerate(listed) if i not in kept and _alike(entry, raw, scope)), None)
        entry = _changed_entry(catalogue, scope, raw, {} if place is None else listed[place], n, at=at)
        if place is None:
            new.append(entry)
        else:
            kept[place] = entry
        detailed.add(scope.id)
    for word in words:
        scope = _described(catalogue, word, known={entry["type"] for entry in listed}.union(allowed))
        if scope.id in detailed:
            continue
        detailed.add(scope.id)
        standing = {i: dict(entry) for i, entry in enumerate(listed) if entry["type"] == scope.id}
        kept.update(standing)
        if not standing:
            if not scope.type.consent:
                raise InvalidScope(f"scope: {word!r} is for this server alone to give", field="scope")
            check_required(scope, ())
            new.append(granted_details(catalogue, _with_defaults(scope), at=at))
    return [kept[i] for i in sorted(kept)] + new


def rescoped(
    catalogue: Catalogue, asked: Sequence[Entry], *, agreed: Sequence[Entry], enabled: Sequence[Entry]
) -> Rescoped:
    """
    What of `asked` works at once.

    Args:
        agreed: what a Customer, or the Server itself, has said yes to.
        enabled: what works now.
    """
    works = [
        (met(catalogue, entry, enabled[place]), place) for entry, place in _paired(asked, enabled) if place is not None
    ]
    widened = any(
        place is None or met(catalogue, entry, agreed[place]) != entry for entry, place in _paired(asked, agreed)
    )
    return Rescoped(works, widened)


def met(catalogue: Catalogue, asked: Entry, other: Entry) -> dict[str, Any]:
    """What two entries of one type have in common, with the fields of `asked`."""
    scope = catalogue.scope(asked["type"])
    fields = {} if scope is None else scope.fields
    return {
        name: value if name in other and other[name] == value else _met_value(fields.get(name), value, other.get(name))
        for name, value in asked.items()
    }


def _met_value(offered: OfferedField | None, asked: Any, other: Any) -> Any:
    if offered is None:
        # What is offered no more opens nothing; should it be offered again, it opens no more than both did.
        return (asked and other is True) if isinstance(asked, bool) else other
    if offered.field.kind == "include" and offered.field.format == "boolean":
        return bool(asked and other)
    if offered.field.kind == "duration":
        return _nearer(asked, other, offered.field)
    if offered.field.format.startswith("choice_list"):
        return None if asked is None or other is None else [item for item in asked if item in other]
    return other


def _nearer(asked: str, other: str | None, field: DetailField) -> str:
    """The bound that opens less; a field that was not offered then bounded nothing."""
    if other is None or other == durations.INFINITE:
        return asked
    if asked == durations.INFINITE:
        return other
    if field.dates:
        beyond = durations.read_date(asked) - durations.read_date(other)
    else:
        beyond = durations.read_datetime(asked) - durations.read_datetime(other)
    return other if field.sign * beyond.total_seconds() > 0 else asked


def _paired(entries: Sequence[Entry], others: Sequence[Entry]) -> list[tuple[Entry, int | None]]:
    """Each entry with the place of its like among `others`, no place twice; None where there is none."""
    free = list(range(len(others)))
    pairs: list[tuple[Entry, int | None]] = []
    for entry in entries:
        same = [i for i in free if others[i] == entry]
        like = [i for i in free if others[i]["type"] == entry["type"] and others[i].get(FILE_ID) == entry.get(FILE_ID)]
        place = next(iter(same or like), None)
        if place is not None:
            free.remove(place)
        pairs.append((entry, place))
    return pairs


def _changed_entry(
    catalogue: Catalogue, scope: Scope, raw: Entry, standing: Entry, n: int, *, at: datetime
) -> dict[str, Any]:
    if not scope.type.consent:
        if dict(raw) != dict(standing):
            if scope.type.asked_for:
                raise _refusal(n, "type", f"{scope.id} entries stay as they are; ask for a token with others")
            raise _refusal(n, "type", f"{scope.id} entries are for this server alone to give")
        return dict(standing)
    sent = read_fields(scope, raw, n, at=at, zone=catalogue.utility.timezone, standing=standing)
    ticks = {name for name, offered in scope.fields.items() if offered.field.kind == "preselection"} - scope.type.kept
    merges = {MERGE} if sent.get(MERGE) != standing.get(MERGE) else set()
    chosen = next((name for name in sent if name in ticks | merges), None)
    if chosen is not None:
        raise _refusal(n, chosen, "is chosen in an authorization request, not here")
    check_required(scope, {*standing, *sent}, n)
    entry = granted_details(catalogue, _with_defaults(scope, sent), at=at)
    return {**standing, **{name: entry[name] for name in sent}} if standing else entry


def _with_defaults(scope: Scope, sent: Entry | None = None) -> RequestedEntry:
    values = {name: offered.default for name, offered in scope.fields.items()}
    return RequestedEntry(scope.id, {**values, **(sent or {})}, frozenset(sent or ()))


def _alike(listed: Entry, raw: Entry, scope: Scope) -> bool:
    return listed["type"] == scope.id and (scope.type.consent or listed.get(FILE_ID) == raw.get(FILE_ID))


def _described(catalogue: Catalogue, word: str, *, known: Collection[str]) -> Scope:
    scope = catalogue.scope(word)
    if scope is None or scope.id not in known:
        raise InvalidScope(f"scope: {word!r} is not registered for this client", field="scope")
    return scope


def _scope_of(catalogue: Catalogue, raw: Any, n: int, *, known: Collection[str]) -> Scope:
    kind = raw.get("type") if isinstance(raw, Mapping) else None
    scope = catalogue.scope(kind) if isinstance(kind, str) else None
    if scope is None:
        raise _refusal(n, "type", "is missing or not a type this server offers")
    if scope.id not in known:
        raise _refusal(n, "type", f"{kind!r} is not registered for this client")
    return scope


def _refusal(n: int, name: str, rule: str) -> InvalidAuthorizationDetails:
    where = f"authorization_details[{n}].{name}"
    return InvalidAuthorizationDetails(f"{where} {rule}", field=where)
