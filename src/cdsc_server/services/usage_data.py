"""
Usage Segments as far as a Grant opens them: found from metadata alone, read a few at a time while they are sent.

No connection to the database is held while a Client is slow to take what it asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any, Final, TypeAlias

from sqlalchemy.orm import Session

from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.disclosure import OPTIONAL, View, view_of
from cdsc_server.domain.segment_sections import SectionsOfReadings
from cdsc_server.domain.usage import QUALITY_TYPES, Column, trimmed_segment_id, value_format_id
from cdsc_server.domain.usage_disclosure import Opening, Tie, openings, ties
from cdsc_server.errors import InsufficientScope
from cdsc_server.services.costing import Costs, Known, costs_of, granted_tariffs
from cdsc_server.services.customer_data import Access, DirectAccess, cut
from cdsc_server.services.group_usage import SeenSums, sum_columns
from cdsc_server.services.homes import Home, LookedFor, home_of, homes
from cdsc_server.services.opened_sections import billed_readings, opened_sections
from cdsc_server.services.proofs import Proofs, read_proofs
from cdsc_server.services.proxied_usage import ProxiedUsage
from cdsc_server.services.supply_mixes import HandedIn, MixPart, granted_mixes, mix_parts, mix_series, read_shares
from cdsc_server.storage.db import reading
from cdsc_server.storage.usage import UsageSeriesRow, series_of, series_of_customers
from cdsc_server.storage.usage_segments import SegmentPeriod, read_columns, segment_periods

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY: Final = 86_400
#: Readings fetched at once: enough that one meter's year comes in one journey, few enough to be small.
_HELD: Final = 36_000

#: The member of each kind that holds the number Customers know.
_NUMBER: Final[Mapping[Kind, str]] = {
    Kind.ACCOUNT: "account_number",
    Kind.SERVICE_CONTRACT: "contract_number",
    Kind.SERVICE_POINT: "servicepoint_number",
    Kind.METER_DEVICE: "meter_number",
}

#: Where a segment stands: aggregation number, account number, contract number, start, modified (newest first), id.
#: No number stands first.
Place: TypeAlias = tuple[str | None, str | None, str | None, int, int, str]


@dataclass(frozen=True)
class Wanted:
    """
    Filters of a listing; None does not filter.

    Args:
        starts_by: segment_start at this instant or before.
        ends_from: segment_end at this instant or after.
        related: ids of each kind, any of which must be related.
        numbers: numbers of related objects of each kind, as far as they are visible.
        sections: ids of Bill Sections, any of which it must stand on, as far as they may be told.
        impossible: a filter that no segment can pass.
    """

    ids: frozenset[str] | None = None
    starts_by: datetime | None = None
    ends_from: datetime | None = None
    related: Mapping[Kind, frozenset[str]] = field(default_factory=dict)
    numbers: Mapping[Kind, frozenset[str]] = field(default_factory=dict)
    sections: frozenset[str] | None = None
    impossible: bool = False


@dataclass(frozen=True, slots=True)
class Related:
    """
    What a segment is related to, as far as it may be told.

    Args:
        ids: by kind, in order.
        numbers: of those objects, where they are open.
        meters: the meter of each series, by id of the series.
        belongs: ids of all it belongs to, told or not.
    """

    ids: Mapping[Kind, Sequence[str]]
    numbers: Mapping[Kind, frozenset[str]]
    meters: Mapping[str, str]
    belongs: Mapping[Kind, frozenset[str]]


@dataclass(frozen=True, slots=True)
class SeenSegment:
    """
    A Usage Segment without its values: what of it is open.

    Args:
        period: cut to the open stretch, with the series whose values are shown.
        sections: ids of Bill Sections it stands on, as far as they may be told.
        as_of: the instant whose readings are shown; None is now.
        proofs: certificates that may be told beside shares of a supply mix; None where there are none to tell.
        costs: calculated ones that stand beside the readings; None where there are none to tell.
        sums: of a group, what is added up; then `period` names no series.
        part: of a supply mix that was handed in for many; then no readings are stored for `period`.
    """

    period: SegmentPeriod
    related: Related
    sections: Sequence[str]
    place: Place
    as_of: datetime | None
    proofs: Proofs | None
    costs: Costs | None = None
    sums: SeenSums | None = None
    part: MixPart | None = None

    @property
    def aggregations(self) -> list[str]:
        """Ids of the groups it is the sum of, as far as they may be told."""
        return [self.sums.row.aggregation_id] if self.sums is not None and self.sums.shown else []


@dataclass(frozen=True)
class SegmentPage:
    """
    Up to 100 segments, and the places where the pages beside this one begin; None when there is none.

    Args:
        batches: the segments, in groups that are read at once.
        begun: the columns of the first group.
        live: what proxied sites told for it.
    """

    following: Place | None
    preceding: Place | None
    batches: Sequence[Sequence[SeenSegment]]
    begun: Sequence[Sequence[Column]]
    live: ProxiedUsage


def list_segments(
    access: Access | DirectAccess | None,
    wanted: Wanted,
    live: ProxiedUsage,
    *,
    sums: Sequence[SeenSums] = (),
    place: Place | None = None,
    backward: bool = False,
) -> SegmentPage:
    """
    A page of the visible Usage Segments, in the order of CDS-WG3-01 10.8.8.

    What proxied sites do not answer in time is not there (`ProxiedUsage`).

    Args:
        live: asks proxied sites; the same for all pages of a listing, or one with the same `until`.
        access: to what Customers have; None where the Grant opens usage of groups alone.
        sums: of those groups.
        place: the page begins right after it, or when read backward ends right before it.

    Raises:
        InsufficientScope: the Grant opens no Usage Segments.
        InvalidRequest: direct access is asked for next to nothing of very many Customers.
    """
    if access is not None and not any("include_usage_segments" in entry.opens for entry in access.entries):
        raise InsufficientScope("this access token does not open any usage segments")
    page = _page(access, wanted, live, sums, place=place, backward=backward)
    # No connection is held while platforms are asked, and none is asked that this page does not need.
    while live.ask():
        page = _page(access, wanted, live, sums, place=place, backward=backward)
    return page


def _page(
    access: Access | DirectAccess | None,
    wanted: Wanted,
    live: ProxiedUsage,
    sums: Sequence[SeenSums],
    *,
    place: Place | None,
    backward: bool,
) -> SegmentPage:
    with reading() as session:
        found = _found(session, access, wanted, live, sums, place=place, backward=backward)
        segments, goes_on, began = cut(found, begun=place is not None, backward=backward)
        batches = list(_batches(segments))
        # While the connection is here; fetching another one for a short answer would take longer than the answer.
        begun = _columns(session, batches[0], live) if batches else []
    return SegmentPage(
        following=segments[-1].place if goes_on else None,
        preceding=segments[0].place if began else None,
        batches=batches,
        begun=begun,
        live=live,
    )


def _found(
    session: Session,
    access: Access | DirectAccess | None,
    wanted: Wanted,
    live: ProxiedUsage,
    sums: Sequence[SeenSums],
    *,
    place: Place | None,
    backward: bool,
) -> Iterator[SeenSegment]:
    """What passes the filters, one after another from a place on: without a group first, then by its number."""
    if wanted.impossible:
        return
    beyond = None if place is None else _order(place)
    among_sums = place is not None and place[0] is not None
    parts: list[Iterable[Iterable[SeenSegment]]] = [[_of_groups(sums, wanted)]]
    if access is not None and (backward or not among_sums):
        start = None if place is None or among_sums else place[1]
        groups = _groups(session, access, wanted, start=start, backward=backward)
        parts.insert(len(parts) if backward else 0, (_segments(session, group, wanted, live) for group in groups))
    for part in parts:
        for together in part:
            found = [(_order(segment.place), segment) for segment in together]
            found.sort(key=itemgetter(0), reverse=backward)
            for here, segment in found:
                if beyond is None or (here < beyond if backward else here > beyond):
                    yield segment


def _groups(
    session: Session, access: Access | DirectAccess, wanted: Wanted, *, start: str | None, backward: bool
) -> Iterator[Sequence[Home]]:
    if isinstance(access, Access):
        return iter([[home_of(session, access)]])
    return homes(
        session,
        access,
        "include_usage_segments",
        looked_for=LookedFor(related=wanted.related, numbers=wanted.numbers, closely=wanted.ids is not None),
        start=start,
        backward=backward,
    )


def read_values(page: SegmentPage) -> Iterator[tuple[SeenSegment, Sequence[Column]]]:
    """The segments of a page with their columns, in order; a few are in memory, and no connection is held meanwhile."""
    begun = page.begun
    for number, batch in enumerate(page.batches):
        if number > 0:
            with reading() as session:
                begun = _columns(session, batch, page.live)
        yield from zip(batch, begun, strict=True)


def walk_segments(
    access: Access | DirectAccess | None, wanted: Wanted, live: ProxiedUsage, *, sums: Sequence[SeenSums] = ()
) -> Iterator[tuple[SeenSegment, Sequence[Column]]]:
    """
    Every visible Usage Segment with its columns, in the order of the listing, page after page while it is taken.

    The first page is read at once, so that refusals come before the first segment.

    Args:
        access, wanted, live, sums: as of `list_segments`.

    Raises:
        InsufficientScope: the Grant opens no Usage Segments.
    """
    first = list_segments(access, wanted, live, sums=sums)

    def walk() -> Iterator[tuple[SeenSegment, Sequence[Column]]]:
        page = first
        yield from read_values(page)
        while page.following is not None:
            page = list_segments(access, wanted, live, sums=sums, place=page.following)
            yield from read_values(page)

    return walk()


def _columns(session: Session, batch: Sequence[SeenSegment], live: ProxiedUsage) -> list[Sequence[Column]]:
    if batch[0].sums is not None:
        return [sum_columns(session, segment.sums) for segment in batch if segment.sums is not None]
    told = [segment for segment in batch if segment.period.series]
    stored = [each.period for each in told if each.part is None and each.period.series[0].site_id is None]
    read = iter([columns for _, columns in read_columns(session, stored, as_of=batch[0].as_of)])
    shares = iter(read_shares(session, [(each.part, each.period) for each in told if each.part is not None]))

    def columns(segment: SeenSegment) -> Sequence[Column]:
        if segment.part is not None:
            return next(shares)
        return next(read) if segment.period.series[0].site_id is None else live.columns(segment.period)

    return [_complete(segment, columns(segment)) if segment.period.series else () for segment in batch]


def _complete(segment: SeenSegment, columns: Sequence[Column]) -> Sequence[Column]:
    """The columns with what is not stored beside them: certificates and calculated costs."""
    if segment.proofs is not None:
        columns = segment.proofs.beside(segment.period, columns, as_of=segment.as_of)
    if segment.costs is not None:
        columns = segment.costs.beside(segment.period, columns, as_of=segment.as_of)
    return columns


def formats_of(segment: SeenSegment, columns: Sequence[Column]) -> list[dict[str, Any]]:
    """The Value Format of each column, with ids of meters that may be told (CDS-WG3-01 10.8.5)."""
    if segment.sums is not None:
        return [_format(segment, column, segment.sums.row.aggregation_id) for column in columns]
    # All series of a segment are of one Customer; calculated columns are of none of them.
    return [_format(segment, column, segment.period.series[0].customer_id) for column in columns]


def _format(segment: SeenSegment, column: Column, customer_id: str) -> dict[str, Any]:
    told = {"id": value_format_id(column.series_id, customer_id, column.quality), **column.value_format}
    meter = segment.related.meters.get(column.series_id)
    if column.quality is not None:
        told["quality"] = column.quality
    if meter is not None and told["type"] in QUALITY_TYPES:
        told["related_meterdevices"] = [meter]
    if meter is not None and told["type"] == "meter_readings":
        told["related_meterdevice"] = meter
    return told


def _segments(session: Session, group: Sequence[Home], wanted: Wanted, live: ProxiedUsage) -> Iterator[SeenSegment]:
    rows: dict[str, list[UsageSeriesRow]] = {home.access.customer_id: [] for home in group}
    for row in series_of_customers(session, rows):
        rows[row.customer_id].append(row)
    sections = opened_sections(session, group)
    entries, now = (group[0].access.entries, group[0].access.now) if group else ((), _EPOCH)
    tariffs = granted_tariffs(session, entries, rows, now=now)
    mixes = granted_mixes(session, entries, {home.customer_id: home.graph for home in group}, tariffs=tariffs)
    opened = {
        home.customer_id: _Opened.of(
            session,
            home,
            rows[home.customer_id],
            billed_readings(sections[home.customer_id]),
            tariffs=tariffs,
            mixes=mixes,
        )
        for home in group
    }
    # A Grant has as many instants as it has entries, so the number of statements does not grow with the data.
    for as_of in {opening.as_of for each in opened.values() for of in each.openings.values() for opening in of}:
        asked = [row for each in opened.values() for row in each.asked(as_of, wanted)]
        stored = [row for row in asked if row.site_id is None]
        for period in segment_periods(
            session, stored, as_of=as_of, starts_by=wanted.starts_by, ends_from=wanted.ends_from
        ):
            yield from opened[period.series[0].customer_id].seen(period, as_of, wanted)
        # What was so at an instant that has passed no platform tells.
        for row in asked if as_of is None and len(stored) < len(asked) else ():
            if row.site_id is not None:
                of = opened[row.customer_id]
                for period in of.told(row, wanted, live):
                    yield from of.seen(period, as_of, wanted)
        for each in opened.values():
            yield from each.mixed(as_of, wanted)


@dataclass(frozen=True)
class _Opened:
    """
    What is open of one Customer's usage.

    Args:
        openings: by segment key.
        tied: what each series that is open belongs to, by its id.
        sections: those that may be told.
        parts: of supply mixes that were handed in for many, at each instant that is shown.
    """

    home: Home
    rows: Sequence[UsageSeriesRow]
    openings: Mapping[str, Sequence[Opening]]
    tied: Mapping[str, Mapping[Kind, Sequence[Tie]]]
    relations: _Relations
    proofs: Proofs | None
    sections: SectionsOfReadings
    costs: Costs | None
    parts: Mapping[datetime | None, Sequence[MixPart]]

    @classmethod
    def of(
        cls,
        session: Session,
        home: Home,
        rows: Sequence[UsageSeriesRow],
        sections: SectionsOfReadings,
        *,
        tariffs: Mapping[datetime | None, Known],
        mixes: HandedIn | None,
    ) -> _Opened:
        access, graph = home.access, home.graph
        series = [series_of(row) for row in rows]
        parts = {} if mixes is None else mix_parts(mixes, home.customer_id, graph, series, now=access.now)
        series += mix_series(parts)
        costs = costs_of(home.customer_id, series, graph.at(access.now), tariffs)
        calculated = () if costs is None else costs.series.values()
        opened = openings(access.entries, graph, [*series, *calculated], now=access.now)
        known = graph.at(access.now)
        shown = [one for one in series if one.segment_key in opened]
        tied = {one.series_id: ties(known, one) for one in shown}
        relations = _Relations(view_of(access.entries, graph, now=access.now), tied)
        proofs = read_proofs(session, access, graph, shown, tied)
        return cls(home, rows, opened, tied, relations, proofs, sections, costs, parts)

    def asked(self, as_of: datetime | None, wanted: Wanted) -> list[UsageSeriesRow]:
        """The series that show readings of an instant and may pass."""
        visible = {
            series_id
            for each in self.openings.values()
            for opening in each
            if opening.as_of == as_of
            for series_id in opening.series
        }
        return [row for row in self.rows if row.series_id in visible and _may_match(self.tied[row.series_id], wanted)]

    def told(self, row: UsageSeriesRow, wanted: Wanted, live: ProxiedUsage) -> Iterator[SegmentPeriod]:
        """The segments of a proxied site's series that may be open and pass."""
        stretches = [each for each in self.openings[row.segment_key] if each.as_of is None]
        start = min(each.start or 0 for each in stretches)
        end = max(live.until if each.end is None else each.end for each in stretches)
        # A segment is a day long at most, so that it lies within a day of its start and of its end.
        if wanted.ends_from is not None:
            start = max(start, _second(wanted.ends_from) - _DAY)
        if wanted.starts_by is not None:
            end = min(end, _second(wanted.starts_by) + _DAY)
        yield from live.periods(row, start=start, end=end)

    def seen(self, period: SegmentPeriod, as_of: datetime | None, wanted: Wanted) -> Iterator[SeenSegment]:
        """What of a whole segment is open and passes, where it is this Customer's turn."""
        for opening in self.openings[period.series[0].segment_key]:
            if opening.as_of == as_of:
                yield from self._passing(period, opening, wanted)

    def mixed(self, as_of: datetime | None, wanted: Wanted) -> Iterator[SeenSegment]:
        """As `seen`, of the supply mixes that were handed in for many."""
        for part in self.parts.get(as_of, ()):
            for opening in self.openings.get(part.segment_key, ()):
                if opening.as_of == as_of and (period := part.period(opening)) is not None:
                    yield from (replace(each, part=part) for each in self._passing(period, opening, wanted))

    def _passing(self, period: SegmentPeriod, opening: Opening, wanted: Wanted) -> Iterator[SeenSegment]:
        key = period.series[0].segment_key
        rows = [row for row in period.series if row.series_id in opening.series]
        cut = _cut(period, opening)
        costs = self._costs(opening, key)
        if cut is not None and costs is not None:
            cut = replace(cut, modified=max(cut.modified, costs.modified(key, as_of=opening.as_of)))
        if rows and cut is not None and _in_time(cut, wanted):
            low, high = _second(cut.segment_start), _second(cut.segment_end)
            related = self.relations.of(rows, low, high)
            contracts, meters = (related.belongs[kind] for kind in (Kind.SERVICE_CONTRACT, Kind.METER_DEVICE))
            sections = self.sections.of(contracts, meters, low, high, rows[0].timezone)
            account = min(related.numbers[Kind.ACCOUNT], default=None)
            if self.home.turn is not None:
                account = self.home.key(related.belongs[Kind.ACCOUNT])
            billed = wanted.sections is None or not wanted.sections.isdisjoint(sections)
            if billed and _among(related, wanted) and (self.home.turn is None or account in self.home.turn):
                seen = _seen(cut, related, opening, sections=sections, account=account, proofs=self.proofs)
                yield seen if costs is None else replace(seen, costs=costs)

    def _costs(self, opening: Opening, segment_key: str) -> Costs | None:
        """The calculated costs, where the Grant shows those of a segment."""
        series = None if self.costs is None else self.costs.series.get(segment_key)
        return self.costs if series is not None and series.series_id in opening.columns else None


