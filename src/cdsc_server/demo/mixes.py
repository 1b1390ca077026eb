"""Where the power of the town comes from month by month, as the supplier and the grid hand it in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from cdsc_server.demo import supply_mix
from cdsc_server.demo.history import ELECTRIC, HOUR, commodity_of
from cdsc_server.demo.months import TIMEZONE, Integers, months_between, slots_of
from cdsc_server.demo.people import Plan
from cdsc_server.demo.town import Resident
from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.intervals import month_around
from cdsc_server.domain.supply_mixes import OWN
from cdsc_server.ports import Clock
from cdsc_server.services.provisioning.applying import Record, apply_records

_DIGITS: Final = 4


def hand_in_mixes(town: Iterable[Resident], catalogue: Catalogue, clock: Clock, *, until: int, seed: int) -> None:
    """Hand in the mixes of every month that is over by an instant, seconds since 1970; those that are here stay."""
    contracts = [each for resident in town for each in resident.contracts if commodity_of(each.service) is ELECTRIC]
    if not contracts:
        return
    start, plans = (
        min(each.start for each in contracts),
        {each.service.plan.code: each.service.plan for each in contracts},
    )
    records = (
        Record("supply_mix", body)
        for month in months_between(start, until)
        for body in _mixes(month, plans, seed)
        if month_around(month, TIMEZONE)[1] <= until
    )
    apply_records(records, subject="upload:demo", actor="demo", catalogue=catalogue, clock=clock)


def _mixes(month: int, plans: Mapping[str, Plan], seed: int) -> Iterator[dict[str, Any]]:
    slots = slots_of(month, HOUR, 0, seed)
    of_plans = {code: supply_mix.mean_shares(plan, slots, seed) for code, plan in sorted(plans.items())}
    for code, mixes in of_plans.items():
        yield {**_mix(month, code, mixes[OWN]), "attribution": OWN, "external_tariff_id": code}
    # The grid is the same whatever anybody buys.
    grid = next(iter(of_plans.values()))
    for attribution in ("residual", "base"):
        yield {**_mix(month, attribution, grid[attribution]), "attribution": attribution}


def _mix(month: int, name: str, shares: Integers) -> dict[str, Any]:
    start, end = (
        datetime.fromtimestamp(each, UTC).astimezone(ZoneInfo(TIMEZONE)) for each in month_around(month, TIMEZONE)
    )
    sources = [
        {
            "supply_type": source,
            "shares": [Decimal(int(shares[row, 0])).scaleb(-_DIGITS)],
            "carbon_intensity": carbon,
        }
        for row, (source, carbon) in enumerate(supply_mix.SOURCES.items())
    ]
    return {
        "external_supply_mix_id": f"{name}-{start:%Y-%m}",
        "timezone": TIMEZONE,
        "start": start.date().isoformat(),
        "end": end.date().isoformat(),
        "sources": sources,
    }
