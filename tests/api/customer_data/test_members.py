"""
Members of Accounts, contracts, Service Points and meters, and of what stands inside them: all filled, and all empty.

`tests/data/wg3_object_rows.tsv` says which row of the register each member shows, `wg3_object_words.tsv` which words a
member may hold.
"""

from __future__ import annotations

import csv
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Double, Float

from cdsc_server import exact_json
from cdsc_server.errors import InvalidRequest
from cdsc_server.storage.accounts import AccountRow
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.models import metadata
from tests.api.customer_data.facts import assert_types, facts_of
from tests.factories import customer_data
from tests.factories.customer_data import ENTITY, program
from tests.support import requirement


def table(name: str) -> list[dict[str, str]]:
    path = Path(__file__).parents[2] / "data" / name
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


ROWS, WORDS = table("wg3_object_rows.tsv"), table("wg3_object_words.tsv")

#: Address, member of the listing, and how one object is made under this id.
LISTINGS = {
    "account": ("/cds/accounts", "accounts", lambda **columns: customer_data.account("one", **columns)),
    "service_contract": (
        "/cds/service_contracts",
        "service_contracts",
        lambda **columns: customer_data.contract("one", "home", **columns),
    ),
    "service_point": (
        "/cds/service_points",
        "service_points",
        lambda **columns: customer_data.service_point("one", **columns),
    ),
    "meter_device": ("/cds/meter_devices", "meter_devices", lambda **columns: customer_data.meter("one", **columns)),
}
STAMPS = {
    "created": datetime(2026, 1, 1, tzinfo=UTC),
    "modified": datetime(2026, 1, 2, 0, 0, 0, 500_000, UTC),
    "synced": datetime(2026, 1, 3, tzinfo=UTC),
}
WRITTEN = {
    "cds_created": "2026-01-01T00:00:00Z",
    "cds_modified": "2026-01-02T00:00:00.500000Z",
    "cds_synced": "2026-01-03T00:00:00Z",
}
PHONE = {"id": "contact-2", "types": ["phone_number", "mobile"], "value": "+15554443333"}
MORE = {
    **{name: f"https://dge.example/{name}" for name in ("more_info", "signup", "settings", "discontinue")},
    "participation_number": "17 b/ü",
    "start": "2024-02-29",
    "end": "2025-03-01",
}
APP = {"id": "app-1", "app_number": "APP", "types": ["installed"], "name": "Load", "start": "2026-01-01T00:00:00Z"}
PREMISE = {"id": "premise-1", "premise_number": "№ 17", "types": ["building", "zone"]}
#: What stands in each column, and in each member of the answer.
FILLED = {
    "account": (
        {"parent_id": "family", "customer_number": "K 1", "account_number": "A/1?&#%", "name": "Zoë & Co <b>",
         "address": "1 Main Street\nAshford Bay", "types": ["customer", "test"], "status": "closed", "entity": ENTITY,
         "contacts": [{"id": "c", "types": ["email"], "value": "zoe@example.com"}, PHONE],
         "programs": [program("P", **MORE)]},
        {"cds_account_parent": "family", "customer_number": "K 1", "account_number": "A/1?&#%",
         "account_name": "Zoë & Co <b>", "account_address": "1 Main Street\nAshford Bay",
         "account_types": ["customer", "test"], "account_status": "closed", "account_entity": ENTITY,
         "account_contacts": [{"id": "c", "types": ["email"], "value": "zoe@example.com"}, PHONE],
         "account_programs": [program("P", **MORE)], "cds_account_id": "one"},
    ),
    "service_contract": (
        {"contract_number": "C-1", "address": "2 Main Street\nAshford Bay", "types": ["utility_service", "project"],
         "entity": ENTITY, "status": "paused", "contract_start": date(2020, 2, 29), "contract_end": date(2026, 12, 31),
         "service_types": ["electric", "supply"], "rateplan_code": "R", "rateplan_name": "Rate",
         "programs": [program("S", units="money", **MORE)]},
        {"contract_number": "C-1", "contract_address": "2 Main Street\nAshford Bay", "account_number": "A-home",
         "contract_types": ["utility_service", "project"], "contract_entity": ENTITY, "contract_status": "paused",
         "contract_start": "2020-02-29", "contract_end": "2026-12-31", "service_types": ["electric", "supply"],
         "rateplan_code": "R", "rateplan_name": "Rate", "service_programs": [program("S", units="money", **MORE)],
         "cds_servicecontract_id": "one", "cds_account_id": "home"},
    ),
    "service_point": (
        {"servicepoint_number": "SP", "types": ["electric", "edge"], "address": "3 Main Street\nAshford Bay",
         "latitude": Decimal("-0.10"), "longitude": Decimal("179.999999999999999999990"), "premises": [PREMISE]},
        {"servicepoint_number": "SP", "servicepoint_types": ["electric", "edge"], "premises": [PREMISE],
         "servicepoint_address": "3 Main Street\nAshford Bay", "latitude": Decimal("-0.10"),
         "longitude": Decimal("179.999999999999999999990"), "current_servicecontracts": ["house"],
         "previous_servicecontracts": ["shop"], "cds_servicepoint_id": "one"},
    ),
    "meter_device": (
        {"meter_number": "M", "types": ["electric_usage", "ami_meter"], "apps": [APP]},
        {"meter_number": "M", "meter_types": ["electric_usage", "ami_meter"], "meter_apps": [APP],
         "current_servicepoints": ["house-sp"], "previous_servicepoints": ["shop-sp"], "cds_meterdevice_id": "one"},
    ),
}  # fmt: skip
BARE_PROGRAM = {
    name: value for name, value in program("P", types=["active"]).items() if name not in ("balance", "currency")
}
BARE_APP = {name: APP[name] for name in ("id", "app_number", "types", "name")}
PROGRAM_MEMBERS = (*MORE, "balance", "currency")
#: Column, member, what stands in it with nothing optional, and what may stand there too.
BARE = {
    "account": ("programs", "account_programs", BARE_PROGRAM, PROGRAM_MEMBERS),
    "service_contract": ("programs", "service_programs", BARE_PROGRAM, (*PROGRAM_MEMBERS, "units")),
    "meter_device": ("apps", "meter_apps", BARE_APP, ("start", "end")),
}
EMPTY = {
    "account": (
        {"parent_id": None, "customer_number": None, "entity": None, "contacts": [], "programs": [], "name": "",
         "address": ""},
        {"cds_account_parent": None, "customer_number": None, "account_entity": None, "account_contacts": [],
         "account_programs": [], "account_name": "", "account_address": ""},
    ),
    "service_contract": (
        {"contract_number": None, "address": "", "types": [], "entity": None, "contract_end": None,
         "service_types": [], "programs": []},
        {"contract_number": None, "contract_address": "", "contract_types": [], "contract_entity": None,
         "contract_end": None, "service_types": [], "service_programs": []},
    ),
    "service_point": (
        {"servicepoint_number": None, "types": [], "address": None, "latitude": None, "longitude": None,
         "premises": []},
        {"servicepoint_number": None, "servicepoint_types": [], "servicepoint_address": None, "latitude": None,
         "longitude": None, "premises": [], "current_servicecontracts": [], "previous_servicecontracts": ["shop"]},
    ),
    "meter_device": (
        {"meter_number": None, "types": [], "apps": []},
        {"meter_number": None, "meter_types": [], "meter_apps": [], "current_servicepoints": [],
         "previous_servicepoints": ["shop-sp"]},
    ),
}  # fmt: skip
INSIDE = {
    "account": ("account", "entity", "account_contact", "account_program"),
    "service_contract": ("service_contract", "service_program"),
    "service_point": ("service_point", "premise"),
    "meter_device": ("meter_device", "meter_app"),
}


