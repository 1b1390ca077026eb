"""What readings cost that no source gave a cost for: calculated when they are read, from what the reader is shown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from sqlalchemy.orm import Session

from cdsc_server import exact_json
from cdsc_server.domain.customer_graph import CustomerGraph, Kind
from cdsc_server.domain.disclosure import frozen_at
from cdsc_server.domain.grants import GrantedEntry
from cdsc_server.domain.readings import Quality, Readings, scaled_text
from cdsc_server.domain.tariffs.costs import Amounts, added, amounts_of
from cdsc_server.domain.tariffs.documents import tariff_of
from cdsc_server.domain.tariffs.metering import is_priceable, priceable
from cdsc_server.domain.tariffs.runs import Metered
from cdsc_server.domain.tariffs.tariff import Flow, Tariff
from cdsc_server.domain.tariffs.terms import Assigned, assigned_of, terms_of
from cdsc_server.domain.usage import MIX, VALUE_KEYS, Column
from cdsc_server.domain.usage_disclosure import Series, Tie, shows, ties
from cdsc_server.storage.supply_mixes import has_mixes
from cdsc_server.storage.tariffs import assignments_written, tariffs_written
from cdsc_server.storage.usage_segments import SegmentPeriod

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: The Value Type of what readings cost (CDS-WG3-01 10.8.5).
COST: Final = "cost"


@dataclass(frozen=True, slots=True)
class ContractTariffs:
    """The tariffs of a contract, and when that was last said or any of them changed."""

    assigned: tuple[Assigned, ...]
    modified: datetime

    @property
    def tariff(self) -> Tariff:
        """Any of them: currency and units are those of all."""
        return self.assigned[0].tariff


#: The tariffs of contracts, by the id of the Customer and of the contract.
Known = Mapping[tuple[str, str], ContractTariffs]


def contract_tariffs(session: Session, customer_ids: Collection[str], *, as_of: datetime | None = None) -> Known:
    """What these Customers' contracts are and were on, as it was known at an instant; None is now."""
    rows = assignments_written(session, customer_ids, as_of=as_of)
    ids = {each["external_tariff_id"] for row in rows for each in row.tariffs}
    written = tariffs_written(session, ids, as_of=as_of) if ids else ()
    tariffs = {tariff_id: (_read(content), modified) for tariff_id, modified, content in written}
    known = {}
    for row in rows:
        assigned = assigned_of(row.tariffs, {name: tariff for name, (tariff, _) in tariffs.items()})
        if assigned:
            changed = max(tariffs[each.tariff.id][1] for each in assigned)
            known[row.customer_id, row.contract_id] = ContractTariffs(assigned, max(row.modified, changed))
    return known


def opens_costs(entries: Iterable[GrantedEntry]) -> bool:
    """Whether any entry opens values of the type `cost`."""
    return shows(entries, COST)


def granted_tariffs(
    session: Session, entries: Sequence[GrantedEntry], customer_ids: Collection[str], *, now: datetime
) -> Mapping[datetime | None, Known]:
    """The tariffs of each instant that entries show; nothing where they open neither costs nor mixes that there are."""
    if not opens_costs(entries) and not (shows(entries, MIX) and has_mixes(session)):
        return {}
    frozen = {at for entry in entries if (at := frozen_at(entry, now)) < now}
    return {at: contract_tariffs(session, customer_ids, as_of=at) for at in (None, *sorted(frozen))}