def _of_groups(sums: Sequence[SeenSums], wanted: Wanted) -> Iterator[SeenSegment]:
    """Sums as segments; they are related to no object of a Customer."""
    none: dict[Kind, frozenset[str]] = {kind: frozenset() for kind in Kind}
    nothing = Related(dict.fromkeys(Kind, ()), none, {}, none)
    for each in sums:
        period = SegmentPeriod(
            segment_id=each.segment_id,
            series=(),
            period=each.period.period,
            segment_start=_instant(each.period.start),
            segment_end=_instant(each.period.end),
            interval=each.period.grid.interval,
            created=_EPOCH + timedelta(microseconds=each.period.created),
            modified=_EPOCH + timedelta(microseconds=each.period.modified),
            synced=each.period.synced,
        )
        if wanted.sections is None and _in_time(period, wanted) and _among(nothing, wanted):
            # Sums stand behind all else also where the number of their group is not told.
            number = each.row.aggregation_number if each.shown else each.segment_id
            place = (number, None, None, each.period.start, -each.period.modified, each.segment_id)
            yield SeenSegment(period, nothing, (), place, each.as_of, None, sums=each)


def _cut(period: SegmentPeriod, opening: Opening) -> SegmentPeriod | None:
    """What of a whole segment lies in an open stretch; None when no Value Set lies wholly inside it."""
    low, high = _second(period.segment_start), _second(period.segment_end)
    if opening.start is not None and opening.start > low:
        low += -((low - opening.start) // period.interval) * period.interval
    if opening.end is not None and opening.end < high:
        high -= -((opening.end - high) // period.interval) * period.interval
    if low >= high:
        return None
    cuts = [
        bound if bound is not None and period.period[0] < bound < period.period[1] else None
        for bound in (opening.start, opening.end)
    ]
    return replace(
        period,
        segment_id=trimmed_segment_id(period.segment_id, *cuts),
        series=tuple(row for row in period.series if row.series_id in opening.columns),
        segment_start=_EPOCH + timedelta(seconds=low),
        segment_end=_EPOCH + timedelta(seconds=high),
    )


def _seen(
    cut: SegmentPeriod,
    related: Related,
    opening: Opening,
    *,
    sections: Sequence[str],
    account: str | None,
    proofs: Proofs | None,
) -> SeenSegment:
    place = (
        None,
        account,
        min(related.numbers[Kind.SERVICE_CONTRACT], default=None),
        _second(cut.segment_start),
        -((cut.modified - _EPOCH) // timedelta(microseconds=1)),
        cut.segment_id,
    )
    return SeenSegment(cut, related, sections, place, opening.as_of, proofs)


class _Relations:
    """What segments are related to; months of one series mostly are to the same, so each answer is kept."""

    def __init__(self, view: View, tied: Mapping[str, Mapping[Kind, Sequence[Tie]]]) -> None:
        self._view, self._tied = view, tied
        self._told: dict[tuple[tuple[str, ...], tuple[bool, ...]], Related] = {}

    def of(self, rows: Sequence[UsageSeriesRow], start: int, end: int) -> Related:
        """The visible relations of these series in [start, end)."""
        ids = tuple(row.series_id for row in rows)
        each = [(kind, tie) for one in ids for kind, of_kind in self._tied[one].items() for tie in of_kind]
        held = tuple(tie.within(start, end) for _, tie in each)
        if (ids, held) not in self._told:
            kept = [(kind, tie.object_id) for (kind, tie), holds in zip(each, held, strict=True) if holds]
            self._told[ids, held] = self._related(rows, kept)
        return self._told[ids, held]

    def _related(self, rows: Sequence[UsageSeriesRow], kept: Sequence[tuple[Kind, str]]) -> Related:
        view = self._view
        ids = {kind: sorted({one for of, one in kept if of is kind and view.sees(kind, one)}) for kind in Kind}
        numbers = {kind: frozenset(_numbers(view, kind, ids[kind])) for kind in Kind}
        meters = {
            row.series_id: row.meter_device_id
            for row in rows
            if row.meter_device_id is not None and view.sees(Kind.METER_DEVICE, row.meter_device_id)
        }
        return Related(ids, numbers, meters, {kind: frozenset(one for of, one in kept if of is kind) for kind in Kind})


def _numbers(view: View, kind: Kind, ids: Iterable[str]) -> Iterator[str]:
    """The numbers of these objects that the Client may see."""
    for object_id in ids:
        member = _NUMBER[kind]
        number = view.graph.nodes[kind][object_id].number
        if number is not None and (member not in OPTIONAL[kind] or view.shows(kind, object_id, member)):
            yield number


def _may_match(tied: Mapping[Kind, Sequence[Tie]], wanted: Wanted) -> bool:
    """Whether any segment of a series could pass; spares reading about those that cannot."""
    return all(any(tie.object_id in ids for tie in tied[kind]) for kind, ids in wanted.related.items())


def _in_time(period: SegmentPeriod, wanted: Wanted) -> bool:
    return (
        (wanted.ids is None or period.segment_id in wanted.ids)
        and (wanted.starts_by is None or period.segment_start <= wanted.starts_by)
        and (wanted.ends_from is None or period.segment_end >= wanted.ends_from)
    )


def _among(related: Related, wanted: Wanted) -> bool:
    return all(asked.intersection(related.ids[kind]) for kind, asked in wanted.related.items()) and all(
        asked & related.numbers[kind] for kind, asked in wanted.numbers.items()
    )


def _batches(segments: Sequence[SeenSegment]) -> Iterator[list[SeenSegment]]:
    batch: list[SeenSegment] = []
    held = 0
    for segment in segments:
        weight = segment.period.count * max(1, len(segment.period.series))
        # The sums of a month are made of thousands of readings for each of them.
        alone = segment.sums is not None or (bool(batch) and batch[0].sums is not None)
        if batch and (alone or held + weight > _HELD or segment.as_of != batch[0].as_of):
            yield batch
            batch, held = [], 0
        batch.append(segment)
        held += weight
    if batch:
        yield batch


def _order(place: Place) -> tuple[Any, ...]:
    *numbers, start, modified, segment_id = place
    return (*((number is not None, number or "") for number in numbers), start, modified, segment_id)


def _second(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(seconds=1)


def _instant(second: int) -> datetime:
    return _EPOCH + timedelta(seconds=second)
