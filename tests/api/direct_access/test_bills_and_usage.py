"""Bills and usage under direct Grants, over several Customers: CDS-WG3-01 6.2, 7.1, 7.3, 10.5 to 10.8."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from cdsc_server.domain.direct_access import Reach
from cdsc_server.storage.db import transaction
from tests.factories import customer_data
from tests.support import requirement

JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
FEBRUARY = datetime(2026, 2, 1, tzinfo=UTC)
LISTS = {
    "query_bill_statements": ("/cds/bill_statements", "bill_statements", "cds_billstatement_id"),
    "query_bill_sections": ("/cds/bill_sections", "bill_sections", "cds_billsection_id"),
    "query_usage": ("/cds/usage_segments", "usage_segments", "related_meterdevices"),
}


@pytest.fixture
def home(app, home):
    """Bills of Ada's home and family and of Bob, and a day of readings of three meters."""
    make = customer_data
    with app.app_context(), transaction() as session:
        session.add_all(
            [
                make.statement("ada-jan", "home", date(2026, 1, 31)),
                make.statement("ada-feb", "home", date(2026, 2, 28)),
                make.statement("family-jan", "family", date(2026, 1, 30)),
                make.statement("bob-jan", "bobs", date(2026, 1, 31), "bob"),
            ]
        )
        facts = {
            "house-jan": ("home", 1, ["house"], "ada-jan"),
            "house-feb": ("home", 2, ["house"], "ada-feb"),
            "shop-jan": ("home", 1, ["shop"], "ada-jan"),
        }
        for section_id, (account_id, month, contracts, bill) in facts.items():
            points, meters = [f"{each}-sp" for each in contracts], [f"m-{each}" for each in contracts]
            session.add(
                make.section(
                    section_id,
                    account_id,
                    date(2026, month, 1),
                    date(2026, month, 28),
                    bill_statement_id=bill,
                    contracts=contracts,
                    service_points=points,
                    meter_devices=meters,
                )
            )
        session.add(
            make.section(
                "bob-jan", "bobs", date(2026, 1, 1), date(2026, 1, 31), "bob", bill_statement_id="bob-jan",
                contracts=["bobs-contract"], service_points=["bobs-sp"], meter_devices=["bobs-meter"],
            )
        )  # fmt: skip
        for name, customer_id in (("m-house", "ada"), ("m-shop", "ada"), ("bobs-meter", "bob")):
            row = make.series(session, name, customer_id, meter_device_id=name)
            for month in (JANUARY, FEBRUARY):
                make.readings(session, row, month, ["1.50"] * 24)


@pytest.fixture
def found(get):
    """What a scope's listing gives with a token, each by its id, in order; a segment by its meter and month."""

    def listed(scope_id, token, **query):
        path, name, member = LISTS[scope_id]
        objects = get(path, token, **query)[name]
        if scope_id != "query_usage":
            return [each[member] for each in objects]
        return [f"{each[member][0]} {each['segment_start'][:7]}" for each in objects]

    return listed


ADAS = {
    "query_bill_statements": ["ada-feb", "ada-jan", "family-jan"],
    "query_bill_sections": ["house-jan", "house-feb", "shop-jan"],
    "query_usage": ["m-house 2026-01", "m-house 2026-02", "m-shop 2026-01", "m-shop 2026-02"],
}
BOBS = {
    "query_bill_statements": ["bob-jan"],
    "query_bill_sections": ["bob-jan"],
    "query_usage": ["bobs-meter 2026-01", "bobs-meter 2026-02"],
}
#: Sections of Ada stand by contract number where it is told.
TOLD = {"query_bill_sections": {"include_service_contracts": True, "include_contract_numbers": True}}


def token_for(direct, scope_id, **fields):
    return direct.token(scope_id, **TOLD.get(scope_id, {}), **fields)


@requirement("WG3-01-6.2.5-04", "WG3-01-6.2.6-04", "WG3-01-6.2.8-04")
@pytest.mark.parametrize("scope_id", LISTS)
def test_a_scope_lists_what_is_permitted(direct, found, scope_id):
    direct.permit("ada")
    token = token_for(direct, scope_id)

    assert found(scope_id, token) == ADAS[scope_id]


@pytest.mark.parametrize("scope_id", LISTS)
def test_everybody_is_listed_in_one_order(direct, found, scope_id):
    """Bills by day, the others by account number: A-bobs stands before A-home."""
    direct.reach(Reach.TEST_CUSTOMERS)
    everything = {
        **{each: BOBS[each] + ADAS[each] for each in LISTS},
        "query_bill_statements": ["ada-feb", "bob-jan", "ada-jan", "family-jan"],
    }

    assert found(scope_id, token_for(direct, scope_id)) == everything[scope_id]


