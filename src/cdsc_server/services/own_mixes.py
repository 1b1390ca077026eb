"""Where the power of a Customer comes from, in words and bars for the one who looks at it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from cdsc_server.domain.supply_mixes import OWN
from cdsc_server.domain.tariffs.days import day_at
from cdsc_server.domain.wording import counted, mix_words, source_words
from cdsc_server.languages import gettext, percent
from cdsc_server.ports import Clock
from cdsc_server.services.costing import Known, contract_tariffs
from cdsc_server.services.supply_mixes import MixPart, handed_in_for, mix_parts
from cdsc_server.storage.customer_graph import read_graph
from cdsc_server.storage.customer_objects import rows_of
from cdsc_server.storage.db import reading
from cdsc_server.storage.service_contracts import ServiceContractRow
from cdsc_server.storage.supply_mixes import Version, has_mixes, sources_told
from cdsc_server.storage.usage import find_series, series_of


@dataclass(frozen=True, slots=True)
class ToldSource:
    """
    A source with its share.

    Args:
        says: such as "62% wind".
        left, width: of its part of a bar that is 100 wide.
    """

    says: str
    left: Decimal
    width: Decimal


@dataclass(frozen=True, slots=True)
class ToldMix:
    """
    The latest supply mix of one or more contracts, of one attribution.

    Args:
        of: which contracts these are.
        says: whose power it is of.
        first, last: the days it is of.
        is_mean: whether its shares change meanwhile.
        sources: the largest first.
    """

    of: str
    attribution: str
    says: str
    first: date
    last: date
    is_mean: bool
    sources: Sequence[ToldSource]


def mixes_of(customer_id: str, *, clock: Clock) -> list[ToldMix]:
    """As `latest_mixes`, for a page of its own."""
    with reading() as session:
        return latest_mixes(session, customer_id, now=clock.now())


def latest_mixes(session: Session, customer_id: str, *, now: datetime) -> list[ToldMix]:
    """
    The latest supply mixes that were handed in for the tariffs and grids of a Customer, those of tariffs first.

    What is to come is not told yet, and what is the same for several contracts only once.
    """
    if not has_mixes(session):
        return []
    graph = read_graph(session, customer_id)
    tariffs: dict[datetime | None, Known] = {None: contract_tariffs(session, [customer_id])}
    handed_in = handed_in_for(session, {customer_id: graph}, tariffs=tariffs)
    if handed_in is None:
        return []
    series = [series_of(row) for row in find_series(session, customer_id)]
    latest = _latest(mix_parts(handed_in, customer_id, graph, series, now=now).get(None, ()), now)
    sources = sources_told(session, {_version(part) for part in latest})
    contracts = {row.contract_id: row for row in rows_of(session, ServiceContractRow, customer_id)}
    together: dict[tuple[str, int, int], list[MixPart]] = {}
    for part in latest:
        together.setdefault((part.mix.id, part.start, part.end), []).append(part)
    told = [
        _told([contracts[str(part.rows[0].contract_id)] for part in parts], parts[0], sources[_version(parts[0])])
        for parts in together.values()
    ]
    return sorted(told, key=lambda each: (each.attribution != OWN, each.attribution, each.of))


def _version(part: MixPart) -> Version:
    return part.mix.id, part.mix.modified


def _latest(parts: Sequence[MixPart], now: datetime) -> Collection[MixPart]:
    """Of each contract and attribution, the part that began last."""
    begun = (part for part in parts if part.start <= now.timestamp())
    return {part.segment_key: part for part in sorted(begun, key=lambda part: part.start)}.values()


def _told(contracts: Sequence[ServiceContractRow], part: MixPart, sources: Sequence[Mapping[str, Any]]) -> ToldMix:
    series = [(row.series_id, row.value_format) for row in part.rows]
    shares = []
    for column in part.mix.columns(sources, series, part.start, part.end):
        numbers = [share for share in column.parts[0][1].decimals() if share is not None]
        shares.append((sum(numbers, Decimal(0)) / len(numbers), column.value_format["supply_type"]))
    shares.sort(reverse=True)
    told, left = [], Decimal(0)
    for share, source in (each for each in shares if each[0]):
        width = (share * 100).quantize(Decimal("0.01"))
        told.append(ToldSource(f"{percent(share)} {source_words(source)}", left, width))
        left += width
    mix = part.mix
    return ToldMix(
        of=_called(contracts),
        attribution=mix.scope.attribution,
        says=mix_words(mix.scope.attribution),
        first=day_at(part.start, mix.timezone),
        last=day_at(part.end - 1, mix.timezone),
        is_mean=bool(mix.interval),
        sources=told,
    )


def _called(contracts: Sequence[ServiceContractRow]) -> str:
    if len(contracts) > 1:
        return counted("service_contract_selection", len(contracts))
    (one,) = contracts
    number = "" if one.contract_number is None else gettext("contract %(number)s", number=one.contract_number)
    return " · ".join(part for part in (one.label, number) if part)
