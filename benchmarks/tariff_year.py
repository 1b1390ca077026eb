"""A year of quarter hours multiplied by a tariff, beside one Decimal for each reading."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial

import numpy as np

from benchmarks.context import Context
from cdsc_server.domain.tariffs.costs import amounts_of, cost_of
from cdsc_server.domain.tariffs.days import midnight
from cdsc_server.domain.tariffs.documents import tariff_of
from cdsc_server.domain.tariffs.prices import spans
from cdsc_server.domain.tariffs.runs import Metered, Term
from cdsc_server.domain.tariffs.tariff import Flow

_ZONE = "America/New_York"
_PEAK = {"price": Decimal("0.2860"), "days": ["mon", "tue", "wed", "thu", "fri"], "from": "16:00", "to": "21:00"}
_TIERS = [{"up_to": 300, "price": Decimal("0.1210")}, {"price": Decimal("0.2190")}]
_PRICES: dict[str, list[dict[str, object]]] = {
    "one price": [{"price": Decimal("0.1640")}],
    "time of use": [_PEAK, {"price": Decimal("0.1420")}],
    "tiers": [{"tiers": _TIERS}],
}


def run(context: Context) -> None:
    """What a year costs, and each of its readings; holidays count, and prices change with the clock."""
    start, end = (
        midnight(date(2025, 1, 1), _ZONE),
        midnight(date(2025, 2, 1) if context.quick else date(2026, 1, 1), _ZONE),
    )
    values = np.random.default_rng(1).integers(0, 2_000, (end - start) // 900).tolist()
    used = {Flow.OFFTAKE: Metered(start, 900, 3, values, bytes(len(values)))}
    rows = []
    for name, prices in _PRICES.items():
        term = _term(prices, start, end)
        tasks: dict[str, Callable[[], object]] = {
            "sum": partial(cost_of, [term], used, start, end),
            "each": partial(amounts_of, [term], used),
        }
        if name != "tiers":
            cost = cost_of([term], used, start, end)
            assert cost is not None
            assert _decimals(term, values, start, end) == cost.exact
            tasks["peer"] = partial(_decimals, term, values, start, end)
        figures = context.rounds(tasks, 9)
        peer = figures.get("peer")
        times = [figures[each].times(peer).spread(digits=1) if peer else "" for each in ("sum", "each")]
        rows.append((name, figures["sum"].spread(1e3), figures["each"].spread(1e3), *times))
    context.table(("tariff", "sum ms", "each ms", "sum, times Decimals", "each, times Decimals"), rows)


def _term(prices: list[dict[str, object]], start: int, end: int) -> Term:
    line = {"id": "use", "name": "Energy", "flow": "offtake", "prices": prices}
    tariff = tariff_of(
        {
            "external_tariff_id": "T",
            "name": "T",
            "currency": "USD",
            "timezone": _ZONE,
            "region": "US-NY",
            "versions": [{"start": "2020-01-01", "energy": [line]}],
        }
    )
    return Term(tariff, tariff.versions[0], start, end)


def _decimals(term: Term, values: list[int], start: int, end: int) -> Decimal:
    """The same sum as most would write it; the prices are looked up in ours, so that this is the arithmetic alone."""
    (line,) = term.version.energy
    total = Decimal(0)
    for span in spans(term.tariff, term.version, line, start, end):
        price = span.rule.tiers[0].price if span.rule else Decimal(0)
        for value in values[(span.start - start) // 900 : (span.end - start) // 900]:
            total += Decimal(value).scaleb(-3) * price
    return total
