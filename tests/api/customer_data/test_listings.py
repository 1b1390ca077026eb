"""Accounts, contracts, Service Points and meters: who sees which, in which order, page by page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import delete, select, update

from cdsc_server.domain.grants import Selection
from cdsc_server.storage.authorizations import TokenRow
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.db import transaction
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.service_contracts import ServiceContractRow
from tests.factories import customer_data
from tests.factories.customer_data import THEN
from tests.support import requirement

LISTINGS = {
    "/cds/accounts": ("accounts", "cds_account_id"),
    "/cds/service_contracts": ("service_contracts", "cds_servicecontract_id"),
    "/cds/service_points": ("service_points", "cds_servicepoint_id"),
    "/cds/meter_devices": ("meter_devices", "cds_meterdevice_id"),
}
CONTRACTS = "/cds/service_contracts"
ALL = {"include_accounts": True, "include_service_contracts": True, "include_service_points": True}


def ids(get, address, token="token", **query):
    name, member = LISTINGS[address]
    return [each[member] for each in get(address, token, **query)[name]]


def seen(get, token="token"):
    return {one for address in LISTINGS for one in ids(get, address, token)}


@pytest.fixture
def everything(agreed):
    """A Grant over the house and all that hangs on it."""
    return agreed.to(agreed.entry("distribution_details", "house", **ALL))


@requirement("WG3-01-10.1.10-02", "WG3-01-10.2.7-02", "WG3-01-10.3.5-02", "WG3-01-10.4.5-02")
@requirement("WG3-01-10.1.10-03", "WG3-01-10.2.7-03", "WG3-01-10.3.5-03", "WG3-01-10.4.5-03")
def test_a_contract_brings_its_account_its_place_and_its_meters(everything, get):
    """Not the shop next door, and nothing of Bob."""
    assert seen(get) == {"family", "home", "house", "house-sp", "m-old", "m-house"}
    assert all(set(get(address)) == {name, "next", "previous"} for address, (name, _) in LISTINGS.items())


@requirement("WG3-01-10.1.10-06", "WG3-01-10.2.7-06", "WG3-01-10.3.5-06", "WG3-01-10.4.5-06")
def test_a_short_listing_is_one_page(everything, get):
    assert all((get(address)["next"], get(address)["previous"]) == (None, None) for address in LISTINGS)


@requirement("WG3-01-7.2.3-04", "WG3-01-10.4.1-07", "WG3-01-10.4.1-08", "WG3-01-10.3.1-10")
def test_relations_are_told_as_current_or_previous(everything, get):
    meters = {each["cds_meterdevice_id"]: each for each in get("/cds/meter_devices")["meter_devices"]}
    (point,) = get("/cds/service_points")["service_points"]

    assert (meters["m-house"]["current_servicepoints"], meters["m-house"]["previous_servicepoints"]) == (
        ["house-sp"],
        [],
    )
    assert (meters["m-old"]["current_servicepoints"], meters["m-old"]["previous_servicepoints"]) == ([], ["house-sp"])
    assert (point["current_servicecontracts"], point["previous_servicecontracts"]) == (["house"], [])


@requirement("WG3-01-10.3.1-15", "WG3-01-10.3.1-16", "WG3-01-10.4.1-11", "WG3-01-10.4.1-12")
def test_lists_of_ids_leave_out_what_the_token_may_not_see(agreed, get):
    """A meter selection without contracts and places names none of them."""
    agreed.to(
        agreed.entry("distribution_details", "m-house", kind="meter_device_selection"),
        agreed.entry("distribution_details", "shop-sp", kind="servicepoint_selection", include_service_points=True),
    )
    (point,) = get("/cds/service_points")["service_points"]
    meters = {each["cds_meterdevice_id"]: each for each in get("/cds/meter_devices")["meter_devices"]}

    assert point["current_servicecontracts"] == point["previous_servicecontracts"] == []
    assert meters["m-house"]["current_servicepoints"] == []
    assert meters["m-shop"]["current_servicepoints"] == ["shop-sp"]


def test_a_parent_that_is_not_visible_is_not_named(agreed, get, app):
    """The Account of the family came after the data were frozen."""
    with app.app_context(), transaction() as session:
        session.add(customer_data.account("late", created=THEN + timedelta(days=30)))
        session.add(customer_data.account("child", parent_id="late"))
    agreed.to(agreed.entry("account_list", "child", kind="account_selection", sync_until="2026-01-15T00:00:00Z"))

    (child,) = get("/cds/accounts")["accounts"]
    assert child["cds_account_parent"] is None


@requirement("WG3-01-6.1.5-18", "WG3-01-6.1.5-19", "WG3-01-6.1.5-20", "WG3-01-6.1.5-21")
def test_supply_details_open_the_contracts_ticked_with_their_accounts(agreed, get):
    agreed.to(agreed.entry("supply_details", "shop"), token="contract")
    agreed.to(agreed.entry("supply_details", "home", kind="account_selection"), token="account")

    assert (ids(get, CONTRACTS, "contract"), sorted(ids(get, CONTRACTS, "account"))) == (["shop"], ["house", "shop"])
    assert sorted(ids(get, "/cds/accounts", "contract")) == ["family", "home"]


@requirement("WG3-01-7.2.2-09", "WG3-01-7.2.4-06")
def test_contracts_and_meters_bring_the_service_points_between_them(agreed, get):
    """Although this scope does not offer the field that would open them."""
    agreed.to(agreed.entry("supply_details", "house", include_meter_devices=True))

    assert ids(get, "/cds/service_points") == ["house-sp"]


@requirement("WG3-01-6-05")
def test_a_new_meter_under_a_selected_contract_is_seen(app, everything, get):
    with app.app_context(), transaction() as session:
        session.add_all([customer_data.meter("m-new"), customer_data.installed("m-new", "house-sp", start=THEN)])

    assert set(ids(get, "/cds/meter_devices")) == {"m-old", "m-house", "m-new"}


@requirement("WG3-01-6-04")
def test_a_later_contract_belongs_to_a_selection_of_the_future(app, agreed, get):
    agreed.to(agreed.entry("supply_details", "house", later=True, left_out=["shop"]))
    with app.app_context(), transaction() as session:
        session.add(customer_data.contract("later", "home"))

    assert set(ids(get, CONTRACTS)) == {"house", "later"}


def test_after_sync_until_later_objects_stay_hidden(app, agreed, get):
    until = {"sync_until": "2026-02-01T00:00:00Z"}
    agreed.to(agreed.entry("supply_details", "home", kind="account_selection", later=True, **until))
    with app.app_context(), transaction() as session:
        session.add(customer_data.contract("later", "home", created=datetime(2026, 2, 15, tzinfo=UTC)))

    assert set(ids(get, CONTRACTS)) == {"house", "shop"}


@requirement("WG3-01-10-04")
@pytest.mark.parametrize("address", ["/cds/service_contracts", "/cds/service_points", "/cds/usage_segments"])
def test_a_kind_that_the_grant_does_not_open_is_refused(agreed, get, address):
    agreed.to(agreed.entry("account_list", "home", kind="account_selection"))
    problem = get(address, status=403)

    assert problem["code"] == "insufficient_scope"


@requirement("WG3-01-10.1.10-04", "WG3-01-10.2.7-04", "WG3-01-10.3.5-04", "WG3-01-10.4.5-04")
def test_a_kind_that_is_open_but_empty_is_an_empty_list(agreed, get):
    agreed.to(agreed.entry("distribution_details", "gone", **ALL))

    assert seen(get) == set()


@requirement("WG3-01-10-03")
@pytest.mark.parametrize("address", [*LISTINGS, "/cds/usage_segments", "/supply_details", "/usage_data"])
def test_without_a_live_token_there_is_no_data(client, agreed, get, address):
    """No token, an unknown one, and one of a Grant that was revoked all look the same."""
    agreed.to(agreed.entry("supply_details", "house"), status="revoked")

    assert client.get(address).status_code == 401
    assert get(address, "unknown", status=401) == get(address, status=401)


def test_a_grant_that_expired_opens_nothing(agreed, get, clock):
    agreed.to(agreed.entry("supply_details", "house"), expires=clock.now() + timedelta(minutes=1))
    before = ids(get, CONTRACTS)
    clock.advance(minutes=1)

    assert before == ["house"]
    assert get(CONTRACTS, status=401)["code"] == "invalid_token"


def test_a_token_asked_for_less_opens_less(app, agreed, get):
    """Narrowed at the token endpoint to one of two entries."""
    agreed.to(agreed.entry("supply_details", "house"), agreed.entry("supply_details", "shop"))
    with app.app_context(), transaction() as session:
        kept = session.scalars(select(GrantRow)).one().authorization_details[1]
        session.execute(update(TokenRow).values(authorization_details=[None, kept]))

    assert ids(get, CONTRACTS) == ["shop"]


def test_an_entry_of_a_scope_that_is_gone_opens_nothing(agreed, get):
    selection = Selection("service_contract_selection", frozenset({"house"})).to_stored()
    agreed.to(({"type": "former_scope", "include_accounts": True}, selection))

    assert get(CONTRACTS, status=403)["code"] == "insufficient_scope"


@requirement("WG3-01-10.1.10-25", "WG3-01-10.2.7-25", "WG3-01-10.3.5-20", "WG3-01-10.4.5-18")
def test_the_last_modified_stands_first(app, agreed, get):
    """Ties are broken by id, so that the order never changes by itself."""
    rows = [("a", 3), ("b", 1), ("c", 3), ("d", 2)]
    make = {
        "/cds/accounts": customer_data.account,
        CONTRACTS: lambda each, **fields: customer_data.contract(each, "home", **fields),
        "/cds/service_points": customer_data.service_point,
        "/cds/meter_devices": customer_data.meter,
    }
    kinds = ["account_selection", "service_contract_selection", "servicepoint_selection", "meter_device_selection"]
    with app.app_context(), transaction() as session:
        for factory in make.values():
            session.add_all([factory(each, modified=THEN + timedelta(microseconds=day)) for each, day in rows])
    for (address, token), kind in zip([(each, each[5:]) for each in make], kinds, strict=True):
        agreed.to(agreed.entry("distribution_details", *"abcd", kind=kind, **ALL), token=token)

        assert ids(get, address, token) == ["a", "c", "d", "b"]


@requirement("WG3-01-10.2.7-05", "WG3-01-10.2.7-07", "WG3-01-10.2.7-08")
@pytest.mark.parametrize("query", [{}, {"q": "street"}, {"contract_statuses": "active"}])
def test_a_long_listing_comes_in_pages_of_a_hundred(app, agreed, get, settings, query):
    """Forward and back again: every contract once, with the filters carried along."""
    with app.app_context(), transaction() as session:
        session.execute(delete(ServiceContractRow).where(ServiceContractRow.customer_id == "ada"))
        session.add_all(
            customer_data.contract(f"c{n:03}", "home", modified=THEN + timedelta(days=n // 7)) for n in range(250)
        )
    agreed.to(agreed.entry("supply_details", "home", kind="account_selection", include_service_contract_details=True))
    pages = [get(CONTRACTS, **query)]
    while pages[-1]["next"]:
        assert pages[-1]["next"].startswith(f"{settings.base_url}/cds/service_contracts?")
        pages.append(get(CONTRACTS, **parse_qs(urlsplit(pages[-1]["next"]).query)))
    back = [pages[-1]]
    while back[-1]["previous"]:
        back.append(get(CONTRACTS, **parse_qs(urlsplit(back[-1]["previous"]).query)))

    assert [len(page["service_contracts"]) for page in pages] == [100, 100, 50]
    assert len({each["cds_servicecontract_id"] for page in pages for each in page["service_contracts"]}) == 250
    assert [page["service_contracts"] for page in reversed(back)] == [page["service_contracts"] for page in pages]
    assert pages[0]["previous"] is None


@pytest.mark.parametrize(
    ("address", "make"),
    [
        pytest.param(
            "/cds/accounts",
            lambda n: [customer_data.account(f"n{n:03}")],
            marks=requirement("WG3-01-10.1.10-07", "WG3-01-10.1.10-08"),
        ),
        pytest.param(
            "/cds/service_points",
            lambda n: [customer_data.service_point(f"n{n:03}"), customer_data.served(f"n{n:03}", "house")],
            marks=requirement("WG3-01-10.3.5-07", "WG3-01-10.3.5-08"),
        ),
        pytest.param(
            "/cds/meter_devices",
            lambda n: [customer_data.meter(f"n{n:03}"), customer_data.installed(f"n{n:03}", "house-sp")],
            marks=requirement("WG3-01-10.4.5-07", "WG3-01-10.4.5-08"),
        ),
    ],
)
def test_pages_of_every_listing_lead_on_and_back(app, agreed, get, address, make):
    """Each object once, in the same order whichever way."""
    with app.app_context(), transaction() as session:
        session.add_all([row for n in range(130) for row in make(n)])
    agreed.to(agreed.entry("account_list", "home", kind="account_selection", later=True), token="accounts")
    agreed.to(agreed.entry("distribution_details", "house", **ALL))
    token = "accounts" if address == "/cds/accounts" else "token"
    first = get(address, token)
    last = get(address, token, **parse_qs(urlsplit(first["next"]).query))
    again = get(address, token, **parse_qs(urlsplit(last["previous"]).query))
    name, member = LISTINGS[address]
    found = [each[member] for page in (first, last) for each in page[name]]

    assert (len(first[name]), first["previous"], last["next"]) == (100, None, None)
    assert len(set(found)) == len(found) >= 130
    assert {f"n{n:03}" for n in range(130)} <= set(found)
    assert again[name] == first[name]


def test_a_page_does_not_repeat_what_changed_meanwhile(app, agreed, get):
    with app.app_context(), transaction() as session:
        session.add_all(customer_data.contract(f"c{n:03}", "home") for n in range(120))
    agreed.to(agreed.entry("supply_details", "home", kind="account_selection"))
    first = get(CONTRACTS)
    with app.app_context(), transaction() as session:
        last = session.get(ServiceContractRow, (customer_key_of("ada"), "c110"))
        last.modified = THEN + timedelta(days=9)
    second = get(CONTRACTS, **parse_qs(urlsplit(first["next"]).query))
    both = [each["cds_servicecontract_id"] for page in (first, second) for each in page["service_contracts"]]

    assert len(both) == len(set(both)) == 121


@pytest.mark.parametrize(
    "place",
    [
        "x",
        "",
        "W10",
        "WzEsIngiLDIsM10",
        "eyJhIjoxfQ",
        "WyJhY2NvdW50IiwxLCJ4Iixmb10",
        "WyJhY2NvdW50IiwxMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAsIngiLGZhbHNlXQ",
        "é",
    ],
)
def test_a_made_up_place_is_refused(everything, get, place):
    problem = get("/cds/accounts", status=400, page=place)

    assert (problem["field"], problem["code"]) == ("page", "invalid_request")


def test_a_place_of_another_listing_is_refused(app, agreed, get):
    with app.app_context(), transaction() as session:
        session.add_all(customer_data.contract(f"c{n:03}", "home") for n in range(120))
    agreed.to(agreed.entry("supply_details", "home", kind="account_selection"))
    place = parse_qs(urlsplit(get(CONTRACTS)["next"]).query)

    assert get("/cds/accounts", status=400, **place)["field"] == "page"


def test_a_place_shows_nothing_that_is_not_open(agreed, get):
    """Whoever keeps a place from a wider Grant, or makes one up, still sees the view of the token."""
    agreed.to(agreed.entry("supply_details", "house"))
    # ["service_contract", an instant far ahead, "zz", false]
    place = "WyJzZXJ2aWNlX2NvbnRyYWN0Iiw5MDAwMDAwMDAwMDAwMDAwLCJ6eiIsZmFsc2Vd"

    assert ids(get, CONTRACTS, page=place) == ["house"]


@pytest.mark.parametrize("address", list(LISTINGS))
def test_the_number_of_statements_does_not_grow_with_the_data(app, agreed, get, statements, address):
    agreed.to(agreed.entry("distribution_details", "home", kind="account_selection", **ALL))
    few = statements(lambda: get(address))
    with app.app_context(), transaction() as session:
        for n in range(60):
            session.add_all([customer_data.contract(f"c{n}", "home"), customer_data.service_point(f"s{n}")])
            session.add_all([customer_data.served(f"s{n}", f"c{n}"), customer_data.meter(f"m{n}")])
            session.add(customer_data.installed(f"m{n}", f"s{n}"))
    many = statements(lambda: get(address))

    # One of them notes what was read.
    assert len(many) == len(few) <= 4, many


@pytest.mark.parametrize("query", [{}, {"q": "street"}])
def test_more_contracts_than_a_statement_names_are_listed_too(app, agreed, get, query):
    """Every one of them, and the shop that was left out stays out."""
    with app.app_context(), transaction() as session:
        session.add_all(customer_data.contract(f"c{n:03}", "home") for n in range(520))
    agreed.to(agreed.entry("supply_details", later=True, left_out=["shop"], include_service_contract_details=True))
    found, page = [], get(CONTRACTS, **query)
    while page["next"]:
        found += page["service_contracts"]
        page = get(CONTRACTS, **parse_qs(urlsplit(page["next"]).query))
    found += page["service_contracts"]

    assert sorted(each["cds_servicecontract_id"] for each in found) == [*(f"c{n:03}" for n in range(520)), "house"]


def test_answers_are_not_to_be_kept(client, everything):
    answer = client.get("/cds/accounts", headers={"Authorization": "Bearer token"})

    assert answer.headers["Cache-Control"] == "no-store"
