"""Monthly bills: what was used times what the plan says, in lines that make totals to the cent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from cdsc_server.demo.history import CURRENCY, ELECTRIC, Commodity, commodity_of, counted
from cdsc_server.demo.months import TIMEZONE, months_between
from cdsc_server.demo.town import Billed, Contract, identifier
from cdsc_server.domain.intervals import month_around
from cdsc_server.storage.bill_sections import BillSectionRow
from cdsc_server.storage.bill_statements import BillStatementRow

_CENT: Final = Decimal("0.01")
_TAX: Final = Decimal("0.04")
_BILLED_AFTER: Final = timedelta(days=2)
_DUE_AFTER: Final = timedelta(days=21)


@dataclass(frozen=True)
class Bill:
    """A bill with what each service cost on it."""

    statement: BillStatementRow
    sections: Sequence[BillSectionRow]


@dataclass(frozen=True)
class _Line:
    """One charge or credit; `kind` is that of a line of a section, value and rate are those it was worked out from."""

    name: str
    types: list[str]
    kind: str
    amount: Decimal
    value: Decimal | None = None
    rate: Decimal | None = None
    #: The section it stands in; None for what is of the whole bill.
    section: str | None = None


def bills(
    billed: Billed,
    contracts: Sequence[Contract],
    seed: int,
    *,
    entity: dict[str, Any],
    until: datetime,
    last: BillStatementRow | None = None,
) -> Iterator[Bill]:
    """
    The bills of an account, oldest first.

    Args:
        contracts: those of this account.
        entity: who delivers and supplies, in wire shape.
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
        bill_id = "bs_" + identifier(seed, billed.account_id, month)
        charged = [(each, _charges(each, month, seed, bill_id)) for each in contracts]
        paid = _paid(billed, month, previous, seed)
        lines = [line for _, of_contract in charged for line in of_contract]
        owner = contracts[0].customer_id
        statement = _statement(billed, owner, bill_id, lines, previous=previous, paid=paid, written=written)
        previous = statement.amount_due
        yield Bill(statement, [_section(statement, contract, month, own, entity) for contract, own in charged])


