"""
Which stretches of which series of readings a Grant opens.

A series is tied to objects over time: a meter's readings belong to a contract while both are at the same Service Point.
Stretches of several entries are united and never overlap; where their series differ, one ends and the next begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final, NamedTuple

from cdsc_server.domain.customer_graph import SELECTED_KIND, CustomerGraph, Kind, Link
from cdsc_server.domain.direct_access import MATCHED
from cdsc_server.domain.disclosure import chosen, known_to
from cdsc_server.domain.grants import GrantedEntry

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)
_BEGINNING: Final = -(2**62)
_END: Final = 2**62


@dataclass(frozen=True, slots=True)
class Series:
    """
    One column of readings, with the objects its source names as owners; the others follow from the Customer's graph.

    Args:
        segment_key: series of one key are columns of the same Usage Segments.
        value_format: CDS-WG3-01 10.8.5, as stored.
    """

    series_id: str
    segment_key: str
    value_format: Mapping[str, Any]
    account_id: str | None = None
    contract_id: str | None = None
    service_point_id: str | None = None
    meter_device_id: str | None = None


@dataclass(frozen=True, slots=True)
class Tie:
    """That a series belongs to an object in [start, end), in seconds since 1970; None has no bound."""

    object_id: str
    start: int | None = None
    end: int | None = None

    def within(self, start: int | None, end: int | None) -> bool:
        """Whether it holds at any time in [start, end)."""
        low, high = _inner(self.start, self.end, start, end)
        return low < high


@dataclass(frozen=True, slots=True)
class Opening:
    """
    A stretch [start, end) of a row of Usage Segments that is open; None has no bound.

    Args:
        series: ids of series that make the segments visible.
        columns: those of them whose values are shown; none, where the Grant names no kind of value (7.2.8.1).
        as_of: the instant whose readings are shown, once `sync_until` has passed; None is now.
    """

    start: int | None
    end: int | None
    series: frozenset[str]
    columns: frozenset[str]
    as_of: datetime | None = None


class _Stretch(NamedTuple):
    start: int
    end: int
    series_id: str
    shown: bool
    as_of: datetime


def openings(
    entries: Sequence[GrantedEntry], graph: CustomerGraph, series: Iterable[Series], *, now: datetime
) -> dict[str, tuple[Opening, ...]]:
    """
    What is open of each segment key, earliest first, without overlap; keys of which nothing is open are not there.

    Spec: CDS-WG3-01 6.1.9, 7.2.8, 7.2.8.1, 7.3.1, 7.3.6, 7.3.7.
    """
    found: dict[str, list[_Stretch]] = {}
    rows = list(series)
    for entry in entries:
        kind = SELECTED_KIND.get(entry.selection.kind)
        if kind is None or "include_usage_segments" not in entry.opens:
            continue
        as_of, known = known_to(entry, graph, now)
        ids = chosen(entry.selection, known, kind)
        # What a source names as owner counts for all time; direct access asks each kind that limits it, at each time.
        limiting = set() if entry.only is None else {Kind.ACCOUNT, *(MATCHED[name][0] for name in entry.only)} - {kind}
        start, end = _window(entry)
        for one in rows:
            shown = any(matches(one.value_format, wanted) for wanted in entry.value_formats)
            if entry.value_formats and not shown:
                continue
            tied = ties(known, one)
            stretches = [_inner(tie.start, tie.end, start, end) for tie in tied[kind] if tie.object_id in ids]
            for other in limiting:
                told = [tie for tie in tied[other] if tie.object_id in known.nodes[other]]
                stretches = [_inner(*stretch, tie.start, tie.end) for stretch in stretches for tie in told]
            for low, high in stretches:
                if low < high:
                    stretch = _Stretch(low, high, one.series_id, shown, as_of)
                    found.setdefault(one.segment_key, []).append(stretch)
    return {key: tuple(_swept(stretches, now)) for key, stretches in found.items()}


def shows(entries: Iterable[GrantedEntry], value_type: str) -> bool:
    """Whether any of these entries names values of a type (CDS-WG3-01 7.2.8.1)."""
    return any(wanted.get("type", value_type) == value_type for entry in entries for wanted in entry.value_formats)


def ties(graph: CustomerGraph, series: Series) -> dict[Kind, list[Tie]]:
    """
    The objects a series belongs to, and when.

    What the source names counts for all time. Otherwise a meter leads to the Service Points where it was installed,
    these to the contracts served there at the time, and these to their Accounts.
    """
    meters = [Tie(series.meter_device_id)] if series.meter_device_id else []
    points = [Tie(series.service_point_id)] if series.service_point_id else []
    contracts = [Tie(series.contract_id)] if series.contract_id else []
    accounts = [Tie(series.account_id)] if series.account_id else []
    if not points:
        points = [
            _tie(link.service_point_id, link) for tie in meters for link in graph.installed_as.get(tie.object_id, ())
        ]
    if not points and not meters:
        points = [
            _tie(link.service_point_id, link) for tie in contracts for link in graph.served_as.get(tie.object_id, ())
        ]
    if not contracts:
        contracts = [
            Tie(link.object_id, None if low == _BEGINNING else low, None if high == _END else high)
            for tie in points
            for link in graph.served_at.get(tie.object_id, ())
            for low, high in [_inner(tie.start, tie.end, _second(link.start, up=True), _second(link.end))]
            if low < high
        ]
    if not accounts:
        known = graph.nodes[Kind.SERVICE_CONTRACT]
        accounts = [
            Tie(above, tie.start, tie.end)
            for tie in contracts
            if tie.object_id in known and (above := known[tie.object_id].above) is not None
        ]
    return {
        Kind.ACCOUNT: accounts,
        Kind.SERVICE_CONTRACT: contracts,
        Kind.SERVICE_POINT: points,
        Kind.METER_DEVICE: meters,
    }


def _window(entry: GrantedEntry) -> tuple[int | None, int | None]:
    # Readings that end after sync_until are data of a later time (7.3.1).
    ends = [end for end in (_second(entry.end), _second(entry.sync_until)) if end is not None]
    return _second(entry.start, up=True), min(ends, default=None)


def matches(value_format: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether a Value Format is of a kind of values."""
    return all(name in value_format and value_format[name] == value for name, value in wanted.items())


