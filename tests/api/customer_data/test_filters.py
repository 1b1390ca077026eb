"""Filters and search: what each finds, and that none finds more than is shown."""

from __future__ import annotations

import pytest

from cdsc_server.storage.db import transaction
from tests.factories import customer_data
from tests.support import requirement

LISTINGS = {
    "/cds/accounts": ("accounts", "cds_account_id"),
    "/cds/service_contracts": ("service_contracts", "cds_servicecontract_id"),
    "/cds/service_points": ("service_points", "cds_servicepoint_id"),
    "/cds/meter_devices": ("meter_devices", "cds_meterdevice_id"),
}
OPEN = {
    "account_list": ["include_account_numbers", "include_account_details", "include_account_programs"],
    "supply_details": [
        "include_account_numbers",
        "include_contract_numbers",
        "include_rate_plans",
        "include_service_contract_details",
        "include_service_programs",
    ],
    "distribution_details": [
        "include_accounts",
        "include_service_contracts",
        "include_service_points",
        "include_premises",
        "include_service_point_addresses",
        "include_meter_numbers",
    ],
}


def ids(get, address, token="token", **query):
    name, member = LISTINGS[address]
    return [each[member] for each in get(address, token, **query)[name]]


@pytest.fixture
def all_open(agreed):
    """Everything Ada has, with every optional field."""
    return agreed.to(
        *(
            agreed.entry(scope, "family", "home", kind="account_selection", **dict.fromkeys(includes, True))
            for scope, includes in OPEN.items()
        )
    )


