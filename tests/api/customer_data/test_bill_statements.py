"""Bill Statements: which a Grant opens, with which members, in which order, page by page."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest

from cdsc_server.storage.db import transaction
from tests.api.customer_data.facts import assert_types, expected, members
from tests.factories import customer_data as make
from tests.support import requirement

ADDRESS = "/cds/bill_statements"


@pytest.fixture
def bills(app, agreed):
    """Ada's bills of 2024 and 2025 on both Accounts, and one of Bob's. Makes tokens for what is ticked."""
    with app.app_context(), transaction() as session:
        session.add_all(
            [
                make.statement("h-2024", "home", date(2024, 6, 3), programs=[]),
                make.statement("h-2025", "home", date(2025, 6, 3)),
                make.statement("h-late", "home", date(2025, 12, 31), account_number="A-older"),
                make.statement("f-2025", "family", date(2025, 6, 3)),
                make.statement("b-2025", "bobs", date(2025, 6, 3), "bob"),
            ]
        )

    def to(*accounts, token="token", **values):
        plain = {"statement_date_start": "infinite", "statement_date_end": "infinite"}
        entry = agreed.entry("bill_statements", *accounts, kind="account_selection", **{**plain, **values})
        return agreed.to(entry, token=token)

    return to


def ids(get, token="token", **query):
    return [each["cds_billstatement_id"] for each in get(ADDRESS, token, **query)["bill_statements"]]


@requirement("WG3-01-10.5-01", "WG3-01-10.5.4-01", "WG3-01-10.5.4-03", "WG3-01-10.5.4-04")
def test_the_bills_of_chosen_accounts_are_listed_and_no_others(bills, get, agreed):
    """Not those of the parent, which is only named, and never another Customer's."""
    bills("home")
    bills("bobs", token="of-bob")

    assert ids(get) == ["h-late", "h-2025", "h-2024"]
    assert ids(get, cds_account_ids="family bobs") == []
    assert ids(get, "of-bob") == []


def test_a_grant_without_bills_opens_none(agreed, bills, get):
    """Whatever accounts it opens."""
    agreed.to(agreed.entry("account_list", "home", kind="account_selection"))

    assert get(ADDRESS, status=403)["code"] == "insufficient_scope"


@pytest.mark.parametrize(
    ("start", "end", "seen"),
    [
        ("2025-06-03", "2025-12-31", ["h-late", "h-2025"]),
        ("2025-06-04", "2025-12-30", []),
        ("infinite", "2024-06-03", ["h-2024"]),
        ("2025-12-31", "infinite", ["h-late"]),
    ],
)
@requirement("WG3-01-10.5.4-03")
def test_both_days_of_the_window_are_inside(bills, get, start, end, seen):
    """And the filters never reach over it."""
    bills("home", statement_date_start=start, statement_date_end=end)

    assert ids(get) == seen
    assert ids(get, after="1990-01-01", before="2090-01-01") == seen


def test_two_entries_open_each_bill_as_far_as_one_of_them_does(agreed, bills, get):
    """Charges of the first half, the bare bill of the second."""
    entries = [
        agreed.entry(
            "bill_statements",
            "home",
            kind="account_selection",
            statement_date_start=start,
            statement_date_end=end,
            include_bill_statement_charges=charges,
        )
        for start, end, charges in (("2024-01-01", "2024-12-31", True), ("2024-06-03", "2025-06-30", False))
    ]
    agreed.to(*entries)

    shown = {each["cds_billstatement_id"]: "new_charges" in each for each in get(ADDRESS)["bill_statements"]}

    assert shown == {"h-2025": False, "h-2024": True}


@requirement(*(f"WG3-01-10.5.1-{n:02}" for n in range(1, 22)))
@requirement("WG3-01-7.2.5-05", "WG3-01-7.2.5-06", "WG3-01-7.2.5-07", "WG3-01-7.2.5-08", "WG3-01-7.2.5.1-04")
@requirement(*(f"WG3-01-7.2.5.2-{n:02}" for n in range(4, 10)), "WG3-01-7.2.5.3-04")
def test_each_member_is_there_when_it_is_open_and_of_its_type(bills, get):
    """Null only where the standard allows it."""
    for includes in ((), *(("include_bill_statement_" + name,) for name in ("files", "charges", "programs"))):
        token = bills("home", token="-".join(includes) or "bare", **dict.fromkeys(includes, True))

        listed = get(ADDRESS, token)["bill_statements"]
        assert members(listed) == [expected("bill_statement", *includes)] * 3
        for each in listed:
            assert_types("bill_statement", each)


