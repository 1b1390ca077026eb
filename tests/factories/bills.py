"""A bill as it is handed in: one of everything that CDS-WG3-01 10.5 and 10.6 know, for an account called A-home."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from cdsc_server import exact_json

DAYS = {"start_date": "2026-04-01", "end_date": "2026-04-30"}
ENTITY = {
    "id": "entity-1",
    "types": ["distributor", "supplier", "iou"],
    "entity_number": "DGE",
    "entity_name": "Demo Gas & Electric",
    "entity_abbreviation": None,
}
PROGRAM = {
    "id": "program-1",
    "program_number": "P-1",
    "types": ["active", "credit_bank"],
    "name": "Rooftop credits",
    "description": "Credit for what flows back.",
    "documentation": "https://dge.example/programs",
    "balance": Decimal("12.50"),
    "currency": "USD",
}

_CHARGE = {"id": "1", "name": "Electricity", "types": ["electric_total"], "amount": Decimal("93.125")}
_LINE = {"types": ["usage_charge"], **DAYS, "value": None, "rate": None, "related_usage_details": []}

_BILL: dict[str, Any] = {
    "bill_number": "2026-05-0001",
    "account_number": "A-home",
    "statement_date": "2026-05-03",
    "currency": "USD",
    "previous_balance_amount": Decimal("80.00"),
    "previous_balance_paid": Decimal("70.50"),
    "previous_balance_unpaid": Decimal("9.50"),
    "new_charges_amount": Decimal("100.40"),
    "new_charges": [
        {**_CHARGE, "included_in_amount_due": True, "related_billsections": ["house"]},
        {"id": "2", "name": "Gas", "types": ["natural_gas_total"], "amount": Decimal("22.275"),
         "included_in_amount_due": True},
        {"id": "3", "name": "Deposit back", "types": ["deposit"], "amount": Decimal("-15.00"),
         "included_in_amount_due": True},
        {"id": "4", "name": "Paid by plan", "types": ["flat_rate"], "amount": 7, "included_in_amount_due": False},
    ],
    "new_balance_amount": Decimal("109.90"),
    "amount_due": Decimal("109.90"),
    "amount_due_date": "2026-05-24",
    "shutoff_prevention_minimum_due": Decimal("50.10"),
    "shutoff_prevention_date": "2026-06-01",
    "account_programs": [PROGRAM],
    "bill_sections": [
        {
            "section_number": "house",
            "section_types": ["service_contract", "electric", "distribution", "supply"],
            **DAYS,
            "distribution_entity": ENTITY,
            "supply_entity": ENTITY,
            "related_servicecontracts": ["C-house"],
            "related_servicepoints": ["SP-house-sp"],
            "related_meterdevices": ["M-m-house"],
            "service_programs": [PROGRAM],
            "usage_details": [
                {"id": "peak", "name": "Peak kWh", "types": ["electric_usage", "time_of_use", "tiered", "directional",
                 "seasonal", "amr_reading"], "value": Decimal("312.500"), "units": "kWh", **DAYS, "tou": "peak",
                 "tier": "tier_1", "direction": "forward", "season": "spring", "start_read": 1000,
                 "end_read": Decimal("1312.500"), "multiplier": 1},
                {"id": "demand", "types": ["electric_demand"], "value": Decimal("4.20"), "units": "kW", **DAYS,
                 "demand_type": "peak"},
                {"id": "plan", "name": "Rate class", "types": [], "value": "R-1", "dge_panel": "NQ-30"},
            ],
            "cost_details": [
                {"id": "all", "types": ["overall_total"], "cost": Decimal("93.125")},
                {"id": "grid", "name": "Delivery", "types": ["subtotal", "distribution"], "cost": Decimal("42.25")},
                {"id": "tax", "name": "Taxes", "types": ["taxes"], "cost": Decimal("1.625")},
            ],
            "line_items": [
                {**_LINE, "id": "1", "heading": "Distribution", "name": "Usage", "types": ["usage_charge",
                 "distribution"], "cost": Decimal("51.25"), "value": Decimal("312.500"), "units": "kWh",
                 "rate": Decimal("0.1640"), "related_usage_details": ["peak"], "related_cost_details": ["all", "grid"]},
                {**_LINE, "id": "2", "heading": "Supply", "name": "Usage", "types": ["usage_charge", "supply"],
                 "cost": Decimal("49.25"), "related_cost_details": ["all"]},
                {**_LINE, "id": "3", "name": "Loyalty credit", "types": ["other"], "cost": Decimal("-9.00"),
                 "related_cost_details": ["all", "grid"]},
                {**_LINE, "id": "4", "name": "City tax", "types": ["tax"], "cost": Decimal("1.625"),
                 "related_cost_details": ["all", "tax"]},
            ],
        },
        {
            "section_number": "extras",
            "section_types": ["other_section"],
            **DAYS,
            "distribution_entity": None,
            "supply_entity": None,
            "related_servicecontracts": [],
            "related_servicepoints": [],
            "related_meterdevices": [],
            "usage_details": [],
            "cost_details": [],
            "line_items": [],
        },
    ],
}  # fmt: skip


def bill(**changes: Any) -> dict[str, Any]:
    """A bill of April 2026 for A-home that keeps every rule, unless changes say otherwise."""
    return {**exact_json.loads(exact_json.dumps(_BILL)), **changes}


def document(*bills: dict[str, Any]) -> dict[str, Any]:
    """These bills, or one, as they come out of a file."""
    return {"bill_statements": list(bills) or [bill()]}


def written(*bills: dict[str, Any]) -> bytes:
    """These bills, or one, as a file."""
    return exact_json.dumps(document(*bills))
