"""What a group is made of: its Service Points, for Clients that an operator opened the members for (4.11)."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from sqlalchemy import select

from cdsc_server.services import aggregations
from cdsc_server.storage.db import transaction
from cdsc_server.storage.service_points import ServicePointRow
from tests.factories import groups
from tests.support import requirement

POINTS = "/cds/service_points"
MADE_OF = {"include_service_points": True}
USAGE = {"type": "group_usage", "segment_start": "P1Y"}
WHERE = {**MADE_OF, "include_service_point_addresses": True, "include_premises": True}
#: Every listing that a token for groups does not open.
OTHERS = (
    "/cds/accounts", "/cds/service_contracts", "/cds/meter_devices", "/cds/bill_statements", "/cds/bill_sections",
    "/cds/usage_segments",
)  # fmt: skip


@pytest.fixture
def houses(mill, define, direct):
    """Mill House of Ann, Ben and Cleo, whose members are open, and Bay House of Dora, known by its name alone."""
    with direct.app.app_context(), transaction() as session:
        groups.flat(session, "dora", premise="18", address="18 Bay Street\nAshford Bay, MA 02144")
    define(groups.building(), groups.building("B-18", premise="18", name="Bay House", addresses=("18 Bay Street",)))
    direct.known("B-17", members=True)
    direct.known("B-18")


def listed(get, token, **query):
    """The ids of the Service Points that a token lists."""
    return sorted(each["cds_servicepoint_id"] for each in get(POINTS, token, **query)["service_points"])


@requirement("WG3-01-4.11-15", "WG3-01-4.11-16", "WG3-01-10.7.1-11", "WG3-01-10.7.1-19")
def test_service_points_of_a_group_are_listed_and_named_in_it(houses, direct, get):
    """Only of groups whose members an operator opened; of the others a Client learns no id."""
    token = direct.token("query_aggregations", **WHERE)

    named = {each["aggregation_number"]: each["grouped_servicepoints"] for each in get(token=token)["aggregations"]}
    points = get(POINTS, token)["service_points"]

    assert named == {"B-17": ["ann", "ben", "cleo"], "B-18": []}
    assert sorted(each["cds_servicepoint_id"] for each in points) == named["B-17"]
    assert {each["servicepoint_address"] for each in points} == {
        f"17 Mill Street, flat {name}\nAshford Bay, MA 02144" for name in named["B-17"]
    }
    assert {premise["premise_number"] for each in points for premise in each["premises"]} == {"17"}
    assert all(each["current_servicecontracts"] == each["previous_servicecontracts"] == [] for each in points)


@requirement("WG3-01-12.3-01", "WG3-01-12.3-04")
@pytest.mark.parametrize("opens", [MADE_OF, {**MADE_OF, "include_premises": True}, WHERE], ids=["none", "one", "both"])
def test_addresses_and_premises_are_told_where_they_were_asked_for(houses, direct, get, opens):
    point, *_ = get(POINTS, direct.token("query_aggregations", **opens))["service_points"]

    assert ("servicepoint_address" in point) is ("include_service_point_addresses" in opens)
    assert ("premises" in point) is ("include_premises" in opens)


@requirement("WG3-01-4.11-10", "WG3-01-10.7.1-23", "WG3-01-12.3-06")
def test_a_group_whose_members_are_not_open_tells_nothing_of_whoever_is_in_it(houses, direct, get):
    """Neither ids nor addresses: a confidential group is known by its number and its size at most."""
    token = direct.token("query_aggregations", **WHERE)

    (group,) = get(token=token, aggregation_numbers="B-18")["aggregations"]

    assert group["grouped_addresses"] == []
    assert not any(word in json.dumps(group) for word in ("dora", "Bay Street", "Bay House"))
    assert get(token=token, q="bay street")["aggregations"] == []


@requirement("WG3-01-7.1.6-10", "WG3-01-7.1.6-14", "WG3-01-7.1.12-10")
@pytest.mark.parametrize(
    ("asked", "seen"),
    [
        ({"servicepoint_numbers": ["SP-ben", "SP-dora", "SP-nobody"]}, ["ben"]),
        ({"aggregation_numbers": ["B-17"]}, ["ann", "ben", "cleo"]),
        ({"aggregation_numbers": ["B-18"]}, []),
    ],
)
def test_numbers_asked_for_limit_the_service_points_too(houses, direct, get, asked, seen):
    token = direct.token("query_aggregations", **MADE_OF, **asked)

    assert listed(get, token) == seen
    assert [one for each in get(token=token)["aggregations"] for one in each["grouped_servicepoints"]] == seen


def test_a_token_for_groups_opens_nothing_else_of_anybody(houses, direct, get):
    """Without the field not even Service Points."""
    token = direct.token("query_aggregations", **WHERE)

    assert [get(path, token, status=403)["code"] for path in OTHERS] == ["insufficient_scope"] * len(OTHERS)
    assert get(POINTS, direct.token("query_aggregations"), status=403)["code"] == "insufficient_scope"


def test_one_grant_may_open_groups_and_their_sums(houses, define, direct, get):
    """Each listing reads its own entry."""
    with direct.app.app_context(), transaction() as session:
        for number in range(10):
            groups.flat(session, f"t{number}")
            groups.hours(session, f"t{number}", ["1.0"])
        for name in ("ann", "ben", "cleo"):
            groups.hours(session, name, ["1.0"])
    define(groups.building())
    entries = {"type": "query_aggregations", **MADE_OF}, {**USAGE, "aggregation_numbers": ["B-17"]}
    token = direct.ask(*entries).json["access_token"]
    direct.settle()

    (segment,) = get("/cds/usage_segments", token)["usage_segments"]
    assert [one[0]["eu"] for one in segment["values"]] == [Decimal("13.0")]
    assert len(listed(get, token)) == 13


def test_what_was_opened_is_taken_back_with_the_next_request(houses, direct, get):
    """The group stays known; who left it is told no more."""
    token = direct.token("query_aggregations", **MADE_OF)
    direct.known("B-17")

    assert listed(get, token) == []
    assert [each["aggregation_number"] for each in get(token=token, q="B-17")["aggregations"]] == ["B-17"]


def test_who_moved_out_is_listed_no_more(houses, direct, get):
    token = direct.token("query_aggregations", **MADE_OF)
    direct.clock.advance(minutes=5)
    with direct.app.app_context():
        with transaction() as session:
            place = session.scalars(select(ServicePointRow).where(ServicePointRow.service_point_id == "ann")).one()
            place.premises = []
        aggregations.refresh(country="US", clock=direct.clock)

    assert listed(get, token) == ["ben", "cleo"]


@requirement("WG3-01-7.1.12-11", "WG3-01-10.7.1-21")
def test_parts_of_a_group_are_named_to_who_may_see_them(houses, define, direct, get):
    """Who asks by number does not: parts have none."""
    names = [f"c{number:03}" for number in range(101)]
    with direct.app.app_context(), transaction() as session:
        for name in names:
            groups.flat(session, name, premise="30")
    chosen = {"meter_number": frozenset(f"M-{name}" for name in names)}
    define(groups.building("R-1", types=("public", "meter_number"), lists=chosen))

    def parts(**asked):
        found = get(token=direct.token("query_aggregations", **asked))["aggregations"]
        return [each["grouped_aggregations"] for each in found if each["aggregation_number"] == "R-1"]

    assert [len(each) for each in parts()] == [2]
    assert parts(aggregation_numbers=["R-1"]) == [[]]


def test_one_statement_lists_however_many_there_are(houses, direct, get, statements):
    """As many as for a single one."""
    one = direct.token("query_aggregations", **MADE_OF, servicepoint_numbers=["SP-ann"])
    every = direct.token("query_aggregations", **MADE_OF)
    get(POINTS, one)

    assert len(statements(lambda: get(POINTS, every))) == len(statements(lambda: get(POINTS, one)))