@requirement("WG3-01-10.5.1-22", "WG3-01-10.5.1-19", "WG3-01-10.5.1-20", "WG3-01-10.5.1-29")
def test_a_bill_says_what_it_said_when_it_was_written(app, bills, get):
    """The number of then, every digit of the amounts, and what keeps the supply on where somebody was told so."""
    minimum, until = Decimal("50.10"), date(2026, 1, 9)
    with app.app_context(), transaction() as session:
        session.add(
            make.statement("h-cut", "home", date(2026, 1, 2), shutoff_prevention_minimum_due=minimum,
                           shutoff_prevention_date=until, amount_due=Decimal("109.900"))
        )  # fmt: skip
    bills("home")

    shown = {each["cds_billstatement_id"]: each for each in get(ADDRESS)["bill_statements"]}

    assert shown["h-late"]["account_number"] == "A-older"
    assert (shown["h-late"]["shutoff_prevention_minimum_due"], shown["h-late"]["shutoff_prevention_date"]) == (
        None,
    ) * 2
    assert (shown["h-cut"]["shutoff_prevention_minimum_due"], shown["h-cut"]["shutoff_prevention_date"]) == (
        minimum,
        "2026-01-09",
    )
    assert str(shown["h-cut"]["amount_due"]) == "109.900"


@requirement("WG3-01-10.5.1-27", "WG3-01-10.5.1-28", *(f"WG3-01-10.5.2-{n:02}" for n in range(1, 6)))
@requirement("WG3-01-10.5.2-09")
def test_charges_always_add_up_to_what_is_due(app, bills, get):
    """Where the bill itself does not, one charge says how much is missing."""
    charges = [make.charge("c1", "90.00"), make.charge("c2", "-3.25", types=["program"]),
               make.charge("c3", "7.00", included_in_amount_due=False)]  # fmt: skip
    with app.app_context(), transaction() as session:
        session.add(make.statement("h-odd", "home", date(2026, 1, 2), new_charges=charges, amount_due=Decimal("99.99")))
    bills("home", include_bill_statement_charges=True)

    shown = get(ADDRESS)["bill_statements"]

    for each in shown:
        counted = sum(line["amount"] for line in each["new_charges"] if line["included_in_amount_due"])
        assert each["previous_balance_unpaid"] + counted == each["amount_due"]
        for line in each["new_charges"]:
            assert line.keys() == {"id", "name", "types", "amount", "included_in_amount_due"}
            assert isinstance(line["amount"], (Decimal, int))
    assert shown[0]["new_charges"][:3] == charges
    assert [line["types"] for line in shown[0]["new_charges"][3:]] == [["amount_due_sum_difference"]]
    assert all(len(each["new_charges"]) == 1 for each in shown[1:])


@requirement(*(f"WG3-01-10.5.4-{n:02}" for n in range(9, 15)))
def test_each_filter_keeps_what_matches(bills, get):
    """Several together keep what matches all."""
    bills("home", "family")

    assert ids(get, cds_billstatement_ids="h-2024 b-2025") == ["h-2024"]
    assert ids(get, before="2025-06-03", cds_account_ids="home") == ["h-2025", "h-2024"]
    assert ids(get, after="2025-06-04") == ["h-late"]
    assert ids(get, after="2025-12-31") == ["h-late"]
    assert ids(get, cds_account_ids="family") == ["f-2025"]
    assert ids(get, account_numbers="A-older A-family") == ["h-late", "f-2025"]
    assert ids(get, account_numbers="A-older", cds_account_ids="family") == []


@pytest.mark.parametrize(
    "query", [{"before": "yesterday"}, {"after": "2025-13-01"}, {"page": "WyJhIiwxLCJiIixmYWxzZV0"}]
)
def test_a_malformed_parameter_is_named(bills, get, query):
    """Nothing is listed."""
    bills("home")

    assert get(ADDRESS, status=400, **query)["field"] == next(iter(query))


@requirement(*(f"WG3-01-10.5.4-{n:02}" for n in (2, 5, 6, 7, 8, 15, 16)))
def test_pages_go_from_the_newest_bill_to_the_oldest_and_back(app, bills, get, statements):
    """By date, then by the last change; none is lost, none comes twice, and each page takes as many statements."""
    changed = datetime(2026, 1, 1, tzinfo=UTC)
    with app.app_context(), transaction() as session:
        session.add_all(
            make.statement(f"n{n:03}", "family", date(2023, 1, 1) + timedelta(days=n // 3),
                           modified=changed + timedelta(seconds=n * 7 % 5))
            for n in range(250)
        )  # fmt: skip
    bills("family", statement_date_end="2023-12-31")
    pages, query, asked = [], {}, []
    while True:
        asked.append(len(statements(lambda query=query: pages.append(get(ADDRESS, **query)))))
        if pages[-1]["next"] is None:
            break
        query = {name: value[0] for name, value in parse_qs(urlsplit(pages[-1]["next"]).query).items()}
    listed = [each for page in pages for each in page["bill_statements"]]

    order = [(each["statement_date"], each["cds_modified"]) for each in listed]
    assert order == sorted(order, reverse=True)
    assert len({each["cds_billstatement_id"] for each in listed}) == len(listed) == 250
    assert [len(page["bill_statements"]) for page in pages] == [100, 100, 50]
    assert len(set(asked)) == 1
    assert pages[0].keys() == {"bill_statements", "next", "previous"}
    assert pages[0]["previous"] is None
    back = {name: value[0] for name, value in parse_qs(urlsplit(pages[2]["previous"]).query).items()}
    assert get(ADDRESS, **back)["bill_statements"] == pages[1]["bill_statements"]
    assert len(ids(get, after="2023-03-20")) < 100
    assert get(ADDRESS, after="2023-03-20")["next"] is None