@dataclass(frozen=True)
class Costs:
    """
    Columns of costs that can stand beside one Customer's readings.

    Args:
        series: by segment key, the column as a Grant opens it or not; none where a source gave costs.
        ties: by segment key, the contracts that its readings belong to.
        known: the tariffs of those contracts, at each instant that a Grant shows.
    """

    customer_id: str
    series: Mapping[str, Series]
    ties: Mapping[str, Sequence[Tie]]
    known: Mapping[datetime | None, Known]

    def modified(self, segment_key: str, *, as_of: datetime | None) -> datetime:
        """When what a column is calculated from was changed last, readings left aside."""
        return max((each.modified for _, each in self.contracts(segment_key, as_of)), default=_EPOCH)

    def beside(self, period: SegmentPeriod, columns: Sequence[Column], *, as_of: datetime | None) -> list[Column]:
        """The columns of a segment, and one more with what each value costs; null where that cannot be known."""
        key = period.series[0].segment_key
        told: list[tuple[Amounts, int, int]] = []
        indexes: tuple[int, ...] = ()
        for tie, contract in self.contracts(key, as_of):
            found = priceable(columns, contract.tariff.units)
            if found is not None and tie.within(*_seconds(period)):
                told.append(self._amounts(key, tie, contract, found.flows))
                indexes = found.indexes
        if not told:
            return list(columns)
        value_format = {**self.series[key].value_format, "indexes": list(indexes)}
        values = ((VALUE_KEYS[COST], _readings(period.segment_start, period.interval, added(told))),)
        return [*columns, Column(value_format, Quality.CALCULATED, self.series[key].series_id, values)]

    def contracts(self, segment_key: str, as_of: datetime | None) -> list[tuple[Tie, ContractTariffs]]:
        """The contracts whose costs a column adds up, and when, with their tariffs as known at an instant."""
        currency = self.series[segment_key].value_format["currency"]
        known = self.known[as_of]
        found = [(tie, known.get((self.customer_id, tie.object_id))) for tie in self.ties[segment_key]]
        return [(tie, each) for tie, each in found if each is not None and each.tariff.currency == currency]

    def _amounts(
        self, key: str, tie: Tie, contract: ContractTariffs, flows: Mapping[Flow, Metered]
    ) -> tuple[Amounts, int, int]:
        """What the values cost, and the numbers of those that belong to the contract."""
        one = next(iter(flows.values()))
        low, high = (one.start if tie.start is None else tie.start), (one.end if tie.end is None else tie.end)
        terms = terms_of(contract.assigned, one.start, one.end)
        if any(line.in_tiers for term in terms for line in term.version.energy) and self._shared(key, tie, one):
            terms = []
        return (amounts_of(terms, flows), *one.numbers(low, high))

    def _shared(self, key: str, tie: Tie, one: Metered) -> bool:
        """Whether other meters count for the same contract at the same time: then tiers are not of one of them."""
        others = (each for other, ties in self.ties.items() if other != key for each in ties)
        return any(each.object_id == tie.object_id and each.within(one.start, one.end) for each in others)


def costs_of(
    customer_id: str, series: Sequence[Series], graph: CustomerGraph, known: Mapping[datetime | None, Known]
) -> Costs | None:
    """The columns of costs that a Customer's series can have; None where they can have none."""
    if not known:
        return None
    given = {one.segment_key for one in series if one.value_format.get("type") == COST}
    made: dict[str, Series] = {}
    tied: dict[str, Sequence[Tie]] = {}
    for one in series:
        if one.segment_key in given or one.segment_key in made:
            continue
        contracts = ties(graph, one)[Kind.SERVICE_CONTRACT]
        tariffs = [each.tariff for tie in contracts if (each := known[None].get((customer_id, tie.object_id)))]
        priced = [tariff for tariff in tariffs if is_priceable(one.value_format, tariff.units)]
        if priced:
            value_format = {"type": COST, "currency": priced[0].currency, "indexes": []}
            name = f"calculated cost of {one.segment_key}"
            made[one.segment_key] = replace(one, series_id=name, value_format=value_format)
            tied[one.segment_key] = contracts
    return Costs(customer_id, made, tied, known) if made else None


def _readings(start: datetime, interval: int, amounts: Amounts) -> Readings:
    try:
        return Readings.scaled(start, interval, amounts.scale, amounts.values, qualities=Quality.CALCULATED)
    except ValueError:
        # More digits than the packed form has; as text there are as many as are needed.
        texts = ["" if value is None else scaled_text(value, amounts.scale) for value in amounts.values]
        return Readings.written(start, interval, texts, qualities=Quality.CALCULATED)


def _seconds(period: SegmentPeriod) -> tuple[int, int]:
    return tuple((bound - _EPOCH) // timedelta(seconds=1) for bound in (period.segment_start, period.segment_end))  # type: ignore[return-value]


@lru_cache(maxsize=256)
def _read(written: str) -> Tariff:
    return tariff_of(exact_json.loads(written))
