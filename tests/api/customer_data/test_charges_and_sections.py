"""Charges name the Bill Sections behind them, as far as these may be told, and bring those that nobody else brings."""

from __future__ import annotations

from datetime import date

import pytest

from cdsc_server.storage.db import transaction
from tests.factories import customer_data as make
from tests.support import requirement

JUNE = (date(2025, 6, 1), date(2025, 6, 30))
WINDOWS = dict.fromkeys(("start_date", "end_date", "statement_date_start", "statement_date_end"), "infinite")
CHARGES = {"include_bill_statements": True, "include_bill_statement_charges": True}


@pytest.fixture
def bills(app, agreed):
    """
    Ada's bill of June: a charge for house and shop, one for extras, one nobody knows more of; and what stands beside.

    Makes tokens for what is ticked.
    """
    charges = [
        make.charge("power", "60.00", related_billsections=["house", "shop"]),
        make.charge("extras", "30.00", related_billsections=["extras"]),
        make.charge("other", "10.40"),
    ]
    with app.app_context(), transaction() as session:
        session.add_all(
            [
                make.statement("june", "home", date(2025, 7, 3), new_charges=charges),
                make.section("house", "home", *JUNE, bill_statement_id="june", contracts=["house"]),
                make.section("shop", "home", *JUNE, bill_statement_id="june", contracts=["shop"]),
                make.section("extras", "home", *JUNE, bill_statement_id="june", types=["other_section"]),
                make.section("unnamed", "home", *JUNE, bill_statement_id="june", types=["other_section"]),
            ]
        )

    def to(*ids, kind="service_contract_selection", scope="service_bills", **values):
        windows = WINDOWS if scope == "service_bills" else dict(list(WINDOWS.items())[2:])
        return agreed.to(agreed.entry(scope, *ids, kind=kind, **{**windows, **values}))

    return to


def named(get):
    (statement,) = get("/cds/bill_statements")["bill_statements"]
    return {each["id"]: each.get("related_billsections") for each in statement["new_charges"]}


def sections(get, **query):
    return {each["cds_billsection_id"] for each in get("/cds/bill_sections", **query)["bill_sections"]}


@requirement("WG3-01-10.5.2-06", "WG3-01-10.5.2-08")
def test_charges_name_the_sections_that_are_listed_too(bills, get):
    """And leave the member out where nobody knows."""
    bills("home", kind="account_selection", **CHARGES)

    assert named(get) == {"power": ["house", "shop"], "extras": ["extras"], "other": None}
    assert sections(get) == {"house", "shop", "extras", "unnamed"}


@requirement("WG3-01-10.5.2-06", "WG3-01-10.5.2-09")
def test_charges_never_name_a_section_that_is_not_open(bills, get):
    """What was not ticked is not told of by the bill either."""
    bills("shop", **CHARGES)

    assert named(get) == {"power": ["shop"], "extras": ["extras"], "other": None}


@requirement("WG3-01-10.5.2-09")
def test_charges_name_no_sections_where_these_are_not_shared(bills, get):
    """Not even that there are any."""
    bills("home", kind="account_selection", scope="bill_statements", include_bill_statement_charges=True)

    assert named(get) == {"power": None, "extras": None, "other": None}


@requirement("WG3-01-7.2.6-06")
def test_a_charge_that_is_shared_brings_the_sections_it_names(bills, get):
    """But for those of a service that was not ticked beside one that was."""
    bills("house", **CHARGES)

    assert sections(get) == {"house", "extras"}
    assert sections(get, cds_billsection_ids="shop unnamed") == set()


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"include_bill_statements": True},
        {**CHARGES, "statement_date_start": "2025-07-04"},
        {**CHARGES, "end_date": "2025-06-29"},
    ],
)
def test_a_charge_that_is_not_shared_brings_none(bills, get, values):
    """Because charges are not, or not those of that day; and days of service bind what a charge names too."""
    bills("house", **values)

    assert "extras" not in sections(get)


@requirement("WG3-01-7.2.6-06")
def test_a_charge_for_a_sub_account_brings_its_section(app, bills, get):
    """It stands on the bill that was shared, although the Account below was not."""
    with app.app_context(), transaction() as session:
        charge = make.charge("below", "100.40", related_billsections=["below"])
        session.add_all(
            [
                make.statement("family-june", "family", date(2025, 7, 3), new_charges=[charge]),
                make.section("below", "home", *JUNE, bill_statement_id="family-june", types=["sub_account"]),
            ]
        )
    bills("family", kind="account_selection", **CHARGES)

    assert sections(get) == {"below"}
    assert named(get) == {"below": ["below"]}


def test_naming_sections_takes_the_same_number_of_statements_for_any_number_of_bills(app, bills, get, statements):
    """Few, and not one for each bill or charge."""
    bills("home", kind="account_selection", **CHARGES)
    get("/cds/bill_statements")  # the first use of a token is noted
    one = [len(statements(lambda at=at: get(at))) for at in ("/cds/bill_statements", "/cds/bill_sections")]
    with app.app_context(), transaction() as session:
        charge = make.charge("more", "1.00", related_billsections=["house"])
        session.add_all(make.statement(f"n{n}", "home", date(2025, 1, 1), new_charges=[charge]) for n in range(90))

    many = [len(statements(lambda at=at: get(at))) for at in ("/cds/bill_statements", "/cds/bill_sections")]

    assert many == one