@requirement("WG3-01-10.1.10-10", "WG3-01-10.1.10-11", "WG3-01-10.1.10-13", "WG3-01-10.1.10-14", "WG3-01-10.1.10-15")
@requirement("WG3-01-10.1.10-17", "WG3-01-10.1.10-18", "WG3-01-10.1.10-19", "WG3-01-10.1.10-20", "WG3-01-10.1.10-21")
@requirement("WG3-01-10.1.10-22", "WG3-01-10.1.10-23", "WG3-01-10.1.10-24", "WG3-01-10.1.10-09")
@requirement("WG3-01-10.3.5-09", "WG3-01-10.3.5-10", "WG3-01-10.3.5-11")
@requirement("WG3-01-10.2.7-10", "WG3-01-10.2.7-11", "WG3-01-10.2.7-12", "WG3-01-10.2.7-13", "WG3-01-10.2.7-14")
@requirement("WG3-01-10.2.7-15", "WG3-01-10.2.7-16", "WG3-01-10.2.7-18", "WG3-01-10.2.7-19", "WG3-01-10.2.7-20")
@requirement("WG3-01-10.2.7-21", "WG3-01-10.2.7-22", "WG3-01-10.2.7-23", "WG3-01-10.2.7-24", "WG3-01-10.2.7-09")
@requirement("WG3-01-10.3.5-12", "WG3-01-10.3.5-13", "WG3-01-10.3.5-14", "WG3-01-10.3.5-16", "WG3-01-10.3.5-17")
@requirement("WG3-01-10.3.5-18", "WG3-01-10.3.5-19", "WG3-01-10.4.5-10", "WG3-01-10.4.5-11", "WG3-01-10.4.5-12")
@requirement("WG3-01-10.4.5-13", "WG3-01-10.4.5-14", "WG3-01-10.4.5-16", "WG3-01-10.4.5-17", "WG3-01-10.4.5-09")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # filters run here, not in the database
def test_each_filter_keeps_what_matches(all_open, get):
    cases = [
        ("/cds/accounts", {"cds_account_ids": "home bobs"}, ["home"]),
        ("/cds/accounts", {"customer_numbers": "K-home"}, ["home"]),
        ("/cds/accounts", {"account_numbers": "A-home A-family"}, ["family", "home"]),
        ("/cds/accounts", {"account_numbers": ["A-home", "A-family"]}, ["family", "home"]),
        ("/cds/accounts", {"account_numbers": "A-home A-family", "customer_numbers": "K-home"}, ["home"]),
        ("/cds/accounts", {"account_statuses": "active"}, ["family", "home"]),
        ("/cds/accounts", {"account_statuses": "frozen"}, []),
        ("/cds/accounts", {"account_numbers": ""}, []),
        ("/cds/accounts", {"q": "HOME"}, ["home"]),
        ("/cds/accounts", {"q": "k-fam"}, ["family"]),
        ("/cds/accounts", {"q": "A-HOME"}, ["home"]),
        ("/cds/accounts", {"q": "1 home street"}, ["home"]),
        ("/cds/accounts", {"q": "name of f"}, ["family"]),
        ("/cds/accounts", {"q": "family@example"}, ["family"]),
        ("/cds/accounts", {"q": "p-home"}, ["home"]),
        ("/cds/accounts", {"q": "dge"}, []),
        ("/cds/service_contracts", {"cds_servicecontract_ids": "shop bobs-contract"}, ["shop"]),
        ("/cds/service_contracts", {"account_numbers": "A-home"}, ["house", "shop"]),
        ("/cds/service_contracts", {"contract_numbers": "C-shop"}, ["shop"]),
        ("/cds/service_contracts", {"contract_statuses": "stopped"}, ["shop"]),
        ("/cds/service_contracts", {"contract_types": "utility_service other"}, ["house", "shop"]),
        ("/cds/service_contracts", {"service_types": "natural_gas water"}, ["shop"]),
        ("/cds/service_contracts", {"service_types": "supply natural_gas"}, ["house", "shop"]),
        ("/cds/service_contracts", {"q": "c-shop"}, ["shop"]),
        ("/cds/service_contracts", {"q": "a-home"}, ["house", "shop"]),
        ("/cds/service_contracts", {"q": "2 House"}, ["house"]),
        ("/cds/service_contracts", {"q": "r-shop"}, ["shop"]),
        ("/cds/service_contracts", {"q": "rate of house"}, ["house"]),
        ("/cds/service_contracts", {"q": "s-house"}, ["house"]),
        ("/cds/service_points", {"cds_servicepoint_ids": "bobs-sp shop-sp"}, ["shop-sp"]),
        ("/cds/service_points", {"servicepoint_numbers": "SP-house-sp"}, ["house-sp"]),
        ("/cds/service_points", {"current_servicecontracts": "house bobs"}, ["house-sp"]),
        ("/cds/service_points", {"previous_servicecontracts": "house"}, []),
        (
            "/cds/service_points",
            {"servicepoint_numbers": "SP-house-sp SP-shop-sp", "current_servicecontracts": "house"},
            ["house-sp"],
        ),
        ("/cds/service_points", {"q": "3 shop"}, ["shop-sp"]),
        ("/cds/service_points", {"q": "17"}, ["house-sp", "shop-sp"]),
        ("/cds/meter_devices", {"cds_meterdevice_ids": "m-old"}, ["m-old"]),
        ("/cds/meter_devices", {"meter_number": "M-m-old M-m-shop"}, ["m-old", "m-shop"]),
        ("/cds/meter_devices", {"meter_numbers": "M-m-house"}, ["m-house"]),
        ("/cds/meter_devices", {"current_servicepoints": "house-sp"}, ["m-house"]),
        ("/cds/meter_devices", {"previous_servicepoints": "house-sp"}, ["m-old"]),
        ("/cds/meter_devices", {"q": "m-M-H"}, ["m-house"]),
        ("/cds/meter_devices", {"unknown_parameter": "x"}, ["m-house", "m-old", "m-shop"]),
    ]
    found = [(address, query, ids(get, address, **query)) for address, query, _ in cases]

    assert found == cases


@requirement("WG3-01-10.1.10-12")
def test_a_customer_number_of_null_is_never_found(app, all_open, get):
    """Not even by the word null."""
    with app.app_context(), transaction() as session:
        session.add(customer_data.account("unnumbered", parent_id=None, customer_number=None))
        session.merge(customer_data.account("home", parent_id="unnumbered"))

    assert "unnumbered" in ids(get, "/cds/accounts")
    assert ids(get, "/cds/accounts", customer_numbers="null None") == []


