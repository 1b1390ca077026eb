"""The price plans of the town as tariffs, and which contracts are on them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from cdsc_server.demo.history import CURRENCY, ELECTRIC, Commodity, commodity_of
from cdsc_server.demo.months import TIMEZONE
from cdsc_server.demo.people import Plan
from cdsc_server.demo.town import Resident

_SINCE = "2000-01-01"


def tariffs(town: Iterable[Resident]) -> dict[str, Any]:
    """The plans that anybody has, with who has them, in the shape of `domain.tariffs.documents.TARIFFS`."""
    contracts = [contract for resident in town for contract in resident.contracts]
    plans = {each.service.plan.code: (each.service.plan, commodity_of(each.service)) for each in contracts}
    return {
        "tariffs": [_tariff(plan, commodity) for plan, commodity in plans.values()],
        "assignments": [
            {
                "contract_number": each.number,
                "customer": each.customer_id,
                "tariffs": [{"external_tariff_id": each.service.plan.code, "start": _day(each.start)}],
            }
            for each in contracts
        ],
    }


def _tariff(plan: Plan, commodity: Commodity) -> dict[str, Any]:
    use = {"id": "use", "name": "Energy", "flow": "offtake", "prices": list(_prices(plan, commodity))}
    lines = [use]
    if commodity is ELECTRIC:
        credit = {"price": _price(plan.rate, commodity) * 3 / 4}
        lines.append({"id": "credit", "name": "Solar credit", "flow": "injection", "prices": [credit]})
    taxed = [*(line["id"] for line in lines), "monthly"]
    version = {
        "start": _SINCE,
        "energy": lines,
        "fixed": [
            {"id": "monthly", "name": "Monthly charge", "amount": Decimal(plan.fixed).scaleb(-4), "per": "month"}
        ],
        "taxes": [{"id": "tax", "name": "Utility tax", "percent": 4, "on": taxed}],
    }
    told = {"external_tariff_id": plan.code, "name": plan.name, "currency": CURRENCY, "timezone": TIMEZONE}
    return {**told, "units": commodity.units, "versions": [version]}


def _prices(plan: Plan, commodity: Commodity) -> Iterable[dict[str, Any]]:
    price = _price(plan.rate, commodity)
    if plan.steps:
        yield {"tiers": [{"up_to": plan.steps, "price": price}, {"price": _price(plan.over, commodity)}]}
    elif plan.rate == plan.peak_rate:
        yield {"price": price}
    else:
        weekdays = ["mon", "tue", "wed", "thu", "fri"]
        peak = {"price": _price(plan.peak_rate, commodity), "tou": "peak", "days": weekdays}
        yield {**peak, "from": "16:00", "to": "21:00"}
        yield {"price": price, "tou": "off_peak"}


def _price(rate: int, commodity: Commodity) -> Decimal:
    """The price of one unit of the readings."""
    return Decimal(rate).scaleb(commodity.decimals - commodity.cost_decimals)


def _day(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).astimezone(ZoneInfo(TIMEZONE)).date().isoformat()
