"""Sums of groups that a Customer in them chose to share, by cds_usage with a list of groups (6.1.9)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cdsc_server.services import aggregations
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.db import transaction
from cdsc_server.storage.service_points import ServicePointRow
from tests.factories import groups
from tests.support import espi, requirement

USAGE = "/cds/usage_segments"
OF_CUSTOMERS = ("accounts", "servicecontracts", "servicepoints", "meterdevices", "billsections")
#: Whoever lives in the tower: enough for a total.
TENANTS = ("ann", *(f"t{number:02}" for number in range(11)))


@pytest.fixture
def tower(app, define):
    """
    Ann's tower twice over, as A and B, so that either total is told beside the other, and C of houses elsewhere.

    Gives their ids by number.
    """
    with app.app_context(), transaction() as session:
        for name in TENANTS:
            groups.flat(session, name, premise="20")
            groups.hours(session, name, ["1.0", "2.0"])
        for name in (f"x{number:02}" for number in range(12)):
            groups.flat(session, name, premise="30")
            groups.hours(session, name, ["5.0", "5.0"])
    places = {"A": "20", "B": "20", "C": "30"}
    made = define(*(groups.building(number, premise=premise) for number, premise in places.items()))
    return {number: one.aggregation_id for number, one in zip(places, made, strict=True)}


@pytest.fixture
def chosen(tower, shared, opened):
    """A token for the use of the groups that Ann chose, all of which its Client may know of; more words are values."""

    def chooses(*numbers, **values):
        token = shared(
            "usage_data",
            *(tower[number] for number in numbers),
            kind="aggregation_selection",
            include_usage_segment_value_types=["electric_kwh"],
            **{"segment_start": "P1Y", "include_aggregations": True, **values},
        )
        for number in tower:
            opened(number)
        return token

    return chooses


@requirement("WG3-01-6.1.9-25")
@pytest.mark.parametrize("numbers", ["A", "B", "AB"])
def test_sums_of_the_chosen_groups_are_readable_and_nothing_else_is(tower, chosen, get, numbers):
    """Neither those of a group that was not chosen, nor what the Customer used alone."""
    segments = get(USAGE, chosen(*numbers))["usage_segments"]

    assert [each["related_aggregations"] for each in segments] == [[tower[number]] for number in numbers]
    for each in segments:
        assert [value[0]["eu"] for value in each["values"]] == [Decimal("12.0"), Decimal("24.0")]
        assert [each[f"related_{kind}"] for kind in OF_CUSTOMERS] == [[]] * len(OF_CUSTOMERS)


def test_sums_are_in_files_too_each_group_a_virtual_place(chosen, client):
    """Two groups are two places, also where their ids are not told."""
    token = chosen("A", "B", include_aggregations=False)
    headers = {"Authorization": f"Bearer {token}"}
    feed = espi.valid(client.get(USAGE, headers={**headers, "Accept": "application/atom+xml"}).data)
    table = client.get(USAGE, headers={**headers, "Accept": "text/csv"}).get_data(as_text=True).splitlines()

    assert espi.texts(feed, "isVirtual") == ["true", "true"]
    assert (espi.texts(feed, "value"), espi.texts(feed, "powerOfTenMultiplier")) == (["120", "240"] * 2, ["2"])
    assert len(table) == 5
    assert len({row.partition(",")[0] for row in table[1:]}) == 2


def test_the_id_of_a_chosen_group_is_told_where_groups_are_opened(chosen, get):
    """The sum is readable all the same."""
    (segment,) = get(USAGE, chosen("A", include_aggregations=False))["usage_segments"]

    assert (segment["related_aggregations"], len(segment["values"])) == ([], 2)


def test_nobody_opens_the_sums_of_a_group_of_others(chosen, get):
    """Whatever a Grant says: its Client may know of that group, and nothing of Ann's is in it."""
    assert get(USAGE, chosen("C"))["usage_segments"] == []


@requirement("WG3-01-10.8.1-21")
def test_sums_are_told_as_long_as_the_customer_is_in_the_group(app, clock, chosen, get):
    """As the group itself is; the others go on living there."""
    token = chosen("A")
    before = [len(get(USAGE, token)["usage_segments"]), len(get(token=token)["aggregations"])]
    with app.app_context(), transaction() as session:
        session.get_one(ServicePointRow, (customer_key_of("ann"), "ann")).premises = []
    clock.advance(seconds=1)
    with app.app_context():
        aggregations.refresh(country="US", clock=clock)

    assert before == [1, 1]
    assert get(USAGE, token)["usage_segments"] == get(token=token)["aggregations"] == []


def test_a_choice_tells_nothing_of_a_group_that_the_client_may_not_know(app, clock, chosen, get):
    """Ann cannot open for it what the operator did not."""
    token = chosen("A")
    with app.app_context():
        aggregations.close_for("A", "reg", actor="ops", clock=clock)

    assert get(USAGE, token)["usage_segments"] == []


@requirement("WG3-01-12.3-03", "WG3-01-12.3-05")
def test_a_choice_of_one_tells_nothing_of_few(*, app, mill, define, shared, opened, get):
    """The others in a small house did not agree."""
    with app.app_context(), transaction() as session:
        for name in ("ann", "ben", "cleo"):
            groups.hours(session, name, ["1.0", "2.0"])
    (house,) = define(groups.building())
    token = shared(
        "usage_data",
        house.aggregation_id,
        kind="aggregation_selection",
        include_usage_segment_value_types=["electric_kwh"],
        segment_start="P1Y",
        include_aggregations=True,
    )
    opened("B-17")

    assert [each["aggregation_number"] for each in get(token=token)["aggregations"]] == ["B-17"]
    assert get(USAGE, token)["usage_segments"] == []
