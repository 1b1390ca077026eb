"""
authorization_details: read, translated, checked and resolved (RFC 9396; CDS-WG1-02 3.8; CDS-WG3-01 7).

Both dialects come in by one door. The early one (`start`, `end`, `services`) is translated at once;
inside there is one vocabulary.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

from cdsc_server.domain import durations
from cdsc_server.domain.catalogue import Catalogue, Scope
from cdsc_server.domain.detail_fields import FIELDS, WINDOWS
from cdsc_server.domain.encryption_keys import key_fault
from cdsc_server.domain.offered_fields import OfferedField
from cdsc_server.domain.own_fields import fault_of
from cdsc_server.errors import InvalidAuthorizationDetails, InvalidScope

EARLY_FIELDS: Final = ("start", "end", "services")


@dataclass(frozen=True)
class RequestedEntry:
    """
    One thing asked for: a scope, and a value for every field it offers (defaults filled in, durations as written).

    Args:
        named: the fields the Client sent itself, in CDS vocabulary.
    """

    scope_id: str
    values: Mapping[str, Any]
    named: frozenset[str] = frozenset()


def read_request(
    catalogue: Catalogue, scope: str, details: Sequence[Any], *, allowed: frozenset[str], at: datetime
) -> tuple[RequestedEntry, ...]:
    """
    What a request asks for, in the order of `details`, then of `scope`.

    Args:
        scope: the scope parameter, space-separated; a word with an entry in `details` counts by its entry (WG1-02 8.3).
        details: the parsed authorization_details array.
        allowed: scope ids registered for the Client Object.
        at: reference for relative durations while checking; they are resolved anew at approval.

    Raises:
        InvalidScope: an unknown or unregistered word in `scope`.
        InvalidAuthorizationDetails: names the entry, the field and the rule.
    """
    entries = [_read_entry(catalogue, raw, n, allowed=allowed, at=at) for n, raw in enumerate(details)]
    covered = {entry.scope_id for entry in entries}
    for word in scope.split():
        described = catalogue.scope(word)
        if described is None or described.id not in allowed:
            raise InvalidScope(f"scope: {word!r} is not registered for this client", field="scope")
        if described.id in covered:
            continue
        if not described.type.asked_for:
            raise InvalidScope(f"scope: {word!r} cannot be asked of a customer", field="scope")
        covered.add(described.id)
        check_required(described, ())
        entries.append(
            RequestedEntry(described.id, {name: offered.default for name, offered in described.fields.items()})
        )
    _check_same_key(catalogue, entries)
    return tuple(entries)


def _check_same_key(catalogue: Catalogue, entries: Sequence[RequestedEntry]) -> None:
    """CDS-WG3-01 7.4.6: answers are encrypted to one key, or none is."""
    keyed = [entry for entry in entries if "jwk" in catalogue.scopes[entry.scope_id].fields]
    for n, entry in enumerate(entries):
        if entry in keyed and entry.values["jwk"] != keyed[0].values["jwk"]:
            raise _refusal(n, "jwk", "differs from that of another scope; send the same key, or null, with all of them")


def _read_entry(catalogue: Catalogue, raw: Any, n: int, *, allowed: frozenset[str], at: datetime) -> RequestedEntry:
    if not isinstance(raw, Mapping):
        raise _refusal(n, None, "is not an object")
    kind = raw.get("type")
    if not isinstance(kind, str):
        raise _refusal(n, "type", "is missing or not a string")
    scope = catalogue.scope(kind)
    if scope is None or not scope.type.asked_for:
        raise _refusal(n, "type", f"{kind!r} is not a type this server offers")
    if scope.id not in allowed:
        raise _refusal(n, "type", f"{kind!r} is not registered for this client")
    sent = read_fields(scope, raw, n, at=at, zone=catalogue.utility.timezone)
    check_required(scope, sent, n)
    values = {name: sent.get(name, offered.default) for name, offered in scope.fields.items()}
    _check_window(values, n, at=at, zone=catalogue.utility.timezone)
    return RequestedEntry(scope.id, values, frozenset(sent))


def check_required(scope: Scope, sent: Collection[str], n: int | None = None) -> None:
    """
    Refuse a request that leaves out what every request must name (CDS-WG1-02 3.8; CDS-WG3-01 6.1.2, 6.1.3, 6.1.10).

    Args:
        n: place of the entry; None when the scope was asked for by its word alone.

    Raises:
        InvalidAuthorizationDetails: names the field.
    """
    for name, offered in scope.fields.items():
        needed = offered.field.required or (name in scope.type.kept and offered.default is None)
        if needed and name not in sent:
            if n is not None:
                raise _refusal(n, name, "is missing, and required")
            raise InvalidAuthorizationDetails(
                f"authorization_details: {scope.id} needs an entry with {name}", field="authorization_details"
            )


def read_fields(
    scope: Scope,
    raw: Mapping[str, Any],
    n: int,
    *,
    at: datetime,
    zone: ZoneInfo,
    standing: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """
    The fields that one entry names, in CDS vocabulary, each as its format, limits and choices want it.

    Args:
        n: place of the entry, for the words of a refusal.
        standing: values in force already; one that is sent again is not judged by what is offered today.

    Raises:
        InvalidAuthorizationDetails: names the entry, the field and the rule.
    """
    sent = translate_early(scope, {key: value for key, value in raw.items() if key != "type"}, n)
    for name, value in sent.items():
        offered = scope.fields.get(name)
        if offered is None:
            raise _refusal(n, name, f"is not a field of {scope.id}")
        if value is None and name in scope.type.kept:
            # It says what is consented to, so it says something (CDS-WG3-01 6.1.2, 6.1.3, 6.1.10).
            raise _refusal(n, name, f"must not be null for {scope.id}")
        if name in scope.type.fixed and value is not scope.type.fixed[name]:
            raise _refusal(n, name, f"is always {str(scope.type.fixed[name]).lower()} for {scope.id}")
        if name not in standing or standing[name] != value:
            _check(offered, value, n, at=at, zone=zone)
    return sent


def translate_early(scope: Scope, sent: Mapping[str, Any], n: int) -> dict[str, Any]:
    """
    The entry in CDS vocabulary; an entry that is in it already comes back as it is.

    `start: "-3y"` is P3Y before, `end: "+3y"` P3Y after, `"now"` is PT0S, `services: "all"` is every contract.

    Raises:
        InvalidAuthorizationDetails: both dialects in one entry, or an early field that means nothing for this scope.
    """
    early = {name: sent[name] for name in EARLY_FIELDS if name in sent}
    if not early:
        return dict(sent)
    if len(early) != len(sent):
        other = next(name for name in sent if name not in early)
        raise _refusal(n, other, f"cannot stand beside {next(iter(early))!r}: one entry speaks one dialect")
    translated: dict[str, Any] = {}
    for name, value in early.items():
        if name == "services":
            translated["contract_numbers"] = ["_all"] if value == "all" else value
            _needs(scope, "contract_numbers", name, n)
        elif name == "start":
            _needs(scope, "segment_start", name, n)
            translated["segment_start"] = _early_bound(value, "-", name, n)
        else:
            target = "segment_end" if "segment_end" in scope.fields else "sync_until"
            _needs(scope, target, name, n)
            translated[target] = _early_bound(value, "+", name, n)
    return translated


def _needs(scope: Scope, target: str, early: str, n: int) -> None:
    if target not in scope.fields:
        raise _refusal(n, early, f"has no meaning for {scope.id}")


def _early_bound(value: Any, sign: str, name: str, n: int) -> str:
    if value == "now":
        return "PT0S"
    if isinstance(value, str) and value.startswith(sign):
        return "P" + value[1:].upper()
    if isinstance(value, str) and value[:1].isdigit():
        return value
    raise _refusal(n, name, f"must be 'now', a date-time, or {sign} and a length such as '{sign}3y'")


def _check(offered: OfferedField, value: Any, n: int, *, at: datetime, zone: ZoneInfo) -> None:
    """Refuse a value that breaks the format, the limits or the choices of its field (CDS-WG1-02 3.8, 3.9)."""
    name, form = offered.field.id, offered.field.format
    if value is None and form.endswith("_or_null"):
        return
    if form == "boolean":
        if not isinstance(value, bool):
            raise _refusal(n, name, "must be true or false")
    elif form in ("choice", "choice_or_null"):
        if value not in [choice.id for choice in offered.choices]:
            raise _refusal(n, name, f"must be one of {_listed(offered)}")
    elif form.startswith(("string_list", "choice_list")):
        _check_list(offered, value, n)
    elif offered.field.kind == "duration":
        _check_bound(offered, value, n, at=at, zone=zone)
    elif offered.field is FIELDS.get("jwk"):
        if fault := key_fault(value):
            raise _refusal(n, name, fault)
    else:
        fault = fault_of(offered.field, value, maximum=offered.maximum, minimum=offered.minimum, at=at, zone=zone)
        if fault:
            raise _refusal(n, name, fault)


def _check_list(offered: OfferedField, value: Any, n: int) -> None:
    name = offered.field.id
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _refusal(n, name, "must be an array of strings")
    if not value:
        # CDS-WG1-02 3.9: a list is never empty; null says "none" where the format allows it.
        raise _refusal(n, name, "must not be empty; leave it out or send null for none")
    if offered.field.format.startswith("choice_list"):
        unknown = [item for item in value if item not in [choice.id for choice in offered.choices]]
        if unknown:
            raise _refusal(n, name, f"{unknown[0]!r} is not one of {_listed(offered)}")
        return
    length = sum(map(len, value))
    # CDS-WG3-01: the limits of a string list count its characters altogether.
    if offered.maximum is not None and length > int(offered.maximum):
        raise _refusal(n, name, f"holds {length} characters, more than the maximum of {offered.maximum}")
    if offered.minimum is not None and length < int(offered.minimum):
        raise _refusal(
            n, name, f"holds {length} characters, fewer than the minimum of {offered.minimum}; send null for none"
        )


def _check_bound(offered: OfferedField, value: Any, n: int, *, at: datetime, zone: ZoneInfo) -> None:
    name, sign = offered.field.id, offered.field.sign
    if not isinstance(value, str):
        raise _refusal(n, name, "must be a string")
    try:
        instant, furthest, nearest = (
            durations.resolve(text, at=at, zone=zone, sign=sign, dates=offered.field.dates)
            for text in (value, str(offered.maximum), str(offered.minimum))
        )
    except ValueError as fault:
        raise _refusal(n, name, str(fault)) from fault
    beyond = furthest is not None and (instant is None or sign * (instant - furthest).total_seconds() > 0)
    if beyond:
        raise _refusal(n, name, f"{value} reaches beyond the maximum of {offered.maximum}")
    # Absolute values nearer than the nearest one offered are a window that is empty or not; _check_window judges that.
    if (
        instant is not None
        and nearest is not None
        and value.startswith("P")
        and sign * (instant - nearest).total_seconds() < 0
    ):
        raise _refusal(n, name, f"{value} is nearer than the minimum of {offered.minimum}")


def _check_window(values: Mapping[str, Any], n: int, *, at: datetime, zone: ZoneInfo) -> None:
    for window in WINDOWS:
        if window.start not in values or window.end not in values:
            continue
        dates = FIELDS[window.end].dates
        start = durations.resolve(values[window.start], at=at, zone=zone, sign=-1, dates=dates)
        end = durations.resolve(values[window.end], at=at, zone=zone, sign=+1, dates=dates)
        if start is not None and end is not None and (end < start or (end == start and not dates)):
            rule = f"is before {window.start}" if dates else f"is not after {window.start}"
            raise _refusal(n, window.end, f"{rule}: the window would be empty")


def _listed(offered: OfferedField) -> str:
    return ", ".join(choice.id for choice in offered.choices)


def _refusal(n: int, name: str | None, rule: str) -> InvalidAuthorizationDetails:
    where = f"authorization_details[{n}]" + (f".{name}" if name else "")
    return InvalidAuthorizationDetails(f"{where} {rule}", field=where)