def test_a_number_with_a_space_is_found_by_a_repeated_parameter(app, all_open, get):
    with app.app_context(), transaction() as session:
        session.merge(customer_data.account("home", account_number="12 34"))

    assert ids(get, "/cds/accounts", account_numbers="12 34") == []
    assert ids(get, "/cds/accounts", account_numbers=["12 34", "none"]) == ["home"]


@requirement("WG3-01-10.1.10-16", "WG3-01-10.2.7-17", "WG3-01-10.3.5-15", "WG3-01-10.4.5-15", "WG3-01-12.3-01")
@pytest.mark.parametrize(
    ("address", "query"),
    [
        ("/cds/accounts", {"account_numbers": "A-home"}),
        ("/cds/accounts", {"customer_numbers": "K-home"}),
        ("/cds/accounts", {"account_statuses": "active"}),
        ("/cds/accounts", {"q": "A-home"}),
        ("/cds/accounts", {"q": "street"}),
        ("/cds/accounts", {"q": "example.com"}),
        ("/cds/accounts", {"q": "p-"}),
        ("/cds/service_contracts", {"account_numbers": "A-home"}),
        ("/cds/service_contracts", {"contract_numbers": "C-house"}),
        ("/cds/service_contracts", {"q": "r-house"}),
        ("/cds/service_contracts", {"q": "street"}),
        ("/cds/service_points", {"q": "street"}),
        ("/cds/service_points", {"q": "17"}),
        ("/cds/service_points", {"current_servicecontracts": "shop"}),
        ("/cds/meter_devices", {"meter_number": "M-m-house"}),
        ("/cds/meter_devices", {"q": "M-m-h"}),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_filter_finds_what_is_not_shown(agreed, get, address, query):
    """Guessing at a hidden field finds nothing, right guess or wrong."""
    includes = {"include_accounts": True, "include_service_contracts": True, "include_service_points": True}
    agreed.to(agreed.entry("distribution_details", "house", **includes))

    assert ids(get, address) != []
    assert ids(get, address, **query) == []


@pytest.mark.parametrize(
    ("address", "query", "field"),
    [
        ("/cds/accounts", {"q": ["a", "b"]}, "q"),
        ("/cds/usage_segments", {"before": "yesterday"}, "before"),
        ("/cds/usage_segments", {"after": "2026-01-01"}, "after"),
        ("/cds/usage_segments", {"after": "2026-01-01T00:00:00"}, "after"),
        ("/cds/usage_segments", {"after": ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"]}, "after"),
        ("/cds/usage_segments", {"page": "W10"}, "page"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_malformed_parameter_is_named(agreed, get, address, query, field):
    includes = {"include_accounts": True}
    agreed.to(agreed.entry("usage_data", "house", **includes))

    assert get(address, status=400, **query)["field"] == field


def test_odd_characters_find_nothing_and_break_nothing(all_open, get):
    for text in ("%", "_", "'; --", "\ud7ff", "[", "😀"):
        assert all(ids(get, address, q=text) in ([], ids(get, address)) for address in LISTINGS)
        assert ids(get, "/cds/accounts", cds_account_ids=text) == []


@requirement("WG3-01-10.1.10-10")
def test_an_id_of_somebody_else_looks_like_one_that_does_not_exist(all_open, get):
    cases = {
        "/cds/accounts": ("cds_account_ids", "bobs"),
        "/cds/service_contracts": ("cds_servicecontract_ids", "bobs-contract"),
        "/cds/service_points": ("cds_servicepoint_ids", "bobs-sp"),
        "/cds/meter_devices": ("cds_meterdevice_ids", "bobs-meter"),
    }

    for address, (name, foreign) in cases.items():
        assert get(address, **{name: foreign}) == get(address, **{name: "nothing"})
