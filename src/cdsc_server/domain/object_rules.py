"""
What Accounts, Service Contracts, Service Points and Meter Devices must keep to before they are stored.

Members in the words of CDS-WG3-01 10.1 to 10.4, as far as the standard says what may stand in them; a word that it does
not have would reach Clients that do not know it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cdsc_server.domain.bill_shapes import ACCOUNT_PROGRAM, ENTITY, SERVICE_PROGRAM
from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.field_values import is_email
from cdsc_server.domain.shapes import Fault, Listed, Member, Shape, Text, Word, under

Object = Mapping[str, Any]

#: 10.1.2.
ACCOUNT_TYPES: Final = (
    "customer", "thirdparty", "internal", "parent", "child", "test", "residential", "commercial", "industrial",
    "agriculture", "municipal", "billed_monthly", "billed_quarterly",
)  # fmt: skip
#: 10.1.3.
ACCOUNT_STATUSES: Final = ("active", "suspended", "closed", "unknown")
#: 10.1.7.
CONTACT_TYPES: Final = ("phone_number", "email", "home", "work", "mobile", "preferred", "primary", "secondary")
#: 10.2.2.
CONTRACT_TYPES: Final = ("utility_service", "project", "billed_monthly", "billed_quarterly")
#: 10.2.3.
CONTRACT_STATUSES: Final = ("active", "paused", "stopped", "closed", "unknown")
#: 10.2.4.
SERVICE_TYPES: Final = (
    "electric", "water", "natural_gas", "fuel_oil", "waste_water", "solid_waste", "residential", "commercial",
    "industrial", "agriculture", "metered", "unmetered", "distribution", "supply", "generation",
)  # fmt: skip
#: 10.3.2.
SERVICE_POINT_TYPES: Final = (
    "electric", "water", "natural_gas", "fuel_oil", "single_service", "multi_service", "physical", "virtual", "edge",
    "internal",
)  # fmt: skip
#: 10.3.4.
PREMISE_TYPES: Final = ("service_group", "building", "land", "zone")
#: 10.4.2.
METER_TYPES: Final = (
    "electric_usage", "water_usage", "natural_gas_usage", "fuel_oil_usage", "electric_demand", "forward_only",
    "reverse_only", "bidirectional", "physical_meter", "virtual_meter", "ami_meter", "amr_meter", "analog_meter",
    "wifi_capable", "wifi_enabled", "wifi_configured", "zigbee_capable", "zigbee_enabled", "zigbee_configured",
    "central_apps_capable", "customer_apps_capable",
)  # fmt: skip
#: 10.4.4.
METER_APP_TYPES: Final = (
    "installed", "uninstalled", "compatible", "incompatible", "customer_installable", "central_installable",
)  # fmt: skip

#: 10.1.6: the number with the country, as E.164 has it.
_PHONE: Final = re.compile(r"\+[1-9][0-9]{1,14}")

_CONTACT: Final = Shape(
    {"id": Member(Text()), "types": Member(Listed(Word(CONTACT_TYPES))), "value": Member(Text())}, own=True
)
_PREMISE: Final = Shape(
    {"id": Member(Text()), "premise_number": Member(Text()), "types": Member(Listed(Word(PREMISE_TYPES)))}, own=True
)
#: As it is handed in.
METER_APP: Final = Shape(
    {
        "id": Member(Text()),
        "app_number": Member(Text(), required=False),
        "app_key": Member(Text(), required=False),
        "types": Member(Listed(Word(METER_APP_TYPES))),
        "name": Member(Text()),
        "start": Member(Text(), required=False),
        "end": Member(Text(), required=False),
    },
    own=True,
)


def _stored(handed_in: Shape, kind: str) -> Shape:
    """What programs or apps are once `own_numbers` has given them a number."""
    members = {name: member for name, member in handed_in.members.items() if name != f"{kind}_key"}
    return Shape({**members, f"{kind}_number": Member(Text())}, own=True)


#: Members of stored objects that are judged, by the kind of object.
MEMBERS: Final[Mapping[Kind, Mapping[str, Member]]] = {
    Kind.ACCOUNT: {
        "account_entity": Member(ENTITY, nullable=True),
        "account_types": Member(Listed(Word(ACCOUNT_TYPES))),
        "account_status": Member(Word(ACCOUNT_STATUSES)),
        "account_contacts": Member(Listed(_CONTACT)),
        "account_programs": Member(Listed(_stored(ACCOUNT_PROGRAM, "program"))),
    },
    Kind.SERVICE_CONTRACT: {
        "contract_types": Member(Listed(Word(CONTRACT_TYPES))),
        "contract_entity": Member(ENTITY, nullable=True),
        "contract_status": Member(Word(CONTRACT_STATUSES)),
        "service_types": Member(Listed(Word(SERVICE_TYPES))),
        "service_programs": Member(Listed(_stored(SERVICE_PROGRAM, "program"))),
    },
    Kind.SERVICE_POINT: {
        "servicepoint_types": Member(Listed(Word(SERVICE_POINT_TYPES))),
        "premises": Member(Listed(_PREMISE)),
    },
    Kind.METER_DEVICE: {
        "meter_types": Member(Listed(Word(METER_TYPES))),
        "meter_apps": Member(Listed(_stored(METER_APP, "app"))),
    },
}
_SHAPES: Final = {kind: Shape(members) for kind, members in MEMBERS.items()}


def object_faults(kind: Kind, members: Object) -> Iterator[Fault]:
    """What is wrong with an object of this kind, of which these members are told."""
    if faults := list(_SHAPES[kind].faults(members)):
        # What members say of each other can only be judged where they are there.
        yield from faults
    elif kind is Kind.ACCOUNT:
        yield from _account_faults(members)
    elif kind is Kind.SERVICE_CONTRACT:
        yield from _entity_faults("contract_entity", members["contract_entity"])
        for number, program in enumerate(members["service_programs"]):
            yield from under(f"service_programs[{number}]", _service_program_faults(program))
    elif kind is Kind.METER_DEVICE:
        for number, app in enumerate(members["meter_apps"]):
            yield from under(f"meter_apps[{number}]", _app_faults(app))


def _account_faults(account: Object) -> Iterator[Fault]:
    if not account["account_types"]:
        yield Fault("account_types", "must not be empty")
    yield from _entity_faults("account_entity", account["account_entity"])
    for number, contact in enumerate(account["account_contacts"]):
        yield from under(f"account_contacts[{number}]", _contact_faults(contact))
    for number, program in enumerate(account["account_programs"]):
        if "balance" in program and "currency" not in program:
            yield Fault(f"account_programs[{number}].currency", "is missing: a balance needs it")


def _entity_faults(member: str, entity: Object | None) -> Iterator[Fault]:
    if entity is not None and "iou" in entity["types"] and "distributor" not in entity["types"]:
        yield Fault(f"{member}.types", "must hold distributor beside iou")


def _contact_faults(contact: Object) -> Iterator[Fault]:
    types, value = contact["types"], contact["value"]
    if not {"phone_number", "email"} & set(types):
        yield Fault("types", "must hold phone_number or email")
    if "phone_number" in types and not _PHONE.fullmatch(value):
        yield Fault("value", "must be a phone number such as +15554443333")
    if "email" in types and not is_email(value):
        yield Fault("value", "must be an e-mail address")


def _service_program_faults(program: Object) -> Iterator[Fault]:
    if "balance" in program and "units" not in program:
        yield Fault("units", "is missing: a balance needs it")
    if program.get("units") == "money" and "currency" not in program:
        yield Fault("currency", "is missing: money needs it")


def _app_faults(app: Object) -> Iterator[Fault]:
    for name, kind in (("start", "installed"), ("end", "uninstalled")):
        if name in app and kind not in app["types"]:
            yield Fault(name, f"must not be there: the app is not {kind}")
