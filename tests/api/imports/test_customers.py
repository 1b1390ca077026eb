"""`cdsc import customers`: what is listed is what was handed in, and nothing that breaks a rule gets in."""

from __future__ import annotations

import re
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, text

from cdsc_server import exact_json
from cdsc_server.cli import commands
from cdsc_server.domain.customer_documents import CUSTOMERS
from cdsc_server.errors import FaultyFile
from cdsc_server.services.import_bills import import_bills
from cdsc_server.services.import_customers import import_customers
from tests.api.direct_access.conftest import catalogue, direct, get, home, party
from tests.factories import bills
from tests.factories import customer_documents as make
from tests.support import requirement

__all__ = ["catalogue", "direct", "get", "home", "party"]

ONCE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
EVERYTHING = {"account_numbers": ["A-9"], "include_accounts": True, "include_account_numbers": True,
              "include_account_details": True, "include_service_contracts": True, "include_contract_numbers": True,
              "include_rate_plans": True, "include_service_contract_details": True, "include_service_points": True,
              "include_premises": True, "include_service_point_addresses": True, "include_coordinates": True,
              "include_meter_devices": True, "include_meter_numbers": True, "include_meter_apps": True}  # fmt: skip
PROGRAMS = {"include_account_programs": True, "include_service_programs": True}
#: Where programs and apps stand, and what makes that.
HOLDERS = {"account_programs": ("accounts", make.account), "service_programs": ("service_contracts", make.contract),
           "meter_apps": ("meter_devices", make.meter)}  # fmt: skip
LISTINGS = ("accounts", "service_contracts", "service_points", "meter_devices")


@pytest.fixture
def take(app, clock, home):
    """Imports these Customers, or one, as a file says them."""

    def take(*customers):
        with app.app_context():
            return import_customers(exact_json.loads(make.written(*customers)), clock=clock)

    return take


@pytest.fixture
def read(direct, get):
    """What is listed of the Account A-9, of each kind the only one or, of several, all by number."""
    direct.permit("ada")

    def read(**fields):
        token = direct.token("query_service_contracts", **EVERYTHING, **PROGRAMS, **fields)
        return [get(f"/cds/{name}", token)[name] for name in LISTINGS]

    return read


@pytest.fixture
def stored(settings):
    """Everything there is, as somebody outside sees it."""

    def stored():
        engine = create_engine(settings.database_url)
        tables = (*LISTINGS, "customers", "served_contracts", "meter_installations", "object_versions")
        with engine.connect() as connection:
            found = [sorted(map(str, connection.execute(text(f"SELECT * FROM {each}")).all())) for each in tables]
        engine.dispose()
        return found

    return stored


def test_what_was_handed_in_is_what_is_listed(take, read):
    """Every member as it was written, digit for digit; whose and where it is, in ids of ours."""
    take()

    (account,), (contract,), (point,), (meter,) = read()
    asked = make.account() | make.contract() | make.point() | make.meter()
    listed = account | contract | point | meter
    ours = {"service_contracts", "service_points", "servicepoint_address", "label"}
    assert {name: listed[name] for name in asked if name not in ours} == {
        name: value for name, value in asked.items() if name not in ours
    }
    assert (str(point["latitude"]), point["servicepoint_address"]) == ("40.710", "9 New Lane")
    assert contract["cds_account_id"] == account["cds_account_id"]
    assert point["current_servicecontracts"] == [contract["cds_servicecontract_id"]]
    assert meter["current_servicepoints"] == [point["cds_servicepoint_id"]]


def test_the_same_document_again_only_confirms(take, read, stored, clock):
    take()
    before = read()
    clock.advance(hours=1)
    done = take()
    after = read()

    assert (done.new, done.changed, done.unchanged, done.new_customers) == (0, 0, 4, 0)
    synced = [{each.pop("cds_synced") for listed in found for each in listed} for found in (before, after)]
    assert before == after
    assert synced[0] != synced[1] == {f"{clock.now():%Y-%m-%dT%H:%M:%SZ}"}


def test_a_later_document_says_everything_of_what_it_holds_and_nothing_of_the_rest(take, read, clock):
    """The contract moves to another place and its plan changes; what was there before is kept as history."""
    take()
    clock.advance(hours=1)
    moved = [{"contract_number": "C-9", "start": "2026-01-01T05:00:00Z", "end": "2026-02-01T05:00:00Z"}]
    here = [{"contract_number": "C-9", "start": "2026-02-01T05:00:00Z"}]
    changed = make.contract(rateplan_code="E-2")
    del changed["contract_address"]
    done = take(
        make.customer(
            accounts=[], service_contracts=[changed], meter_devices=[],
            service_points=[make.point(service_contracts=moved), make.point("SP-10", service_contracts=here)],
        )
    )  # fmt: skip
    _, (contract,), points, (meter,) = read()
    by_number = {each["servicepoint_number"]: each for each in points}

    assert (done.new, done.changed, done.unchanged) == (1, 2, 0)
    assert (contract["rateplan_code"], contract["contract_address"]) == ("E-2", "")
    assert by_number["SP-9"]["current_servicecontracts"] == []
    assert by_number["SP-9"]["previous_servicecontracts"] == [contract["cds_servicecontract_id"]]
    assert by_number["SP-10"]["current_servicecontracts"] == [contract["cds_servicecontract_id"]]
    assert meter["current_servicepoints"] == [by_number["SP-9"]["cds_servicepoint_id"]]


