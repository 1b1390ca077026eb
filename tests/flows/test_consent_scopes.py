"""Each scope type from the link of a Client to the data: what it opens by itself, what more it may, and no more."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from cdsc_server import exact_json
from cdsc_server.storage.accounts import AccountRow
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.db import transaction
from cdsc_server.storage.meter_devices import MeterDeviceRow
from cdsc_server.storage.service_contracts import ServiceContractRow
from tests.factories import customer_data, people
from tests.factories.oauth import CALLBACK, register
from tests.support import requirement
from tests.support.pages import Visitor

VERIFIER = "a-verifier-that-is-long-enough-for-rfc-7636-and-made-up"
DAY = date(2026, 2, 1)

#: Of each preselection field what names the first shop, its account, connection and meter.
NAMED = {
    "account_numbers": ["A-a1"],
    "account_programs": ["BB-1"],
    "contract_numbers": ["C-shop0001"],
    "service_types": ["electric"],
    "service_programs": ["NM-2"],
    "servicepoint_numbers": ["SP-p1"],
    "servicepoint_types": ["physical"],
    "premise_numbers": ["17"],
    "meter_numbers": ["M-m1"],
    "meter_types": ["electric_usage"],
    "meter_apps": ["LF-1"],
    "addresses": None,
}
#: Objects: address, member of the answer, id, and the one that was chosen.
LISTED = {
    "include_accounts": ("/cds/accounts", "accounts", "cds_account_id", "a1"),
    "include_service_contracts": ("/cds/service_contracts", "service_contracts", "cds_servicecontract_id", "shop0001"),
    "include_service_points": ("/cds/service_points", "service_points", "cds_servicepoint_id", "p1"),
    "include_meter_devices": ("/cds/meter_devices", "meter_devices", "cds_meterdevice_id", "m1"),
    "include_bill_statements": ("/cds/bill_statements", "bill_statements", "cds_billstatement_id", "bill"),
    "include_bill_sections": ("/cds/bill_sections", "bill_sections", "cds_billsection_id", "section"),
    "include_usage_segments": ("/cds/usage_segments", "usage_segments", None, None),
}
#: Where a whole account was chosen, all that hangs on it.
WHOLE_ACCOUNT = {
    "include_service_contracts": ["shop0001", "shop0002", "shop0003"],
    "include_service_points": ["p1", "p2", "p3"],
    "include_meter_devices": ["m1", "m2", "m3"],
}
#: A member that each of the other fields opens, and the object it is a member of.
OPENED = {
    "include_account_numbers": ("include_accounts", "account_number"),
    "include_account_details": ("include_accounts", "account_name"),
    "include_account_programs": ("include_accounts", "account_programs"),
    "include_contract_numbers": ("include_service_contracts", "contract_number"),
    "include_rate_plans": ("include_service_contracts", "rateplan_code"),
    "include_service_contract_details": ("include_service_contracts", "contract_address"),
    "include_service_programs": ("include_service_contracts", "service_programs"),
    "include_premises": ("include_service_points", "premises"),
    "include_service_point_addresses": ("include_service_points", "servicepoint_address"),
    "include_coordinates": ("include_service_points", "latitude"),
    "include_meter_numbers": ("include_meter_devices", "meter_number"),
    "include_meter_apps": ("include_meter_devices", "meter_apps"),
    "include_bill_statement_charges": ("include_bill_statements", "new_charges"),
    "include_bill_statement_programs": ("include_bill_statements", "account_programs"),
    "include_bill_section_line_items": ("include_bill_sections", "line_items"),
    "include_bill_section_programs": ("include_bill_sections", "service_programs"),
}
#: What CDS-WG3-01 6.1 says counts as true without being asked for, and the preselection fields it keeps in the Grant.
IMPLIED = {
    "cds_rate_plan": ({"include_service_contracts", "include_rate_plans"}, set()),
    "cds_account_programs": ({"include_accounts", "include_account_programs"}, {"account_programs"}),
    "cds_service_programs": ({"include_service_contracts", "include_service_programs"}, {"service_programs"}),
    "cds_accounts": ({"include_accounts"}, set()),
    "cds_service_contracts": ({"include_accounts", "include_service_contracts"}, set()),
    "cds_meters": ({"include_meter_devices"}, set()),
    "cds_bill_statements": ({"include_bill_statements", "include_accounts", "include_account_numbers"}, set()),
    "cds_service_bills": (
        {
            "include_bill_sections",
            "include_accounts",
            "include_account_numbers",
            "include_service_contracts",
            "include_contract_numbers",
        },
        set(),
    ),
    "cds_usage": ({"include_usage_segments"}, set()),
}


def types():
    with (Path(__file__).parents[1] / "data" / "wg3_consents.tsv").open(encoding="utf-8", newline="") as file:
        return [
            pytest.param(row["type"], marks=requirement(*row["rows"].split()), id=row["type"])
            for row in csv.DictReader(file, delimiter="\t")
        ]


@pytest.fixture
def bakery(app, clock):
    """Ada with three shops on one account, bills for two of them and readings of two; and an account without."""
    make = customer_data
    with app.app_context(), transaction() as session:
        people.baker(session, at=clock.now())
        key = customer_key_of("ada")
        session.get(AccountRow, (key, "a1")).programs = [make.program("BB-1"), make.program("LI-2")]
        session.get(ServiceContractRow, (key, "shop0001")).programs = [
            make.service_program("NM-2"),
            make.service_program("DR-1"),
        ]
        meter = session.get(MeterDeviceRow, (key, "m1"))
        meter.apps = [{**meter.apps[0], "app_number": "LF-1"}]
        session.add(make.account("a2"))
        session.flush()
        for account, shop, end in (("a1", "shop0001", ""), ("a1", "shop0003", "-3"), ("a2", "none", "-2")):
            if account == "a2" or shop == "shop0001":
                session.add(make.statement(f"bill{end}", account, DAY))
            session.add(make.section(f"section{end}", account, DAY, DAY, contracts=[shop]))
        for shop, meter in (("shop0001", "m1"), ("shop0003", "m3")):
            series = make.series(session, shop, contract_id=shop, account_id="a1", meter_device_id=meter)
            make.readings(session, series, datetime(2026, 2, 1, tzinfo=UTC), ["1.5"])


@pytest.fixture
def shared(app, client, bakery):
    """Has Ada share what a Client asks for by a scope of this type; gives the answer with the token and the party."""

    def shares(kind: str, *, includes: bool):
        scope = scope_of(client, kind)
        offered = [each["id"] for each in scope["authorization_details_fields_supported"]]
        details = {"type": scope["id"], **{name: NAMED[name] for name in NAMED if name in offered}}
        details |= {name: includes for name in offered if name in {**LISTED, **OPENED}}
        party = register(client, f"cds_client_admin cds_grant_admin {scope['id']}")
        asked = exact_json.dumps([details]).decode()
        return offered, party, agreed(app, party, scope=scope["id"], authorization_details=asked)

    return shares


def scope_of(client, kind: str):
    """The scope of this type as metadata describe it."""
    described = client.get("/.well-known/oauth-authorization-server").json["cds_scope_descriptions"]
    return next(each for each in described.values() if each["type"] == kind and each["id"] != "generation_mix")


def agreed(app, party, *, tick=(), **parameters):
    """Ada signs in and shares; gives the answer with the token."""
    asking = party.asking(**parameters, code_challenge=create_s256_code_challenge(VERIFIER))
    visitor = Visitor(app.test_client())
    visitor.load("/oauth/authorize", query_string=asking)
    visitor.sign_in()
    code = parse_qs(urlsplit(visitor.press("approve", tick=tick).location).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER, "redirect_uri": CALLBACK}
    return party.token(form).json


def told(http, token: str) -> tuple[set[str], dict[str, list[dict]]]:
    """The include fields whose objects or members this token shows, and what it lists."""
    listed = {}
    for include, (address, member, _, _) in LISTED.items():
        answer = http.get(address, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code in (200, 403)
        if answer.status_code == 200:
            listed[include] = answer.json[member]
    opened = {
        include for include, (kind, member) in OPENED.items() if any(member in each for each in listed.get(kind, ()))
    }
    return {*opened, *listed}, listed


@requirement("WG3-01-7.2.1.1-08", "WG3-01-7.2.1.1-09")
@pytest.mark.parametrize("includes", [False, True], ids=["nothing more", "all there is"])
@pytest.mark.parametrize("kind", types())
def test_a_scope_opens_what_its_type_brings_and_what_was_asked_for(shared, kind, includes):
    """Of what was ticked, and of nothing else; and the Grant says so without what only ticked it."""
    offered, party, answer = shared(kind, includes=includes)
    implied, kept = IMPLIED[kind]
    opened, listed = told(party.http, answer["access_token"])
    grants = party.http.get("/grants", headers=party.bearer).json["grants"]
    (grant,) = [each for each in grants if each["scope"] == answer["scope"]]

    asked = {name for name in offered if name in {**LISTED, **OPENED}} if includes else set()
    expected = implied | asked
    if {"include_service_contracts", "include_meter_devices"} <= expected:
        expected = expected | {"include_service_points"}
    # Numbers of accounts stand on every bill and section, and a member is there only on an object that is.
    assert opened == {name for name in expected if name in listed or OPENED.get(name, ("",))[0] in listed}
    assert expected & LISTED.keys() == listed.keys()
    for include, objects in listed.items():
        _, _, member, chosen = LISTED[include]
        wanted = WHOLE_ACCOUNT.get(include, [chosen]) if kind == "cds_account_programs" else [chosen]
        assert sorted(each[member] for each in objects) == wanted if member else len(objects) == 1
    for entry in [*answer["authorization_details"], *grant["authorization_details"]]:
        assert {name for name in entry if name in NAMED} == kept
        assert all(entry[name] == NAMED[name] for name in kept)
    for kind_of_bill in ("include_bill_statements", "include_bill_sections"):
        assert all(each["account_number"] == "A-a1" for each in listed.get(kind_of_bill, ()))
    for programs in (each[name] for name in kept for objects in listed.values() for each in objects if name in each):
        assert [each["program_number"] for each in programs] == NAMED[next(iter(kept))]


@requirement("WG3-01-6.1.4-19")
def test_that_everything_was_to_be_ticked_is_not_told_either(app, client, bakery):
    scope = scope_of(client, "cds_accounts")
    party = register(client, f"cds_client_admin cds_grant_admin {scope['id']}")
    details = {"type": scope["id"], "account_numbers": ["_all", "_include_future"]}
    asked = exact_json.dumps([details]).decode()
    answer = agreed(app, party, scope=scope["id"], authorization_details=asked)
    (grant,) = (
        each for each in party.http.get("/grants", headers=party.bearer).json["grants"] if each["scope"] == scope["id"]
    )

    for (entry,) in (answer["authorization_details"], grant["authorization_details"]):
        assert entry.keys().isdisjoint(NAMED)


@requirement("WG3-01-7-02", "WG3-01-7-03")
@pytest.mark.parametrize(("kind", "ticked"), [("cds_service_contracts", "shop0002"), ("cds_account_programs", "a1")])
def test_defaults_that_a_grant_was_made_with_are_told_beside_its_token(app, client, bakery, kind, ticked):
    """A request that names nothing but the scope is one that names every default."""
    scope = scope_of(client, kind)
    defaults = {each["id"]: each["default"] for each in scope["authorization_details_fields_supported"]}
    party = register(client, f"cds_client_admin cds_grant_admin {scope['id']}")
    (entry,) = agreed(app, party, scope=scope["id"], tick=(("s1", ticked),))["authorization_details"]

    _, kept = IMPLIED[kind]
    told = {name: default for name, default in defaults.items() if name in kept or name not in NAMED}
    assert entry == {"type": scope["id"], **told}