def kinds(when: str) -> list[Any]:
    """A parameter for each kind of object, with the rows its members and those of what stands in it show."""
    return [
        pytest.param(
            kind, marks=requirement(*(row["row"] for row in ROWS if row["object"] in inside and row["when"] == when))
        )
        if any(row["object"] in inside and row["when"] == when for row in ROWS)
        else kind
        for kind, inside in INSIDE.items()
        if when == "told" or kind in BARE
    ]


@pytest.fixture
def everything(agreed, catalogue):
    """A Grant over all that Ada has and will have, with every member open."""
    scopes = ("account_list", "supply_details", "distribution_details")
    agreed.to(
        *(
            agreed.entry(
                scope,
                kind="account_selection",
                later=True,
                **{
                    name: True
                    for name, field in catalogue.scopes[scope].fields.items()
                    if field.field.format == "boolean"
                },
            )
            for scope in scopes
        )
    )


@pytest.fixture
def store(app, home):
    """Stores one object of a kind, tied to the shop formerly, and `now` to the house."""

    def store(kind: str, columns: dict[str, Any], *, now: bool = True) -> None:
        make, row = customer_data, LISTINGS[kind][2](**columns)
        past = {"start": datetime(2020, 1, 1, tzinfo=UTC), "end": datetime(2021, 1, 1, tzinfo=UTC)}
        with app.app_context(), transaction() as session:
            session.add(row)
            if kind == "service_point":
                session.add_all([make.served("one", "shop", **past), *([make.served("one", "house")] * now)])
            elif kind == "meter_device":
                session.add_all(
                    [make.installed("one", "shop-sp", **past), *([make.installed("one", "house-sp")] * now)]
                )

    return store


