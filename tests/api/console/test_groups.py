"""Groups at the console: found, defined, opened, looked into."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import inspect

from cdsc_server.services import aggregations, group_desk
from cdsc_server.storage.aggregations import AggregationReaderRow, AggregationRow
from cdsc_server.storage.db import transaction
from cdsc_server.storage.grants import GrantRow
from tests.factories import groups
from tests.support.statements import statements_of

FLATS = [f"t{number:02}" for number in range(11)]


@pytest.fixture
def house(app, clock):
    """Eleven flats with two hours of readings in a building, one of whose Customers used most of the second."""
    with app.app_context():
        with transaction() as session:
            for number, name in enumerate(FLATS):
                groups.flat(session, name)
                groups.hours(session, name, ["1.5", "90.0" if number == 0 else "1.0"])
        made = aggregations.define([groups.building()], is_test=True, country="US", actor="ops", clock=clock)
    return made[0].aggregation_id


@pytest.fixture
def desk(hire):
    return hire("reviewer")


def text_at(desk, address):
    return desk.load(address).get_data(as_text=True)


def test_groups_are_found_with_the_rule_they_are_told_by(house, desk):
    listed, other = text_at(desk, "/console/groups?q=mill"), text_at(desk, "/console/groups?q=nowhere")

    assert "Mill House" in listed
    assert "Told where it is safe" in listed
    assert "At least 10 Customers, none of them with more than 50 % of the sum" in listed
    assert "Nothing found" in other


def test_a_group_shows_what_is_told_of_a_month(house, desk):
    """The sum of the first hour; the second is kept back."""
    text = text_at(desk, f"/console/groups/{house}?month=2026-01")

    assert "1 of 2 intervals of 60 minutes" in text
    assert "16.5</td>" in text
    assert '<td data-l="Kept back">1</td>' in text


@pytest.mark.parametrize("month", ["nonsense", "0001-01", "9999-12", "0002-01", "9998-12"])
def test_a_month_without_readings_or_sense_is_empty(house, desk, month):
    assert "Nothing can be added up" in text_at(desk, f"/console/groups/{house}?month={month}")


def test_who_asked_is_found_in_as_many_statements_however_many_did(app, clock, house):
    def asked():
        return group_desk.asking(house, clock=clock)

    with app.app_context():
        with transaction() as session:
            groups.waiting_for(session, "t01", "t02", at=clock.now())
        one, few = statements_of(app, asked)
        with transaction() as session:
            whole = session.get_one(GrantRow, "whole")
            for name in ("second", "third"):
                columns = {each.key: getattr(whole, each.key) for each in inspect(GrantRow).columns}
                session.add(GrantRow(**{**columns, "grant_id": name}))
        three, more = statements_of(app, asked)

    assert [len(each.parts) for each in one] == [2]
    assert sorted(len(each.parts) for each in three) == [0, 0, 2]
    assert len(more) == len(few)


def test_who_asked_is_listed_with_each_sub_grant(app, clock, house, desk):
    with app.app_context(), transaction() as session:
        groups.waiting_for(session, "t01", "t02", at=clock.now())
    text = text_at(desk, f"/console/groups/{house}")

    assert "0 of 2 have agreed" in text
    assert "/console/grants/part-t01" in text
    assert "T02" in text


@pytest.mark.parametrize(
    ("sought", "found"),
    [("t03", ["t03"]), ("SP-t04", ["t04"]), ("flat t05", ["t05"]), ("T06", ["t06"]), ("nobody", []), ("%", [])],
)
def test_members_are_found_by_name_number_address_and_id(house, desk, sought, found):
    text = text_at(desk, f"/console/groups/{house}/members?q={sought.replace('%', '%25')}")

    assert [name for name in FLATS if f"flat {name}," in text] == found


def test_a_group_is_opened_with_its_members_and_closed(house, desk, box, rows_of, trail):
    address = f"/console/groups/{house}"
    desk.load(address)
    opened = desk.act(address, do="open", registration_id=box.registration_id, members="on")
    (row,) = rows_of(AggregationReaderRow)
    closed = desk.act(address, do="close", registration_id=box.registration_id)

    assert (opened.location, closed.location) == (f"{address}?done=open", f"{address}?done=close")
    assert (row.registration_id, row.members) == (box.registration_id, True)
    assert rows_of(AggregationReaderRow) == []
    assert {action for _, action, _ in trail()} == {"aggregation.defined", "aggregation.opened", "aggregation.closed"}


def test_a_registration_that_is_not_there_is_refused(house, desk, rows_of, trail):
    before = trail()
    answer = desk.act(f"/console/groups/{house}", do="open", registration_id="nobody")

    assert answer.status_code == 400
    assert "no registration has this id" in answer.get_data(as_text=True)
    assert (rows_of(AggregationReaderRow), trail()) == ([], before)


def test_a_group_is_defined_and_changed_by_a_form(house, desk, clock, rows_of):
    """Each list that holds anything is a type; the number stays."""
    made = desk.act(
        "/console/groups/new", number="B-18", name="Bay House", known="confidential", is_building="on", fictional="on",
        premise_numbers="17\r\n18", addresses="18 Bay Street\r\nAshford Bay\r\n\r\n20 Bay Street",
    )  # fmt: skip
    address = f"{made.location.partition('?')[0]}/definition"
    clock.advance(timedelta(minutes=5))
    filled = text_at(desk, address)
    region = '[{"id": "b", "name": "Bay", "types": ["postal_code"], "postal_codes": ["02144"]}]'
    changed = desk.act(address, number="B-99", name="Bay Tower", known="listed", premise_numbers="18", regions=region)

    (row,) = [each for each in rows_of(AggregationRow) if each.aggregation_number == "B-18"]
    assert made.location.endswith("?done=defined")
    assert "17\n18</textarea>" in filled
    assert changed.status_code == 303
    assert (row.name, row.types, row.lists) == ("Bay Tower", ["listed", "premise_number"], {"premise_number": ["18"]})
    assert (row.addresses, row.regions[0]["postal_codes"], row.is_test) == ([], ["02144"], True)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"known": "nobody"}, "Who may know of it"),
        ({"number": ""}, "must not be empty"),
        ({"premise_numbers": " "}, "nothing says what belongs to it"),
        ({"regions": "[{"}, "not JSON"),
        ({"regions": '[{"id": "b"}]'}, "name is missing"),
        ({"number": "B-17"}, "is one of fictional Customers"),
    ],
)
def test_a_definition_with_a_fault_defines_nothing(*, house, desk, rows_of, trail, wrong, told):
    """What was filled in is kept."""
    before = trail()
    sent = {"number": "B-18", "name": "Bay House", "known": "public", "premise_numbers": "18", **wrong}
    answer = desk.act("/console/groups/new", **sent)

    assert (answer.status_code, told in answer.get_data(as_text=True)) in ((400, True), (409, True))
    assert 'value="Bay House"' in answer.get_data(as_text=True)
    assert ([each.aggregation_number for each in rows_of(AggregationRow)], trail()) == (["B-17"], before)


@pytest.mark.parametrize("role", ["support", "auditor"])
def test_who_may_only_look_changes_nothing(house, hire, rows_of, trail, role):
    desk, before = hire(role), trail()
    looked = desk.load(f"/console/groups/{house}")
    answers = [desk.act(path, name="x") for path in (f"/console/groups/{house}", "/console/groups/new")]
    answers.append(desk.act(f"/console/groups/{house}/definition", name="x"))

    assert looked.status_code == 200
    assert [answer.status_code for answer in answers] == [403] * 3
    assert (rows_of(AggregationReaderRow), trail()) == ([], before)


def test_parts_of_a_group_and_what_is_not_there_have_no_page(desk):
    assert desk.load("/console/groups/nobody").status_code == 404
    assert desk.load("/console/groups/nobody/members").status_code == 404
