"""/supply_details and the others: the listings, limited to what the scope of that name opens."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from cdsc_server.storage.db import transaction
from tests.factories import customer_data

PLAIN = ("/supply_details", "/distribution_details", "/usage_data", "/generation_mix")
MIX = {"type": "electric_supply_mix", "attribution": "individual", "supply_type": "wind", "indexes": []}


@pytest.fixture
def both(app, agreed):
    """Supply of the house with numbers, distribution of the shop without, usage of the house, mix of the shop."""
    with app.app_context(), transaction() as session:
        day = datetime(2026, 2, 1, tzinfo=UTC)
        used = customer_data.series(session, "used", meter_device_id="m-house")
        customer_data.readings(session, used, day, ["0.250"] * 24)
        mixed = customer_data.series(session, "mixed", contract_id="shop", value_format=MIX)
        customer_data.readings(session, mixed, day, ["0.40"] * 24)
    return agreed.to(
        agreed.entry("supply_details", "house", include_contract_numbers=True),
        agreed.entry("distribution_details", "shop", include_service_contracts=True, include_service_points=True),
        agreed.entry("usage_data", "house", include_service_contracts=True),
        agreed.entry("generation_mix", "shop"),
    )


def test_supply_details_are_the_contracts_of_that_scope(both, get):
    """The listing of all contracts has the shop too, which another scope opens."""
    (contract,) = get("/supply_details")["service_contracts"]
    every = {each["cds_servicecontract_id"]: each for each in get("/cds/service_contracts")["service_contracts"]}

    assert contract == every["house"]
    assert every.keys() == {"house", "shop"}
    assert "contract_number" not in every["shop"]


def test_distribution_details_are_places_and_meters(both, get):
    found = get("/distribution_details")

    assert [each["cds_servicepoint_id"] for each in found["service_points"]] == ["shop-sp"]
    assert [each["cds_meterdevice_id"] for each in found["meter_devices"]] == ["m-shop"]
    assert found["service_points"][0]["cdsc_voltage"] == 230


@pytest.mark.parametrize(
    ("query", "places", "meters"),
    [
        ({"cds_meterdevice_ids": "m-shop"}, 0, 1),
        ({"cds_servicepoint_ids": "shop-sp"}, 1, 0),
        ({"q": "SHOP"}, 1, 1),
        ({"q": "house"}, 0, 0),
    ],
)
def test_a_filter_of_one_kind_leaves_the_other_out(both, get, query, places, meters):
    found = get("/distribution_details", **query)

    assert (len(found["service_points"]), len(found["meter_devices"])) == (places, meters)


def test_pages_go_on_from_places_to_meters_and_back(app, agreed, get):
    with app.app_context(), transaction() as session:
        for n in range(130):
            session.add_all([customer_data.service_point(f"s{n:03}"), customer_data.meter(f"m{n:03}")])
            session.add_all(
                [customer_data.served(f"s{n:03}", "house"), customer_data.installed(f"m{n:03}", f"s{n:03}")]
            )
    agreed.to(agreed.entry("distribution_details", "house", include_service_points=True))
    pages = [get("/distribution_details")]
    while pages[-1]["next"]:
        pages.append(get("/distribution_details", **parse_qs(urlsplit(pages[-1]["next"]).query)))
    back = [pages[-1]]
    while back[-1]["previous"]:
        back.append(get("/distribution_details", **parse_qs(urlsplit(back[-1]["previous"]).query)))

    assert [(len(page["service_points"]), len(page["meter_devices"])) for page in pages] == [
        (100, 0),
        (31, 69),
        (0, 63),
    ]
    assert [page["meter_devices"] for page in reversed(back)] == [page["meter_devices"] for page in pages]


def test_usage_and_mix_are_the_segments_of_their_scopes(both, get):
    (used,) = get("/usage_data")["usage_segments"]
    (mixed,) = get("/generation_mix")["usage_segments"]

    assert [each["type"] for each in used["formats"]] == ["electric_usage"]
    assert [each["supply_type"] for each in mixed["formats"]] == ["wind"]
    assert str(mixed["values"][0][0]["sm"]) == "0.40"
    assert len(get("/cds/usage_segments")["usage_segments"]) == 2


@pytest.mark.parametrize("address", PLAIN)
def test_a_token_without_the_scope_is_refused(agreed, get, address):
    """Even where another scope of the Grant opens the same kind of object."""
    agreed.to(agreed.entry("account_list", "home", kind="account_selection"))

    assert get(address, status=403)["code"] == "insufficient_scope"


@pytest.mark.parametrize("address", PLAIN)
def test_the_whole_grant_is_needed_no_more_than_its_entry(both, get, address):
    """Related ids outside the entry stay out, although the Grant opens them elsewhere."""
    found = get(address)
    contracts = {each for segment in found.get("usage_segments", ()) for each in segment["related_servicecontracts"]}

    assert contracts == ({"house"} if address == "/usage_data" else set())
