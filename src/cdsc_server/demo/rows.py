"""The town as rows of the database: Customers, accounts, contracts, service points, meters."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from argon2 import PasswordHasher

from cdsc_server.demo.history import CURRENCY, ELECTRIC, GAS, commodity_of, feeds_in
from cdsc_server.demo.months import TIMEZONE
from cdsc_server.demo.people import PASSWORD
from cdsc_server.demo.town import Billed, Contract, Meter, Resident
from cdsc_server.domain.catalogue import Utility
from cdsc_server.storage.accounts import AccountRow
from cdsc_server.storage.customers import CustomerRow, LoginRow
from cdsc_server.storage.db import DataBase
from cdsc_server.storage.meter_devices import InstallationRow, MeterDeviceRow
from cdsc_server.storage.service_contracts import ServiceContractRow
from cdsc_server.storage.service_points import ServedContractRow, ServicePointRow

_VOLTS = {"residential": "240", "commercial": "208", "industrial": "480"}


def customer_rows(customer_id: str, username: str, name: str, *, real: bool = False, at: datetime) -> list[DataBase]:
    """The Customer and the way they sign in."""
    return [
        CustomerRow(customer_id=customer_id, display_name=name, email=username, is_test=not real, created=at),
        LoginRow(
            username=username,
            customer_id=customer_id,
            password_hash=PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1).hash(PASSWORD),
            created=at,
        ),
    ]


def entity_of(utility: Utility) -> dict[str, Any]:
    """The utility as the objects of its Customers name it, in wire shape."""
    return {
        "id": "en_" + utility.entity_number.lower(),
        "types": ["distributor", "supplier", "iou"],
        "entity_number": utility.entity_number,
        "entity_name": utility.name,
        "entity_abbreviation": utility.receipt_prefix,
    }


def object_rows(resident: Resident, utility: Utility, *, at: datetime) -> list[DataBase]:
    """Everything the Customer has, except usage and bills."""
    entity = entity_of(utility)
    stamps = {"created": at, "modified": at, "synced": at}
    rows: list[DataBase] = [_account(resident, billed, entity, stamps) for billed in resident.accounts]
    for number, contract in enumerate(resident.contracts):
        kind = next(each.account.kind for each in resident.accounts if each.account_id == contract.account_id)
        rows += [_contract(contract, kind, entity, stamps), _service_point(contract, kind, number, stamps)]
        rows.append(
            ServedContractRow(
                customer_id=resident.customer_id,
                service_point_id=contract.service_point_id,
                contract_id=contract.contract_id,
                start=_instant(contract.start),
            )
        )
        for meter in contract.meters:
            rows += _meter(contract, meter, stamps)
    return rows


def _account(resident: Resident, billed: Billed, entity: dict[str, Any], stamps: dict[str, datetime]) -> AccountRow:
    kinds = {"parent": ["customer", "parent", "commercial"]}.get(billed.account.kind, ["customer", billed.account.kind])
    if billed.parent_id:
        kinds = [*kinds, "child"]
    address = next((each.service.address for each in resident.contracts if each.account_id == billed.account_id), None)
    return AccountRow(
        customer_id=resident.customer_id,
        account_id=billed.account_id,
        parent_id=billed.parent_id,
        customer_number=resident.customer_number,
        account_number=billed.number,
        entity=entity,
        name=billed.account.name,
        address=address or resident.contracts[0].service.address,
        types=[*kinds, "test", "billed_monthly"],
        status="active",
        contacts=[
            {"id": f"{billed.account_id}-email", "types": ["email", "primary"], "value": resident.person.username},
            {
                "id": f"{billed.account_id}-phone",
                "types": ["phone_number", "mobile"],
                "value": f"+1555{resident.customer_number}",
            },
        ],
        programs=list(_account_programs(resident, billed)),
        **stamps,
    )


def _account_programs(resident: Resident, billed: Billed) -> Iterator[dict[str, Any]]:
    """Homes that heat with gas pay the same in summer and in winter."""
    heated = [
        each
        for each in resident.contracts
        if each.account_id == billed.account_id and commodity_of(each.service) is GAS
    ]
    if heated and billed.account.kind == "residential":
        yield {
            "id": f"{billed.account_id}-level",
            "program_number": "BB-1",
            "types": ["active"],
            "name": "Level bills",
            "description": "The same amount every month, settled once a year.",
            "documentation": "https://dge.example/developers/programs/level-bills",
            "start": _local_date(heated[0].start).isoformat(),
        }


def _contract(contract: Contract, kind: str, entity: dict[str, Any], stamps: dict[str, datetime]) -> ServiceContractRow:
    commodity, plan = commodity_of(contract.service), contract.service.plan
    return ServiceContractRow(
        customer_id=contract.customer_id,
        contract_id=contract.contract_id,
        account_id=contract.account_id,
        contract_number=contract.number,
        label=contract.service.label,
        address=contract.service.address,
        types=["utility_service", "billed_monthly"],
        entity=entity,
        status="active",
        contract_start=_local_date(contract.start),
        service_types=[commodity.name, kind, "metered", "distribution", "supply"],
        rateplan_code=plan.code,
        rateplan_name=plan.name,
        programs=list(_programs(contract)),
        **stamps,
    )


def _programs(contract: Contract) -> Iterator[dict[str, Any]]:
    if feeds_in(contract.service):
        yield {
            "id": f"{contract.contract_id}-credit",
            "program_number": "NM-2",
            "types": ["active", "credit_bank"],
            "name": "Solar credit",
            "description": "What is sent to the grid counts against later bills.",
            "documentation": "https://dge.example/developers/programs/solar-credit",
            "start": _local_date(contract.start).isoformat(),
            "balance": Decimal("118.40"),
            "units": "money",
            "currency": CURRENCY,
        }


def _service_point(contract: Contract, kind: str, number: int, stamps: dict[str, datetime]) -> ServicePointRow:
    commodity = commodity_of(contract.service)
    spread = int(contract.service_point_id[3:9], 16)
    return ServicePointRow(
        customer_id=contract.customer_id,
        service_point_id=contract.service_point_id,
        servicepoint_number=contract.service_point_number,
        types=[commodity.name, "single_service", "physical", "edge"],
        address=contract.service.address,
        latitude=Decimal(4071000 + spread % 4000) / 100000,
        longitude=Decimal(-7391000 - spread % 5003) / 100000,
        premises=[
            {
                "id": f"{contract.service_point_id}-premise",
                "premise_number": contract.service.premise or f"A{spread % 100000:05}{number}",
                "types": ["building"],
            }
        ],
        voltage=Decimal(_VOLTS[kind]) if commodity is ELECTRIC else None,
        **stamps,
    )


def _meter(contract: Contract, meter: Meter, stamps: dict[str, datetime]) -> list[DataBase]:
    commodity = commodity_of(contract.service)
    ways = []
    if commodity is ELECTRIC:
        ways = ["bidirectional" if feeds_in(contract.service) else "forward_only"]
    reach = "amr_meter" if contract.service.analog else "ami_meter"
    device = MeterDeviceRow(
        customer_id=contract.customer_id,
        meter_device_id=meter.meter_id,
        meter_number=meter.number,
        types=[commodity.value_type, *ways, "physical_meter", reach],
        apps=list(_apps(contract, meter)),
        **stamps,
    )
    place = InstallationRow(
        customer_id=contract.customer_id,
        meter_device_id=meter.meter_id,
        service_point_id=contract.service_point_id,
        start=_instant(meter.start),
        end=None if meter.end is None else _instant(meter.end),
    )
    return [device, place]


def _apps(contract: Contract, meter: Meter) -> Iterator[dict[str, Any]]:
    """Smart meters of homes that make power of their own tell what is on."""
    if feeds_in(contract.service) and not contract.service.analog:
        yield {
            "id": f"{meter.meter_id}-load-finder",
            "app_number": "LF-1",
            "types": ["installed"],
            "name": "Load finder",
            "start": f"{_instant(meter.start):%Y-%m-%dT%H:%M:%SZ}",
        }


def _instant(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def _local_date(second: int) -> date:
    return _instant(second).astimezone(ZoneInfo(TIMEZONE)).date()
