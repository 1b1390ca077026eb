"""Bills that keep every rule, as rows of the database: what was handed in, with what this Server works out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar

from cdsc_server import exact_json
from cdsc_server.domain.bill_names import cost_name, line_name, usage_name
from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.own_numbers import numbered_programs
from cdsc_server.services.bill_places import BillPlace, SectionPlace
from cdsc_server.services.import_places import derived_id
from cdsc_server.storage.bill_sections import BillSectionRow
from cdsc_server.storage.bill_statements import BillFile, BillStatementRow

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
_ABOUT_THE_ROW: Final = frozenset({"customer_key", "customer_id", "created", "modified", "synced"})


def statement_id_of(statement: Object, place: BillPlace) -> str:
    """The id of a Bill Statement: always the same for the same number of the same Account."""
    return derived_id("bill statement", place.customer_id, place.account_id, statement["bill_number"])


def statement_row(statement: Object, place: BillPlace, file: BillFile | None, *, at: datetime) -> BillStatementRow:
    """
    The row of a Bill Statement.

    Args:
        statement: sound as it was handed in.
        at: becomes its `created`, `modified` and `synced`.
    """
    statement_id = statement_id_of(statement, place)
    minimum, until = statement["shutoff_prevention_minimum_due"], statement["shutoff_prevention_date"]
    return BillStatementRow(
        customer_id=place.customer_id,
        bill_statement_id=statement_id,
        account_id=place.account_id,
        account_number=statement["account_number"],
        statement_date=date.fromisoformat(statement["statement_date"]),
        currency=statement["currency"],
        **{name: Decimal(statement[name]) for name in _AMOUNTS},
        new_charges=[_charge(charge, statement_id) for charge in statement["new_charges"]],
        amount_due_date=date.fromisoformat(statement["amount_due_date"]),
        shutoff_prevention_minimum_due=None if minimum is None else Decimal(minimum),
        shutoff_prevention_date=None if until is None else date.fromisoformat(until),
        programs=numbered_programs(statement.get("account_programs", [])),
        file_hash=None if file is None else file.content_hash,
        file_size=None if file is None else file.size,
        file_mimetype=None if file is None else file.mimetype,
        created=at,
        modified=at,
        synced=at,
    )


def section_rows(statement: Object, place: BillPlace, *, at: datetime) -> list[BillSectionRow]:
    """The rows of the Bill Sections of a statement; sections that cover a contract together name each other."""
    rows = [
        _section_row(statement, section, place, about, at)
        for section, about in zip(statement.get("bill_sections", []), place.sections, strict=True)
    ]
    for row in rows:
        beside = (other for other in rows if other is not row and set(row.contracts) & set(other.contracts))
        row.bill_sections = [other.bill_section_id for other in beside]
    return rows


def take_over(known: Row, fresh: Row) -> bool:
    """Give a stored row what a later file says of it, and say whether that is anything else."""
    names = {column.key for column in fresh.__table__.columns} - _ABOUT_THE_ROW
    # As they are written: a bill that says 1.50 where it said 1.5 is another one.
    told = [name for name in names if _written(getattr(known, name)) != _written(getattr(fresh, name))]
    for name in told:
        setattr(known, name, getattr(fresh, name))
    if told:
        known.modified = fresh.modified
    known.synced = fresh.synced
    return bool(told)


def _written(value: Any) -> bytes:
    return exact_json.dumps(value)


def _section_row(
    statement: Object, section: Object, place: BillPlace, about: SectionPlace, at: datetime
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
        created=at,
        modified=at,
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