def test_who_may_see_one_account_sees_no_bills_of_another(direct, found):
    direct.permit("ada", "family")

    assert {scope_id: found(scope_id, direct.token(scope_id)) for scope_id in LISTS} == {
        "query_bill_statements": ["family-jan"],
        "query_bill_sections": [],
        "query_usage": [],
    }


@requirement("WG3-01-6.2-02")
@pytest.mark.parametrize(
    ("scope_id", "only", "seen"),
    [
        ("query_bill_statements", {"account_numbers": ["A-family", "A-bobs"]}, ["bob-jan", "family-jan"]),
        ("query_bill_statements", {"contract_numbers": ["C-house"]}, ["ada-feb", "ada-jan"]),
        ("query_bill_sections", {"account_numbers": ["A-home"]}, ADAS["query_bill_sections"]),
        ("query_bill_sections", {"contract_numbers": ["C-shop", "C-bobs-contract"]}, ["bob-jan", "shop-jan"]),
        ("query_bill_sections", {"service_types": ["natural_gas"]}, ["shop-jan"]),
        ("query_usage", {"account_numbers": ["A-bobs"]}, BOBS["query_usage"]),
        ("query_usage", {"contract_numbers": ["C-house"]}, ["m-house 2026-01", "m-house 2026-02"]),
        ("query_usage", {"service_types": ["natural_gas"]}, ["m-shop 2026-01", "m-shop 2026-02"]),
        ("query_usage", {"servicepoint_numbers": ["SP-shop-sp"]}, ["m-shop 2026-01", "m-shop 2026-02"]),
        ("query_usage", {"meter_numbers": ["M-m-house"]}, ["m-house 2026-01", "m-house 2026-02"]),
        ("query_usage", {"meter_numbers": ["M-m-house"], "account_numbers": ["A-bobs"]}, []),
    ],
)
def test_preselection_filters_what_hangs_on_its_objects(direct, found, scope_id, only, seen):
    direct.reach(Reach.TEST_CUSTOMERS)

    assert found(scope_id, token_for(direct, scope_id, **only)) == seen


@pytest.mark.parametrize(
    ("scope_id", "bounds", "seen"),
    [
        ("query_bill_statements", {"statement_date_start": "2026-02-01"}, ["ada-feb"]),
        ("query_bill_statements", {"statement_date_end": "2026-01-30"}, ["family-jan"]),
        ("query_bill_sections", {"start_date": "2026-01-02"}, ["house-feb"]),
        ("query_bill_sections", {"end_date": "2026-01-31"}, ["house-jan", "shop-jan"]),
        ("query_usage", {"segment_start": "2026-02-01T00:00:00Z"}, ["m-house 2026-02", "m-shop 2026-02"]),
        ("query_usage", {"segment_end": "2026-01-02T00:00:00Z"}, ["m-house 2026-01", "m-shop 2026-01"]),
    ],
)
@requirement("WG3-01-7.3.2-04", "WG3-01-7.3.3-04", "WG3-01-7.3.4-04", "WG3-01-7.3.5-04")
def test_bounds_hold_for_direct_access_too(direct, found, scope_id, bounds, seen):
    direct.permit("ada")

    assert found(scope_id, token_for(direct, scope_id, **bounds)) == seen


@pytest.mark.parametrize(("included", "seen"), [(True, ADAS["query_usage"]), (False, None)])
def test_meters_bring_their_usage_where_a_client_wants_it(direct, client, found, included, seen):
    direct.permit("ada")
    token = direct.token("query_meter_devices", include_usage_segments=included)
    listing = client.get("/cds/usage_segments", headers={"Authorization": f"Bearer {token}"})

    assert listing.status_code == (200 if included else 403)
    assert seen is None or sorted(found("query_usage", token)) == seen


KINDS = [customer_data.KWH, {"type": "water_usage", "units": "m3"}, {"type": "natural_gas_usage", "units": "therm"}]


