"""
What contracts cost month by month, as far as a Grant opens it: calculated from their tariffs and readings when asked.

Which estimates there are is known without any reading; those of a page are read together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import ClassVar, Final, TypeAlias

from sqlalchemy.orm import Session

from cdsc_server.domain.cost_disclosure import OpenPart, OpenStretch, months_with, open_parts, stretches_of
from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.disclosure import View, view_of
from cdsc_server.domain.readings import Quality
from cdsc_server.domain.tariffs.costs import Cost, cost_of
from cdsc_server.domain.tariffs.metering import counted_in, is_priceable
from cdsc_server.domain.tariffs.runs import Term
from cdsc_server.domain.tariffs.terms import terms_of, without_charges
from cdsc_server.domain.usage import Column
from cdsc_server.domain.usage_disclosure import Tie, openings
from cdsc_server.errors import InsufficientScope
from cdsc_server.services.costing import ContractTariffs, costs_of, granted_tariffs, opens_costs
from cdsc_server.services.customer_data import Access, DirectAccess, cut
from cdsc_server.storage.customer_graph import read_graph
from cdsc_server.storage.db import reading
from cdsc_server.storage.usage import series_of, series_of_customers
from cdsc_server.storage.usage_segments import SegmentPeriod, read_columns, segment_periods

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: Later than any instant.
_END: Final = 2**62
#: The member of a Service Contract that is open where the Grant opens its rate plan.
_RATE_PLAN: Final = "rateplan_name"

#: Where an estimate stands: id of its contract, first second, and the microsecond of the instant it is as of.
Place: TypeAlias = tuple[str, int, int]


@dataclass(frozen=True)
class Wanted:
    """
    Filters of a listing; None does not filter.

    Args:
        contracts: ids of Service Contracts.
        start, end: estimates are of this time only, and cut where they reach over it.
    """

    contracts: frozenset[str] | None = None
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class SeenEstimate:
    """
    What a contract costs in [start, end): a local month of its tariff, or what of one is open and wanted.

    Args:
        energy: the energy with the taxes on it, with every digit; None where nothing is known.
        unknown: seconds without a reading, or with one that has no price.
        cost: that and the charges for time alone, line by line; None where the Grant does not open the rate plan.
        tariffs: the names of the tariffs that hold, in order.
    """

    quality: ClassVar[Quality] = Quality.CALCULATED
    contract_id: str
    start: datetime
    end: datetime
    currency: str
    energy: Decimal | None
    unknown: int
    cost: Cost | None
    tariffs: Sequence[str]

    @property
    def total(self) -> Decimal | None:
        """The sum of the lines, with every digit; None where the energy is not known or lines are not told."""
        return None if self.cost is None or self.energy is None else self.cost.exact


@dataclass(frozen=True)
class EstimatePage:
    """Up to 100 estimates, and the places where the pages beside this one begin; None when there is none."""

    estimates: Sequence[SeenEstimate]
    following: Place | None
    preceding: Place | None


def list_estimates(
    access: Access | DirectAccess, wanted: Wanted, *, place: Place | None = None, backward: bool = False
) -> EstimatePage:
    """
    A page of estimates, by id of the contract and start.

    Args:
        place: the page begins right after it, or when read backward ends right before it.

    Raises:
        InsufficientScope: the Grant opens no costs of contracts, or no Customer agreed to it.

    Spec: CDS-WG3-01 11.5 (an endpoint of our own).
    """
    if isinstance(access, DirectAccess) or not _opens_any(access):
        raise InsufficientScope("this access token does not open what contracts of a Customer cost")
    with reading() as session:
        opened = _OpenCosts.of(session, access)
        months = sorted(opened.months(wanted), key=_place, reverse=backward)
        if place is not None:
            months = [each for each in months if (_place(each) < place if backward else _place(each) > place)]
        page, goes_on, began = cut(iter(months), begun=place is not None, backward=backward)
        estimates = list(opened.estimates(session, page))
    return EstimatePage(
        estimates,
        following=_place(page[-1]) if goes_on else None,
        preceding=_place(page[0]) if began else None,
    )


def _opens_any(access: Access) -> bool:
    usage = [entry for entry in access.entries if "include_usage_segments" in entry.opens]
    return opens_costs(usage) and any("include_service_contracts" in entry.opens for entry in access.entries)


@dataclass(frozen=True, slots=True)
class _Month:
    """
    An estimate that can be made.

    Args:
        begin: the first second of the month that is open; tiers count from there.
        start, end: what of the month is open and wanted.
    """

    stretch: OpenStretch
    tariffs: ContractTariffs
    begin: int
    start: int
    end: int

    @property
    def terms(self) -> list[Term]:
        return terms_of(self.tariffs.assigned, self.start, self.end)


@dataclass(frozen=True)
class _OpenCosts:
    """
    What of one Customer's costs is open.

    Args:
        parts: those with a tariff.
        tariffs: of contracts, by id and the instant they were known at.
        tied: by segment key, the contracts that its readings belong to, open or not.
        periods: the Usage Segments of each segment key, as known at an instant.
    """

    access: Access
    view: View
    parts: Sequence[OpenPart] = ()
    tariffs: Mapping[tuple[str, datetime | None], ContractTariffs] = field(default_factory=dict)
    tied: Mapping[str, Sequence[Tie]] = field(default_factory=dict)
    periods: Mapping[tuple[str, datetime | None], Sequence[SegmentPeriod]] = field(default_factory=dict)

    @classmethod
    def of(cls, session: Session, access: Access) -> _OpenCosts:
        customer_id, now = access.customer_id, access.now
        graph = read_graph(session, customer_id)
        view = view_of(access.entries, graph, now=now)
        rows = {row.series_id: row for row in series_of_customers(session, [customer_id])}
        series = [series_of(row) for row in rows.values()]
        known = granted_tariffs(session, access.entries, [customer_id], now=now)
        # Costs that a source gave stand in the Usage Segments; they are no reason to tell nothing of the month so far.
        priced = [one for one in series if one.value_format["type"] != "cost"]
        costs = costs_of(customer_id, priced, graph.at(now), known)
        if costs is None:
            return cls(access, view)
        opened = openings(access.entries, graph, [*series, *costs.series.values()], now=now)
        columns = {key: one.series_id for key, one in costs.series.items()}
        parts, tariffs = [], {}
        for part in open_parts(opened, columns, costs.ties, view.seen[Kind.SERVICE_CONTRACT].keys()):
            # What is fetched when somebody asks, and not stored, is in no estimate; nor are tiers that it counts for.
            stored = [rows[each] for each in part.columns if each in rows and rows[each].site_id is None]
            on_tariffs = {tie.object_id: each for tie, each in costs.contracts(part.segment_key, part.as_of)}
            found = on_tariffs.get(part.contract_id)
            if found is not None and any(is_priceable(row.value_format, found.tariff.units) for row in stored):
                parts.append(part)
                tariffs[part.contract_id, part.as_of] = found
        periods: dict[tuple[str, datetime | None], list[SegmentPeriod]] = {}
        # A Grant has as many instants as it has entries, so the number of statements does not grow with the data.
        for as_of in {part.as_of for part in parts}:
            shown = {each for part in parts if part.as_of == as_of for each in part.columns}
            asked = [row for each, row in rows.items() if each in shown]
            for period in segment_periods(session, asked, as_of=as_of):
                periods.setdefault((period.series[0].segment_key, as_of), []).append(period)
        return cls(access, view, parts, tariffs, costs.ties, periods)

    def months(self, wanted: Wanted) -> Iterator[_Month]:
        """The estimates that can be made, in no order."""
        for stretch in stretches_of(self.parts):
            if wanted.contracts is not None and stretch.contract_id not in wanted.contracts:
                continue
            tariffs = self.tariffs[stretch.contract_id, stretch.as_of]
            low = stretch.start if wanted.start is None else max(stretch.start, _second(wanted.start, up=True))
            high = min(stretch.end, _second(stretch.as_of or self.access.now))
            high = high if wanted.end is None else min(high, _second(wanted.end))
            readings = [bounds for part in stretch.parts for _, bounds in self._read_from(part)]
            for first, last in months_with(readings, tariffs.tariff.timezone):
                begin = max(first, stretch.start)
                month = _Month(stretch, tariffs, begin, max(begin, low), min(last, high))
                if month.start < month.end and month.terms:
                    yield month

    def estimates(self, session: Session, months: Sequence[_Month]) -> Iterator[SeenEstimate]:
        """What these come to."""
        asked: dict[datetime | None, dict[str, SegmentPeriod]] = {}
        for month in months:
            for part in month.stretch.parts:
                inside = self._read_from(part, month.begin, month.end)
                asked.setdefault(part.as_of, {}).update((period.segment_id, period) for period, _ in inside)
        columns = {
            (period.segment_id, as_of): read
            for as_of, periods in asked.items()
            for period, read in read_columns(session, periods.values(), as_of=as_of)
        }
        return (self._estimate(month, columns) for month in months)

    def _estimate(self, month: _Month, columns: Mapping[tuple[str, datetime | None], Sequence[Column]]) -> SeenEstimate:
        stretch, tariff, terms = month.stretch, month.tariffs.tariff, month.terms
        tiers = any(line.in_tiers for term in terms for line in term.version.energy)
        # Which tier is reached by several meters cannot be told from some of them.
        told = stretch.parts if not tiers or stretch.whole(self.tied, month.begin, month.end) else ()
        used = counted_in(
            (
                ([each for each in columns[period.segment_id, part.as_of] if each.series_id in part.columns], *bounds)
                for part in told
                for period, bounds in self._read_from(part, month.begin, month.end)
            ),
            tariff.units,
            month.begin,
            month.end,
        )
        energy = cost_of(without_charges(terms), used, month.start, month.end)
        whole = None
        if self.view.shows(Kind.SERVICE_CONTRACT, stretch.contract_id, _RATE_PLAN):
            whole = cost_of(terms, used, month.start, month.end)
        unknown = month.end - month.start if energy is None else energy.unknown
        return SeenEstimate(
            contract_id=stretch.contract_id,
            start=_instant(month.start),
            end=_instant(month.end),
            currency=tariff.currency,
            energy=None if energy is None or unknown == month.end - month.start else energy.exact,
            unknown=unknown,
            cost=whole,
            tariffs=list(dict.fromkeys(term.tariff.name for term in terms)),
        )

    def _read_from(
        self, part: OpenPart, start: int = -_END, end: int = _END
    ) -> Iterator[tuple[SegmentPeriod, tuple[int, int]]]:
        """The Usage Segments with readings of a part in [start, end), and the bounds of what of them counts."""
        low, high = max(part.start, start), min(part.end, end)
        for period in self.periods.get((part.segment_key, part.as_of), ()):
            bounds = max(low, _second(period.segment_start)), min(high, _second(period.segment_end))
            if bounds[0] < bounds[1]:
                yield period, bounds


def _place(month: _Month) -> Place:
    as_of = month.stretch.as_of
    frozen = _END if as_of is None else (as_of - _EPOCH) // timedelta(microseconds=1)
    return month.stretch.contract_id, month.start, frozen


def _second(instant: datetime, *, up: bool = False) -> int:
    seconds = (_EPOCH - instant if up else instant - _EPOCH) // timedelta(seconds=1)
    return -seconds if up else seconds


def _instant(second: int) -> datetime:
    return _EPOCH + timedelta(seconds=second)