@pytest.fixture
def one(get, everything):
    """The object `one` as the listing of its kind tells it."""

    def one(kind: str) -> dict[str, Any]:
        address, name, _ = LISTINGS[kind]
        id_member = next(fact["field"] for fact in facts_of(kind))
        (found,) = [each for each in get(address)[name] if each[id_member] == "one"]
        return {member: value for member, value in found.items() if not member.startswith("cdsc_")}

    return one


@requirement("WG3-01-2-05", "WG3-01-2-06", "WG3-01-2-03", "WG3-01-10.1-01", "WG3-01-10.2-01", "WG3-01-10.3-01")
@requirement("WG3-01-10.4-01", "WG3-01-10.1.1-19")
@pytest.mark.parametrize("kind", kinds("told"))
def test_every_member_is_told_as_it_is_stored(store, one, kind):
    """Odd characters, line breaks and digits stay; dates and instants are those of RFC 3339."""
    columns, told = FILLED[kind]
    store(kind, {**columns, **STAMPS})
    found = one(kind)

    assert repr({name: found[name] for name in sorted(found)}) == repr(dict(sorted({**told, **WRITTEN}.items())))
    assert found.keys() == {fact["field"] for fact in facts_of(kind)}
    assert_types(kind, found)


@pytest.mark.parametrize("kind", kinds("told"))
def test_what_nobody_knows_is_null_or_empty(store, one, kind):
    """Null only where the standard has it, else an empty list or an empty text; the member is there all the same."""
    columns, told = EMPTY[kind]
    store(kind, columns, now=False)
    found = one(kind)

    assert {name: found[name] for name in told} == told
    assert found.keys() == {fact["field"] for fact in facts_of(kind)}
    assert_types(kind, found)


@requirement("WG3-01-10.1.9-03", "WG3-01-10.2.6-03", "WG3-01-10.4.4-04")
@pytest.mark.parametrize("kind", kinds("absent"))
def test_what_is_unknown_inside_an_object_is_not_there(store, one, kind):
    """And cannot be stored as null."""
    column, member, bare, optional = BARE[kind]
    for name in optional:
        with pytest.raises(InvalidRequest, match=f"{name} must not be null"):
            store(kind, {column: [{**bare, name: None}]})
    store(kind, {column: [bare]})

    assert one(kind)[member] == [bare]


@pytest.mark.parametrize(
    "fact", [pytest.param(fact, marks=requirement(fact["row"]), id=fact["member"]) for fact in WORDS]
)
def test_a_member_holds_the_words_of_the_standard_and_no_others(store, one, fact):
    """All of them at once where it is a list, one after another where it is not."""
    kind, column, (member, _, inner) = fact["object"], fact["column"], fact["member"].partition(".")
    words, plain = fact["words"].split(), getattr(LISTINGS[kind][2](), fact["column"])
    inside = plain[0] if isinstance(plain, list) and inner else plain

    def held(given: Any) -> Any:
        if not inner:
            return given
        changed = {**inside, "types": given}
        return [changed] if isinstance(plain, list) else changed

    listed = isinstance(plain, list) or inner
    allowed = f"must be one of {', '.join(sorted(words))}"
    for wrong in ("odd", words[0].upper(), "", 7):
        with pytest.raises(InvalidRequest, match=rf"{member}\S* {allowed}$"):
            store(kind, {column: held([words[0], wrong] if listed else wrong)})
    if fact["member"] == "account_contacts.types":
        inside = {**inside, "value": "+15554443333"}
        words.remove("email")
    store(kind, {column: held(words if listed else words[-1])})

    assert one(kind)[member] == held(words if listed else words[-1])


