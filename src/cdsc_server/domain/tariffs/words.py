"""An estimate of costs in words and bars for the Customer who looks at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from cdsc_server.domain.tariffs.costs import Cost, CostLine, rounded
from cdsc_server.domain.tariffs.tariff import Flow
from cdsc_server.languages import gettext, marked, money, ngettext, number

#: What the parts of a day are called, by its times of use; the standard's words (CDS-WG3-01 10.8.7.3).
_TIMES: Final[Mapping[str, str]] = {
    "super_peak": marked("Highest hours"),
    "peak": marked("Peak hours"),
    "partial_peak": marked("Shoulder hours"),
    "off_peak": marked("Off-peak hours"),
    "super_off_peak": marked("Lowest hours"),
}
#: As many colours as plots have, less those of charges and taxes.
_MOST_TIMES: Final = 3
_DAYS: Final = "days"
_MONEY: Final = "money"


@dataclass(frozen=True, slots=True)
class ToldLine:
    """A line of an estimate: what it is, how much of what, at which price, and what that comes to."""

    name: str
    detail: str
    quantity: str
    price: str
    amount: str


@dataclass(frozen=True, slots=True)
class CostPlot:
    """
    A bar for each day, stacked of parts; credits are not in it.

    Args:
        parts: the names of the parts, from the bottom.
        bars: for each day, from and to of each part as shares of the highest bar.
        top: the highest bar, in money.
        says: the same for who cannot see it.
    """

    parts: Sequence[str]
    days: Sequence[date]
    bars: Sequence[Sequence[tuple[float, float]]]
    top: str
    says: str


def told_lines(cost: Cost, units: str) -> list[ToldLine]:
    """The lines of an estimate; each amount is rounded by itself, and only for show."""
    return [
        ToldLine(
            name=line.name,
            detail=_detail(line),
            quantity=_quantity(line, cost.currency),
            price=_price(line, cost.currency, units),
            amount=money(rounded(line.amount, cost.currency), cost.currency),
        )
        for line in cost.lines
        if line.quantity
    ]


def cost_plot(days: Sequence[tuple[date, Cost]], currency: str) -> CostPlot | None:
    """What each day costs, by parts of the tariff; None where no day costs anything."""
    times = sorted({line.tou for _, cost in days for line in cost.lines if line.tou is not None}, key=[*_TIMES].index)
    named = times if len(times) <= _MOST_TIMES else []
    stacks = [_stack(cost, named) for _, cost in days]
    found = [part for part in ("energy", *named, "fixed", "tax") if any(part in stack for stack in stacks)]
    top = max((sum(stack.values()) for stack in stacks), default=Decimal(0))
    if not top:
        return None
    bars = []
    for stack in stacks:
        reached, bar = Decimal(0), []
        for part in found:
            amount = stack.get(part, Decimal(0))
            bar.append((float(reached / top), float((reached + amount) / top)))
            reached += amount
        bars.append(bar)
    highest = max(zip(stacks, days, strict=True), key=lambda each: sum(each[0].values()))[1][0]
    told = money(rounded(top, currency), currency)
    says = gettext(
        "Bars for %(count)s days. The highest is day %(day)s with %(amount)s.",
        count=number(len(days)),
        day=number(highest.day),
        amount=told,
    )
    return CostPlot([_part(part) for part in found], [day for day, _ in days], bars, told, says)


def _stack(cost: Cost, named: Sequence[str]) -> dict[str, Decimal]:
    """What a day costs, by part; where a part is a credit over all, it is left out."""
    stack: dict[str, Decimal] = {}
    for line in cost.lines:
        if line.flow is not Flow.INJECTION:
            part = line.tou if line.tou in named and line.tou is not None else line.kind
            stack[part] = stack.get(part, Decimal(0)) + line.amount
    return {part: amount for part, amount in stack.items() if amount > 0}


def _part(part: str) -> str:
    if part in _TIMES:
        return gettext(_TIMES[part])
    return {"energy": gettext("Energy"), "fixed": gettext("Fixed charges"), "tax": gettext("Taxes")}[part]


def _detail(line: CostLine) -> str:
    parts = [gettext(_TIMES[line.tou])] if line.tou is not None else []
    if line.tier is not None:
        parts.append(gettext("Step %(number)s", number=number(line.tier)))
    if line.flow is Flow.INJECTION:
        parts.append(gettext("Sent to the grid"))
    return ", ".join(parts)


def _quantity(line: CostLine, currency: str) -> str:
    if line.units == _MONEY:
        return money(rounded(line.quantity, currency), currency)
    if line.units == _DAYS:
        return ngettext("%(count)s day", "%(count)s days", int(line.quantity))
    return f"{number(line.quantity, '#,##0.0')} {line.units}"


def _price(line: CostLine, currency: str, units: str) -> str:
    if line.price is None:
        return ""
    if line.kind == "tax":
        return f"{number((line.price * 100).normalize() + 0, '#,##0.####')} %"
    per = ngettext("day", "%(count)s days", 1) if line.kind == "fixed" else units
    return f"{number(line.price, '#,##0.00####')} {currency}/{per}"