@requirement("WG3-01-7.3.1-05")
def test_after_sync_until_the_price_plan_is_the_one_of_then(take, read, clock):
    take()
    frozen = f"{clock.advance(days=1):%Y-%m-%dT%H:%M:%SZ}"
    clock.advance(days=1)
    take(make.customer(service_contracts=[make.contract(rateplan_code="E-2", rateplan_name="Night rate")]))
    plans = [
        (contract["rateplan_code"], contract["rateplan_name"])
        for (contract,) in (read()[1], read(sync_until=frozen)[1])
    ]

    assert plans == [("E-2", "Night rate"), ("E-1", "Day rate")]


@pytest.mark.parametrize(
    ("member", "part"),
    [
        pytest.param("account_programs", make.PROGRAM, marks=requirement("WG3-01-10.1.8-14")),
        pytest.param("service_programs", make.PROGRAM, marks=requirement("WG3-01-10.2.5-14")),
        pytest.param("meter_apps", make.APP, marks=requirement("WG3-01-10.4.3-05")),
    ],
)
def test_what_has_no_number_gets_one_that_stays_when_its_name_changes(take, read, member, part):
    """The same for everything with the same key, another one for another key; one that has a number keeps it."""
    listing, factory = HOLDERS[member]
    word = "app" if member == "meter_apps" else "program"
    key = {f"{word}_key": "level-2019"}

    def numbers(*parts):
        take(make.customer(**{listing: [factory(**{member: list(parts)})]}))
        (found,) = read()[LISTINGS.index(listing)]
        assert not any(f"{word}_key" in each for each in found[member])
        return [each[f"{word}_number"] for each in found[member]]

    first = numbers({**part, **key})
    renamed = numbers({**part, **key, "name": "Even bills", "id": "another participation"})
    several = numbers({**part, **key}, {**part, "id": "2", f"{word}_number": "BB-1"}, {**part, "id": "3"})

    assert re.fullmatch(r"[PA]-[0-9A-F]{12}", first[0])
    assert renamed == first
    assert several[:2] == [*first, "BB-1"]
    assert len({*several}) == 3


@pytest.fixture
def billed(app, ports, direct, get):
    """Imports a bill of Ada's with a program, and gives the programs of statement and section as they are listed."""

    def billed(program):
        first, *others = bills.bill()["bill_sections"]
        sections = [{**first, "service_programs": [program]}, *others]
        document = exact_json.loads(bills.written(bills.bill(account_programs=[program], bill_sections=sections)))
        with app.app_context():
            import_bills(document, open_file=lambda _: None, blobs=ports.blobs, clock=ports.clock)
        found = []
        for kind, bounds in (("statements", ("statement_date_start", "statement_date_end")),
                             ("sections", ("start_date", "end_date"))):  # fmt: skip
            included = f"include_bill_{kind.removesuffix('s')}_programs"
            token = direct.token(
                f"query_bill_{kind}", **dict(zip(bounds, ("P1Y", "infinite"), strict=True)), **{included: True}
            )
            listed = get(f"/cds/bill_{kind}", token)[f"bill_{kind}"]
            found += [each for one in listed for each in one.get("account_programs", one.get("service_programs", []))]
        return found

    return billed


@requirement("WG3-01-10.1.8-14", "WG3-01-10.2.5-14")
def test_a_program_without_a_number_has_the_same_one_on_bills(take, read, billed):
    program = {**make.PROGRAM, "program_key": "level-2019"}
    take(make.customer(accounts=[make.account(account_programs=[program])]))
    ((account,), *_) = read()

    on_bills = billed({**program, "name": "Even bills"})

    assert [each["program_number"] for each in on_bills] == [account["account_programs"][0]["program_number"]] * 2


FAULTS = [
    ({"accounts": [make.account(account_status="gone")]}, "accounts[0].account_status must be one of active"),
    ({"accounts": [make.account(), make.account()]}, "accounts[1].account_number must not be that of one before"),
    ({"accounts": [make.account(account_parent="A-9")]}, "accounts[0].account_parent must not be its own number"),
    ({"accounts": [make.account(account_parent="A-0")]}, "accounts[0].account_parent names no Account that is here"),
    ({"accounts": [make.account(colour="red")]}, "accounts[0].'colour' is not known here"),
    ({"accounts": [make.account(account_programs=[{**make.PROGRAM, "balance": 1}])]}, "[0].currency is missing"),
    ({"service_contracts": [make.contract(account_number="A-bobs")]}, "account_number names no Account that is here"),
    ({"service_contracts": [make.contract(contract_end="2025-01-01")]}, "contract_end must not be before contract"),
    ({"service_points": [make.point(latitude=91)]}, "service_points[0].latitude must be from -90 to 90"),
    ({"service_points": [{k: v for k, v in make.point().items() if k != "longitude"}]}, "latitude and longitude must"),
    (
        {"service_points": [make.point(service_contracts=[
            {"contract_number": "C-0", "start": "2026-01-01T05:00:00Z"}])]},
        "service_contracts[0].contract_number names no Service Contract that is here",
    ),
    (
        {"meter_devices": [make.meter(service_points=[{"servicepoint_number": "SP-9", "start": "2026-01-01"}])]},
        "service_points[0].start must be a date and time",
    ),
    (
        {"meter_devices": [make.meter(service_points=[
            {"servicepoint_number": "SP-9", "start": "2026-01-01T05:00:00Z", "end": "2026-01-01T06:00:00+01:00"}])]},
        "service_points[0].end must be after start",
    ),
    ({"name": ""}, "customers[1].name must not be empty"),
    ({"id": "bob"}, "customers[1].id must not be that of one before"),
]  # fmt: skip