def _statement(
    billed: Billed,
    customer_id: str,
    bill_id: str,
    lines: list[_Line],
    *,
    previous: Decimal,
    paid: Decimal,
    written: datetime,
) -> BillStatementRow:
    day = _day(written)
    taxed = sum((line.amount for line in lines), Decimal(0))
    lines = [*lines, _Line("Utility tax", ["tax"], "tax", (taxed * _TAX).quantize(_CENT, ROUND_HALF_UP))]
    charges = sum((line.amount for line in lines), Decimal("0.00"))
    due = previous - paid + charges
    return BillStatementRow(
        customer_id=customer_id,
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
            {
                "id": f"{bill_id}-{number}",
                "name": line.name,
                "types": line.types,
                "amount": line.amount,
                "included_in_amount_due": True,
                **({"related_billsections": [line.section]} if line.section else {}),
            }
            for number, line in enumerate(lines)
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


def _section(
    statement: BillStatementRow, contract: Contract, month: int, lines: Sequence[_Line], entity: dict[str, Any]
) -> BillSectionRow:
    commodity = commodity_of(contract.service)
    section_id = _section_id(statement.bill_statement_id, contract)
    month_end = month_around(month, TIMEZONE)[1]
    first = _day(datetime.fromtimestamp(max(month, contract.start), UTC))
    days = {"start_date": first.isoformat(), "end_date": _day(datetime.fromtimestamp(month_end - 1, UTC)).isoformat()}
    total, measured = f"{section_id}-total", [f"{section_id}-{n}-use" for n, line in enumerate(lines) if line.value]
    return BillSectionRow(
        customer_id=contract.customer_id,
        bill_section_id=section_id,
        bill_statement_id=statement.bill_statement_id,
        account_id=statement.account_id,
        account_number=statement.account_number,
        types=["service_contract", commodity.name, "distribution", "supply"],
        start_date=first,
        end_date=date.fromisoformat(days["end_date"]),
        currency=CURRENCY,
        distribution_entity=entity,
        supply_entity=entity,
        contracts=[contract.contract_id],
        service_points=[contract.service_point_id],
        meter_devices=[
            meter.meter_id
            for meter in contract.meters
            if meter.start < month_end and (meter.end is None or meter.end > month)
        ],
        bill_sections=[],
        programs=[],
        usage_details=[
            {"id": f"{section_id}-{n}-use", "name": line.name, "types": [commodity.value_type],
             "value": line.value, "units": commodity.units, **days, **_direction(commodity, line)}
            for n, line in enumerate(lines)
            if line.value
        ],
        cost_details=[
            {"id": total, "name": "Before tax", "types": ["overall_total"],
             "cost": sum((line.amount for line in lines), Decimal("0.00"))}
        ],
        line_items=[
            {"id": f"{section_id}-{n}", "name": line.name, "types": [line.kind], **days, "cost": line.amount,
             "value": line.value, **({"units": commodity.units} if line.value is not None else {}),
             "rate": line.rate, "related_cost_details": [total],
             "related_usage_details": [each for each in measured if each == f"{section_id}-{n}-use"]}
            for n, line in enumerate(lines)
        ],
        created=statement.created,
        modified=statement.modified,
        synced=statement.synced,
    )  # fmt: skip


def _direction(commodity: Commodity, line: _Line) -> dict[str, Any]:
    """Which way it flowed, beside the types; water and gas flow one way only."""
    if commodity is not ELECTRIC:
        return {}
    return {"types": [commodity.value_type, "directional"], "direction": "reverse" if line.amount < 0 else "forward"}


def _section_id(bill_id: str, contract: Contract) -> str:
    return f"bl_{bill_id.removeprefix('bs_')}-{contract.number}"


def _charges(contract: Contract, month: int, seed: int, bill_id: str) -> list[_Line]:
    return [replace(line, section=_section_id(bill_id, contract)) for line in _lines(contract, month, seed)]


def _lines(contract: Contract, month: int, seed: int) -> Iterator[_Line]:
    commodity, plan = commodity_of(contract.service), contract.service.plan
    used = counted(contract, month, seed)
    words = f"{commodity.words}, {contract.service.label} ({contract.number})"
    total = [f"{commodity.name}_total"]
    part = used.within(contract.start, month_around(used.slots.start, TIMEZONE)[1])
    drawn, sent = (Decimal(int(amounts.sum())).scaleb(-commodity.decimals) for amounts in (used.drawn[part], used.sent))
    rate = Decimal(plan.rate).scaleb(commodity.decimals - commodity.cost_decimals)
    above = max(0, int(used.drawn[part].sum()) - plan.steps * 10**commodity.decimals) if plan.steps else 0
    cost = _money(int(used.cost[part].sum()) + above * (plan.over - plan.rate), commodity.cost_decimals)
    # With a price of its own for some hours, or for what comes after some, no single rate makes the cost.
    one_rate = rate if plan.rate == plan.peak_rate and not above else None
    yield _Line(f"{words}: use on {plan.name}", total, "usage_charge", cost, drawn, one_rate)
    if sent:
        credit = -_money(int(used.sent.sum()) * plan.rate * 3 // 4, commodity.cost_decimals)
        yield _Line(f"{words}: sent to the grid", total, "usage_charge", credit, sent)
    yield _Line(f"{words}: monthly charge", [*total, "fixed_fee"], "fixed_charge", _money(plan.fixed, 4))


def _money(amount: int, decimals: int) -> Decimal:
    return Decimal(amount).scaleb(-decimals).quantize(_CENT, ROUND_HALF_UP)


def _paid(billed: Billed, month: int, previous: Decimal, seed: int) -> Decimal:
    """Nearly everybody pays in full; now and then half is left for the next bill."""
    forgetful = int(identifier(seed, "pays", billed.account_id, month), 16) % 23 == 0
    return (previous / 2).quantize(_CENT, ROUND_HALF_UP) if forgetful else previous
