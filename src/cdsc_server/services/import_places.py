"""Keep Customers, Accounts, contracts, Service Points and Meter Devices as a file of usage data names them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from cdsc_server import exact_json
from cdsc_server.domain.espi import RetailCustomer, UsagePoint
from cdsc_server.storage.accounts import AccountRow
from cdsc_server.storage.customers import CustomerRow, customer_key_of
from cdsc_server.storage.db import Base
from cdsc_server.storage.meter_devices import InstallationRow, MeterDeviceRow, installations_of
from cdsc_server.storage.service_contracts import ServiceContractRow
from cdsc_server.storage.service_points import ServedContractRow, ServicePointRow, served_contracts_of


@dataclass(frozen=True, slots=True)
class Place:
    """The rows that stand for a UsagePoint."""

    customer_id: str
    account_id: str
    contract_id: str
    service_point_id: str
    meter_device_id: str
    new_customer: bool


def derived_id(*parts: str) -> str:
    """An opaque id that is always the same for the same parts."""
    return str(uuid5(NAMESPACE_URL, exact_json.dumps(list(parts)).decode()))


def store(session: Session, point: UsagePoint, *, owner: str | None, at: datetime) -> Place:
    """
    Find or make what stands for a UsagePoint. Of rows that exist only what the file states is changed.

    Args:
        owner: the Customer it belongs to; None for the file's own RetailCustomer.
        at: becomes `modified` of what changed, and `synced` of all.
    """
    customer_id = owner or derived_id("customer", point.customer.key)
    new_customer = owner is None and _store_customer(session, customer_id, point.customer, at)
    place = Place(
        customer_id=customer_id,
        account_id=derived_id("account", customer_id, point.customer.key),
        contract_id=derived_id("contract", customer_id, point.key),
        service_point_id=derived_id("service point", customer_id, point.key),
        meter_device_id=derived_id("meter", customer_id, point.key),
        new_customer=new_customer,
    )
    _store_account(session, place, point.customer, at)
    _store_contract(session, place, point, at)
    _store_service_point(session, place, point, at)
    _store_meter(session, place, point, at)
    return place


def began(session: Session, place: Place, first: int | None, timezone: str, *, at: datetime) -> None:
    """
    Let contract and installation reach back to the earliest reading known.

    Args:
        first: second of the earliest reading of the file; None when it has none, and they begin at `at`.
        timezone: IANA name, whose calendar gives the first day of the contract.
    """
    start = at if first is None else datetime.fromtimestamp(first, UTC)
    day = start.astimezone(ZoneInfo(timezone)).date()
    contract = session.get_one(ServiceContractRow, (customer_key_of(place.customer_id), place.contract_id))
    if day < contract.contract_start:
        contract.contract_start = day
        contract.modified = at
    keys = {"customer_id": place.customer_id, "service_point_id": place.service_point_id}
    served = next(iter(served_contracts_of(session, **keys, contract_id=place.contract_id)), None)
    if served is None or start < served.start:
        end = served.end if served else None
        _replace(session, served, ServedContractRow(**keys, contract_id=place.contract_id, start=start, end=end))
    installed = next(iter(installations_of(session, **keys, meter_device_id=place.meter_device_id)), None)
    if installed is None or start < installed.start:
        end = installed.end if installed else None
        _replace(
            session, installed, InstallationRow(**keys, meter_device_id=place.meter_device_id, start=start, end=end)
        )


def _replace(session: Session, old: Base | None, new: Base) -> None:
    # The start is part of the key, so a row that begins earlier is another row.
    if old is not None:
        session.delete(old)
    session.add(new)


def _store_customer(session: Session, customer_id: str, person: RetailCustomer, at: datetime) -> bool:
    if session.get(CustomerRow, customer_id) is not None:
        return False
    name = person.name or f"Customer {person.number}".strip()
    session.add(CustomerRow(customer_id=customer_id, display_name=name, created=at))
    return True


def _store_account(session: Session, place: Place, person: RetailCustomer, at: datetime) -> None:
    row = session.get(AccountRow, (customer_key_of(place.customer_id), place.account_id))
    if row is not None:
        _confirm(row, {"name": person.name}, at)
        return
    entity = None
    if person.utility:
        number = derived_id("entity", person.utility)
        entity = {
            "id": number,
            "types": ["distributor"],
            "entity_number": number,
            "entity_name": person.utility,
            "entity_abbreviation": None,
        }
    session.add(
        AccountRow(
            customer_id=place.customer_id,
            account_id=place.account_id,
            account_number=person.number or place.account_id[:8],
            entity=entity,
            name=person.name,
            address="",
            types=["customer"],
            status="unknown",
            contacts=[],
            programs=[],
            created=at,
            modified=at,
            synced=at,
        )
    )


def _store_contract(session: Session, place: Place, point: UsagePoint, at: datetime) -> None:
    status = None if point.active is None else "active" if point.active else "stopped"
    row = session.get(ServiceContractRow, (customer_key_of(place.customer_id), place.contract_id))
    if row is not None:
        stated = {
            "contract_number": point.agreement,
            "status": status,
            "rateplan_code": point.tariff,
            "rateplan_name": point.tariff,
        }
        _confirm(row, stated, at)
        return
    session.add(
        ServiceContractRow(
            customer_id=place.customer_id,
            contract_id=place.contract_id,
            account_id=place.account_id,
            contract_number=point.agreement,
            label=point.title,
            address="",
            types=["utility_service"],
            status=status or "unknown",
            contract_start=date.max,
            service_types=[*filter(None, [point.service_type]), "metered"],
            rateplan_code=point.tariff,
            rateplan_name=point.tariff,
            programs=[],
            created=at,
            modified=at,
            synced=at,
        )
    )


def _store_service_point(session: Session, place: Place, point: UsagePoint, at: datetime) -> None:
    row = session.get(ServicePointRow, (customer_key_of(place.customer_id), place.service_point_id))
    if row is not None:
        _confirm(row, {"voltage": point.voltage}, at)
        return
    session.add(
        ServicePointRow(
            customer_id=place.customer_id,
            service_point_id=place.service_point_id,
            servicepoint_number=None,
            types=[
                *(each for each in ("electric", "water", "natural_gas") if each == point.service_type),
                "single_service",
                "virtual" if point.virtual else "edge",
            ],
            address=None,
            premises=[],
            voltage=point.voltage,
            created=at,
            modified=at,
            synced=at,
        )
    )


def _store_meter(session: Session, place: Place, point: UsagePoint, at: datetime) -> None:
    row = session.get(MeterDeviceRow, (customer_key_of(place.customer_id), place.meter_device_id))
    types = _meter_types(point)
    if row is not None:
        known = row.types
        _confirm(row, {"types": [*known, *(each for each in types if each not in known)]}, at)
        return
    session.add(
        MeterDeviceRow(
            customer_id=place.customer_id,
            meter_device_id=place.meter_device_id,
            meter_number=None,
            types=types,
            apps=[],
            created=at,
            modified=at,
            synced=at,
        )
    )


def _meter_types(point: UsagePoint) -> list[str]:
    """What the readings show the meter to do; that it does not do more is not known."""
    forms = [reading.usage.value_format for reading in point.meter_readings]
    directions = {form.get("direction") for form in forms}
    # Value Types of usage and demand are Meter Types too.
    types = dict.fromkeys(str(form["type"]) for form in forms)
    if "net" in directions or {"forward", "reverse"} <= directions:
        types["bidirectional"] = ""
    if point.virtual:
        types["virtual_meter"] = ""
    return list(types)


def _confirm(
    row: AccountRow | ServiceContractRow | ServicePointRow | MeterDeviceRow, stated: Mapping[str, Any], at: datetime
) -> None:
    """Take over what the file states; what it leaves open stays as it is."""
    row.synced = at
    changed = {name: value for name, value in stated.items() if value not in (None, "") and getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    if changed:
        row.modified = at
