"""
Asking for less than was granted, at a refresh or to give some of a Grant back (RFC 9396 6, CDS-WG1-02 8.7).

Nothing here ever opens more: a field may only be asked for as it is, or closer to nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from cdsc_server.domain import durations
from cdsc_server.domain.catalogue import Catalogue, Scope
from cdsc_server.domain.details import translate_early
from cdsc_server.domain.offered_fields import OfferedField
from cdsc_server.errors import InvalidAuthorizationDetails, InvalidScope


def narrowed(
    catalogue: Catalogue,
    granted: Sequence[Mapping[str, Any]],
    *,
    words: Collection[str],
    details: Sequence[Any],
    at: datetime,
) -> list[dict[str, Any] | None]:
    """
    What is left of `granted` when only this is asked for.

    Args:
        granted: entries as a Grant holds them, with absolute dates.
        words: scope words; one without an entry in `details` stands for all that was granted under it.
        details: authorization_details entries, each at most as wide as a granted entry of its type.
        at: reference for relative durations.

    Returns:
        One element beside each of `granted`: the narrower entry, or None for one left out.

    Raises:
        InvalidScope: a word that was not granted.
        InvalidAuthorizationDetails: an entry, a field or a value that was not granted.
    """
    left: list[dict[str, Any] | None] = [None] * len(granted)
    detailed: set[str] = set()
    for n, raw in enumerate(details):
        scope = _scope_of(catalogue, raw, n)
        place = next((i for i, entry in enumerate(granted) if entry["type"] == scope.id and left[i] is None), None)
        if place is None:
            raise _refusal(n, "type", "was not granted")
        sent = translate_early(scope, {name: value for name, value in raw.items() if name != "type"}, n)
        left[place] = _narrowed_entry(scope, granted[place], sent, n, at=at, zone=catalogue.utility.timezone)
        detailed.add(scope.id)
    for word in words:
        known = catalogue.scope(word)
        if known is None or known.id not in {entry["type"] for entry in granted}:
            raise InvalidScope(f"scope: {word!r} was not granted", field="scope")
        if known.id not in detailed:
            left = [
                dict(entry) if entry["type"] == known.id else kept for entry, kept in zip(granted, left, strict=True)
            ]
    return left


def scope_of(entries: Sequence[Mapping[str, Any] | None]) -> str:
    """The scope string of the entries that are left, each word once, in their order."""
    return " ".join(dict.fromkeys(str(entry["type"]) for entry in entries if entry is not None))


def _scope_of(catalogue: Catalogue, raw: Any, n: int) -> Scope:
    kind = raw.get("type") if isinstance(raw, Mapping) else None
    scope = catalogue.scope(kind) if isinstance(kind, str) else None
    if scope is None:
        raise _refusal(n, "type", "is missing or not a type this server offers")
    return scope


def _narrowed_entry(
    scope: Scope, granted: Mapping[str, Any], sent: Mapping[str, Any], n: int, *, at: datetime, zone: ZoneInfo
) -> dict[str, Any]:
    entry = dict(granted)
    for name, value in sent.items():
        offered = scope.fields.get(name)
        if offered is None or name not in granted:
            raise _refusal(n, name, "is not a field that was granted")
        if value is None and name in scope.type.kept:
            raise _refusal(n, name, f"must not be null for {scope.id}")
        entry[name] = _narrowed_value(offered, granted[name], value, n, at=at, zone=zone)
    return entry


def _narrowed_value(offered: OfferedField, granted: Any, value: Any, n: int, *, at: datetime, zone: ZoneInfo) -> Any:
    name, form = offered.field.id, offered.field.format
    if form == "boolean" and offered.field.kind == "include":
        if not isinstance(value, bool) or (value and not granted):
            raise _refusal(n, name, "must be true or false, and true only where it was granted")
        return value
    if offered.field.kind == "duration":
        return _narrowed_bound(offered, granted, value, n, at=at, zone=zone)
    if form.startswith("choice_list"):
        if value is None and form.endswith("_or_null"):
            return None
        if not isinstance(value, list) or any(item not in (granted or ()) for item in value):
            raise _refusal(n, name, "must be an array of values that were granted")
        return value
    if value != granted:
        raise _refusal(n, name, "cannot differ from what was granted")
    return value


def _narrowed_bound(offered: OfferedField, granted: Any, value: Any, n: int, *, at: datetime, zone: ZoneInfo) -> str:
    name, sign, dates = offered.field.id, offered.field.sign, offered.field.dates
    try:
        asked, bound = (
            durations.resolve(text if isinstance(text, str) else "", at=at, zone=zone, sign=sign, dates=dates)
            for text in (value, granted)
        )
    except ValueError as fault:
        raise _refusal(n, name, str(fault)) from fault
    if asked is not None:
        asked = asked.replace(microsecond=0)
    if bound is not None and (asked is None or sign * (asked - bound).total_seconds() > 0):
        raise _refusal(n, name, f"{value} reaches beyond {granted}, which was granted")
    return durations.written(asked, zone=zone, dates=dates)


def _refusal(n: int, name: str, rule: str) -> InvalidAuthorizationDetails:
    where = f"authorization_details[{n}].{name}"
    return InvalidAuthorizationDetails(f"{where} {rule}", field=where)
