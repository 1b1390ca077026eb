"""What a request has ticked on the form, for each field and each kind of list; relations count as they are now."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cdsc_server.storage.db import transaction
from tests.factories import customer_data, people
from tests.support import requirement

ENDED = datetime(2024, 1, 1, tzinfo=UTC)
METERS = "distribution_details"


def rows():
    with (Path(__file__).parents[2] / "data" / "wg3_preselection.tsv").open(encoding="utf-8", newline="") as file:
        return [
            pytest.param(row, marks=requirement(row["row"]), id=f"{row['row']} {row['field']}")
            for row in csv.DictReader(file, delimiter="\t")
        ]


@pytest.fixture
def depot(app, clock, visitor):
    """
    Ada has three shops on one account, and a depot on another, which differs from them in everything.

    The last shop was once where the depot is, and the meter of the depot once at the last shop.
    """
    make = customer_data
    with app.app_context(), transaction() as session:
        people.baker(session, at=clock.now())
        session.add(make.account("a2", programs=[make.program("BB-1")]))
        session.add(
            make.contract("depot", "a2", service_types=["water", "distribution"], programs=[make.program("NM-2")])
        )
        premise = {"id": "depot", "premise_number": "99", "types": ["land"]}
        session.add(make.service_point("pd", types=["water", "virtual"], premises=[premise]))
        app_ = {"id": "app", "app_number": "LF-1", "types": ["installed"], "name": "Load finder"}
        session.add(make.meter("md", types=["water_usage"], apps=[app_]))
        session.add(make.served("pd", "depot", start=ENDED))
        session.add(make.served("pd", "shop0003", end=ENDED))
        session.add(make.installed("md", "pd", start=ENDED))
        session.add(make.installed("md", "p3", end=ENDED))


@pytest.fixture
def form(ask, depot, visitor):
    """The form of a request for meters, or for another scope, with these values; Ada is signed in."""

    def opened(scope=METERS, **values):
        visitor.load(f"/consent/{ask((scope, values))}")
        visitor.sign_in()
        return visitor.form()

    return opened


@pytest.mark.parametrize("row", rows())
def test_a_field_ticks_what_it_names(form, row):
    """In a list of any kind, by way of what it is related to; `+` stands for what comes later."""
    shown = form(row["scope"], authorization_form_selection_type=row["kind"], **{row["field"]: [row["wanted"]]})

    if row["ticked"] == "+":
        assert shown.values("s1-future") == ["on"]
    else:
        assert sorted(shown.values("s1")) == row["ticked"].split()
        assert shown.values("s1-future") == []


@requirement("WG3-01-7.1-04")
def test_several_fields_tick_what_all_of_them_name(form):
    shown = form(
        authorization_form_selection_type="service_contract_selection",
        service_types=["electric", "water"],
        meter_numbers=["M-m1", "M-m2", "M-md"],
        addresses=["2 depot street", "2 shop0001 street", "2 shop0003 street"],
    )

    assert sorted(shown.values("s1")) == ["depot", "shop0001"]


@requirement("WG3-01-7.1-05")
def test_fields_that_have_nothing_in_common_tick_nothing(form):
    shown = form(
        authorization_form_selection_type="service_contract_selection",
        service_types=["electric"],
        premise_numbers=["99"],
    )

    assert shown.values("s1") == []


@requirement("WG3-01-7.1.13.1-16", "WG3-01-7.1.13.1-17", "WG3-01-7.1.13.1-18", "WG3-01-7.1.13.1-19")
@pytest.mark.parametrize(
    ("sent", "ticked"),
    [
        ("1 a2 street, ashford bay", ["a2"]),
        ("1 A2 STREET,  Ashford Bay", ["a2"]),
        ("1 a2 st, ashford bay", []),
        ("1 a2 street", []),
        ("9 depot road, ashford bay", []),
    ],
)
def test_an_address_ticks_the_one_thing_it_names_to_the_letter(form, sent, ticked):
    """Ours are written out, theirs are not; capitals and blanks make no difference."""
    shown = form(authorization_form_selection_type="account_selection", addresses=[sent])

    assert shown.values("s1") == ticked


@requirement("WG3-01-7.1.13.1-18")
def test_an_address_of_two_things_ticks_neither(app, form):
    """It does not say which is meant."""
    with app.app_context(), transaction() as session:
        session.add(customer_data.account("a3", address="1 A2 St.\nAshford Bay"))

    assert (
        form(authorization_form_selection_type="account_selection", addresses=["1 a2 street, ashford bay"]).values("s1")
        == []
    )
