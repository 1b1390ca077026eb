"""Take in Customers with what they have: each document whole or not at all, and the same one again without a trace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy.orm import Session

from cdsc_server.domain.customer_documents import LISTS, customer_faults, numbered
from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.durations import read_datetime
from cdsc_server.domain.shapes import Fault
from cdsc_server.errors import FaultyFile
from cdsc_server.ports import Clock
from cdsc_server.services.bill_places import unclear
from cdsc_server.services.import_instants import said_as_of
from cdsc_server.services.import_places import derived_id
from cdsc_server.storage import customers
from cdsc_server.storage.customer_objects import LINKS, TABLES, rows_of
from cdsc_server.storage.customers import CustomerRow
from cdsc_server.storage.db import transaction
from cdsc_server.storage.validity import hold_as_of
from cdsc_server.storage.versions import note_earlier, written

Object = Mapping[str, Any]

#: The column of the id of each kind.
_IDS: Final[Mapping[Kind, str]] = {
    Kind.ACCOUNT: "account_id",
    Kind.SERVICE_CONTRACT: "contract_id",
    Kind.SERVICE_POINT: "service_point_id",
    Kind.METER_DEVICE: "meter_device_id",
}
#: For kinds that are at another one over time: the member that says where, and the kind that it names.
_PLACES: Final[Mapping[Kind, tuple[str, Kind]]] = {
    Kind.SERVICE_POINT: ("service_contracts", Kind.SERVICE_CONTRACT),
    Kind.METER_DEVICE: ("service_points", Kind.SERVICE_POINT),
}


@dataclass(frozen=True, slots=True)
class ImportedCustomers:
    """
    What became of a document.

    Attributes:
        customer_ids: of those it tells of, in its order.
        new_customers: how many of them were made.
        new, changed, unchanged: Accounts, contracts, Service Points and meters.
        told: the kinds of objects that it tells of.
    """

    customer_ids: tuple[str, ...]
    new_customers: int
    new: int
    changed: int
    unchanged: int
    told: frozenset[Kind]


def import_customers(document: Any, *, clock: Clock) -> ImportedCustomers:
    """
    Store the Customers of a document with their objects, in one transaction.

    Objects are known by their numbers, so a second import finds what the first one made, or what came another way. Of
    an object that the document holds it says everything: what it leaves out is gone. Others stay as they are. What is
    unchanged keeps its `modified`.

    Args:
        document: JSON with every digit (`exact_json.loads`), in the shape of `domain.customer_documents.CUSTOMERS`.

    Raises:
        FaultyFile: with every fault of the document; nothing was stored.

    Spec: CDS-WG3-01 7.3.1, 10.1 to 10.4.
    """
    if faults := customer_faults(document):
        raise FaultyFile([str(fault) for fault in faults])
    now, given = clock.now(), document["customers"]
    at = said_as_of(document, now=now)
    outcomes: Counter[str] = Counter()
    people: dict[str, bool] = {}
    with transaction() as session:
        hold_as_of(session, at)
        for number, each in enumerate(given):
            customer, is_new = _customer(session, each, number, now)
            if customer.customer_id in people:
                faults.append(Fault(f"customers[{number}].id", "must not be the Customer of one before"))
            people[customer.customer_id] = is_new
            home = _Home(session, customer.customer_id, each, f"customers[{number}]", faults)
            if not home.is_later_than(at):
                customer.display_name, customer.email = each["name"], each.get("email", customer.email)
            outcomes.update(home.store(at, now))
        if faults:
            raise FaultyFile([str(fault) for fault in faults])
    return ImportedCustomers(
        customer_ids=tuple(people),
        new_customers=sum(people.values()),
        new=outcomes["new"],
        changed=outcomes["changed"],
        unchanged=outcomes["unchanged"],
        told=frozenset(kind for each in given for kind, (name, _) in LISTS.items() if each.get(name)),
    )


def _customer(session: Session, given: Object, number: int, now: datetime) -> tuple[CustomerRow, bool]:
    """The Customer that is meant, who is made where there is none, and whether that was so."""
    customer_id = derived_id("customer of a document", given["id"])
    row = session.get(CustomerRow, customer_id)
    if row is None:
        found = customers.find_by_id_or_email(session, given["id"])
        if len(found) > 1:
            rule = f"names {len(found)} Customers: give the id that one has here"
            raise FaultyFile([str(Fault(f"customers[{number}].id", rule))])
        row = found[0] if found else None
    if row is not None:
        return row, False
    row = CustomerRow(customer_id=customer_id, display_name=given["name"], email=given.get("email"), created=now)
    session.add(row)
    session.flush()
    return row, True


class _Home:
    """
    One Customer's objects as they are stored, and what a document says of them.

    Args:
        at: where that stands in the document.
        faults: what names nothing, or more than one thing, is added to them.
    """

    def __init__(self, session: Session, customer_id: str, given: Object, at: str, faults: list[Fault]) -> None:
        self._session, self._customer_id, self._faults = session, customer_id, faults
        self._given = {kind: list(_listed(given, kind, at)) for kind in Kind}
        self._rows: dict[Kind, dict[str, list[Any]]] = {kind: {} for kind in Kind}
        for kind, (_, number) in LISTS.items():
            for row in rows_of(session, TABLES[kind], customer_id):
                self._rows[kind].setdefault(getattr(row, number), []).append(row)
        made = {kind: {each[LISTS[kind][1]] for _, each in self._given[kind]} for kind in Kind}
        #: By number; what the document holds and is not here yet has its id already.
        self._ids: dict[Kind, dict[str, list[str]]] = {
            kind: {
                **{number: [derived_id("object of a document", kind, customer_id, number)] for number in made[kind]},
                **{number: [getattr(row, _IDS[kind]) for row in rows] for number, rows in self._rows[kind].items()},
            }
            for kind in Kind
        }

    def is_later_than(self, at: datetime) -> bool:
        """Whether the source confirmed any of the objects as of a later instant."""
        return any(at < row.synced for of_kind in self._rows.values() for rows in of_kind.values() for row in rows)

    def store(self, at: datetime, now: datetime) -> Iterator[str]:
        """
        Store what the document says; says of each object whether it is new, changed or unchanged.

        Args:
            at: the instant it holds as of.
        """
        links = {kind: self._links(kind) for kind in _PLACES}
        for kind, listed in self._given.items():
            for where, each in listed:
                object_id = self._id(kind, each[LISTS[kind][1]], f"{where}.{LISTS[kind][1]}")
                columns = self._columns(kind, each, where)
                row = next(iter(self._rows[kind].get(columns[LISTS[kind][1]], ())), None)
                if row is not None and at < row.synced:
                    # Where it is now, a later word has said.
                    changed = note_earlier(self._session, row, columns, at=at, now=now)
                    yield "changed" if changed else "unchanged"
                    continue
                moved = kind in _PLACES and self._place(kind, object_id, each, where, links[kind])
                keys = {"customer_id": self._customer_id, _IDS[kind]: object_id}
                yield self._store(kind, row, keys, columns, at=at, now=now, moved=moved)

    def _store(
        self, kind: Kind, row: Any, keys: Object, columns: Object, *, at: datetime, now: datetime, moved: bool
    ) -> str:
        if row is None:
            self._session.add(TABLES[kind](**keys, **columns, created=now, modified=now, synced=at))
            return "new"
        row.synced = at
        told = [name for name, value in columns.items() if written(getattr(row, name)) != written(value)]
        for name in told:
            setattr(row, name, columns[name])
        if told or moved:
            row.modified = now
            return "changed"
        return "unchanged"

    def _columns(self, kind: Kind, each: Object, at: str) -> dict[str, Any]:
        match kind:
            case Kind.ACCOUNT:
                parent = each.get("account_parent")
                return {
                    "parent_id": None if parent is None else self._id(kind, parent, f"{at}.account_parent"),
                    "customer_number": each.get("customer_number"),
                    "account_number": each["account_number"],
                    "entity": each["account_entity"],
                    "name": each["account_name"],
                    "address": each.get("account_address", ""),
                    "types": each["account_types"],
                    "status": each["account_status"],
                    "contacts": each["account_contacts"],
                    "programs": each["account_programs"],
                }
            case Kind.SERVICE_CONTRACT:
                end, address = each.get("contract_end"), each.get("contract_address", "")
                return {
                    "account_id": self._id(Kind.ACCOUNT, each["account_number"], f"{at}.account_number"),
                    "contract_number": each["contract_number"],
                    "label": each.get("label", address or each["contract_number"]),
                    "address": address,
                    "types": each["contract_types"],
                    "entity": each["contract_entity"],
                    "status": each["contract_status"],
                    "contract_start": date.fromisoformat(each["contract_start"]),
                    "contract_end": None if end is None else date.fromisoformat(end),
                    "service_types": each["service_types"],
                    "rateplan_code": each.get("rateplan_code", ""),
                    "rateplan_name": each.get("rateplan_name", ""),
                    "programs": each["service_programs"],
                }
            case Kind.SERVICE_POINT:
                return {
                    "servicepoint_number": each["servicepoint_number"],
                    "types": each["servicepoint_types"],
                    "address": each.get("servicepoint_address"),
                    "latitude": Decimal(each["latitude"]) if "latitude" in each else None,
                    "longitude": Decimal(each["longitude"]) if "longitude" in each else None,
                    "premises": each["premises"],
                }
            case Kind.METER_DEVICE:
                return {
                    "meter_number": each["meter_number"],
                    "types": each["meter_types"],
                    "apps": each["meter_apps"],
                }

    def _links(self, kind: Kind) -> dict[str, dict[tuple[str, datetime], Any]]:
        """Where each object of a kind is and was, by its id: rows by the id of the place and the start."""
        found: dict[str, dict[tuple[str, datetime], Any]] = {}
        for row in rows_of(self._session, LINKS[kind], self._customer_id):
            place = getattr(row, _IDS[_PLACES[kind][1]])
            found.setdefault(getattr(row, _IDS[kind]), {})[place, row.start] = row
        return found

    def _place(
        self, kind: Kind, object_id: str, each: Object, at: str, links: Mapping[str, Mapping[tuple[str, datetime], Any]]
    ) -> bool:
        """Let an object be where the document says, and nowhere else; whether that changed anything."""
        member, other = _PLACES[kind]
        known, number = links.get(object_id, {}), LISTS[other][1]
        wanted: dict[tuple[str, datetime], datetime | None] = {}
        for position, link in enumerate(each[member]):
            place = self._id(other, link[number], f"{at}.{member}[{position}].{number}")
            end = read_datetime(link["end"]) if "end" in link else None
            wanted[place, read_datetime(link["start"])] = end
        for key, row in known.items():
            if key not in wanted:
                self._session.delete(row)
        changed = known.keys() != wanted.keys()
        for key, end in wanted.items():
            if key not in known:
                keys = {"customer_id": self._customer_id, _IDS[kind]: object_id, _IDS[other]: key[0]}
                self._session.add(LINKS[kind](**keys, start=key[1], end=end))
            elif known[key].end != end:
                known[key].end, changed = end, True
        return changed

    def _id(self, kind: Kind, number: str, at: str) -> str:
        """The id of the one object with this number; empty with a fault added where there is not one."""
        found = self._ids[kind].get(number, [])
        if len(found) == 1:
            return found[0]
        self._faults.append(unclear(at, kind, found))
        return ""


def _listed(given: Object, kind: Kind, at: str) -> Iterator[tuple[str, Object]]:
    name, _ = LISTS[kind]
    for number, each in enumerate(given.get(name, [])):
        yield f"{at}.{name}[{number}]", numbered(each)
