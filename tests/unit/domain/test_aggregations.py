"""What belongs to a group, and how a large one is cut."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.domain.aggregations import (
    Connection,
    Definition,
    Facts,
    cut,
    definition_faults,
    ids_of,
    read_definition,
)
from cdsc_server.domain.customer_graph import Kind
from cdsc_server.errors import InvalidConfiguration
from tests.support import requirement


def connection(name="a", customer_id="ada", **fields):
    plain = {
        "point": Facts(f"sp-{name}", f"P-{name}", frozenset({"electric"}), frozenset({"17"})),
        "address": "17 Mill Street\nAshford Bay, MA 02144",
        "meters": [Facts(f"m-{name}", f"M-{name}", frozenset({"electric_usage"}), frozenset({"APP"}))],
        "contracts": [
            Facts(f"c-{name}", f"C-{name}", frozenset({"electric"}), frozenset({"SOLAR"}), "DAY", f"a-{name}")
        ],
        "accounts": [Facts(f"a-{name}", f"A-{name}", frozenset({"residential"}), frozenset({"HELP"}))],
    }
    return Connection(customer_id, **{**plain, **fields})


def group(*types, **lists):
    given = {name: frozenset(values) for name, values in lists.items()}
    return Definition("G-1", "A group", ("confidential", *types, *given), given)


@pytest.mark.parametrize(
    ("kind", "fits", "misses"),
    [
        ("country", "US", "DE"),
        ("province", "MA", "NY"),
        ("municipality", "ashford bay", "Ash"),
        ("account_number", "A-a", "A-b"),
        ("account_type", "residential", "commercial"),
        ("account_program_number", "HELP", "SOLAR"),
        ("contract_number", "C-a", "C-b"),
        ("service_type", "electric", "water"),
        ("rateplan_code", "DAY", "NIGHT"),
        ("service_program_number", "SOLAR", "HELP"),
        ("servicepoint_number", "P-a", "P-b"),
        ("servicepoint_type", "electric", "water"),
        ("premise_number", "17", "18"),
        ("meter_number", "M-a", "M-b"),
        ("meter_type", "electric_usage", "water_usage"),
        ("meter_app_number", "APP", "OTHER"),
    ],
)
def test_each_list_decides_who_belongs(kind, fits, misses):
    """One value of it is enough, none is not."""
    assert group(**{kind: ["other", fits]}).members(connection(), country="US") == connection()
    assert group(**{kind: [misses]}).members(connection(), country="US") is None


def test_every_list_must_fit():
    """A list more makes a group smaller."""
    assert group(premise_number=["17"], meter_type=["water_usage"]).members(connection(), country="US") is None


def test_regions_are_found_by_the_postal_code_and_not_by_the_house_number():
    """Only the lines below the street say where a place is."""
    coast = replace(
        group("region"), regions=({"id": "r", "name": "R", "types": ["postal_code"], "postal_codes": ["17"]},)
    )

    assert coast.members(connection(), country="US") is None
    assert coast.members(connection(address="1 Mill Street\nAshford Bay 17"), country="US") is not None


def test_only_what_fits_of_a_connection_belongs():
    """A meter for water is no part of a group of electricity meters, nor a contract of another plan."""
    water = Facts("m-w", "M-w", frozenset({"water_usage"}))
    night = Facts("c-n", "C-n", frozenset({"electric"}), rateplan="NIGHT", account_id="a-a")
    both = connection()
    both = replace(both, meters=[*both.meters, water], contracts=[*both.contracts, night])

    belongs = group(meter_type=["electric_usage"], rateplan_code=["DAY"]).members(both, country="US")

    assert belongs == connection()


def test_a_place_that_nobody_is_billed_for_belongs_to_its_building_only():
    """Its meter still counts there; nobody can say it is on a plan."""
    empty = connection(contracts=[], accounts=[])

    assert group("building", premise_number=["17"]).members(empty, country="US") == empty
    assert group(rateplan_code=["DAY"]).members(empty, country="US") is None


@requirement("WG3-01-10.7.2-20", "WG3-01-10.7.2-21", "WG3-01-10.7.2-22", "WG3-01-10.7.2-23")
@requirement("WG3-01-10.7.2-24", "WG3-01-10.7.2-25", "WG3-01-10.7.2-26", "WG3-01-10.7.2-27")
@pytest.mark.parametrize("kind", ["account_number", "contract_number", "servicepoint_number", "meter_number"])
def test_more_than_a_hundred_members_chosen_by_number_are_cut(kind):
    """A hundred are listed in one piece."""
    definition = group(**{kind: ["any"]})
    hundred = [connection(str(number)) for number in range(100)]

    assert cut(definition, hundred) == []
    assert [len(part) for part in cut(definition, [*hundred, connection("last")])] == [100, 1]


def test_other_groups_are_cut_above_a_thousand():
    """Meters count as much as places."""
    places = [connection(str(number)) for number in range(1000)]
    two_meters = connection("two", meters=[Facts("x", "X"), Facts("y", "Y")])

    assert cut(group("building", premise_number=["17"]), places) == []
    assert len(cut(group("building", premise_number=["17"]), [*places[:999], two_meters])) == 2


@given(owners=st.lists(st.integers(0, 5), max_size=400))
def test_parts_have_every_member_once_and_are_small_enough(owners):
    """Nothing is lost by cutting."""
    found = [connection(str(number), f"customer-{owner}") for number, owner in enumerate(owners)]
    parts = cut(group(meter_number=["any"]), found) or [found]

    assert [each for part in parts for each in part] == found
    for part in parts:
        assert sum(kind is Kind.METER_DEVICE for _, kind, _ in ids_of(part)) <= 100


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"number": ""}, "number and name"),
        ({"types": ("confidential", "premise_number", "galaxy")}, "'galaxy'"),
        ({"types": ("premise_number",)}, "exactly one of"),
        ({"types": ("public", "listed", "premise_number")}, "exactly one of"),
        ({"types": ("confidential", "premise_number", "meter_number")}, "meter_numbers"),
        ({"types": ("confidential",)}, "premise_number is missing"),
        ({"lists": {}, "types": ("confidential", "building")}, "nothing says"),
        ({"lists": {"country": frozenset({"usa"})}, "types": ("confidential", "country")}, "ISO 3166"),
        ({"regions": ({"id": "r", "name": "R", "types": ["county"]},)}, "counties"),
        ({"regions": ({"id": "r", "name": "R", "types": ["planet"]},)}, "types are among"),
        ({"regions": ({"id": "", "name": "R", "types": ["county"], "counties": ["C"]},)}, "id is missing"),
        ({"regions": ({"id": "r", "name": "R", "types": ["geographic"], "geojson": {"type": "Globe"}},)}, "geojson"),
    ],
)
def test_a_definition_that_contradicts_itself_is_told(change, fault):
    """Each fault names the member."""
    sound = group(premise_number=["17"])

    assert list(definition_faults(sound)) == []
    assert [fault in each for each in definition_faults(replace(sound, **change))] == [True]


def test_a_definition_is_read_as_it_is_written():
    """Lists have the names of the standard."""
    table = {"number": "B-1", "name": "Mill House", "types": ["listed", "building", "premise_number"],
             "premise_numbers": ["17", "18"], "addresses": ["17 Mill Street"]}  # fmt: skip

    definition = read_definition(table)

    assert definition.lists == {"premise_number": frozenset({"17", "18"})}
    assert definition.published == {"premise_numbers": ["17", "18"]}
    with pytest.raises(InvalidConfiguration) as refused:
        read_definition({**table, "premise_numbers": "17", "size": 3, "regions": {}})
    assert [fault.partition(" ")[2].split(" ")[0] for fault in refused.value.faults] == [
        "'size'",
        "premise_numbers",
        "regions",
    ]
