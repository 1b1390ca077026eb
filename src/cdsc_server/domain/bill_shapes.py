"""
Bills as they are handed in: Bill Statements with their Bill Sections, in the words of CDS-WG3-01 10.5 and 10.6.

What this Server works out by itself, such as ids and times, is not among the members.
"""

from __future__ import annotations

from typing import Final

from cdsc_server.domain.shapes import (
    Currency,
    Day,
    Flag,
    Instant,
    Link,
    Listed,
    Member,
    Number,
    NumberOrText,
    Shape,
    Text,
    Word,
)
from cdsc_server.domain.value_formats import DEMAND_TYPES, DIRECTIONS, SEASONS, TIERS, TIMES_OF_USE, UNITS

#: Inserted where a bill does not add up (10.5.1).
DIFFERENCE: Final = "amount_due_sum_difference"

#: 10.5.3.
NEW_CHARGE_TYPES: Final = (
    "electric_total", "water_total", "natural_gas_total", "fuel_oil_total", "waste_water_total", "solid_waste_total",
    "tax", "fixed_fee", "flat_rate", "interest", "deposit", "differed", "credit_bank", "program", "adhoc", DIFFERENCE,
)  # fmt: skip
#: 10.6.2.
SECTION_TYPES: Final = (
    "service_contract", "sub_account", "other_section", "electric", "water", "natural_gas", "fuel_oil", "distribution",
    "supply",
)  # fmt: skip
#: 10.6.4. The first five are of an amount with a unit; the first four name what was used.
USAGE_DETAIL_TYPES: Final = (
    "electric_usage", "water_usage", "natural_gas_usage", "fuel_oil_usage", "electric_demand", "time_of_use", "tiered",
    "directional", "seasonal", "ami_reading", "amr_reading", "analog_meter", "customer_provided", "estimated",
)  # fmt: skip
MEASURED: Final = frozenset(USAGE_DETAIL_TYPES[:5])
#: 10.6.6.
COST_DETAIL_TYPES: Final = (
    "overall_total", "subtotal", "fixed_charges", "usage_charges", "taxes", "distribution", "supply", "transmission",
    "other",
)  # fmt: skip
#: 10.6.8.
LINE_ITEM_TYPES: Final = (
    "fixed_charge", "usage_charge", "tax", "distribution", "supply", "transmission", "other",
)  # fmt: skip
#: 10.1.5.
ENTITY_TYPES: Final = (
    "distributor", "supplier", "iou", "muni", "cca", "retailer", "generator", "dso", "tso", "iso",
)  # fmt: skip
#: 10.1.9 and 10.2.6.
ACCOUNT_PROGRAM_TYPES: Final = (
    "active", "inactive", "eligible", "ineligible", "low_income", "flat_rate", "payment_plan", "protected", "survey",
    "pilot", "rebate", "credit_bank",
)  # fmt: skip
SERVICE_PROGRAM_TYPES: Final = (
    "active", "inactive", "eligible", "ineligible", "low_income", "protected", "survey", "pilot", "rebate",
    "credit_bank", "demand_response", "ev", "thermostat",
)  # fmt: skip

_DAYS: Final = ("start_date", "end_date")
_READS: Final = ("start_read", "end_read", "multiplier")

