"""What a request has ticked on the form, for each field and each kind of list; relations count as they are now."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cdsc_server.services import aggregations
from cdsc_server.storage.db import transaction
from cdsc_server.storage.grants import GrantRow
from tests.factories import customer_data, groups, people
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

    The last shop was once where the depot is, and the meter of the depot once at the last shop. What is at the depot
    now is a group of its own.
    """
    make = customer_data
    with app.app_context(), transaction() as session:
        people.baker(session, at=clock.now())
        session.add(make.account("a2", programs=[make.program("BB-1")]))
        session.add(
            make.contract(
                "depot", "a2", service_types=["water", "distribution"], programs=[make.service_program("NM-2")]
            )
        )
        premise = {"id": "depot", "premise_number": "99", "types": ["land"]}
        session.add(make.service_point("pd", types=["water", "virtual"], premises=[premise]))
        app_ = {"id": "app", "app_number": "LF-1", "types": ["installed"], "name": "Load finder"}
        session.add(make.meter("md", types=["water_usage"], apps=[app_]))
        session.add(make.served("pd", "depot", start=ENDED))
        session.add(make.served("pd", "shop0003", end=ENDED))
        session.add(make.installed("md", "pd", start=ENDED))
        session.add(make.installed("md", "p3", end=ENDED))
    with app.app_context():
        house = groups.building("B-99", premise="99")
        aggregations.define([house], is_test=True, country="US", actor="ops", clock=clock)


@pytest.fixture
def form(opened, depot, visitor):
    """The form of a request for meters, or for another scope, with these values; Ada is signed in."""

    def shown(scope=METERS, **values):
        opened((scope, values))
        return visitor.form()

    return shown


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


@requirement("WG3-01-7.1.13.1-01")
@pytest.mark.parametrize("field", sorted({row.values[0]["field"] for row in rows()} - {"addresses"}))
def test_a_number_ticks_what_has_it_to_the_letter_only(form, field):
    """Numbers are not addresses: capitals and blanks count."""
    row = next(row for (row,) in (each.values for each in rows()) if row["field"] == field and row["wanted"][0] != "_")
    wanted = row["wanted"]
    near = {wanted.lower(), wanted.upper(), f" {wanted}", f"{wanted} ", wanted[:-1], f"{wanted}2"} - {wanted}
    shown = form(row["scope"], authorization_form_selection_type=row["kind"], **{field: sorted(near)})

    assert shown.values("s1") == []


@requirement("WG3-01-7.4.1-07")
@pytest.mark.parametrize(
    ("kind", "entries"),
    [
        ("account_selection", {"a1", "a2"}),
        ("service_contract_selection", {"depot", "shop0001", "shop0002", "shop0003"}),
        ("servicepoint_selection", {"p1", "p2", "p3", "pd"}),
        ("meter_device_selection", {"m1", "m2", "m3", "md"}),
    ],
)
def test_the_list_is_of_the_kind_that_the_request_names(form, visitor, kind, entries):
    form(authorization_form_selection_type=kind)

    assert set(re.findall(r'type="checkbox" name="s1" value="([^"]+)"', visitor.text)) == entries


@requirement("WG3-01-6.1.6-19")
def test_under_each_contract_stand_the_meters_that_are_shared_with_it(form, visitor):
    """Those that are there now."""
    form(authorization_form_selection_type="service_contract_selection")
    entries = {each.partition('"')[0]: each for each in visitor.text.split('name="s1" value="')[1:]}

    for contract, meter in (("shop0001", "M-m1"), ("shop0003", "M-m3"), ("depot", "M-md")):
        entry = entries[contract].partition("</li>")[0]
        assert meter in entry
        assert entry.count("M-m") == 1


@requirement("WG3-01-7.4.5-05")
def test_what_may_not_be_changed_is_agreed_to_as_a_whole(form, visitor, stored):
    """There is nothing to tick or to leave out, and what a browser sends nevertheless counts for nothing."""
    form(
        authorization_form_selection_type="service_contract_selection",
        contract_numbers=["C-depot", "C-shop0001"],
        allow_scope_modifications=False,
    )
    assert 'type="checkbox"' not in visitor.text
    visitor.press("approve", tick=(("s1-shown", '["depot", "shop0001"]'), ("s1", "depot"), ("leave_out", "1")))
    (grant,) = stored(GrantRow)

    assert [each["ids"] for each in grant.selections] == [["depot", "shop0001"]]


@requirement("WG3-01-7.1-02")
def test_what_somebody_else_has_behaves_as_what_nobody_has(app, form, visitor):
    """The form says the same of both, so that nobody learns which numbers there are."""
    with app.app_context(), transaction() as session:
        session.add(customer_data.customer("bob"))
        session.flush()
        session.add(customer_data.account("bobs", "bob"))
    shown = []
    for number in ("A-bobs", "A-none"):
        found = form(authorization_form_selection_type="account_selection", account_numbers=[number])
        text = visitor.text.replace(number, "N")
        shown.append(re.sub(r'consent/[\w-]+|nonce="[^"]+"|name="form_token" value="[^"]+"', "", text))

        assert found.values("s1") == []
    assert shown[0] == shown[1]
