"""
Customers as they are handed in: their Accounts, contracts, Service Points and meters, in the words of CDS-WG3-01 10.1
to 10.4.

Objects name each other by their numbers. What this Server works out by itself, such as ids and times, is not among
the members.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from cdsc_server.domain.bill_shapes import ACCOUNT_PROGRAM, AS_OF, SERVICE_PROGRAM
from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.durations import read_datetime
from cdsc_server.domain.object_rules import MEMBERS, METER_APP, object_faults
from cdsc_server.domain.own_numbers import numbered_apps, numbered_programs
from cdsc_server.domain.shapes import Day, Fault, Instant, Listed, Member, Number, Shape, Text, under

Object = Mapping[str, Any]

_OPTIONAL: Final = Member(Text(), required=False)
_SPAN: Final = {"start": Member(Instant()), "end": Member(Instant(), required=False)}

_ACCOUNT: Final = Shape(
    {
        **MEMBERS[Kind.ACCOUNT],
        "account_number": Member(Text()),
        "customer_number": _OPTIONAL,
        # The account_number of the one above.
        "account_parent": _OPTIONAL,
        "account_name": Member(Text()),
        "account_address": _OPTIONAL,
        "account_programs": Member(Listed(ACCOUNT_PROGRAM)),
    }
)
_CONTRACT: Final = Shape(
    {
        **MEMBERS[Kind.SERVICE_CONTRACT],
        "contract_number": Member(Text()),
        "account_number": Member(Text()),
        # The Customer's own name for the place, which pages show.
        "label": _OPTIONAL,
        "contract_address": _OPTIONAL,
        "contract_start": Member(Day()),
        "contract_end": Member(Day(), required=False),
        "rateplan_code": _OPTIONAL,
        "rateplan_name": _OPTIONAL,
        "service_programs": Member(Listed(SERVICE_PROGRAM)),
    }
)
_SERVED: Final = Shape({"contract_number": Member(Text()), **_SPAN})
_SERVICE_POINT: Final = Shape(
    {
        **MEMBERS[Kind.SERVICE_POINT],
        "servicepoint_number": Member(Text()),
        "servicepoint_address": _OPTIONAL,
        "latitude": Member(Number(), required=False),
        "longitude": Member(Number(), required=False),
        "service_contracts": Member(Listed(_SERVED)),
    }
)
_INSTALLED: Final = Shape({"servicepoint_number": Member(Text()), **_SPAN})
_METER: Final = Shape(
    {
        **MEMBERS[Kind.METER_DEVICE],
        "meter_number": Member(Text()),
        "meter_apps": Member(Listed(METER_APP)),
        "service_points": Member(Listed(_INSTALLED)),
    }
)
#: The list of a Customer's objects of each kind, and the member that tells them apart.
LISTS: Final[Mapping[Kind, tuple[str, str]]] = {
    Kind.ACCOUNT: ("accounts", "account_number"),
    Kind.SERVICE_CONTRACT: ("service_contracts", "contract_number"),
    Kind.SERVICE_POINT: ("service_points", "servicepoint_number"),
    Kind.METER_DEVICE: ("meter_devices", "meter_number"),
}
_CUSTOMER: Final = Shape(
    {
        "id": Member(Text()),
        "name": Member(Text()),
        "email": _OPTIONAL,
        "accounts": Member(Listed(_ACCOUNT), required=False),
        "service_contracts": Member(Listed(_CONTRACT), required=False),
        "service_points": Member(Listed(_SERVICE_POINT), required=False),
        "meter_devices": Member(Listed(_METER), required=False),
    }
)
#: What `cdsc import customers` reads.
CUSTOMERS: Final = Shape({"as_of": AS_OF, "customers": Member(Listed(_CUSTOMER))})


def customer_faults(document: Any) -> list[Fault]:
    """Everything that is wrong with Customers as they are handed in, but for what they name; empty where nothing is."""
    if faults := list(CUSTOMERS.faults(document)):
        # What members say of each other can only be judged where they are there.
        return faults
    faults = list(_repeated("customers", document["customers"], "id"))
    for number, customer in enumerate(document["customers"]):
        for kind, (name, key) in LISTS.items():
            listed = customer.get(name, [])
            found = [*_repeated(name, listed, key)]
            for position, each in enumerate(listed):
                found += under(f"{name}[{position}]", _object_faults(kind, each))
            faults += under(f"customers[{number}]", found)
    return faults


def numbered(each: Object) -> dict[str, Any]:
    """An object as it is stored: its programs and apps have numbers."""
    told = dict(each)
    for name, number in (
        ("account_programs", numbered_programs), ("service_programs", numbered_programs), ("meter_apps", numbered_apps)
    ):  # fmt: skip
        if name in told:
            told[name] = number(told[name])
    return told


def _object_faults(kind: Kind, each: Object) -> Iterator[Fault]:
    stored = numbered(each)
    yield from object_faults(kind, {name: stored[name] for name in MEMBERS[kind]})
    if "contract_end" in each and date.fromisoformat(each["contract_end"]) < date.fromisoformat(each["contract_start"]):
        yield Fault("contract_end", "must not be before contract_start")
    if each.get("account_parent") == each.get("account_number", ""):
        yield Fault("account_parent", "must not be its own number")
    if kind is Kind.SERVICE_POINT:
        yield from _place_faults(each)
    for name, key in (("service_contracts", "contract_number"), ("service_points", "servicepoint_number")):
        links = each.get(name, [])
        for number, link in enumerate(links):
            if "end" in link and read_datetime(link["end"]) <= read_datetime(link["start"]):
                yield Fault(f"{name}[{number}].end", "must be after start")
        begun = [{"at": (link[key], read_datetime(link["start"]))} for link in links]
        yield from _repeated(name, begun, "at", shown="start")


def _place_faults(point: Object) -> Iterator[Fault]:
    if ("latitude" in point) is not ("longitude" in point):
        yield Fault("latitude", "and longitude must both be there, or neither")
    for name, most in (("latitude", 90), ("longitude", 180)):
        if name in point and abs(Decimal(point[name])) > most:
            yield Fault(name, f"must be from -{most} to {most}")


def _repeated(name: str, listed: Sequence[Object], key: str, *, shown: str | None = None) -> Iterator[Fault]:
    seen = set()
    for number, each in enumerate(listed):
        if each[key] in seen:
            yield Fault(f"{name}[{number}].{shown or key}", "must not be that of one before")
        seen.add(each[key])
