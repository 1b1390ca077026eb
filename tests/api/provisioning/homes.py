"""Records of a home, sound and small."""

from __future__ import annotations

from typing import Any, Final

Record = dict[str, Any]

BRAND: Final[Record] = {"kind": "label_partner", "label_partner": "north", "name": "North"}
HOUSE: Final[Record] = {
    "kind": "installation",
    "external_installation_id": "I-1",
    "postal_code": "7700",
    "country_code": "ZA",
    "street": "Mill Road",
    "house_number": "4",
    "city": "Cape Town",
    "household_size": 3,
}
METER: Final[Record] = {
    "kind": "meter",
    "external_meter_id": "M-1",
    "external_installation_id": "I-1",
    "commodity": "electricity",
    "installed": "2024-01-01T00:00:00Z",
}


def user(number: int, **members: Any) -> Record:
    """A user of the brand."""
    name = {"first_name": f"User{number}", "last_name": "Example"}
    told = {"external_account_id": f"A-{number}", "email_address": f"u{number}@example.org", **name, **members}
    return {"kind": "user", "label_partner": "north", **told}


def stay(number: int, account: str, move_in: str, **members: Any) -> Record:
    """That a user lives in the house."""
    told = {"external_occupancy_id": f"O-{number}", "external_installation_id": "I-1", "external_account_id": account}
    return {"kind": "occupancy", **told, "move_in": move_in, **members}


def contract(number: int, account: str, start: str, **members: Any) -> Record:
    """That a user is supplied in the house."""
    told = {"external_contract_id": f"C-{number}", "external_installation_id": "I-1", "external_account_id": account}
    return {"kind": "contract", **told, "commodities": ["electricity"], "start": start, **members}


HOME: Final = [
    BRAND,
    user(1, phone_number="+27211234567"),
    HOUSE,
    METER,
    stay(1, "A-1", "2025-01-01T00:00:00Z"),
    contract(1, "A-1", "2025-01-01", rateplan_code="R1"),
]
