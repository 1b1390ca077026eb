"""Rows of a Customer's objects, one function each, with defaults the standard allows. Ids are the caller's words."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from cdsc_server.domain.readings import Qualities, Readings
from cdsc_server.storage.accounts import AccountRow
from cdsc_server.storage.bill_sections import BillSectionRow
from cdsc_server.storage.bill_statements import BillStatementRow
from cdsc_server.storage.customers import CustomerRow
from cdsc_server.storage.eacs import EacRow, set_beneficiaries
from cdsc_server.storage.meter_devices import InstallationRow, MeterDeviceRow
from cdsc_server.storage.service_contracts import ServiceContractRow
from cdsc_server.storage.service_points import ServedContractRow, ServicePointRow
from cdsc_server.storage.usage import UsageSeriesRow
from cdsc_server.storage.usage_blocks import find_or_create_series, put_readings, wanted_series

THEN = datetime(2026, 1, 1, tzinfo=UTC)
MOVED_IN = datetime(2020, 1, 1, tzinfo=UTC)
KWH = {"type": "electric_usage", "units": "kWh", "direction": "forward"}
ENTITY = {
    "id": "entity-1",
    "types": ["distributor"],
    "entity_number": "DGE",
    "entity_name": "Demo Gas & Electric",
    "entity_abbreviation": None,
}

#: The bill itself, which a test stores that has it read.
FILE = b"%PDF-1.7\nmade up\n%%EOF\n"
FILE_HASH = hashlib.sha256(FILE).hexdigest()

_STAMPS = ("created", "modified", "synced")


def _row(kind: type[Any], plain: dict[str, Any], fields: dict[str, Any]) -> Any:
    return kind(**{**dict.fromkeys(_STAMPS, THEN), **plain, **fields})


def customer(customer_id: str = "ada", **fields: Any) -> CustomerRow:
    plain = {"customer_id": customer_id, "display_name": customer_id.title(), "is_test": True, "created": THEN}
    return CustomerRow(**{**plain, **fields})


def account(account_id: str, customer_id: str = "ada", **fields: Any) -> AccountRow:
    plain = {
        "customer_id": customer_id,
        "account_id": account_id,
        "customer_number": f"K-{account_id}",
        "account_number": f"A-{account_id}",
        "entity": ENTITY,
        "name": f"Name of {account_id}",
        "address": f"1 {account_id} Street\nAshford Bay",
        "types": ["customer", "residential"],
        "status": "active",
        "contacts": [{"id": f"contact-{account_id}", "types": ["email"], "value": f"{account_id}@example.com"}],
        "programs": [program(f"P-{account_id}")],
    }
    return _row(AccountRow, plain, fields)


def program(number: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"program-{number}",
        "program_number": number,
        "types": ["active", "credit_bank"],
        "name": "Rooftop credits",
        "description": "Credit for what flows back.",
        "documentation": "https://dge.example/programs",
        "balance": Decimal("12.50"),
        "currency": "USD",
        **fields,
    }


def service_program(number: str, **fields: Any) -> dict[str, Any]:
    """As `program`, for a contract."""
    return program(number, **{"units": "money", **fields})


def statement(
    statement_id: str, account_id: str, day: date, customer_id: str = "ada", **fields: Any
) -> BillStatementRow:
    plain = {
        "customer_id": customer_id,
        "bill_statement_id": statement_id,
        "account_id": account_id,
        "account_number": f"A-{account_id}",
        "statement_date": day,
        "currency": "USD",
        "previous_balance_amount": Decimal("80.00"),
        "previous_balance_paid": Decimal("70.50"),
        "previous_balance_unpaid": Decimal("9.50"),
        "new_charges_amount": Decimal("100.40"),
        "new_charges": [charge(f"{statement_id}-1", "100.40")],
        "new_balance_amount": Decimal("109.90"),
        "amount_due": Decimal("109.90"),
        "amount_due_date": day,
        "programs": [program(f"P-{statement_id}")],
        "file_hash": FILE_HASH,
        "file_size": len(FILE),
        "file_mimetype": "application/pdf",
    }
    return _row(BillStatementRow, plain, fields)


def section(
    section_id: str, account_id: str, start: date, end: date, customer_id: str = "ada", **fields: Any
) -> BillSectionRow:
    plain = {
        "customer_id": customer_id,
        "bill_section_id": section_id,
        "account_id": account_id,
        "account_number": f"A-{account_id}",
        "types": ["service_contract", "electric", "distribution", "supply"],
        "start_date": start,
        "end_date": end,
        "currency": "USD",
        "distribution_entity": ENTITY,
        "supply_entity": ENTITY,
        "contracts": [],
        "service_points": [],
        "meter_devices": [],
        "bill_sections": [],
        "programs": [program(f"P-{section_id}")],
        "usage_details": [
            {"id": f"{section_id}-u", "name": "Use", "types": ["electric_usage"], "value": Decimal("312.500"),
             "units": "kWh", "start_date": start.isoformat(), "end_date": end.isoformat()}
        ],
        "cost_details": [
            {"id": f"{section_id}-c", "name": "Total", "types": ["overall_total"], "cost": Decimal("100.40")}
        ],
        "line_items": [
            {"id": f"{section_id}-l", "name": "Energy", "types": ["usage_charge"], "start_date": start.isoformat(),
             "end_date": end.isoformat(), "cost": Decimal("51.25"), "value": Decimal("312.500"), "units": "kWh",
             "rate": Decimal("0.1640"), "related_usage_details": [f"{section_id}-u"],
             "related_cost_details": [f"{section_id}-c"]}
        ],
    }  # fmt: skip
    return _row(BillSectionRow, plain, fields)


def charge(charge_id: str, amount: str, **fields: Any) -> dict[str, Any]:
    plain = {"id": charge_id, "name": "Electricity", "types": ["electric_total"], "amount": Decimal(amount)}
    return {**plain, "included_in_amount_due": True, **fields}


def contract(contract_id: str, account_id: str, customer_id: str = "ada", **fields: Any) -> ServiceContractRow:
    plain = {
        "customer_id": customer_id,
        "contract_id": contract_id,
        "account_id": account_id,
        "contract_number": f"C-{contract_id}",
        "label": contract_id,
        "address": f"2 {contract_id} Street",
        "types": ["utility_service"],
        "entity": ENTITY,
        "status": "active",
        "contract_start": date(2020, 1, 1),
        "service_types": ["electric", "supply"],
        "rateplan_code": f"R-{contract_id}",
        "rateplan_name": f"Rate of {contract_id}",
        "programs": [service_program(f"S-{contract_id}")],
    }
    return _row(ServiceContractRow, plain, fields)


def service_point(service_point_id: str, customer_id: str = "ada", **fields: Any) -> ServicePointRow:
    plain = {
        "customer_id": customer_id,
        "service_point_id": service_point_id,
        "servicepoint_number": f"SP-{service_point_id}",
        "types": ["electric", "physical"],
        "address": f"3 {service_point_id} Street",
        "latitude": Decimal("50.8500"),
        "longitude": Decimal("-4.350"),
        "premises": [{"id": f"premise-{service_point_id}", "premise_number": "17", "types": ["building"]}],
        "voltage": Decimal("230"),
    }
    return _row(ServicePointRow, plain, fields)


def served(service_point_id: str, contract_id: str, customer_id: str = "ada", **fields: Any) -> ServedContractRow:
    plain = {
        "customer_id": customer_id,
        "service_point_id": service_point_id,
        "contract_id": contract_id,
        "start": MOVED_IN,
    }
    return ServedContractRow(**{**plain, **fields})


def meter(meter_device_id: str, customer_id: str = "ada", **fields: Any) -> MeterDeviceRow:
    plain = {
        "customer_id": customer_id,
        "meter_device_id": meter_device_id,
        "meter_number": f"M-{meter_device_id}",
        "types": ["electric_usage"],
        "apps": [{"id": "app-1", "app_number": "APP", "types": ["installed"], "name": "Load finder"}],
    }
    return _row(MeterDeviceRow, plain, fields)


def installed(meter_device_id: str, service_point_id: str, customer_id: str = "ada", **fields: Any) -> InstallationRow:
    plain = {
        "customer_id": customer_id,
        "meter_device_id": meter_device_id,
        "service_point_id": service_point_id,
        "start": MOVED_IN,
    }
    return InstallationRow(**{**plain, **fields})


def eac(session: Session, eac_id: str, beneficiary_type: str, *beneficiaries: str, **fields: Any) -> EacRow:
    """A certificate for January 2026, stored with its beneficiaries."""
    plain = {
        "eac_id": eac_id,
        "beneficiary_type": beneficiary_type,
        "numbers": [f"N-{eac_id}"],
        "format": "dge_certificate",
        "supply_type": "wind",
        "period_start": THEN,
        "period_end": datetime(2026, 2, 1, tzinfo=UTC),
        "media_type": "application/json",
        "data": f'{{"says": "{eac_id}"}}'.encode(),
    }
    row: EacRow = _row(EacRow, plain, fields)
    session.add(row)
    session.flush()
    set_beneficiaries(session, row, beneficiaries)
    return row


def series(session: Session, name: str, customer_id: str = "ada", **fields: Any) -> UsageSeriesRow:
    """An hourly series in UTC with the name as its segment key, unless fields say otherwise."""
    plain: dict[str, Any] = {
        "customer_id": customer_id,
        "series_id": name,
        "segment_key": name,
        "value_format": KWH,
        "interval_seconds": 3600,
        "timezone": "UTC",
        "at": THEN,
    }
    return find_or_create_series(session, wanted_series(**{**plain, **fields}))


def readings(
    session: Session, row: UsageSeriesRow, start: datetime, texts: Sequence[str], *, qualities: Qualities = None
) -> None:
    """Store readings as written from `start` on; "" is a gap."""
    found = Readings.written(start, row.interval_seconds, texts, qualities=qualities)
    put_readings(session, row, found, at=THEN)
