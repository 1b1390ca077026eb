"""The certificates behind the green plans and the water power of the grid, one for each month that is over."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from cdsc_server import exact_json
from cdsc_server.demo.history import ELECTRIC, commodity_of
from cdsc_server.demo.months import TIMEZONE, months_between
from cdsc_server.demo.people import Plan
from cdsc_server.demo.town import Resident
from cdsc_server.domain.eacs import BeneficiaryType, DeliveredEac
from cdsc_server.domain.intervals import month_around

#: The plants whose certificates are bought, by source.
_PLANTS: Final = {"wind": "Gull Point Wind Farm", "solar": "Mill Meadow Solar Park", "hydro": "Ashford Weir"}
#: Certificates of this source are bought for everybody.
_SHARED: Final = "hydro"


def certificates(town: Iterable[Resident], *, start: int, until: int) -> Iterator[DeliveredEac]:
    """Those of the months that begin at `start` or later and are over by `until`, seconds since 1970."""
    plans = {plan.code: plan for resident in town for plan in _green_plans(resident)}
    for month in months_between(start, until):
        end = month_around(month, TIMEZONE)[1]
        if start <= month and end <= until:
            for source, plant in _PLANTS.items():
                for code in sorted(plans):
                    yield _certificate(source, plant, month, end, plan=code)
            yield _certificate(_SHARED, _PLANTS[_SHARED], month, end, plan=None)


def _green_plans(resident: Resident) -> Iterator[Plan]:
    for contract in resident.contracts:
        if commodity_of(contract.service) is ELECTRIC and contract.service.plan.green:
            yield contract.service.plan


def _certificate(source: str, plant: str, month: int, end: int, *, plan: str | None) -> DeliveredEac:
    start, over = datetime.fromtimestamp(month, UTC), datetime.fromtimestamp(end, UTC)
    name = f"{plan or 'GRID'}-{source}-{start:%Y-%m}"
    spread = int(hashlib.sha256(name.encode()).hexdigest()[:8], 16)
    number = f"AB-{spread:010}"
    says = {
        "number": number,
        "plant": plant,
        "source": source,
        "generated_from": start,
        "generated_until": over,
        "energy": Decimal(200_000 + spread % 700_000) / 1000,
        "units": "MWh",
        "retired_for": plan or "all customers of Demo Gas & Electric",
    }
    return DeliveredEac(
        source_id=name,
        beneficiary_type=BeneficiaryType.RATE_PLAN if plan else BeneficiaryType.GENERAL,
        beneficiaries=frozenset({plan} if plan else ()),
        numbers=(number,),
        format="dge_certificate",
        supply_type=source,
        start=start,
        end=over,
        media_type="application/json",
        data=exact_json.dumps(says),
    )
