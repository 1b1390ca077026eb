"""Monthly bills: what was used times what the plan says, in lines that make the total to the cent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from cdsc_server.demo.history import CURRENCY, Counted, commodity_of, counted
from cdsc_server.demo.months import TIMEZONE, months_between
from cdsc_server.demo.town import Billed, Contract, identifier
from cdsc_server.domain.intervals import month_around
from cdsc_server.storage.bill_statements import BillStatementRow

_CENT: Final = Decimal("0.01")
_TAX: Final = Decimal("0.04")
_BILLED_AFTER: Final = timedelta(days=2)
_DUE_AFTER: Final = timedelta(days=21)


def statements(
    billed: Billed,
    contracts: Sequence[Contract],
    seed: int,
    *,
    until: datetime,
    last: BillStatementRow | None = None,
) -> Iterator[BillStatementRow]:
    """
    The bills of an account, oldest first.

    Args:
        contracts: those of this account.
        until: bills written by this instant; each comes two days after its month.
        last: the newest bill there is; only later ones are made, and they carry on from it. None starts anew.
    """
    if not contracts:
        return
    start = min(contract.start for contract in contracts)
    previous = last.amount_due if last else Decimal("0.00")
    for month in months_between(start, int(until.timestamp())):
        _, month_end = month_around(month, TIMEZONE)
        written = datetime.fromtimestamp(month_end, UTC) + _BILLED_AFTER
        if written > until or (last and _day(written) <= last.statement_date):
            continue
        statement = _statement(billed, contracts, month, seed, previous=previous, written=written)
        previous = statement.amount_due
        yield statement


def _statement(
    billed: Billed, contracts: Sequence[Contract], month: int, seed: int, *, previous: Decimal, written: datetime
) -> BillStatementRow:
    day = _day(written)
    lines = [line for contract in contracts for line in _lines(contract, month, seed)]
    taxed = sum((amount for *_, amount in lines), Decimal(0))
    lines.append(("Utility tax", ["tax"], (taxed * _TAX).quantize(_CENT, ROUND_HALF_UP)))
    charges = sum((amount for *_, amount in lines), Decimal("0.00"))
    paid = _paid(billed, month, previous, seed)
    bill_id = "bs_" + identifier(seed, billed.account_id, month)
    due = previous - paid + charges
    return BillStatementRow(
        customer_id=contracts[0].customer_id,
        bill_statement_id=bill_id,
        account_id=billed.account_id,
        account_number=billed.number,
        statement_date=day,
        currency=CURRENCY,
        previous_balance_amount=previous,
        previous_balance_paid=paid,
        previous_balance_unpaid=previous - paid,
        new_charges_amount=charges,
        new_charges=[
            _charge(bill_id, number, name, types, amount) for number, (name, types, amount) in enumerate(lines)
        ],
        new_balance_amount=due,
        amount_due=due,
        amount_due_date=day + _DUE_AFTER,
        created=written,
        modified=written,
        synced=written,
    )


def _day(written: datetime) -> date:
    return written.astimezone(ZoneInfo(TIMEZONE)).date()


def _charge(bill_id: str, number: int, name: str, types: list[str], amount: Decimal) -> dict[str, Any]:
    return {
        "id": f"{bill_id}-{number}",
        "name": name,
        "types": types,
        "amount": amount,
        "included_in_amount_due": True,
    }


def _lines(contract: Contract, month: int, seed: int) -> Iterator[tuple[str, list[str], Decimal]]:
    commodity, plan = commodity_of(contract.service), contract.service.plan
    used = counted(contract, month, seed)
    words = f"{commodity.words}, {contract.service.label} ({contract.number})"
    total = [f"{commodity.name}_total"]
    yield f"{words}: use on {plan.name}", total, _money(int(_billable(used, contract).sum()), commodity.cost_decimals)
    sent = int(used.sent.sum())
    if sent:
        yield f"{words}: sent to the grid", total, -_money(sent * plan.rate * 3 // 4, commodity.cost_decimals)
    yield f"{words}: monthly charge", [*total, "fixed_fee"], _money(plan.fixed, 4)


def _billable(used: Counted, contract: Contract) -> np.ndarray[Any, np.dtype[np.int64]]:
    part = used.within(contract.start, month_around(used.slots.start, TIMEZONE)[1])
    return used.cost[part]


def _money(amount: int, decimals: int) -> Decimal:
    return Decimal(amount).scaleb(-decimals).quantize(_CENT, ROUND_HALF_UP)


def _paid(billed: Billed, month: int, previous: Decimal, seed: int) -> Decimal:
    """Nearly everybody pays in full; now and then half is left for the next bill."""
    forgetful = int(identifier(seed, "pays", billed.account_id, month), 16) % 23 == 0
    return (previous / 2).quantize(_CENT, ROUND_HALF_UP) if forgetful else previous
