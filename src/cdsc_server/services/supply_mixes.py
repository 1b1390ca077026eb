"""
Where a Customer's power comes from, as it was handed in for the tariff or the grid: found when it is read.

What Clients get are Usage Segments of each contract for electricity. Nothing of it is stored for a Customer, so that a
correction holds for everybody at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from cdsc_server.domain.customer_graph import CustomerGraph, Kind, Link
from cdsc_server.domain.eacs import is_mix
from cdsc_server.domain.grants import GrantedEntry
from cdsc_server.domain.supply_mixes import OWN, Mix, Scope
from cdsc_server.domain.tariffs.days import midnight
from cdsc_server.domain.usage import MIX, Column, usage_segment_id
from cdsc_server.domain.usage_disclosure import Opening, Series, shows, ties
from cdsc_server.services.costing import ContractTariffs, Known
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.provisioned import find_records
from cdsc_server.storage.service_contracts import electric_contracts
from cdsc_server.storage.supply_mixes import mixes_known, sources_told
from cdsc_server.storage.usage import UsageSeriesRow
from cdsc_server.storage.usage_segments import SegmentPeriod

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)
#: Outside any instant that a datetime can name.
_BEGINNING: Final = -(2**62)
_END: Final = 2**62


@dataclass(frozen=True)
class HandedIn:
    """
    Supply mixes, and what tells whose they are.

    Args:
        mixes: as they were known at each instant that a Grant shows; None is now.
        tariffs: those of contracts, at the same instants.
        contracts: Customer and id of those for electricity.
        regions: of the grid, by the number of the Service Point there.
    """

    mixes: Mapping[datetime | None, Sequence[Mix]]
    tariffs: Mapping[datetime | None, Known]
    contracts: Collection[tuple[str, str]]
    regions: Mapping[str, str]


def granted_mixes(
    session: Session,
    entries: Sequence[GrantedEntry],
    graphs: Mapping[str, CustomerGraph],
    *,
    tariffs: Mapping[datetime | None, Known],
) -> HandedIn | None:
    """
    The supply mixes that these Customers can have; None where there are none, or entries open none.

    Args:
        graphs: by the id of the Customer.
        tariffs: as `granted_tariffs` gives them.
    """
    return handed_in_for(session, graphs, tariffs=tariffs) if tariffs and shows(entries, MIX) else None


def handed_in_for(
    session: Session, graphs: Mapping[str, CustomerGraph], *, tariffs: Mapping[datetime | None, Known]
) -> HandedIn | None:
    """As `granted_mixes`, for who asks for what is theirs."""
    mixes = {at: mixes_known(session, _ids(known), as_of=at) for at, known in tariffs.items()}
    found = [mix for each in mixes.values() for mix in each]
    if not found:
        return None
    regions = {}
    if any(mix.scope.grid_region is not None for mix in found):
        points = (point for graph in graphs.values() for point in graph.nodes[Kind.SERVICE_POINT].values())
        regions = grid_regions(session, {each.number for each in points if each.number is not None})
    return HandedIn(mixes, tariffs, electric_contracts(session, graphs), regions)


def grid_regions(session: Session, numbers: Collection[str]) -> dict[str, str]:
    """The grids that places are in, by the number of the Service Point there; those that name none are left out."""
    rows = find_records(session, "installation", numbers)
    return {name: row.body["grid_region"] for name, row in rows.items() if "grid_region" in row.body}


def _ids(known: Known) -> set[str]:
    return {assigned.tariff.id for each in known.values() for assigned in each.assigned}


@dataclass(frozen=True)
class MixPart:
    """
    The part of a supply mix that holds for a contract, in [start, end), seconds since 1970.

    Args:
        modified: when the mix, or that it holds for the contract, was last said.
        rows: a series for each of its sources, as the store would have it.
    """

    mix: Mix
    start: int
    end: int
    modified: datetime
    rows: tuple[UsageSeriesRow, ...]

    @property
    def segment_key(self) -> str:
        """That of its series."""
        return self.rows[0].segment_key

    def period(self, opening: Opening) -> SegmentPeriod | None:
        """As a Usage Segment, with as much of it as is open; None where nothing is."""
        low = self.start if opening.start is None else max(self.start, opening.start)
        high = self.end if opening.end is None else min(self.end, opening.end)
        if (told := self.mix.within(low, high)) is None:
            return None
        start, end = told
        return SegmentPeriod(
            segment_id=usage_segment_id(self.rows[0].customer_id, self.segment_key, self.start),
            series=self.rows,
            period=(self.start, self.end),
            segment_start=_EPOCH + timedelta(seconds=start),
            segment_end=_EPOCH + timedelta(seconds=end),
            interval=self.mix.interval or end - start,
            created=self.mix.created,
            modified=self.modified,
            synced=self.mix.modified,
        )


def mix_parts(
    handed_in: HandedIn, customer_id: str, graph: CustomerGraph, series: Sequence[Series], *, now: datetime
) -> Mapping[datetime | None, Sequence[MixPart]]:
    """
    The supply mixes of a Customer's contracts, at each instant that a Grant shows.

    Args:
        series: those with readings; where their source tells a mix of a contract, it alone is told.
    """
    known = graph.at(now)
    given = {
        (tie.object_id, one.value_format.get("attribution"))
        for one in series
        if is_mix(one.value_format)
        for tie in ties(known, one)[Kind.SERVICE_CONTRACT]
    }
    contracts = [each for each in known.nodes[Kind.SERVICE_CONTRACT] if (customer_id, each) in handed_in.contracts]
    made: dict[tuple[str, str, str], UsageSeriesRow] = {}
    found: dict[datetime | None, list[MixPart]] = {}
    for at, mixes in handed_in.mixes.items():
        then = graph.at(at or now)
        for contract_id in contracts:
            served = then.served_as.get(contract_id, ())
            if not served and contract_id in graph.served_as:
                # It is served somewhere later on.
                continue
            tariffs = handed_in.tariffs[at].get((customer_id, contract_id))
            spans = _Spans(served, then, tariffs, handed_in.regions)
            for mix in mixes:
                if (contract_id, mix.scope.attribution) in given:
                    continue
                modified = max(mix.modified, tariffs.modified) if mix.scope.tariff_id and tariffs else mix.modified
                for span in spans.of(mix.scope):
                    if (part := mix.within(*span)) is not None:
                        rows = tuple(_row(made, customer_id, contract_id, mix, source) for source in mix.sources)
                        found.setdefault(at, []).append(MixPart(mix, *part, modified, rows))
    return found


def mix_series(parts: Mapping[datetime | None, Sequence[MixPart]]) -> list[Series]:
    """Of all that `mix_parts` found, what decides who sees it."""
    rows = {row.series_id: row for each in parts.values() for part in each for row in part.rows}
    return [
        Series(row.series_id, row.segment_key, row.value_format, contract_id=row.contract_id) for row in rows.values()
    ]


def with_mixes(
    handed_in: HandedIn | None, customer_id: str, graph: CustomerGraph, series: Sequence[Series], *, now: datetime
) -> Sequence[Series]:
    """These series of a Customer, and those of the supply mixes that were handed in for many."""
    if handed_in is None:
        return series
    return [*series, *mix_series(mix_parts(handed_in, customer_id, graph, series, now=now))]


def read_shares(session: Session, parts: Sequence[tuple[MixPart, SegmentPeriod]]) -> list[list[Column]]:
    """The columns of each part, as much of it as its Usage Segment has; without a statement where there are none."""
    if not parts:
        return []
    told = sources_told(session, {(part.mix.id, part.mix.modified) for part, _ in parts})
    return [
        part.mix.columns(
            told[part.mix.id, part.mix.modified],
            [(row.series_id, row.value_format) for row in period.series],
            (period.segment_start - _EPOCH) // _SECOND,
            (period.segment_end - _EPOCH) // _SECOND,
        )
        for part, period in parts
    ]


class _Spans:
    """When mixes of each scope hold for a contract: stretches in order, in seconds since 1970."""

    def __init__(
        self, served: Sequence[Link], graph: CustomerGraph, tariffs: ContractTariffs | None, regions: Mapping[str, str]
    ) -> None:
        self._tariffs = tariffs
        points = graph.nodes[Kind.SERVICE_POINT]
        # A place that is not known of yet has no region.
        found = [(points.get(link.service_point_id), _span(link)) for link in served]
        self._supplied = [(None if point is None else regions.get(point.number or ""), span) for point, span in found]
        if not served:
            # Nobody said where it is, nor when.
            self._supplied = [(None, (_BEGINNING, _END))]
        self._found: dict[Scope, Sequence[tuple[int, int]]] = {}

    def of(self, scope: Scope) -> Sequence[tuple[int, int]]:
        """Those of a scope; none touches the next."""
        if scope not in self._found:
            found = self._of_tariff(scope.tariff_id) if scope.attribution == OWN else self._of_grid(scope.grid_region)
            self._found[scope] = list(_united(found))
        return self._found[scope]

    def _of_tariff(self, tariff_id: str | None) -> Iterator[tuple[int, int]]:
        for each in () if self._tariffs is None else self._tariffs.assigned:
            if each.tariff.id == tariff_id:
                first = midnight(each.start, each.tariff.timezone)
                last = _END if each.end is None else midnight(each.end, each.tariff.timezone)
                yield from ((max(first, low), min(last, high)) for _, (low, high) in self._supplied)

    def _of_grid(self, region: str | None) -> Iterator[tuple[int, int]]:
        return (span for of, span in self._supplied if of == region)


def _united(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The same time in stretches that do not touch, in order."""
    held: tuple[int, int] | None = None
    for low, high in sorted(span for span in spans if span[0] < span[1]):
        if held is not None and low <= held[1]:
            held = held[0], max(held[1], high)
        else:
            if held is not None:
                yield held
            held = low, high
    if held is not None:
        yield held


def _span(link: Link) -> tuple[int, int]:
    # As with readings: a second belongs to whoever is there when it begins.
    return -((_EPOCH - link.start) // _SECOND), _END if link.end is None else (link.end - _EPOCH) // _SECOND


def _row(
    made: dict[tuple[str, str, str], UsageSeriesRow], customer_id: str, contract_id: str, mix: Mix, source: str
) -> UsageSeriesRow:
    """The series of a source in the power of a contract, which is the same in every mix of an attribution."""
    attribution = mix.scope.attribution
    if (contract_id, attribution, source) not in made:
        key = f"supply mix {attribution} of {contract_id}"
        made[contract_id, attribution, source] = UsageSeriesRow(
            customer_key=customer_key_of(customer_id),
            series=len(made),
            customer_id=customer_id,
            series_id=f"{source} in {key}",
            segment_key=key,
            position=len(made),
            value_key="sm",
            contract_id=contract_id,
            interval_seconds=mix.interval,
            timezone=mix.timezone,
            value_format={"type": MIX, "indexes": [], "attribution": attribution, "supply_type": source},
            created=mix.created,
            synced=mix.modified,
        )
    return made[contract_id, attribution, source]