@requirement("WG3-01-6.2.8-05")
@pytest.mark.parametrize("offered", [True, False])
def test_usage_has_every_kind_of_values_without_asking(app, direct, get, offered, monkeypatch):
    """Also where the scope does not let a Client name any."""
    with app.app_context(), transaction() as session:
        for n, form in enumerate(KINDS):
            row = customer_data.series(
                session, f"k{n}", segment_key="all", position=n, value_format=form, meter_device_id="m-old"
            )
            customer_data.readings(session, row, datetime(2024, 6, 1, tzinfo=UTC), ["1.50"])
    direct.permit("ada")
    if not offered:
        scope = app.extensions["cdsc"].catalogue.scopes["query_usage"]
        fields = {name: each for name, each in scope.fields.items() if name != "include_usage_segment_value_types"}
        monkeypatch.setitem(app.extensions["cdsc"].catalogue.scopes, "query_usage", replace(scope, fields=fields))

    token = direct.token("query_usage", segment_start="P5Y")

    [segment] = get("/cds/usage_segments", token, meter_numbers="M-m-old")["usage_segments"]
    assert [form["type"] for form in segment["formats"]] == [form["type"] for form in KINDS]
    assert len(segment["values"][0]) == len(KINDS)


@pytest.fixture
def endless(app, monkeypatch):
    """Usage without bounds is on offer."""
    scopes = app.extensions["cdsc"].catalogue.scopes
    fields = dict(scopes["query_usage"].fields)
    fields["segment_start"] = replace(fields["segment_start"], maximum="infinite")
    monkeypatch.setitem(scopes, "query_usage", replace(scopes["query_usage"], fields=fields))


@requirement("WG3-01-7.3.6-06", "WG3-01-7.3.7-06")
@pytest.mark.usefixtures("endless")
def test_bounds_that_are_infinite_leave_nothing_out(app, direct, get, clock):
    """Readings from long before the Client came, and of long after, by the same Grant."""
    direct.permit("ada")
    entry = {"segment_start": "infinite", "segment_end": "infinite", "meter_numbers": ["M-m-shop"]}
    direct.token("query_usage", **entry)
    clock.set(datetime(2050, 6, 1, tzinfo=UTC))
    long_ago, just_now = datetime(2020, 1, 1, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC)
    with app.app_context(), transaction() as session:
        row = customer_data.series(session, "m-shop", meter_device_id="m-shop")
        for month in (long_ago, just_now):
            customer_data.readings(session, row, month, ["1.50"])

    def months(token):
        return [each["segment_start"][:7] for each in get("/cds/usage_segments", token)["usage_segments"]]

    assert months(direct.token("query_usage", **entry)) == ["2020-01", "2026-01", "2026-02", "2050-01"]
    assert len(direct.grants()) == 1
    bounded = direct.token("query_usage", **{**entry, "segment_start": "P25Y", "segment_end": "PT0S"})
    assert months(bounded) == ["2026-01", "2026-02", "2050-01"]


@pytest.mark.parametrize(
    ("scope_id", "query", "seen"),
    [
        ("query_bill_statements", {"cds_billstatement_ids": "bob-jan nothing"}, ["bob-jan"]),
        ("query_bill_statements", {"account_numbers": "A-family"}, ["family-jan"]),
        ("query_bill_statements", {"after": "2026-02-01"}, ["ada-feb"]),
        ("query_bill_sections", {"cds_billsection_ids": "bob-jan house-feb"}, ["bob-jan", "house-feb"]),
        ("query_bill_sections", {"account_numbers": "A-bobs"}, ["bob-jan"]),
        ("query_bill_sections", {"contract_numbers": "C-shop"}, ["shop-jan"]),
        ("query_usage", {"account_numbers": "A-bobs", "before": "2026-01-15T00:00:00Z"}, ["bobs-meter 2026-01"]),
        ("query_usage", {"cds_meterdevice_ids": "m-shop", "after": "2026-02-01T00:00:00Z"}, ["m-shop 2026-02"]),
    ],
)
def test_filters_find_what_is_shown(direct, found, scope_id, query, seen):
    direct.reach(Reach.TEST_CUSTOMERS)

    assert found(scope_id, token_for(direct, scope_id), **query) == seen


def test_numbers_that_are_closed_find_nothing(direct, found):
    """But the order stands still, by ids."""
    direct.reach(Reach.TEST_CUSTOMERS)
    token = direct.token("query_usage", include_account_numbers=False, include_meter_numbers=False)

    assert found("query_usage", token, account_numbers="A-bobs") == []
    assert found("query_usage", token, meter_numbers="M-bobs-meter") == []
    assert found("query_usage", token) == BOBS["query_usage"] + ADAS["query_usage"]


