"""Grants: their statuses, what was selected, and what a Grant opens at an instant (CDS-WG1-02 8; CDS-WG3-01 6, 7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import zip_longest
from typing import Any, Final

from cdsc_server.domain import durations
from cdsc_server.domain.catalogue import Catalogue, Scope
from cdsc_server.domain.customer_graph import SELECTED_KIND, Kind
from cdsc_server.domain.detail_fields import SECTIONS, SEGMENTS, STATEMENTS
from cdsc_server.domain.details import RequestedEntry
from cdsc_server.domain.direct_access import Filter, base_of, filter_of
from cdsc_server.domain.group_scopes import AGGREGATIONS_QUERY, NUMBERS, USAGE_QUERY, is_about_groups


class GrantStatus(StrEnum):
    """CDS-WG1-02 8.2."""

    ACTIVE = "active"
    PENDING = "pending"
    PARTIAL = "partial"
    NEEDS_AUTHORIZATION = "needs_authorization"
    NEEDS_SUB_GRANTS = "needs_sub_grants"
    FUTURE = "future"
    DELAYED = "delayed"
    STOPPED = "stopped"
    SUSPENDED = "suspended"
    DISABLED = "disabled"
    REVOKED = "revoked"
    CLOSED = "closed"
    EXPIRED = "expired"
    ERRORED = "errored"


#: No access in these, whatever enabled_* says (CDS-WG1-02 8.2).
SHUT: Final = frozenset(
    {
        GrantStatus.FUTURE,
        GrantStatus.DISABLED,
        GrantStatus.SUSPENDED,
        GrantStatus.REVOKED,
        GrantStatus.CLOSED,
        GrantStatus.EXPIRED,
    }
)

#: Ended by somebody; time changes these no more.
FINAL: Final = frozenset({GrantStatus.REVOKED, GrantStatus.CLOSED, GrantStatus.DISABLED})


_SELECTION: Final = {kind: selection for selection, kind in SELECTED_KIND.items()}

#: What every sub-Grant must be for a Grant that waits for them to go on (CDS-WG1-02 8.2, needs_sub_grants).
SUFFICIENT: Final = frozenset({GrantStatus.ACTIVE, GrantStatus.PENDING, GrantStatus.DELAYED, GrantStatus.STOPPED})


@dataclass(frozen=True)
class Selection:
    """
    What the Customer ticked in one Request Section, in the kind that was shown.

    Args:
        kind: a Selection Type such as service_contract_selection.
        ids: ids of the ticked objects of that kind.
        include_future: objects of this kind that come later belong to it too.
    """

    kind: str
    ids: frozenset[str]
    include_future: bool = False
    #: With include_future: objects that existed at approval and were not ticked stay out.
    left_out: frozenset[str] = frozenset()

    def to_stored(self) -> dict[str, Any]:
        """Plain JSON for the Grant row."""
        return {
            "kind": self.kind,
            "ids": sorted(self.ids),
            "include_future": self.include_future,
            "left_out": sorted(self.left_out),
        }

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> Selection:
        """Back from the Grant row."""
        return cls(stored["kind"], frozenset(stored["ids"]), stored["include_future"], frozenset(stored["left_out"]))


def everything_of(kind: Kind) -> Selection:
    """All objects of a kind, whenever they come."""
    return Selection(_SELECTION[kind], frozenset(), include_future=True)


@dataclass(frozen=True)
class GrantedEntry:
    """
    One authorization_details entry of a Grant as data access reads it.

    Args:
        opens: include fields that are true, implied ones among them.
        value_formats: usage values whose format has all members of one of these are open; empty opens none.
        start: usage from this instant, None for all history.
        end: usage until this instant, None for all future.
        sync_until: data of objects as of this instant at the latest, None for ever.
        first_bill, last_bill: Bill Statements of these days and between, None for no bound.
        first_service, last_service: Bill Sections about these days and between, None for no bound.
        only: of direct access, what every object must match; None where a Customer chose.
        programs: numbers of the programs that are open where programs are; None for all.
    """

    scope_id: str
    scope_type: str
    opens: frozenset[str]
    selection: Selection
    value_formats: tuple[Mapping[str, Any], ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    sync_until: datetime | None = None
    first_bill: date | None = None
    last_bill: date | None = None
    first_service: date | None = None
    last_service: date | None = None
    only: Filter | None = None
    programs: frozenset[str] | None = None


@dataclass(frozen=True)
class GroupEntry(GrantedEntry):
    """
    An entry that opens groups, as far as it opens what these are made of.

    Args:
        groups: their numbers; None for all that the Client may know of.
    """

    groups: frozenset[str] | None = None


@dataclass(frozen=True)
class Bounds:
    """
    The time that an entry opens usage of; None has no bound.

    Args:
        end: readings that end after it are out.
        as_of: readings stored after it are out.
    """

    start: datetime | None
    end: datetime | None
    as_of: datetime | None


def bounds_of(details: Mapping[str, Any]) -> Bounds:
    """The time that an entry opens usage of; what ends after `sync_until` is data of a later time (7.3.1)."""
    start, end, sync_until = (_bound(details.get(name)) for name in (SEGMENTS.start, SEGMENTS.end, "sync_until"))
    ends = [bound for bound in (end, sync_until) if bound is not None]
    return Bounds(start, min(ends, default=None), sync_until)


def expiry_of(details: Sequence[Mapping[str, Any]]) -> datetime | None:
    """When a Grant of these entries ends by itself: at the earliest `expires` in them (7.3.8)."""
    ends = [end for entry in details if (end := _bound(entry.get("expires"))) is not None]
    return min(ends, default=None)


def granted_details(catalogue: Catalogue, entry: RequestedEntry, *, at: datetime) -> dict[str, Any]:
    """
    The entry as Grant, token and introspection show it (CDS-WG3-01 6.1, 7.3).

    CDS fields, absolute instants; preselection stays where it filters or says what is consented to.

    Args:
        at: the approval, the reference of relative durations (CDS-WG1-02 3.9).
    """
    scope = catalogue.scopes[entry.scope_id]
    shown: dict[str, Any] = {"type": scope.id}
    for name, offered in scope.fields.items():
        if offered.field.kind == "preselection" and not scope.type.direct and name not in scope.type.kept:
            continue
        value = entry.values[name]
        dates = offered.field.dates
        if offered.field.kind == "duration" or (dates and value is not None):
            zone = catalogue.utility.timezone
            resolved = durations.resolve(value, at=at, zone=zone, sign=offered.field.sign, dates=dates)
            value = durations.written(resolved, zone=zone, dates=dates)
        shown[name] = value
    return shown


def read_granted(catalogue: Catalogue, details: Mapping[str, Any], selection: Selection | None) -> GrantedEntry | None:
    """
    The stored entry as data access reads it; None when its scope is no longer offered, which opens nothing.

    Args:
        selection: None where no Customer chose.
    """
    scope = catalogue.scope(details["type"])
    if scope is None or is_about_groups(scope.type.id, details):
        # Sums of groups are read in a way of their own, and open nothing of anybody by itself.
        return None
    only = filter_of(details) if scope.type.direct else None
    if only is not None:
        selection = everything_of(base_of(scope.type.lists, only))
    if selection is None:
        return None
    return GrantedEntry(
        scope_id=scope.id,
        scope_type=scope.type.id,
        opens=opened(scope, details),
        selection=selection,
        programs=_programs(scope, details),
        value_formats=value_formats(scope, details),
        start=_bound(details.get(SEGMENTS.start)),
        end=_bound(details.get(SEGMENTS.end)),
        sync_until=_bound(details.get("sync_until")),
        first_bill=_day(details.get(STATEMENTS.start)),
        last_bill=_day(details.get(STATEMENTS.end)),
        first_service=_day(details.get(SECTIONS.start)),
        last_service=_day(details.get(SECTIONS.end)),
        only=only,
    )


def read_all_granted(
    catalogue: Catalogue, details: Iterable[Mapping[str, Any]], selections: Sequence[Mapping[str, Any]]
) -> list[GrantedEntry]:
    """
    As `read_granted`, each entry of a Grant that opens anything of Customers.

    Args:
        selections: as stored, one beside each entry; empty where no Customer chose.
    """
    chosen = [Selection.from_stored(each) for each in selections]
    found = (read_granted(catalogue, entry, each) for entry, each in zip_longest(details, chosen) if entry is not None)
    return [entry for entry in found if entry is not None]


def read_grouped(catalogue: Catalogue, details: Mapping[str, Any]) -> GroupEntry | None:
    """The stored entry as one that opens groups; None when it is another."""
    scope = catalogue.scope(details["type"])
    if scope is None or scope.type.id != AGGREGATIONS_QUERY:
        return None
    numbers = details.get(NUMBERS)
    return GroupEntry(
        scope_id=scope.id,
        scope_type=scope.type.id,
        opens=opened(scope, details),
        selection=everything_of(Kind.SERVICE_POINT),
        sync_until=_bound(details.get("sync_until")),
        only=filter_of(details),
        groups=None if numbers is None else frozenset(numbers),
    )


def opened(scope: Scope, details: Mapping[str, Any]) -> frozenset[str]:
    """The include fields that an entry opens: true ones, and those that its scope implies."""
    asked = {
        name
        for name, value in details.items()
        if value is True and name in scope.fields and name.startswith("include_")
    }
    found = asked | scope.type.implied
    # CDS-WG3-01 7.2.2, 7.2.4: contracts together with meters always bring the Service Points between them.
    if {"include_service_contracts", "include_meter_devices"} <= found:
        found = found | {"include_service_points"}
    return frozenset(found)


def _programs(scope: Scope, details: Mapping[str, Any]) -> frozenset[str] | None:
    named = {"account_programs", "service_programs"} & scope.type.kept
    return frozenset(each for name in named for each in details.get(name) or ()) if named else None


def value_formats(scope: Scope, details: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """The kinds of usage values that an entry names (7.2.8.1)."""
    offered = scope.fields.get("include_usage_segment_value_types")
    chosen = details.get("include_usage_segment_value_types")
    if offered is None and scope.type.id == USAGE_QUERY:
        # CDS-WG3-01 6.2.8: a Client that cannot name any reads all of them; every format has no member at all.
        return ({},)
    if offered is None or chosen is None:
        return ()
    return tuple(
        choice.value_format for choice in offered.choices if choice.id in chosen and choice.value_format is not None
    )


def _bound(value: str | None) -> datetime | None:
    return None if value is None or value == durations.INFINITE else durations.read_datetime(value)


def _day(value: str | None) -> date | None:
    return None if value is None or value == durations.INFINITE else durations.read_date(value)


def status_at(
    status: GrantStatus, *, expires: datetime | None, not_before: datetime | None, now: datetime
) -> GrantStatus:
    """The status that moves with time: future until not_before, expired from `expires` on (CDS-WG1-02 8.2)."""
    if status in FINAL:
        return status
    if expires is not None and now >= expires:
        return GrantStatus.EXPIRED
    if status is GrantStatus.FUTURE and (not_before is None or now >= not_before):
        return GrantStatus.ACTIVE
    return status
