"""Bills that keep every rule, as rows of the database: what was handed in, with what this Server works out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar

from cdsc_server.domain.bill_names import cost_name, line_name, usage_name
from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.own_numbers import numbered_programs
from cdsc_server.services.bill_places import BillPlace, SectionPlace
from cdsc_server.services.import_places import derived_id
from cdsc_server.storage.bill_sections import BillSectionRow
from cdsc_server.storage.bill_statements import BillFile, BillStatementRow
from cdsc_server.storage.versions import written

Object = Mapping[str, Any]
Row = TypeVar("Row", BillStatementRow, BillSectionRow)

_AMOUNTS: Final = (
    "previous_balance_amount",
    "previous_balance_paid",
    "previous_balance_unpaid",
    "new_charges_amount",
    "new_balance_amount",
    "amount_due",
)
#: Columns that tell of the row and not of the bill.
_ABOUT_THE_ROW: Final = frozenset({"customer_key", "customer_id", "created", "modified", "synced", "known", "valid"})


def statement_id_of(statement: Object, place: BillPlace) -> str:
    """The id of a Bill Statement: always the same for the same number of the same Account."""
    return derived_id("bill statement", place.customer_id, place.account_id, statement["bill_number"])


def statement_row(
    statement: Object, place: BillPlace, file: BillFile | None, *, at: datetime, now: datetime
) -> BillStatementRow:
    """
    The row of a Bill Statement.

    Args:
        statement: sound as it was handed in.
        at: becomes its `synced`.
        now: becomes its `created` and `modified`.
    """
    statement_id = statement_id_of(statement, place)
    amounts: dict[str, Any] = {name: Decimal(statement[name]) for name in _AMOUNTS}
    minimum, until = statement["shutoff_prevention_minimum_due"], statement["shutoff_prevention_date"]
    return BillStatementRow(
        customer_id=place.customer_id,
        bill_statement_id=statement_id,
        account_id=place.account_id,
        account_number=statement["account_number"],
        statement_date=date.fromisoformat(statement["statement_date"]),
        currency=statement["currency"],
        **amounts,
        new_charges=[_charge(charge, statement_id) for charge in statement["new_charges"]],
        amount_due_date=date.fromisoformat(statement["amount_due_date"]),
        shutoff_prevention_minimum_due=None if minimum is None else Decimal(minimum),
        shutoff_prevention_date=None if until is None else date.fromisoformat(until),
        programs=numbered_programs(statement.get("account_programs", [])),
        file_hash=None if file is None else file.content_hash,
        file_size=None if file is None else file.size,
        file_mimetype=None if file is None else file.mimetype,
        created=now,
        modified=now,
        synced=at,
    )


def section_rows(statement: Object, place: BillPlace, *, at: datetime, now: datetime) -> list[BillSectionRow]:
    """The rows of the Bill Sections of a statement; sections that cover a contract together name each other."""
    rows = [
        _section_row(statement, section, place, about, at=at, now=now)
        for section, about in zip(statement.get("bill_sections", []), place.sections, strict=True)
    ]
    for row in rows:
        beside = (other for other in rows if other is not row and set(row.contracts) & set(other.contracts))
        row.bill_sections = [other.bill_section_id for other in beside]
    return rows


def take_over(known: Row, fresh: Row) -> bool:
    """Give a stored row what a later file says of it, and say whether that is anything else."""
    told = {name: value for name, value in columns_of(fresh).items() if written(getattr(known, name)) != written(value)}
    for name, value in told.items():
        setattr(known, name, value)
    if told:
        known.modified = fresh.modified
    known.synced = fresh.synced
    return bool(told)


def columns_of(row: BillStatementRow | BillSectionRow) -> dict[str, Any]:
    """What a row says of the bill, by column."""
    return {each.key: getattr(row, each.key) for each in row.__table__.columns if each.key not in _ABOUT_THE_ROW}


def _section_row(
    statement: Object, section: Object, place: BillPlace, about: SectionPlace, *, at: datetime, now: datetime
) -> BillSectionRow:
    section_id = _section_id(statement_id_of(statement, place), section["section_number"])
    return BillSectionRow(
        customer_id=place.customer_id,
        bill_section_id=section_id,
        bill_statement_id=statement_id_of(statement, place),
        account_id=about.account_id,
        account_number=section.get("account_number", statement["account_number"]),
        types=section["section_types"],
        start_date=date.fromisoformat(section["start_date"]),
        end_date=date.fromisoformat(section["end_date"]),
        currency=section.get("currency", statement["currency"]),
        distribution_entity=section["distribution_entity"],
        supply_entity=section["supply_entity"],
        contracts=list(about.related[Kind.SERVICE_CONTRACT]),
        service_points=list(about.related[Kind.SERVICE_POINT]),
        meter_devices=list(about.related[Kind.METER_DEVICE]),
        bill_sections=[],
        programs=numbered_programs(section.get("service_programs", [])),
        usage_details=[
            {**detail, "id": _inside(section_id, detail["id"]), "name": usage_name(detail)}
            for detail in section["usage_details"]
        ],
        cost_details=[
            {**detail, "id": _inside(section_id, detail["id"]), "name": cost_name(detail)}
            for detail in section["cost_details"]
        ],
        line_items=[_line(line, section_id) for line in section["line_items"]],
        created=now,
        modified=now,
        synced=at,
    )


def _charge(charge: Object, statement_id: str) -> dict[str, Any]:
    shown = {**charge, "id": _inside(statement_id, charge["id"])}
    if "related_billsections" in charge:
        shown["related_billsections"] = [_section_id(statement_id, each) for each in charge["related_billsections"]]
    return shown


def _line(line: Object, section_id: str) -> dict[str, Any]:
    shown = {name: value for name, value in line.items() if name != "heading"}
    return {
        **shown,
        "id": _inside(section_id, line["id"]),
        "name": line_name(line),
        "related_usage_details": [_inside(section_id, each) for each in line["related_usage_details"]],
        "related_cost_details": [_inside(section_id, each) for each in line["related_cost_details"]],
    }


def _section_id(statement_id: str, number: str) -> str:
    return derived_id("bill section", statement_id, number)


def _inside(owner_id: str, id: str) -> str:
    """The id of a part: unique on this Server, where the source's own counts within its bill only."""
    return f"{owner_id}-{id}"
