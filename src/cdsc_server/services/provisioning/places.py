"""
Installations, who lives there when, their meters and contracts.

What Clients and Customers see of an installation follows from all of these records together: each occupant has a
Service Point, meters and links of their own, which hold for the time of their stay and no longer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from cdsc_server import exact_json
from cdsc_server.domain.customer_graph import Kind as ObjectKind
from cdsc_server.domain.durations import read_datetime
from cdsc_server.domain.provisioned.installations import (
    COMMODITIES,
    CONTRACT,
    INSTALLATION,
    METER,
    OCCUPANCY,
    address_of,
)
from cdsc_server.domain.stays import Span, Stay, days_of, overlapping, span_of, stays_of
from cdsc_server.services.provisioning import meter_readings
from cdsc_server.services.provisioning.batch import Batch, Kind, Object
from cdsc_server.services.provisioning.rows import Key, Stored, object_id
from cdsc_server.services.provisioning.users import account_id_of, entity_of
from cdsc_server.storage.among import among_pairs
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.meter_devices import InstallationRow, MeterDeviceRow
from cdsc_server.storage.provisioned import find_records, records_under
from cdsc_server.storage.service_contracts import ServiceContractRow
from cdsc_server.storage.service_points import ServedContractRow, ServicePointRow

#: Customer, object, Service Point, start.
LinkKey = tuple[str, str, str, datetime]


@dataclass
class _Place:
    """An installation with the records that stand under it, by their ids."""

    installation: Object
    occupancies: dict[str, Object] = field(default_factory=dict)
    meters: dict[str, Object] = field(default_factory=dict)
    contracts: dict[str, Object] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.installation[INSTALLATION.id])

    @property
    def stays(self) -> list[Stay]:
        return stays_of(self.occupancies.values())

    def of_kind(self, name: str) -> dict[str, Object]:
        """The records of a kind that stand here."""
        return {OCCUPANCY.name: self.occupancies, METER.name: self.meters, CONTRACT.name: self.contracts}[name]


@dataclass
class _Wanted:
    """Objects and links as they should be, with those that should not be there."""

    points: dict[Key, Object] = field(default_factory=dict)
    meters: dict[Key, Object] = field(default_factory=dict)
    contracts: dict[Key, Object] = field(default_factory=dict)
    installed: dict[LinkKey, datetime | None] = field(default_factory=dict)
    served: dict[LinkKey, datetime | None] = field(default_factory=dict)
    empty_points: set[Key] = field(default_factory=set)
    empty_meters: set[Key] = field(default_factory=set)


def _store_installations(batch: Batch) -> None:
    _settle(batch, INSTALLATION.name, [each.id for each in batch.given])


def _store_under(batch: Batch, name: str) -> None:
    if name == OCCUPANCY.name:
        for each in batch.given:
            each.customer_id = str(batch.named["user"][each.body["external_account_id"]].customer_id)
    _settle(batch, name, [each.body[INSTALLATION.id] for each in batch.given])


def _settle(batch: Batch, name: str, installations: Iterable[str]) -> None:
    """Bring what is seen of these installations to what all records say, those of the batch among them."""
    places = _places(batch, name, set(installations))
    if name == OCCUPANCY.name:
        _check_stays(batch, places)
    accounts = {
        body["external_account_id"]
        for place in places.values()
        for body in [*place.occupancies.values(), *place.contracts.values()]
    }
    users = find_records(batch.session, "user", accounts)
    customers = {external_id: str(row.customer_id) for external_id, row in users.items()}
    wanted = _Wanted()
    for place in places.values():
        _want(wanted, place, customers, batch)
    _write(batch, wanted)
    if name in (OCCUPANCY.name, METER.name):
        meter_readings.hand_over(batch.session, _stretches(places.values(), customers), now=batch.now)


def _places(batch: Batch, name: str, ids: set[str]) -> dict[str, _Place]:
    known: dict[str, Object] = {
        external_id: row.body for external_id, row in find_records(batch.session, INSTALLATION.name, ids).items()
    }
    if name == INSTALLATION.name:
        known |= {each.id: each.body for each in batch.given}
    places = {external_id: _Place(body) for external_id, body in known.items()}
    for kind in (OCCUPANCY, METER, CONTRACT):
        for row in records_under(batch.session, kind.name, places.keys()):
            places[row.body[INSTALLATION.id]].of_kind(kind.name)[row.external_id] = row.body
    if name != INSTALLATION.name:
        for each in batch.given:
            places[each.body[INSTALLATION.id]].of_kind(name)[each.id] = each.body
    return places


def _check_stays(batch: Batch, places: Mapping[str, _Place]) -> None:
    """No two users live at an installation at the same time: the one before has to move out first."""
    given = {each.id: each for each in batch.given}
    for place in places.values():
        for one, other in overlapping(place.stays):
            blamed, against = (other, one) if other.id in given else (one, other)
            rule = f"overlaps {against.id}, the stay of another user: hand in its move_out first"
            batch.reject(given[blamed.id], "move_in", rule, conflict=True)
    for name in batch.rejected:
        if name in given:
            places[given[name].body[INSTALLATION.id]].occupancies.pop(name, None)


def _want(wanted: _Wanted, place: _Place, customers: Mapping[str, str], batch: Batch) -> None:
    zone = ZoneInfo(place.installation["timezone"]) if "timezone" in place.installation else None
    utility = batch.catalogue.utility
    point_of = {
        account: (customer, object_id(ObjectKind.SERVICE_POINT, customer, place.id))
        for account, customer in customers.items()
        if any(each["external_account_id"] == account for each in place.occupancies.values())
    }
    stays = place.stays
    for stay in stays:
        wanted.points[point_of[stay.account]] = _point(place)
    wanted.empty_points |= set(point_of.values()) - wanted.points.keys()
    for external_id, meter in place.meters.items():
        span = span_of(meter, "installed", "removed")
        for account, (customer, point) in point_of.items():
            key = (customer, meter_id(customer, external_id))
            times = _times(stays, account, span)
            if times:
                wanted.meters[key] = _meter(external_id, meter)
                wanted.installed |= {(*key, point, each.start): each.end for each in times}
            else:
                wanted.empty_meters.add(key)
    for external_id, contract in place.contracts.items():
        account = contract["external_account_id"]
        customer = customers[account]
        key = (customer, object_id(ObjectKind.SERVICE_CONTRACT, customer, external_id))
        wanted.contracts[key] = _contract(external_id, contract, place, customer, entity_of(utility))
        if account in point_of:
            times = _times(stays, account, days_of(contract, zone or utility.timezone))
            wanted.served |= {(*key, point_of[account][1], each.start): each.end for each in times}


def _times(stays: Iterable[Stay], account: str, span: Span) -> list[Span]:
    """The parts of a time in which a user lives there."""
    return [both for each in stays if each.account == account and (both := each.span.shared(span)) is not None]


def meter_id(customer_id: str, external_meter_id: str) -> str:
    """The id under which a Customer has a meter."""
    return object_id(ObjectKind.METER_DEVICE, customer_id, external_meter_id)


def _point(place: _Place) -> dict[str, Any]:
    told = [each["commodity"] for each in place.meters.values()]
    told += [commodity for each in place.contracts.values() for commodity in each["commodities"]]
    types = [COMMODITIES[each] for each in COMMODITIES if each in told]
    home = place.installation
    return {
        "servicepoint_number": place.id,
        "types": [*types, *([] if not types else ["multi_service" if types[1:] else "single_service"]), "physical"],
        "address": address_of(home),
        "latitude": Decimal(home["latitude"]) if "latitude" in home else None,
        "longitude": Decimal(home["longitude"]) if "longitude" in home else None,
        "premises": [],
    }


def _meter(external_id: str, meter: Object) -> dict[str, Any]:
    direction = [meter["direction"]] if "direction" in meter else []
    return {
        "meter_number": meter.get("meter_number", external_id),
        "types": [f"{COMMODITIES[meter['commodity']]}_usage", *direction, "physical_meter"],
        "apps": [],
    }


def _contract(
    external_id: str, contract: Object, place: _Place, customer: str, entity: dict[str, Any]
) -> dict[str, Any]:
    address = address_of(place.installation)
    return {
        "account_id": account_id_of(customer, contract["external_account_id"]),
        "contract_number": contract.get("contract_number", external_id),
        "label": contract.get("label", address),
        "address": address,
        "types": ["utility_service"],
        "entity": entity,
        "status": contract.get("status", "active"),
        "contract_start": date.fromisoformat(contract["start"]),
        "contract_end": date.fromisoformat(contract["end"]) if "end" in contract else None,
        "service_types": [*(COMMODITIES[each] for each in contract["commodities"]), "metered"],
        "rateplan_code": contract.get("rateplan_code", ""),
        "rateplan_name": contract.get("rateplan_name", ""),
        "programs": [],
    }


def _write(batch: Batch, wanted: _Wanted) -> None:
    session, now = batch.session, batch.now
    # A meter that hung at another place of the same Customer's keeps what is wanted there.
    places = {*wanted.points, *wanted.empty_points}
    moved_contracts = _keep_links(batch, ServedContractRow, "contract_id", wanted.served, places)
    moved_meters = _keep_links(batch, InstallationRow, "meter_device_id", wanted.installed, places)
    points = Stored(session, ServicePointRow, "service_point_id", now=now)
    points.keep(wanted.points, moved={(each[0], each[2]) for each in moved_contracts}, gone=wanted.empty_points)
    meters = Stored(session, MeterDeviceRow, "meter_device_id", now=now)
    meters.keep(wanted.meters, moved={each[:2] for each in moved_meters}, gone=wanted.empty_meters)
    Stored(session, ServiceContractRow, "contract_id", now=now).keep(wanted.contracts)


def _keep_links(
    batch: Batch, table: type[Any], id: str, wanted: Mapping[LinkKey, datetime | None], places: Iterable[Key]
) -> set[LinkKey]:
    """Let these links and no others hold at these Service Points; gives those that were made, changed or removed."""
    pairs = [(customer_key_of(customer), point) for customer, point in places]
    rows = batch.session.query(table).where(among_pairs(table.customer_key, table.service_point_id, pairs))
    found = {(row.customer_id, getattr(row, id), row.service_point_id, row.start): row for row in rows}
    changed = found.keys() ^ wanted.keys()
    for key in found.keys() - wanted.keys():
        batch.session.delete(found[key])
    for key, end in wanted.items():
        customer, thing, point, start = key
        if key not in found:
            keys = {"customer_id": customer, id: thing, "service_point_id": point}
            batch.session.add(table(**keys, start=start, end=end))
        elif found[key].end != end:
            found[key].end = end
            changed.add(key)
    return changed


def _stretches(places: Iterable[_Place], customers: Mapping[str, str]) -> list[meter_readings.Metered]:
    """Whose the readings of each meter are, and when."""
    return [
        meter_readings.Metered(
            [
                meter_readings.Holder(
                    customers[account],
                    meter_id(customers[account], external_id),
                    object_id(ObjectKind.SERVICE_POINT, customers[account], place.id),
                    _times(place.stays, account, span_of(meter, "installed", "removed")),
                )
                for account in sorted({each["external_account_id"] for each in place.occupancies.values()})
            ]
        )
        for place in places
        for external_id, meter in place.meters.items()
    ]


def _moved_out(body: Object, now: datetime) -> Object:
    if "move_out" in body and read_datetime(body["move_out"]) <= now:
        return body
    return {**body, "move_out": exact_json.instant(max(now, read_datetime(body["move_in"])))}


def _removed(body: Object, now: datetime) -> Object:
    over = "removed" in body and read_datetime(body["removed"]) <= now
    return body if over else {**body, "removed": exact_json.instant(now)}


def _over(body: Object, now: datetime) -> Object:
    over = "end" in body and date.fromisoformat(body["end"]) <= now.date()
    return body if over else {**body, "end": now.date().isoformat(), "status": "closed"}


#: In an order in which none refers to a later one.
KINDS: Final = (
    Kind(INSTALLATION, store=_store_installations),
    Kind(OCCUPANCY, store=lambda batch: _store_under(batch, OCCUPANCY.name), ended=_moved_out),
    Kind(METER, store=lambda batch: _store_under(batch, METER.name), ended=_removed),
    Kind(CONTRACT, store=lambda batch: _store_under(batch, CONTRACT.name), ended=_over),
)
