"""The listing of Aggregations: which a Grant opens, what of them is told, filters, order and pages."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from cdsc_server.storage.db import transaction
from tests.api.customer_data.facts import assert_types, expected, members
from tests.factories import customer_data as make
from tests.factories import groups
from tests.support import requirement

with (Path(__file__).parents[2] / "data" / "wg3_aggregation_members.tsv").open(encoding="utf-8", newline="") as _file:
    ADDED = list(csv.DictReader(_file, delimiter="\t"))

GEOJSON = {"type": "Polygon", "coordinates": [[[-71, 42], [-71, 43], [-70, 43], [-71, 42]]]}


def numbers(get, token="token", **query):
    return [each["aggregation_number"] for each in get(token=token, **query)["aggregations"]]


def public(number="R-1", kind="public", **fields):
    return groups.building(number, **{"types": (kind, "building", "premise_number"), "addresses": (), **fields})


@requirement("WG3-01-10.7.8-01", "WG3-01-10.7.8-02", "WG3-01-10.7.8-03", "WG3-01-10.7.8-06")
@requirement("WG3-01-10.7.2-02", "WG3-01-10.7.2-03", "WG3-01-10.7.2-04")
def test_a_confidential_group_is_known_to_those_only_for_whom_it_was_opened(mill, define, opened, shared, get):
    """Public and listed ones are known to every Client."""
    define(groups.building(), public("R-1"), public("R-2", "listed"))
    shared(include_aggregations=True)

    before = sorted(numbers(get))
    opened("B-17")
    listing = get()

    assert before == ["R-1", "R-2"]
    assert sorted(each["aggregation_number"] for each in listing["aggregations"]) == ["B-17", "R-1", "R-2"]
    assert (set(listing), listing["next"], listing["previous"]) == ({"aggregations", "next", "previous"}, None, None)


@requirement("WG3-01-7.2.7-06", "WG3-01-7.2.7-07", "WG3-01-7.2.7-08")
@pytest.mark.parametrize(
    ("scope_id", "kind", "chosen", "include"),
    [
        ("account_list", "account_selection", "account_number", {}),
        ("supply_details", "service_contract_selection", "contract_number", {}),
        ("distribution_details", "meter_device_selection", "meter_number", {}),
        (
            "usage_data",
            "meter_device_selection",
            "contract_number",
            {"include_meter_devices": False, "include_service_contracts": True},
        ),
    ],
)
def test_a_customers_grant_opens_the_groups_that_something_shared_belongs_to(
    *, app, mill, define, shared, get, scope_id, kind, chosen, include
):
    """Not those of other Customers, and not those of things of hers that are not shared."""
    with app.app_context(), transaction() as session:
        session.add_all([make.account("ann-2", "ann"), make.contract("ann-2", "ann-2", "ann"),
                         make.service_point("ann-2", "ann"), make.served("ann-2", "ann-2", "ann"),
                         make.meter("ann-2", "ann"), make.installed("ann-2", "ann-2", "ann")])  # fmt: skip
    letter = {"account_number": "A", "contract_number": "C", "meter_number": "M"}[chosen]
    define(
        *(
            groups.building(
                number, types=("public", chosen), lists={chosen: frozenset({f"{letter}-{name}"})}, addresses=()
            )
            for number, name in (("mine", "ann"), ("not-shared", "ann-2"), ("bens", "ben"))
        )
    )
    shared(scope_id, "ann", kind=kind, include_aggregations=True, **include)

    assert numbers(get) == ["mine"]


@requirement("WG3-01-7.2.7-09", "WG3-01-10.7.8-04")
def test_without_the_field_nothing_is_listed_and_no_group_is_no_fault(mill, define, shared, get):
    """A Client that may not ask learns that, and one that may gets an empty list."""
    shared(token="without", include_aggregations=False)
    shared(include_aggregations=True)

    assert get(token="without", status=403)["code"] == "insufficient_scope"
    assert get()["aggregations"] == []


@requirement(*(f"WG3-01-10.7.1-{n:02}" for n in range(1, 17)), "WG3-01-7.2.7-10", "WG3-01-7.2.7.1-04")
def test_each_member_is_there_when_it_is_open_and_of_its_type(mill, define, opened, shared, get):
    """Addresses only where they were asked for."""
    define(groups.building())
    opened("B-17")
    shared(token="bare", include_aggregations=True)
    shared(include_aggregations=True, include_aggregation_addresses=True)

    (bare,), (full,) = get(token="bare")["aggregations"], get()["aggregations"]

    assert members([bare]) == [expected("aggregation") | {"premise_numbers"}]
    assert members([full]) == [expected("aggregation", "include_aggregation_addresses") | {"premise_numbers"}]
    assert_types("aggregation", full)
    assert (bare["aggregation_number"], full["aggregation_number"]) == ("B-17", "B-17")
    assert full["grouped_addresses"] == ["17 Mill Street\nAshford Bay, MA 02144"]
    assert full["aggregation_types"] == ["confidential", "building", "premise_number"]


@requirement("WG3-01-10.7.1-03", "WG3-01-10.7.1-04")
def test_a_look_without_news_moves_synced_alone(*, app, mill, define, shared, get, clock):
    """What did not change was not modified."""
    from cdsc_server.services import aggregations

    define(public())
    shared(include_aggregations=True)
    (before,) = get()["aggregations"]
    clock.advance(minutes=5)
    with app.app_context():
        aggregations.refresh(country="US", clock=clock)
    (after,) = get()["aggregations"]

    assert after["cds_modified"] == before["cds_modified"]
    assert after["cds_synced"] > before["cds_synced"]


@requirement(*(row["row"] for row in ADDED), "WG3-01-10.7.2-01", "WG3-01-2-07")
@pytest.mark.parametrize("row", ADDED, ids=lambda row: row["type"])
def test_each_type_adds_its_list(mill, define, shared, get, row):
    """And no other."""
    define(groups.building(types=("public", row["type"]), lists={row["type"]: frozenset({row["fits"]})}, addresses=()))
    shared(include_aggregations=True)

    (seen,) = get()["aggregations"]

    assert seen["aggregation_types"] == ["public", row["type"]]
    assert {name: seen[name] for name in (each["member"] for each in ADDED) if name in seen} == {
        row["member"]: [row["fits"]]
    }


@requirement(*(f"WG3-01-10.7.1-{n}" for n in (17, 18, 19, 20)), "WG3-01-10.7.7-01")
def test_members_are_told_as_far_as_they_may_be_seen(mill, define, shared, get):
    """Ann's own by the kinds that her Grant opens; nobody else's. The group itself holds no data."""
    define(public())
    shared(include_aggregations=True)
    shared("supply_details", token="contracts", include_aggregations=True)
    more = dict.fromkeys(("include_accounts", "include_service_contracts", "include_service_points"), True)
    shared(token="more", include_aggregations=True, **more)
    kinds = ("accounts", "servicecontracts", "servicepoints", "meterdevices")

    def told(token):
        (seen,) = get(token=token)["aggregations"]
        return [seen[f"grouped_{kind}"] for kind in kinds]

    assert told("token") == [[], [], [], ["ann"]]
    assert told("contracts") == [["ann"], ["ann"], [], []]
    assert told("more") == [["ann"], ["ann"], ["ann"], ["ann"]]


@requirement("WG3-01-7.2.7-04", "WG3-01-10.7.1-06", "WG3-01-10.7.1-25", "WG3-01-10.7.1-26", "WG3-01-10.7.2-27")
def test_a_large_group_lists_its_parts_which_have_no_number_and_no_data(app, mill, define, shared, get):
    """Nobody can ask for a part by itself."""
    with app.app_context(), transaction() as session:
        for number in range(100):
            groups.flat(session, f"c{number:03}")
    chosen = frozenset({"M-ann", *(f"M-c{number:03}" for number in range(100))})
    define(public(types=("public", "meter_number"), lists={"meter_number": chosen}))
    shared(include_aggregations=True, include_meter_devices=True)

    found = get()["aggregations"]
    (whole,) = [each for each in found if each["aggregation_number"] == "R-1"]
    parts = [each for each in found if each is not whole]

    assert sorted(each["cds_aggregation_id"] for each in parts) == sorted(whole["grouped_aggregations"])
    assert len(parts) == 2
    assert [(each["scope"], each["authorization_details"], each["aggregation_number"]) for each in parts] == [
        ("", [], None)
    ] * 2
    assert [one for each in parts for one in each["grouped_meterdevices"]] == ["ann"]
    assert whole["grouped_meterdevices"] == []


@requirement(*(f"WG3-01-10.7.3-{n:02}" for n in (1, 2, 3)), *(f"WG3-01-10.7.4-{n:02}" for n in range(1, 14)))
@requirement("WG3-01-10.7.1-22")
def test_regions_have_what_their_types_say_and_their_territory_is_behind_the_same_door(
    mill, define, shared, get, client
):
    """GeoJSON in WGS 84; no map is drawn."""
    bay = {"id": "bay", "name": "The Bay", "types": ["geographic"], "geojson": GEOJSON}
    east = {
        "id": "east",
        "name": "East",
        "types": ["postal_code", "county", "neighborhood", "city_block"],
        "postal_codes": ["02144", "02145"],
        "counties": ["Suffolk", "Middlesex"],
        "neighborhoods": ["Harbour", "Old Town"],
        "city_blocks": ["1 to 99 Mill Street, Ashford Bay, MA, US", "2 to 98 Quay Lane, Ashford Bay, MA, US"],
    }
    define(public(types=("public", "region", "premise_number"), regions=(bay, east)), public("R-2"))
    shared(include_aggregations=True)
    shared("supply_details", token="without")

    seen = {each["aggregation_number"]: each["grouped_regions"] for each in get()["aggregations"]}
    address = seen["R-1"][0].pop("geojson_resource")
    path = urlsplit(address).path

    assert seen["R-1"][0] == {"id": "bay", "name": "The Bay", "types": ["geographic"],
                              "map_resource": None, "map_content_type": None}  # fmt: skip
    assert seen["R-1"][1] == east
    assert seen["R-2"] == []
    assert get(path) == GEOJSON
    assert client.get(path).status_code == 401
    assert get(path, "without", status=403)["code"] == "insufficient_scope"
    assert get(path.replace("/bay/", "/east/"), status=404)["code"] == "not_found"


def test_the_territory_of_a_group_that_may_not_be_known_is_not_there(*, app, mill, define, opened, shared, get):
    """It looks like one that does not exist."""
    bay = {"id": "bay", "name": "The Bay", "types": ["geographic"], "geojson": GEOJSON}
    define(groups.building(regions=(bay,)))
    opened("B-17")
    shared(include_aggregations=True)
    path = urlsplit(get()["aggregations"][0]["grouped_regions"][0]["geojson_resource"]).path

    from cdsc_server.services import aggregations
    from tests.support.clock import FakeClock

    with app.app_context():
        aggregations.close_for("B-17", "reg", actor="ops", clock=FakeClock())

    assert get(path, status=404)["code"] == "not_found"


@requirement("WG3-01-10.7.5-04")
def test_where_consents_are_explained_the_rule_of_this_server_is_told(mill, define, shared, get, client):
    """The link leads to a part of the page that is there."""
    define(public())
    shared(include_aggregations=True)
    (needed,) = get()["aggregations"][0]["consent_requirements"]
    page, _, part = needed["documentation"].partition("#")

    text = client.get(urlsplit(page).path).get_data(as_text=True)
    assert f'id="{part}"' in text
    assert "at least 10 Customers, none of them with more than 50 % of the sum" in text


@requirement(*(f"WG3-01-10.7.5-{n:02}" for n in (1, 2, 3, 4)), "WG3-01-10.7.6-04", "WG3-01-10.7.6-01")
@requirement("WG3-01-10.7.6-02")
def test_a_group_says_whether_its_customers_must_consent(app, mill, define, shared, get):
    """Always where there are too few; perhaps, where that follows from the time asked for."""
    with app.app_context(), transaction() as session:
        for number in range(10):
            groups.flat(session, f"c{number}", premise="18")
        place = session.scalars(
            select(make.ServicePointRow).where(make.ServicePointRow.service_point_id == "ann")
        ).one()
        place.premises = [{"id": each, "premise_number": each, "types": ["building"]} for each in ("17", "18")]
    define(public("few"), public("many", lists={"premise_number": frozenset({"18"})}))
    shared(include_aggregations=True)

    seen = {each["aggregation_number"]: each["consent_requirements"] for each in get()["aggregations"]}

    assert {number: [each["types"] for each in needs] for number, needs in seen.items()} == {
        "few": [["always"]],
        "many": [["sometimes"]],
    }
    for (need,) in seen.values():
        assert set(need) == {"id", "name", "types", "documentation"}
        assert need["documentation"].startswith("http")


@requirement(*(f"WG3-01-10.7.8-{n:02}" for n in (9, 10, 11, 12, 13, 15, 16, 17, 18)))
def test_each_filter_keeps_what_matches(mill, define, shared, get):
    """Several together keep what matches all."""
    region = {"id": "bay-1", "name": "Harbour", "types": ["county"], "counties": ["Suffolk"]}
    made = define(
        public("R-1", regions=(region,)),
        public("R-2", "listed", addresses=("99 Quay Lane\nAshford Bay",)),
        public("X 3", types=("public", "premise_number", "meter_type"),
               lists={"premise_number": frozenset({"17"}), "meter_type": frozenset({"electric_usage"})}),
    )  # fmt: skip
    ids = [each.aggregation_id for each in made]
    shared(include_aggregations=True, include_aggregation_addresses=True)

    def found(**query):
        return sorted(numbers(get, **query))

    assert found(cds_aggregation_ids=f"{ids[0]} {ids[2]} none") == ["R-1", "X 3"]
    assert found(aggregation_numbers="R-2 none") == ["R-2"]
    assert found(aggregation_numbers=["X 3", "R-1"]) == ["R-1", "X 3"]
    assert found(aggregation_types="meter_type listed") == ["R-2", "X 3"]
    assert found(aggregation_types="listed", aggregation_numbers="R-1") == []
    assert found(q=ids[1][3:].upper()) == ["R-2"]
    assert found(q="x 3") == ["X 3"]
    assert found(q="quay LANE") == ["R-2"]
    assert found(q="harbour") == found(q="BAY-1") == ["R-1"]
    assert found(q="nowhere") == []


@requirement("WG3-01-10.7.8-14")
def test_search_never_finds_by_what_may_not_be_seen(mill, define, shared, get):
    """Addresses that are not open match nothing."""
    define(public(addresses=("99 Quay Lane",)))
    shared(include_aggregations=True)

    assert numbers(get, q="quay") == []
    assert numbers(get) == ["R-1"]


@requirement("WG3-01-10.7.8-05", "WG3-01-10.7.8-07", "WG3-01-10.7.8-08", "WG3-01-10.7.8-19")
def test_pages_follow_the_last_change_and_lead_back(*, mill, define, shared, get, clock, statements):
    """None is lost or comes twice, and each page takes as many statements."""
    for number in range(0, 120, 40):
        clock.advance(timedelta(seconds=1))
        define(*(public(f"R-{number + each:03}") for each in range(40)))
    shared(include_aggregations=True)

    first = get()
    query = {name: values[0] for name, values in parse_qs(urlsplit(first["next"]).query).items()}
    second = get(**query)
    back = get(**{name: values[0] for name, values in parse_qs(urlsplit(second["previous"]).query).items()})
    seen = [*first["aggregations"], *second["aggregations"]]

    assert [len(page["aggregations"]) for page in (first, second)] == [100, 20]
    assert len({each["aggregation_number"] for each in seen}) == 120
    assert [each["cds_modified"] for each in seen] == sorted((each["cds_modified"] for each in seen), reverse=True)
    assert (first["previous"], second["next"], back["aggregations"]) == (None, None, first["aggregations"])
    assert len(statements(get)) == len(statements(lambda: get(**query)))


@pytest.mark.parametrize("page", ["x", "WzEsImFcdTAwMDAiLGZhbHNlXQ", "WzEwMDAwMDAwMDAwMDAwMDAwMDAwMCwiYSIsZmFsc2Vd"])
def test_a_malformed_place_is_named(mill, shared, get, page):
    """Nothing is listed."""
    shared(include_aggregations=True)

    assert get(status=400, page=page)["field"] == "page"