def programs(**members: Any) -> dict[str, Any]:
    return {"programs": [{**BARE_PROGRAM, **members}]}


def contacts(*types: str, value: str = "zoe@example.com") -> dict[str, Any]:
    return {"contacts": [{"id": "c", "types": list(types), "value": value}]}


def entity(*types: str) -> dict[str, Any]:
    return {"entity": {**ENTITY, "types": list(types)}}


#: Rows, kind, what is stored, and the fault that is told.
FAULTS = [
    ("10.1.1-11 10.1.1-16", "account", {"types": []}, "account_types must not be empty"),
    ("10.1.5-02", "account", entity("iou"), "account_entity.types must hold distributor"),
    ("10.1.5-02", "service_contract", entity("iou", "supplier"), "contract_entity.types must hold distributor"),
    ("10.1.6-02 10.1.6-04", "account", contacts("home"), "types must hold phone_number or email"),
    ("10.1.6-03 10.1.6-06", "account", contacts("phone_number", value="555-4443333"), "must be a phone number"),
    ("10.1.6-06", "account", contacts("phone_number", value="+0155544433"), "must be a phone number"),
    ("10.1.6-03 10.1.6-07", "account", contacts("email", value="zoe"), "must be an e-mail address"),
    ("10.1.9-04", "account", programs(balance=Decimal(1)), "currency is missing"),
    ("10.1.9-04", "account", programs(currency="DGE"), "currency must be"),
    ("10.1.8-06", "account", programs(documentation="soon"), "documentation must be"),
    ("10.2.5-12", "service_contract", programs(start="2026-02-30"), "start must be"),
    ("10.2.6-04", "service_contract", programs(balance=Decimal(1)), "units is missing"),
    ("10.2.6-04", "service_contract", programs(units="kwh"), "units must be one of"),
    ("10.2.6-05", "service_contract", programs(balance=Decimal(1), units="money"), "currency is missing"),
    ("10.2.6-05", "service_contract", programs(currency="dollar"), "currency must be"),
    ("10.4.4-04", "meter_device", {"apps": [{**APP, "end": "2026-02-01T00:00:00Z"}]}, "end must not be there"),
]


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize(
    ("kind", "columns", "fault"),
    [
        pytest.param(kind, columns, fault, marks=requirement(*(f"WG3-01-{row}" for row in rows.split())))
        for rows, kind, columns, fault in FAULTS
    ],
)
def test_what_breaks_a_rule_is_never_stored(store, get, kind, columns, fault):
    address, name, _ = LISTINGS[kind]
    before = get(address)[name]

    with pytest.raises(InvalidRequest, match=re.escape(fault)):
        store(kind, columns)

    assert get(address)[name] == before


@requirement("WG3-01-10.1.3-01")
def test_a_change_is_judged_like_a_new_object(app, home):
    key = (customer_key_of("ada"), "home")
    with app.app_context():
        with pytest.raises(InvalidRequest, match="account_status must be one of"), transaction() as session:
            session.get(AccountRow, key).status = "gone"
        with reading() as session:
            assert session.get(AccountRow, key).status == "active"


@requirement("WG3-01-2-02")
def test_no_number_passes_through_a_binary_fraction():
    """No column is one, and what is written as JSON refuses them."""
    columns = [column for table in metadata.tables.values() for column in table.columns]

    assert columns
    assert not [column for column in columns if isinstance(column.type, (Float, Double))]
    with pytest.raises(TypeError, match="floats are refused"):
        exact_json.dumps({"eu": 0.1})
    assert exact_json.loads(b'{"eu": 0.10}')["eu"].as_tuple().exponent == -2
