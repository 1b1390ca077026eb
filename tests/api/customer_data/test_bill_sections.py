"""Bill Sections: which a Grant opens, what they tell of what hangs on them, in which order, page by page."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest

from cdsc_server.storage.db import transaction
from tests.api.customer_data.facts import assert_types, expected, members
from tests.factories import customer_data as make
from tests.support import requirement

ADDRESS = "/cds/bill_sections"
MAY = (date(2025, 5, 1), date(2025, 5, 31))
JUNE = (date(2025, 6, 1), date(2025, 6, 30))


@pytest.fixture
def bills(app, agreed):
    """
    Ada's sections of May and June for house and shop, one that lists no contract, one of the parent, and one of Bob's.

    Makes tokens for what is ticked.
    """
    house = {"contracts": ["house"], "service_points": ["house-sp"], "meter_devices": ["m-house"]}
    shop = {"contracts": ["shop"], "service_points": ["shop-sp"], "meter_devices": ["m-shop"]}
    with app.app_context(), transaction() as session:
        session.add_all(
            [
                make.statement("june", "home", date(2025, 7, 3)),
                make.section("house-may", "home", *MAY, **house),
                make.section("house-june", "home", *JUNE, bill_statement_id="june", **house,
                             bill_sections=["shop-june", "house-may"]),
                make.section("shop-june", "home", *JUNE, bill_statement_id="june", **shop),
                make.section("extras", "home", *JUNE, types=["other_section"]),
                make.section("whole-family", "family", *JUNE, types=["sub_account"]),
                make.section("bobs-june", "bobs", *JUNE, "bob", contracts=["bobs-contract"]),
            ]
        )  # fmt: skip

    def to(*ids, token="token", kind="service_contract_selection", **values):
        plain = dict.fromkeys(("start_date", "end_date", "statement_date_start", "statement_date_end"), "infinite")
        entry = agreed.entry("service_bills", *ids, kind=kind, **{**plain, **values})
        return agreed.to(entry, token=token)

    return to


def ids(get, token="token", **query):
    return [each["cds_billsection_id"] for each in get(ADDRESS, token, **query)["bill_sections"]]


@requirement("WG3-01-10.6-01", "WG3-01-10.6.9-01", "WG3-01-10.6.9-03", "WG3-01-10.6.9-04", "WG3-01-7.2.6-04")
@requirement("WG3-01-6.1.8-20", "WG3-01-6.1.8-22", "WG3-01-6.1.8-23", "WG3-01-6.1.8-25")
def test_contracts_open_what_lists_them_and_accounts_all_of_theirs(bills, get):
    """Never what is billed to the parent, and never another Customer's."""
    bills("house")
    bills("home", token="account", kind="account_selection")
    bills("bobs-contract", token="of-bob")

    assert sorted(ids(get)) == ["house-june", "house-may"]
    assert sorted(ids(get, "account")) == ["extras", "house-june", "house-may", "shop-june"]
    assert ids(get, "of-bob") == []


@requirement("WG3-01-6.1.8-16", "WG3-01-6.1.8-17", "WG3-01-6.1.8-18", "WG3-01-6.1.8-19")
@requirement("WG3-01-6.1.8-21", "WG3-01-6.1.8-24")
def test_accounts_and_contracts_come_along_with_their_numbers(bills, get):
    """Those of what was chosen, as if the Client had asked for them."""
    bills("house")
    bills("home", token="account", kind="account_selection")

    contracts = get("/cds/service_contracts")["service_contracts"]
    accounts = {each["cds_account_id"]: each["account_number"] for each in get("/cds/accounts")["accounts"]}
    of_account = get("/cds/service_contracts", "account")["service_contracts"]

    assert [(each["cds_servicecontract_id"], each["contract_number"]) for each in contracts] == [("house", "C-house")]
    assert accounts == {"home": "A-home", "family": "A-family"}
    assert sorted(each["cds_servicecontract_id"] for each in of_account) == ["house", "shop"]


def test_bills_of_a_parent_account_do_not_come_along(app, bills, get):
    """Whoever shares one service shares the bills it stands on, and not those of the whole family."""
    with app.app_context(), transaction() as session:
        session.add(make.statement("family-june", "family", date(2025, 7, 3)))
    bills("house", include_bill_statements=True)

    statements = get("/cds/bill_statements")["bill_statements"]

    assert [each["cds_billstatement_id"] for each in statements] == ["june"]


