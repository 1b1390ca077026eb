"""What the services of a Customer cost so far in this month, calculated from their tariffs and readings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from cdsc_server.domain.customer_graph import CustomerGraph, Kind
from cdsc_server.domain.intervals import month_around
from cdsc_server.domain.tariffs.costs import Cost, cost_of
from cdsc_server.domain.tariffs.days import days_between, midnight
from cdsc_server.domain.tariffs.metering import counted_in, is_priceable
from cdsc_server.domain.tariffs.runs import Metered
from cdsc_server.domain.tariffs.tariff import Flow
from cdsc_server.domain.tariffs.terms import terms_of
from cdsc_server.domain.usage_disclosure import Tie, ties
from cdsc_server.ports import Clock
from cdsc_server.services.costing import ContractTariffs, contract_tariffs
from cdsc_server.storage.customer_graph import read_graph
from cdsc_server.storage.customer_objects import rows_of
from cdsc_server.storage.db import reading
from cdsc_server.storage.service_contracts import ServiceContractRow
from cdsc_server.storage.usage import UsageSeriesRow, series_of, series_of_customers
from cdsc_server.storage.usage_segments import read_columns, segment_periods

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """
    What a contract costs in a local month so far; an estimate, never a bill.

    Args:
        tariff_name: of the tariff that holds now.
        first: the first day of the month.
        until: the instant up to which it is of.
        units: those of its energy.
        cost: of all that time; `days` of each of its days.
    """

    contract_id: str
    label: str
    contract_number: str | None
    tariff_name: str
    first: date
    until: datetime
    units: str
    cost: Cost
    days: Sequence[tuple[date, Cost]]

    @property
    def missing(self) -> timedelta:
        """How long there are no readings, or none with a price."""
        return timedelta(seconds=self.cost.unknown)


def estimates_of(customer_id: str, *, clock: Clock) -> list[CostEstimate]:
    """
    An estimate for each contract of a Customer that is on a tariff now, in order of label and number.

    Everything the Customer has counts: they look at what is theirs, and no Grant narrows it.
    """
    now = clock.now()
    with reading() as session:
        known = contract_tariffs(session, [customer_id])
        if not known:
            return []
        graph = read_graph(session, customer_id).at(now)
        series = series_of_customers(session, [customer_id])
        contracts = sorted(
            rows_of(session, ServiceContractRow, customer_id), key=lambda row: (row.label, row.contract_number or "")
        )
        found = (
            _estimate(session, contract, known[customer_id, contract.contract_id], graph, series, now=now)
            for contract in contracts
            if (customer_id, contract.contract_id) in known
        )
        return [each for each in found if each is not None]


def _estimate(
    session: Session,
    contract: ServiceContractRow,
    tariffs: ContractTariffs,
    graph: CustomerGraph,
    series: Sequence[UsageSeriesRow],
    *,
    now: datetime,
) -> CostEstimate | None:
    zone, second = tariffs.tariff.timezone, (now - _EPOCH) // timedelta(seconds=1)
    start = month_around(second, zone)[0]
    terms = terms_of(tariffs.assigned, start, second)
    metered = _metered(session, contract.contract_id, tariffs, graph, series, start=start, end=second)
    # Nobody knows yet what was used since the last reading; the charges of a day begin with it.
    cost = cost_of(terms, metered, start, second)
    if cost is None:
        return None
    days = []
    for day in days_between(start, second, zone):
        end = min(midnight(day + timedelta(days=1), zone), second)
        of_day = cost_of(terms, metered, midnight(day, zone), end)
        if of_day is not None:
            days.append((day, of_day))
    first = next(days_between(start, start + 1, zone))
    return CostEstimate(
        contract.contract_id,
        contract.label,
        contract.contract_number,
        terms[-1].tariff.name,
        first,
        now,
        tariffs.tariff.units,
        cost,
        days,
    )


def _metered(
    session: Session,
    contract_id: str,
    tariffs: ContractTariffs,
    graph: CustomerGraph,
    series: Sequence[UsageSeriesRow],
    *,
    start: int,
    end: int,
) -> Mapping[Flow, Metered]:
    """What all meters of a contract counted each way, while they were its meters; a gap where nothing is known."""
    units = tariffs.tariff.units
    tied: dict[str, list[Tie]] = {}
    for row in series:
        found = (tie for tie in ties(graph, series_of(row))[Kind.SERVICE_CONTRACT] if tie.object_id == contract_id)
        for tie in found if is_priceable(row.value_format, units) else ():
            if tie.within(start, end):
                tied.setdefault(row.series_id, []).append(tie)
    rows = [row for row in series if row.series_id in tied]
    periods = segment_periods(session, rows, start=_instant(start), end=_instant(end))
    parts = (
        (columns, tie.start, tie.end)
        for period, columns in read_columns(session, periods)
        for tie in tied[period.series[0].series_id]
    )
    return counted_in(parts, units, start, end)


def _instant(second: int) -> datetime:
    return _EPOCH + timedelta(seconds=second)
