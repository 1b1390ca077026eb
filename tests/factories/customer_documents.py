"""A Customer as handed in: one Account, contract, Service Point and meter, that keep every rule."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from cdsc_server import exact_json

ENTITY = {"id": "dge", "types": ["distributor", "supplier"], "entity_number": "DGE",
          "entity_name": "Demo Gas & Electric", "entity_abbreviation": None}  # fmt: skip
PROGRAM = {"id": "p-1", "types": ["active"], "name": "Level bills", "description": "The same amount every month.",
           "documentation": "https://dge.example/level"}  # fmt: skip
APP = {"id": "a-1", "types": ["installed"], "name": "Load finder", "start": "2026-01-01T05:00:00Z"}


def account(number: str = "A-9", **changes: Any) -> dict[str, Any]:
    """An Account."""
    plain = {"account_number": number, "customer_number": "K-9", "account_entity": ENTITY, "account_name": "Ada",
             "account_address": "9 New Lane", "account_types": ["customer", "residential"], "account_status": "active",
             "account_contacts": [], "account_programs": []}  # fmt: skip
    return {**plain, **changes}


def contract(number: str = "C-9", **changes: Any) -> dict[str, Any]:
    """A contract of that Account."""
    plain = {"contract_number": number, "account_number": "A-9", "contract_entity": ENTITY,
             "contract_address": "9 New Lane", "contract_types": ["utility_service"], "contract_status": "active",
             "contract_start": "2026-01-01", "service_types": ["electric", "metered"], "rateplan_code": "E-1",
             "rateplan_name": "Day rate", "service_programs": []}  # fmt: skip
    return {**plain, **changes}


def point(number: str = "SP-9", **changes: Any) -> dict[str, Any]:
    """A Service Point where that contract is served."""
    served = [{"contract_number": "C-9", "start": "2026-01-01T05:00:00Z"}]
    plain = {"servicepoint_number": number, "servicepoint_types": ["electric", "edge"],
             "servicepoint_address": "9 New Lane", "latitude": Decimal("40.710"), "longitude": Decimal("-73.90"),
             "premises": [{"id": "b", "premise_number": "B-9", "types": ["building"]}],
             "service_contracts": served}  # fmt: skip
    return {**plain, **changes}


def meter(number: str = "M-9", **changes: Any) -> dict[str, Any]:
    """A meter that is installed there."""
    hangs = [{"servicepoint_number": "SP-9", "start": "2026-01-01T05:00:00Z"}]
    plain = {"meter_number": number, "meter_types": ["electric_usage", "ami_meter"], "meter_apps": [],
             "service_points": hangs}  # fmt: skip
    return {**plain, **changes}


def customer(id: str = "ada", **changes: Any) -> dict[str, Any]:
    """A Customer with all of these."""
    plain = {"id": id, "name": "Ada", "accounts": [account()], "service_contracts": [contract()],
             "service_points": [point()], "meter_devices": [meter()]}  # fmt: skip
    return {**plain, **changes}


def written(*customers: dict[str, Any]) -> bytes:
    """These Customers, or one, as a file."""
    return exact_json.dumps({"customers": list(customers) or [customer()]})
