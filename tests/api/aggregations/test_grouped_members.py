"""Whatever a group names can be read, kind by kind, and nothing that it does not name: CDS-WG3-01 7.2.1 to 7.2.4."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from cdsc_server.storage.db import transaction
from tests.api.customer_data.facts import expected, members
from tests.factories import customer_data as make
from tests.factories import groups
from tests.support import requirement

with (Path(__file__).parents[2] / "data" / "wg3_grouped_members.tsv").open(encoding="utf-8", newline="") as _file:
    KINDS = list(csv.DictReader(_file, delimiter="\t"))
every_kind = pytest.mark.parametrize(
    "kind", [pytest.param(row, marks=requirement(row["row"]), id=row["listing"]) for row in KINDS]
)


@pytest.fixture
def house(mill, define, direct, monkeypatch):
    """
    Electricity of Ann, Ben and Cleo in Mill House, whose members are open; Dora's Bay House is known by name alone.

    Ann has water, too, at the same place and of another Account, which belongs to no group.
    The scope offers what brings each kind and what filters it.
    """
    scopes = direct.app.extensions["cdsc"].catalogue.scopes
    more = {
        name: scopes["query_meter_devices"].fields[name] for row in KINDS for name in (row["include"], row["filter"])
    }
    fields = {**more, **scopes["query_aggregations"].fields}
    monkeypatch.setitem(scopes, "query_aggregations", replace(scopes["query_aggregations"], fields=fields))
    with direct.app.app_context(), transaction() as session:
        groups.flat(session, "dora", premise="18")
        session.add_all(
            [
                make.account("water", "ann"),
                make.contract("water", "water", "ann", service_types=["water"]),
                make.served("ann", "water", "ann"),
                make.meter("water", "ann", types=["water_usage"]),
                make.installed("water", "ann", "ann"),
            ]
        )
    electric = {"service_type": frozenset({"electric"}), "meter_type": frozenset({"electric_usage"})}
    of = {"types": ("confidential", "building", "premise_number", *electric), "addresses": ()}
    define(
        groups.building(**of, lists={"premise_number": frozenset({"17"}), **electric}),
        groups.building("B-18", **of, lists={"premise_number": frozenset({"18"}), **electric}),
    )
    direct.known("B-17", members=True)
    direct.known("B-18")


@pytest.fixture
def read(direct, get):
    """What a token for groups that opens one kind reads of it, and what the groups name; ids in order."""

    def reads(kind, **asked):
        token = direct.token("query_aggregations", **{kind["include"]: True}, **asked)
        named = [one for group in get(token=token)["aggregations"] for one in group[kind["member"]]]
        found = get(f"/cds/{kind['listing']}", token)[kind["listing"]]
        return sorted(each[kind["id"]] for each in found), named

    return reads


@every_kind
@pytest.mark.usefixtures("house")
def test_what_a_group_names_can_be_read_where_the_field_is_true(direct, get, kind, read):
    """By whom an operator opened the members for, with no optional member that was not asked for."""
    token = direct.token("query_aggregations", **{kind["include"]: True})

    assert read(kind) == (["ann", "ben", "cleo"], ["ann", "ben", "cleo"])
    found = get(f"/cds/{kind['listing']}", token)[kind["listing"]]
    assert members(found) == [expected(kind["object"])] * 3
    others = [f"/cds/{each['listing']}" for each in KINDS if each is not kind]
    assert [get(path, token, status=403)["code"] for path in others] == ["insufficient_scope"] * 3


@every_kind
@pytest.mark.usefixtures("house")
def test_without_the_field_nothing_of_the_kind_can_be_read(direct, get, kind):
    """Whatever else of the group is open."""
    others = {each["include"]: each is not kind and each["include"] != "include_meter_devices" for each in KINDS}
    token = direct.token("query_aggregations", **others)

    assert {one for group in get(token=token)["aggregations"] for one in group[kind["member"]]} == set()
    assert get(f"/cds/{kind['listing']}", token, status=403)["code"] == "insufficient_scope"


@every_kind
@pytest.mark.parametrize("opened", ["known", "closed"])
@pytest.mark.usefixtures("house")
@requirement("WG3-01-7.2-01")
def test_what_an_operator_did_not_open_stays_out_in_silence(direct, kind, read, opened):
    """A group that is known by name alone, and one whose members were open before: no error, and no id."""
    if opened == "closed":
        direct.known("B-17")

    assert read(kind, aggregation_numbers=["B-18" if opened == "known" else "B-17"]) == ([], [])


@every_kind
@pytest.mark.usefixtures("house")
def test_filters_leave_as_much_of_the_listing_as_of_the_group(kind, read):
    """What the group does not name is not listed, although its number is right."""
    numbers = [
        kind["number"],
        kind["number"].replace("ben", "dora"),
        kind["number"].split("-", maxsplit=1)[0] + "-water",
    ]

    assert read(kind, **{kind["filter"]: numbers}) == (["ben"], ["ben"])


@requirement("WG3-01-7.2.2-09", "WG3-01-7.2.4-06")
@pytest.mark.usefixtures("house")
def test_contracts_and_meters_bring_the_places_between_them(direct, get):
    """Each leads to the other by ids that the token reads, and to nothing that is not of the group."""
    token = direct.token("query_aggregations", include_service_contracts=True, include_meter_devices=True)

    points = get("/cds/service_points", token)["service_points"]
    meters = get("/cds/meter_devices", token)["meter_devices"]

    assert {each["cds_servicepoint_id"]: each["current_servicecontracts"] for each in points} == {
        name: [name] for name in ("ann", "ben", "cleo")
    }
    assert {each["cds_meterdevice_id"]: each["current_servicepoints"] for each in meters} == {
        name: [name] for name in ("ann", "ben", "cleo")
    }