@ONCE
@pytest.mark.parametrize(("changes", "says"), FAULTS)
def test_one_fault_keeps_the_whole_document_out(take, stored, changes, says):
    before = stored()
    with pytest.raises(FaultyFile) as refusal:
        take(make.customer("bob"), make.customer(**changes))

    assert any(says in fault for fault in refusal.value.faults)
    assert all(fault.startswith("customers[1]") for fault in refusal.value.faults)
    assert stored() == before


@ONCE
def test_a_customer_who_is_not_here_is_made_once(take, stored):
    first = take(make.customer("source 17", name="Eve", email="eve@example.org"))
    again = take(make.customer("source 17", name="Eve Imported"))

    assert (first.new_customers, again.new_customers) == (1, 0)
    assert first.customer_ids == again.customer_ids
    assert [row for row in stored()[4] if "Eve Imported" in row and "eve@example.org" in row] != []


@ONCE
def test_the_command_tells_what_became_of_each_file(settings, home, tmp_path):
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_bytes(make.written())
    bad.write_bytes(make.written(make.customer(name="")))
    run = CliRunner(env={"CDSC_DATABASE_URL": settings.database_url})
    result = run.invoke(commands, ["import", "customers", str(bad), str(good)])
    schema = exact_json.loads(run.invoke(commands, ["import", "customers", "--schema"]).stdout)

    assert result.exit_code == 1
    assert result.stderr == (
        f"{bad}: customers[0].name must not be empty\n{bad}: 1 fault. Nothing of this file was stored.\n"
    )
    assert result.stdout == (f"{good}: 1 Customer (0 new), 4 objects (4 new, 0 changed, 0 unchanged)\n  Customer ada\n")
    jsonschema.validate(exact_json.loads(make.written()), schema)
    assert schema == exact_json.loads(exact_json.dumps(CUSTOMERS.json_schema()))


@ONCE
def test_the_example_in_the_documentation_is_one(take):
    page = Path(__file__).parents[3] / "docs" / "how-to" / "operate" / "import-customers.md"
    example = page.read_text(encoding="utf-8").partition("```json\n")[2].partition("```")[0]

    done = take(*exact_json.loads(example.encode())["customers"])

    assert (done.new_customers, done.new) == (1, 4)


@requirement("WG3-01-7.3.1-11", "WG3-01-7.3.1-12")
def test_until_sync_until_each_look_at_the_source_shows_with_its_instant(take, read, clock):
    """What it changed, and that it changed nothing; a look after that is none of the Grant's."""
    until = {"sync_until": "2026-03-20T00:00:00Z"}
    renamed = make.customer(accounts=[make.account(account_name="Ada B.")])
    take()

    def shown():
        [account] = read(**until)[0]
        return account["account_name"], account["cds_modified"], account["cds_synced"]

    begun = f"{clock.now():%Y-%m-%dT%H:%M:%SZ}"
    assert shown() == ("Ada", begun, begun)
    changed = f"{clock.advance(days=1):%Y-%m-%dT%H:%M:%SZ}"
    take(renamed)
    assert shown() == ("Ada B.", changed, changed)
    confirmed = f"{clock.advance(days=1):%Y-%m-%dT%H:%M:%SZ}"
    take(renamed)
    assert shown() == ("Ada B.", changed, confirmed)
    clock.advance(days=60)
    take()
    assert shown() == ("Ada B.", changed, confirmed)


@requirement("WG3-01-7.3.1-07", "WG3-01-7.3.1-08")
def test_a_grant_that_freezes_at_once_holds_what_was_synced_by_then(take, read, clock):
    """Neither what is taken in later, nor that it was confirmed later, is in it."""
    take()
    before = read(sync_until="PT0S")
    assert {each["cds_synced"] for listed in before for each in listed} == {f"{clock.now():%Y-%m-%dT%H:%M:%SZ}"}
    clock.advance(days=1)
    moved = make.customer(
        accounts=[make.account(account_name="Ada B.")],
        service_contracts=[make.contract(), make.contract("C-10")],
        meter_devices=[make.meter(), make.meter("M-10")],
    )
    take(moved)

    assert read(sync_until="PT0S") == before
    assert [len(listed) for listed in read()] == [1, 2, 1, 2]