def test_a_grant_without_sections_opens_none(agreed, bills, get):
    """Not even one over whole bills."""
    agreed.to(agreed.entry("bill_statements", "home", kind="account_selection"))

    assert get(ADDRESS, status=403)["code"] == "insufficient_scope"


@requirement("WG3-01-6.1.8-26", "WG3-01-7.3.4-04", "WG3-01-7.3.5-04", "WG3-01-7.3.4-06", "WG3-01-7.3.5-06")
@pytest.mark.parametrize(
    ("start", "end", "seen"),
    [
        ("2025-06-01", "2025-06-30", ["house-june"]),
        ("2025-06-02", "infinite", []),
        ("infinite", "2025-06-29", ["house-may"]),
        ("infinite", "2025-05-30", []),
        ("infinite", "infinite", ["house-may", "house-june"]),
    ],
)
def test_a_section_is_open_when_all_its_days_are_inside(bills, get, start, end, seen):
    """Filters never reach over the limits."""
    bills("house", start_date=start, end_date=end)

    assert ids(get) == seen
    assert ids(get, before="2090-01-01", after="1990-01-01") == seen


@requirement("WG3-01-10.6.1-05", "WG3-01-10.6.1-22", "WG3-01-10.6.1-25", "WG3-01-10.6.1-26")
@requirement("WG3-01-10.6.1-27", "WG3-01-10.6.1-28")
def test_only_ids_that_may_be_seen_are_told(bills, get):
    """Of the statement, of contracts, Service Points and meters, and of sections beside."""
    bills("house")
    more = {"include_service_points": True, "include_meter_devices": True, "include_bill_statements": True}
    bills("house", token="more", **more)
    bills("house", token="late", **more, statement_date_start="2025-07-04")

    def told(token):
        (each,) = get(ADDRESS, token, cds_billsection_ids="house-june")["bill_sections"]
        related = ("servicecontracts", "servicepoints", "meterdevices", "billsections")
        return each["cds_billstatement_id"], *(each[f"related_{name}"] for name in related)

    assert told("token") == (None, ["house"], [], [], ["house-may"])
    assert told("more") == ("june", ["house"], ["house-sp"], ["m-house"], ["house-may"])
    assert told("late")[0] is None
    assert ids(get, "token", cds_billstatement_ids="june") == []
    assert ids(get, "late", cds_billstatement_ids="june") == []


@requirement(*(f"WG3-01-10.6.1-{n:02}" for n in (*range(1, 5), *range(6, 22))))
@requirement("WG3-01-7.2.6-07", "WG3-01-7.2.6-08", "WG3-01-7.2.6-09", "WG3-01-7.2.6.1-04", "WG3-01-7.2.6.2-04")
def test_each_member_is_there_when_it_is_open_and_of_its_type(bills, get):
    """Null only where the standard allows it."""
    for includes in ((), ("include_bill_section_line_items",), ("include_bill_section_programs",)):
        token = bills("house", token="-".join(includes) or "bare", **dict.fromkeys(includes, True))

        listed = get(ADDRESS, token)["bill_sections"]
        assert members(listed) == [expected("bill_section", *includes)] * 2
        for each in listed:
            assert_types("bill_section", each)


@requirement("WG3-01-10.6.1-02", "WG3-01-10.6.1-03", "WG3-01-10.6.1-04")
def test_instants_are_those_of_this_server(app, bills, get):
    """And not those of the source."""
    stamps = {name: datetime(2026, 2, day, tzinfo=UTC) for day, name in enumerate(("created", "modified", "synced"), 1)}
    source = dict.fromkeys(("known", "valid"), make.THEN)
    with app.app_context(), transaction() as session:
        session.add(make.section("later", "home", *JUNE, contracts=["house"], **stamps, **source))
    bills("house")
    (told,) = get(ADDRESS, cds_billsection_ids="later")["bill_sections"]

    assert [told[f"cds_{name}"] for name in stamps] == [f"2026-02-0{day}T00:00:00Z" for day in (1, 2, 3)]