def _tie(object_id: str, link: Link) -> Tie:
    return Tie(object_id, _second(link.start, up=True), _second(link.end))


def _second(instant: datetime | None, *, up: bool = False) -> int | None:
    """Seconds since 1970; a broken second is left out, at the end of a stretch by rounding down."""
    if instant is None:
        return None
    return -((_EPOCH - instant) // _SECOND) if up else (instant - _EPOCH) // _SECOND


def _inner(start: int | None, end: int | None, other_start: int | None, other_end: int | None) -> tuple[int, int]:
    low = max(_BEGINNING if bound is None else bound for bound in (start, other_start))
    high = min(_END if bound is None else bound for bound in (end, other_end))
    return low, high


def _swept(stretches: Sequence[_Stretch], now: datetime) -> Iterable[Opening]:
    """The stretches united: cut wherever one begins or ends, joined again where both sides open the same."""
    united: list[Opening] = []
    for low, high in pairwise(sorted({bound for each in stretches for bound in (each.start, each.end)})):
        over = [each for each in stretches if each.start <= low and high <= each.end]
        if not over:
            continue
        as_of = max(each.as_of for each in over)
        opening = Opening(
            None if low == _BEGINNING else low,
            None if high == _END else high,
            frozenset(each.series_id for each in over),
            frozenset(each.series_id for each in over if each.shown),
            None if as_of >= now else as_of,
        )
        if united and united[-1].end == low and replace(united[-1], start=low, end=opening.end) == opening:
            opening = replace(opening, start=united.pop().start)
        united.append(opening)
    return united