NEW_CHARGE: Final = Shape(
    {
        "id": Member(Text()),
        "name": Member(Text()),
        "types": Member(Listed(Word(NEW_CHARGE_TYPES))),
        "amount": Member(Number()),
        "included_in_amount_due": Member(Flag()),
        "related_billsections": Member(Listed(Text()), required=False),
    }
)
USAGE_DETAIL: Final = Shape(
    {
        "id": Member(Text()),
        # Where the bill has none we make one (10.6.3).
        "name": Member(Text(), required=False),
        "types": Member(Listed(Word(USAGE_DETAIL_TYPES))),
        "value": Member(NumberOrText()),
        "units": Member(Word(UNITS), required=False),
        "start_date": Member(Day(), required=False),
        "end_date": Member(Day(), required=False),
        "demand_type": Member(Word(DEMAND_TYPES), required=False),
        "tou": Member(Word(TIMES_OF_USE), required=False),
        "tier": Member(Word(TIERS), required=False),
        "direction": Member(Word(DIRECTIONS), required=False),
        "season": Member(Word(SEASONS), required=False),
        "start_read": Member(Number(), required=False),
        "end_read": Member(Number(), required=False),
        "multiplier": Member(Number(), required=False),
    },
    needs={
        "electric_usage": _DAYS,
        "water_usage": _DAYS,
        "natural_gas_usage": _DAYS,
        "fuel_oil_usage": _DAYS,
        "electric_demand": (*_DAYS, "demand_type"),
        "time_of_use": ("tou",),
        "tiered": ("tier",),
        "directional": ("direction",),
        "seasonal": ("season",),
        "amr_reading": _READS,
        "analog_meter": _READS,
        "customer_provided": _READS,
    },
    own=True,
)
COST_DETAIL: Final = Shape(
    {
        "id": Member(Text()),
        # As with usage details (10.6.5).
        "name": Member(Text(), required=False),
        "types": Member(Listed(Word(COST_DETAIL_TYPES))),
        "cost": Member(Number()),
    },
    own=True,
)
LINE_ITEM: Final = Shape(
    {
        "id": Member(Text()),
        # The header of the table that a line stands in, which tells lines of one name apart (10.6.7).
        "heading": Member(Text(), required=False),
        "name": Member(Text()),
        "types": Member(Listed(Word(LINE_ITEM_TYPES))),
        "start_date": Member(Day()),
        "end_date": Member(Day()),
        "cost": Member(Number()),
        "value": Member(Number(), nullable=True),
        "units": Member(Word(UNITS), required=False),
        "rate": Member(Number(), nullable=True),
        "related_usage_details": Member(Listed(Text())),
        "related_cost_details": Member(Listed(Text())),
    },
    own=True,
)
ENTITY: Final = Shape(
    {
        "id": Member(Text()),
        "types": Member(Listed(Word(ENTITY_TYPES))),
        "entity_number": Member(Text()),
        "entity_name": Member(Text()),
        "entity_abbreviation": Member(Text(), nullable=True),
    }
)
_PROGRAM: Final = {
    "id": Member(Text()),
    # Where it has none we make one, of what the source calls the program.
    "program_number": Member(Text(), required=False),
    "program_key": Member(Text(), required=False),
    "name": Member(Text()),
    "description": Member(Text()),
    "documentation": Member(Link()),
    **{name: Member(Link(), required=False) for name in ("more_info", "signup", "settings", "discontinue")},
    "participation_number": Member(Text(), required=False),
    "start": Member(Day(), required=False),
    "end": Member(Day(), required=False),
    "balance": Member(Number(), required=False),
    "currency": Member(Currency(), required=False),
}
ACCOUNT_PROGRAM: Final = Shape({**_PROGRAM, "types": Member(Listed(Word(ACCOUNT_PROGRAM_TYPES)))}, own=True)
SERVICE_PROGRAM: Final = Shape(
    {
        **_PROGRAM,
        "types": Member(Listed(Word(SERVICE_PROGRAM_TYPES))),
        "units": Member(Word(UNITS), required=False),
        "pnode": Member(Text(), required=False),
        "anode": Member(Text(), required=False),
        "aggregated": Member(Flag(), required=False),
        "automated": Member(Flag(), required=False),
    },
    own=True,
)
#: Of its Account and currency a section is silent where they are those of its statement.
BILL_SECTION: Final = Shape(
    {
        "section_number": Member(Text()),
        "cds_account_id": Member(Text(), required=False),
        "account_number": Member(Text(), required=False),
        "section_types": Member(Listed(Word(SECTION_TYPES))),
        "start_date": Member(Day()),
        "end_date": Member(Day()),
        "currency": Member(Currency(), required=False),
        "distribution_entity": Member(ENTITY, nullable=True),
        "supply_entity": Member(ENTITY, nullable=True),
        "related_servicecontracts": Member(Listed(Text())),
        "related_servicepoints": Member(Listed(Text())),
        "related_meterdevices": Member(Listed(Text())),
        "service_programs": Member(Listed(SERVICE_PROGRAM), required=False),
        "usage_details": Member(Listed(USAGE_DETAIL)),
        "cost_details": Member(Listed(COST_DETAIL)),
        "line_items": Member(Listed(LINE_ITEM)),
    }
)
BILL_STATEMENT: Final = Shape(
    {
        "bill_number": Member(Text()),
        "cds_account_id": Member(Text(), required=False),
        "account_number": Member(Text()),
        "statement_date": Member(Day()),
        "currency": Member(Currency()),
        "file": Member(Text(), required=False),
        "file_mimetype": Member(Text(), required=False),
        "previous_balance_amount": Member(Number()),
        "previous_balance_paid": Member(Number()),
        "previous_balance_unpaid": Member(Number()),
        "new_charges_amount": Member(Number()),
        "new_charges": Member(Listed(NEW_CHARGE)),
        "new_balance_amount": Member(Number()),
        "amount_due": Member(Number()),
        "amount_due_date": Member(Day()),
        "shutoff_prevention_minimum_due": Member(Number(), nullable=True),
        "shutoff_prevention_date": Member(Day(), nullable=True),
        "account_programs": Member(Listed(ACCOUNT_PROGRAM), required=False),
        "bill_sections": Member(Listed(BILL_SECTION), required=False),
    }
)
#: As of when a document holds; now where it does not say.
AS_OF: Final = Member(Instant(), required=False)
#: What `cdsc import bills` reads.
BILLS: Final = Shape({"as_of": AS_OF, "bill_statements": Member(Listed(BILL_STATEMENT))})