@requirement("WG3-01-10.6.1-23", "WG3-01-10.6.1-12", "WG3-01-10.6.1-13")
def test_a_section_says_what_it_said_when_it_was_billed(app, bills, get):
    """The number of then, every digit, and null for who had no part in it."""
    with app.app_context(), transaction() as session:
        session.add(make.section("old", "home", *MAY, contracts=["house"], account_number="A-then", supply_entity=None))
    bills("house", include_bill_section_line_items=True)

    (each,) = get(ADDRESS, cds_billsection_ids="old")["bill_sections"]

    assert (each["account_number"], each["supply_entity"]) == ("A-then", None)
    assert each["distribution_entity"]["entity_number"] == "DGE"
    assert [str(each["usage_details"][0]["value"]), str(each["line_items"][0]["rate"])] == ["312.500", "0.1640"]
    assert each["cost_details"][0]["cost"] == Decimal("100.40")


@requirement(*(f"WG3-01-10.6.9-{n:02}" for n in range(9, 18)))
def test_each_filter_keeps_what_matches(bills, get):
    """Several together keep what matches all; numbers count as far as they may be told."""
    bills("home", kind="account_selection", include_bill_statements=True)

    assert sorted(ids(get, cds_billsection_ids="house-may extras bobs-june")) == ["extras", "house-may"]
    assert ids(get, before="2025-05-01") == ["house-may"]
    assert ids(get, before="2025-04-30") == []
    assert ids(get, after="2025-05-31", before="2025-05-31") == ["house-may"]
    assert "house-may" not in ids(get, after="2025-06-01")
    assert sorted(ids(get, cds_billstatement_ids="june other")) == ["house-june", "shop-june"]
    assert ids(get, cds_account_ids="family bobs") == []
    assert len(ids(get, account_numbers="A-home")) == 4
    assert ids(get, account_numbers="A-family") == []
    assert ids(get, cds_servicecontract_ids="shop bobs-contract") == ["shop-june"]
    assert ids(get, contract_numbers="C-shop") == ["shop-june"]
    assert ids(get, contract_numbers="C-shop", after="2025-07-01") == []


@pytest.mark.parametrize("query", [{"before": "yesterday"}, {"page": "WyJhIiwiYiIsMSwyLCJjIixmYWxzZV0"}])
def test_a_malformed_parameter_is_named(bills, get, query):
    """Nothing is listed."""
    bills("house")

    assert get(ADDRESS, status=400, **query)["field"] == next(iter(query))


@requirement(*(f"WG3-01-10.6.9-{n:02}" for n in (2, 5, 6, 7, 8, 18, 19, 20, 21)))
def test_pages_follow_the_order_of_the_standard_and_lead_back(app, bills, get, statements):
    """Account number, contract number, first day, last change; none is lost or comes twice; as many statements each."""
    with app.app_context(), transaction() as session:
        session.add_all(
            make.section(
                f"n{n:03}", "home", date(2023, 1, 1) + timedelta(days=n % 50), date(2023, 3, 1),
                account_number=f"A-{n % 2}", contracts=[("house", "shop")[n % 3 % 2]],
                modified=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=n * 7 % 5),
            )
            for n in range(250)
        )  # fmt: skip
    bills("home", kind="account_selection", end_date="2023-12-31")
    pages, query, asked = [], {}, []
    while True:
        asked.append(len(statements(lambda query=query: pages.append(get(ADDRESS, **query)))))
        if pages[-1]["next"] is None:
            break
        query = {name: value[0] for name, value in parse_qs(urlsplit(pages[-1]["next"]).query).items()}
    listed = [each for page in pages for each in page["bill_sections"]]

    def place(each):
        modified = datetime.fromisoformat(each["cds_modified"]).timestamp()
        return each["account_number"], each["related_servicecontracts"], each["start_date"], -modified

    assert [place(each) for each in listed] == sorted(place(each) for each in listed)
    assert len({each["cds_billsection_id"] for each in listed}) == len(listed) == 250
    assert [len(page["bill_sections"]) for page in pages] == [100, 100, 50]
    assert len(set(asked)) == 1
    assert pages[0].keys() == {"bill_sections", "next", "previous"}
    assert pages[0]["previous"] is None
    back = {name: value[0] for name, value in parse_qs(urlsplit(pages[2]["previous"]).query).items()}
    assert get(ADDRESS, **back)["bill_sections"] == pages[1]["bill_sections"]
    assert get(ADDRESS, account_numbers="A-0", cds_servicecontract_ids="shop")["next"] is None