@pytest.fixture
def crowd(app, home):
    """Seventy more Customers, some with the same account number, each with a bill, a section and a month of usage."""
    make = customer_data
    for n in range(70):
        who, number = f"c{n}", f"B-{n % 35:02}"
        with app.app_context(), transaction() as session:
            session.add(make.customer(who))
            session.flush()
            session.add_all([make.account(f"a{n}", who, account_number=number), make.contract(f"k{n}", f"a{n}", who)])
            session.add_all([make.service_point(f"s{n}", who), make.served(f"s{n}", f"k{n}", who)])
            session.add_all([make.meter(f"m{n}", who), make.installed(f"m{n}", f"s{n}", who)])
            session.add(make.statement(f"b{n}", f"a{n}", date(2026, 1, 1 + n % 5), who, account_number=number))
            for m in range(2):
                days = date(2026, 1 + m, 1), date(2026, 1 + m, 28)
                bill = {"account_number": number, "contracts": [f"k{n}"]}
                session.add(make.section(f"q{n}-{m}", f"a{n}", *days, who, **bill))
            row = make.series(session, f"m{n}", who, meter_device_id=f"m{n}")
            for month in (JANUARY, FEBRUARY):
                make.readings(session, row, month, ["1.50"])


@pytest.mark.parametrize("scope_id", LISTS)
@pytest.mark.usefixtures("crowd")
def test_pages_neither_lose_nor_repeat(direct, client, scope_id):
    """Forward and backward the same, in the order that the standard wants."""
    direct.reach(Reach.TEST_CUSTOMERS)
    headers = {"Authorization": f"Bearer {token_for(direct, scope_id)}"}
    path, name, _ = LISTS[scope_id]

    def pages(address, direction):
        seen = []
        while address:
            page = client.get(address, headers=headers).json
            seen.append(page[name])
            last, address = address, page[direction]
        return seen, last

    forward, last = pages(path, "next")
    backward, _ = pages(last, "previous")

    each = [one for page in forward for one in page]
    wanted = {"query_bill_statements": 74, "query_bill_sections": 144, "query_usage": 146}[scope_id]
    key = {"query_usage": "cds_usagesegment_id"}.get(scope_id, LISTS[scope_id][2])
    assert len(each) == len({one[key] for one in each}) == wanted
    assert [len(page) for page in forward] == ([wanted] if wanted < 100 else [100, wanted - 100])
    assert backward == forward[::-1]
    if scope_id == "query_bill_sections":
        places = [(one["account_number"], one["related_servicecontracts"], one["start_date"]) for one in each]
        assert [place[0] for place in places] == sorted(place[0] for place in places)
    if scope_id == "query_bill_statements":
        days = [one["statement_date"] for one in each]
        assert days == sorted(days, reverse=True)


@pytest.mark.parametrize(("scope_id", "most"), [("query_bill_statements", 3), ("query_bill_sections", 9)])
@pytest.mark.usefixtures("crowd")
def test_the_number_of_statements_does_not_grow_with_the_customers(direct, get, statements, scope_id, most):
    """Sections go through the Accounts of some numbers at a time; a page of a hundred needs three such groups."""
    direct.permit("ada")
    few = token_for(direct, scope_id)
    alone = len(reads(statements, lambda: get(LISTS[scope_id][0], few)))
    direct.reach(Reach.TEST_CUSTOMERS)
    crowded = len(reads(statements, lambda: get(LISTS[scope_id][0], few)))

    assert alone <= most
    assert crowded <= (most if scope_id == "query_bill_statements" else 3 * most)


def reads(statements, task):
    return [each for each in statements(task) if each.lstrip().upper().startswith(("SELECT", "WITH"))]


@requirement("WG3-01-6.2-05")
@pytest.mark.parametrize(
    ("scope_id", "query"),
    [("query_bill_sections", {"cds_billsection_ids": "nothing"}), ("query_usage", {"cds_usagesegment_ids": "nothing"})],
)
@pytest.mark.usefixtures("crowd")
def test_little_of_very_many_customers_has_to_be_named_closer(direct, get, monkeypatch, scope_id, query):
    """A segment has no place of its own in the database, so every Customer's would have to be looked at."""
    monkeypatch.setattr("cdsc_server.services.homes.MOST_GROUPS", 1)
    direct.reach(Reach.TEST_CUSTOMERS)
    token = token_for(direct, scope_id)
    path, name, _ = LISTS[scope_id]

    assert "name ids or numbers" in str(get(path, token, status=400, **query))
    assert get(path, token, account_numbers="A-bobs", **query)[name] == []
    assert len(get(path, token)[name]) == 100
