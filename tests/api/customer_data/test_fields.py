"""Every field of every object appears exactly when the Grant opens it, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cdsc_server.domain.detail_fields import FIELDS
from cdsc_server.domain.grants import Selection
from cdsc_server.domain.scope_types import SCOPE_TYPES
from cdsc_server.storage.accounts import AccountRow
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.db import transaction
from cdsc_server.storage.service_contracts import ServiceContractRow
from cdsc_server.storage.service_points import ServicePointRow
from tests.api.customer_data.facts import assert_types, expected, facts_of, members
from tests.factories import customer_data
from tests.factories.catalogues import changed_catalogue, fields_of
from tests.support import requirement

LISTINGS = {
    "account": ("/cds/accounts", "accounts"),
    "service_contract": ("/cds/service_contracts", "service_contracts"),
    "service_point": ("/cds/service_points", "service_points"),
    "meter_device": ("/cds/meter_devices", "meter_devices"),
}
INCLUDES = [field.id for field in FIELDS.values() if any(path.partition(".")[0] in LISTINGS for path in field.opens)]
KINDS = ("include_accounts", "include_service_contracts", "include_service_points", "include_meter_devices")


@pytest.fixture
def opening(app, agreed):
    """Makes a token for a Grant with these include fields true, whatever the scope offers on the form."""

    def make(*includes: str, token: str) -> str:
        details = {"type": "everything", "sync_until": "infinite", **dict.fromkeys((*KINDS, *includes), True)}
        selection = Selection("service_contract_selection", frozenset({"house"})).to_stored()
        return agreed.to((details, selection), token=token)

    return make


@pytest.fixture
def settings(settings, tmp_path):
    """A catalogue with one scope that offers every include field there is."""
    others = {"include_usage_segment_value_types", *SCOPE_TYPES["cds_meters"].forbidden}
    fields = fields_of("cds_meters", *(FIELDS.keys() - others))
    scope = f'[scopes.everything]\ntype = "cds_meters"\nname = "All"\ndescription = "All."\nfields = {fields}\n'
    return replace(settings, catalogue_file=changed_catalogue(tmp_path, lambda shipped: f"{shipped}\n{scope}"))


def found_members(get, kind: str, token: str) -> list[set[str]]:
    address, name = LISTINGS[kind]
    return members(get(address, token)[name])


@requirement(
    "WG3-01-7.2.1-08",
    "WG3-01-7.2.1-09",
    "WG3-01-7.2.1-10",
    "WG3-01-7.2.2-11",
    "WG3-01-7.2.2-12",
    "WG3-01-7.2.2-13",
    "WG3-01-7.2.2-14",
    "WG3-01-7.2.2-15",
    "WG3-01-7.2.3-08",
    "WG3-01-7.2.3-09",
    "WG3-01-7.2.3-10",
    "WG3-01-7.2.4-08",
    "WG3-01-7.2.4-09",
    "WG3-01-12.3-01",
)
def test_without_include_fields_objects_hold_their_required_fields_only(opening, get):
    token = opening(token="bare")

    for kind in LISTINGS:
        found = found_members(get, kind, token)
        assert found
        assert all(each == expected(kind) for each in found)


@requirement(
    "WG3-01-7.2.1.1-04",
    "WG3-01-7.2.1.1-05",
    "WG3-01-7.2.1.1-06",
    "WG3-01-7.2.1.1-07",
    "WG3-01-7.2.1.2-04",
    "WG3-01-7.2.1.2-05",
    "WG3-01-7.2.1.2-06",
    "WG3-01-7.2.1.2-07",
    "WG3-01-7.2.1.2-08",
    "WG3-01-7.2.1.3-04",
    "WG3-01-7.2.2.1-04",
    "WG3-01-7.2.2.1-05",
    "WG3-01-7.2.2.2-04",
    "WG3-01-7.2.2.2-05",
    "WG3-01-7.2.2.3-04",
    "WG3-01-7.2.2.3-05",
    "WG3-01-7.2.2.3-06",
    "WG3-01-7.2.2.4-04",
    "WG3-01-7.2.3.1-04",
    "WG3-01-7.2.3.2-04",
    "WG3-01-7.2.3.3-04",
    "WG3-01-7.2.3.3-05",
    "WG3-01-7.2.4.1-04",
    "WG3-01-7.2.4.2-04",
)
def test_each_include_field_opens_its_fields_and_no_others(app, opening, get):
    """Programs, too, where an Account or a contract has none."""
    key = customer_key_of("ada")
    with app.app_context(), transaction() as session:
        session.get(AccountRow, (key, "family")).programs = []
        session.get(ServiceContractRow, (key, "house")).programs = []
    for include in INCLUDES:
        token = opening(include, token=include)
        for kind in LISTINGS:
            found = found_members(get, kind, token)
            assert found
            assert all(each == expected(kind, include) for each in found), include


@requirement("WG3-01-10.1.1-06", "WG3-01-10.2.1-07", "WG3-01-10.2.1-13", "WG3-01-10.3.1-05", "WG3-01-10.3.1-08")
@requirement("WG3-01-2-05", "WG3-01-2-06")
def test_values_have_the_types_of_the_standard(opening, get):
    """Null only where the standard allows it, numbers as numbers, instants with Z."""
    token = opening(*INCLUDES, token="all")

    for kind, (address, name) in LISTINGS.items():
        for each in get(address, token)[name]:
            assert facts_of(kind)
            assert each.keys() >= expected(kind, *INCLUDES)
            assert_types(kind, each)


@requirement("WG3-01-2-01", "WG3-01-10.3.1-08", "WG3-01-10.3.1-09")
def test_decimals_keep_every_digit(app, opening, get):
    """-4.350 does not become -4.35, and a balance inside an embedded object stays 12.50."""
    token = opening("include_coordinates", "include_account_programs", token="digits")
    (point,) = get("/cds/service_points", token)["service_points"]
    balance = get("/cds/accounts", token)["accounts"][0]["account_programs"][0]["balance"]

    assert (str(point["latitude"]), str(point["longitude"]), str(balance)) == ("50.8500", "-4.350", "12.50")


def test_what_nobody_knows_is_null_where_the_standard_wants_the_field(app, opening, get):
    with app.app_context(), transaction() as session:
        point = session.get(ServicePointRow, (customer_key_of("ada"), "house-sp"))
        point.latitude = point.longitude = point.address = point.servicepoint_number = point.voltage = None
    token = opening(*INCLUDES, token="unknown")
    (point,) = get("/cds/service_points", token)["service_points"]

    assert [point[name] for name in ("latitude", "longitude", "servicepoint_address", "servicepoint_number")] == [
        None
    ] * 4
    assert point["cdsc_voltage"] is None


@requirement("WG3-01-10.1.1-15")
def test_instants_are_those_of_the_object(app, agreed, get):
    with app.app_context(), transaction() as session:
        session.add(
            customer_data.contract(
                "third",
                "home",
                modified=datetime(2026, 2, 1, 12, 0, 0, 250_000, UTC),
                synced=datetime(2026, 2, 2, tzinfo=UTC),
            )
        )
    details = {"type": "everything", "sync_until": "infinite", "include_service_contracts": True}
    selection = Selection("account_selection", frozenset({"home"})).to_stored()
    agreed.to((details, selection))
    newest = get("/cds/service_contracts")["service_contracts"][0]

    assert newest["cds_modified"] == "2026-02-01T12:00:00.250000Z"
    assert (newest["cds_created"], newest["cds_synced"]) == ("2026-01-01T00:00:00Z", "2026-02-02T00:00:00Z")
