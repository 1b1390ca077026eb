"""What a bill must keep to before it is stored, rule by rule; the rules are in `tests/data/bill_faults.tsv`."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_server import exact_json
from cdsc_server.domain import bill_shapes
from cdsc_server.domain.bill_names import cost_name, line_name, usage_name
from cdsc_server.domain.bill_rules import bill_faults
from cdsc_server.domain.bills import adding_up, total
from tests.factories import bills as make
from tests.support import requirement

DATA = Path(__file__).parents[2] / "data"
EMBEDDED = {
    "new_charge": "new_charges[0]",
    "bill_section_usage_detail": "bill_sections[0].usage_details[0]",
    "bill_section_cost_detail": "bill_sections[0].cost_details[0]",
    "bill_section_line_item": "bill_sections[0].line_items[0]",
}
WORDS = {
    "NewChargeType": (bill_shapes.NEW_CHARGE_TYPES, "WG3-01-10.5.3-01"),
    "BillSectionType": (bill_shapes.SECTION_TYPES, "WG3-01-10.6.2-01"),
    "BillSectionUsageDetailType": (bill_shapes.USAGE_DETAIL_TYPES, "WG3-01-10.6.4-01"),
    "BillSectionCostDetailType": (bill_shapes.COST_DETAIL_TYPES, "WG3-01-10.6.6-01"),
    "BillSectionLineItemType": (bill_shapes.LINE_ITEM_TYPES, "WG3-01-10.6.8-01"),
    "UnitType": (bill_shapes.UNITS, "WG3-01-10.6.3-05"),
    "DirectionType": (bill_shapes.DIRECTIONS, "WG3-01-10.6.4-15"),
    "TimeOfUseType": (bill_shapes.TIMES_OF_USE, "WG3-01-10.6.4-13"),
    "TierType": (bill_shapes.TIERS, "WG3-01-10.6.4-14"),
    "SeasonType": (bill_shapes.SEASONS, "WG3-01-10.6.4-16"),
    "DemandType": (bill_shapes.DEMAND_TYPES, "WG3-01-10.6.4-12"),
}


def table(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def changed(at: str, *values: str) -> dict[str, Any]:
    """A sound bill with one member set to this JSON, or taken out by `-`."""
    bill = make.bill()
    *path, last = [int(step) if step.isdigit() else step for step in re.findall(r"\w+", at)]
    place: Any = bill
    for step in path:
        place = place[step]
    for value in values:
        if value == "-":
            del place[last]
        else:
            place[last] = exact_json.loads(value)
    return bill


def told(bill: dict[str, Any]) -> list[str]:
    return [str(fault).removeprefix("bill_statements[0].") for fault in bill_faults(make.document(bill))]


def marks(rows: str) -> list[pytest.MarkDecorator]:
    return [requirement(*rows.split())] if rows else []


def test_a_sound_bill_has_no_fault():
    """With one of everything the standard knows."""
    assert bill_faults(make.document()) == []
    assert bill_faults({"bill_statements": []}) == []


@pytest.mark.parametrize(
    ("at", "value", "fault"),
    [pytest.param(row["at"], row["value"], row["fault"], marks=marks(row["rows"])) for row in table("bill_faults.tsv")],
)
def test_each_rule_is_kept_or_named_with_its_place(at, value, fault):
    """One fault, and the one that is meant."""
    found = told(changed(at, value))

    assert [each[: len(fault)] for each in found] == [fault]


@pytest.mark.parametrize(
    ("kind", "field", "type", "present", "may_be"),
    [
        pytest.param(*list(row.values())[1:], marks=marks(row["row"]), id=f"{row['object']}.{row['field']}")
        for row in table("bill_objects.tsv")
    ],
)
def test_each_member_must_be_there_and_of_its_type(kind, field, type, present, may_be):
    """As the table of the standard has it."""
    at = f"{EMBEDDED[kind]}.{field}"
    wrong = {"string": "5", "date": '"31 May"', "boolean": '"yes"', "decimal or string": "[]"}.get(type, '"furlong"')

    missing, null, other = told(changed(at, '"x"', "-")), told(changed(at, "null")), told(changed(at, wrong))

    assert (f"{at} is missing" in missing) == (present == "always")
    assert (f"{at} must not be null" in null) == (may_be == "value")
    assert any(each.startswith(f"{at} must be ") for each in other)


@pytest.mark.parametrize(
    ("name", "words"), [pytest.param(name, words, marks=requirement(row)) for name, (words, row) in WORDS.items()]
)
def test_words_are_those_of_the_standard(name, words):
    """And none besides."""
    assert sorted(words) == sorted(row["value"] for row in table("bill_words.tsv") if row["enum"] == name)


def test_words_of_entities_and_programs_are_those_of_the_standard():
    """10.1.5, 10.1.9 and 10.2.6."""
    for name, words in (
        ("EntityType", bill_shapes.ENTITY_TYPES),
        ("AccountProgramType", bill_shapes.ACCOUNT_PROGRAM_TYPES),
        ("ServiceProgramType", bill_shapes.SERVICE_PROGRAM_TYPES),
    ):
        assert sorted(words) == sorted(row["value"] for row in table("bill_words.tsv") if row["enum"] == name)


@requirement("WG3-01-10.6.3-11", "WG3-01-10.6.5-07", "WG3-01-10.6.7-16")
@pytest.mark.parametrize("name", ["usage_details", "cost_details", "line_items"])
def test_members_of_the_sources_own_have_a_prefix_of_their_own(name):
    """What begins like a member of the standard is that one, misspelled."""
    place = f"bill_sections[0].{name}[0]"

    assert told(changed(f"{place}.dge_panel", '{"model": "NQ-30"}')) == []
    for own in ("panel", "types_panel", "_panel", "dge_"):
        assert told(changed(f"{place}.{own}", "1")) == [f"{place}.{own!r} is not known here"]


names = st.sampled_from(["bill_statements", *bill_shapes.BILL_STATEMENT.members, *bill_shapes.BILL_SECTION.members])
scalars = st.none() | st.booleans() | st.integers() | st.text()


@given(st.recursive(scalars, lambda json: st.lists(json) | st.dictionaries(names, json)))
def test_whatever_is_handed_in_is_judged_and_no_more(document):
    """Faults, and never a stumble."""
    assert isinstance(bill_faults(document), list)
    assert bill_faults({"bill_statements": [document]})


@given(st.data())
def test_the_schema_refuses_nothing_that_the_rules_take(data):
    """Whoever checks a file with JSON Schema first is never held up for nothing; both know every member."""
    row = data.draw(st.sampled_from(table("bill_faults.tsv")))
    bill = data.draw(st.sampled_from([make.bill(), changed(row["at"], row["value"])]))
    validator = jsonschema.Draft202012Validator(bill_shapes.BILLS.json_schema())

    refused = not validator.is_valid(exact_json.loads(make.written(bill)))

    assert not refused or told(bill)


@pytest.mark.parametrize(
    "at", ["amount_due", "bill_sections[0].usage_details[0].tou", "bill_sections[0].line_items[0].rate"]
)
def test_the_schema_finds_what_is_missing(at):
    """Members that are always there, and those that a type needs."""
    validator = jsonschema.Draft202012Validator(bill_shapes.BILLS.json_schema())

    assert validator.is_valid(make.document())
    assert not validator.is_valid(make.document(changed(at, "-")))


amounts = st.decimals(allow_nan=False, allow_infinity=False).filter(
    lambda value: not list(bill_shapes.NEW_CHARGE.members["amount"].kind.faults(value))
) | st.integers(-(10**50), 10**50)


@requirement("WG3-01-10.5.1-27", "WG3-01-10.5.1-28")
@given(st.lists(amounts, max_size=8), amounts)
def test_sums_are_exact_however_many_digits_there_are(parts, due):
    """Nothing is rounded between the first digit and the last."""
    charges = [{"amount": each, "included_in_amount_due": True} for each in parts[1:]]

    shown = adding_up(charges, unpaid=(parts or [0])[0], due=due, id="difference")

    assert total([*parts[:1], *(each["amount"] for each in shown)]) == due


@requirement("WG3-01-10.6.3-02", "WG3-01-10.6.3-08")
@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"name": "Peak kWh", "types": ["electric_usage"]}, "Peak kWh"),
        ({"types": ["electric_usage", "time_of_use"], "tou": "off_peak"}, "Electricity used, off peak"),
        (
            {"types": ["water_usage", "tiered", "estimated"], "tier": "tier_2", **make.DAYS},
            "Water used, tier 2, estimated, 2026-04-01 to 2026-04-30",
        ),
        ({"types": ["electric_demand"], "demand_type": "peak"}, "Power drawn, peak"),
        ({"types": ["electric_usage", "directional"], "direction": "reverse"}, "Electricity used, to the grid"),
        ({"types": []}, "Value"),
    ],
)
def test_usage_without_a_name_gets_one_that_says_what_it_is(given, name):
    """And keeps the one that the bill gives it."""
    assert usage_name(given) == name


@requirement("WG3-01-10.6.5-02", "WG3-01-10.6.5-06")
@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"name": "Total Electric Supply", "types": ["subtotal", "supply"]}, "Total Electric Supply"),
        ({"types": ["overall_total"]}, "Total"),
        ({"types": ["subtotal", "distribution", "usage_charges"]}, "Subtotal, distribution, usage charges"),
        ({"types": []}, "Cost"),
    ],
)
def test_costs_without_a_name_get_one_that_says_what_they_are(given, name):
    """And keep the one that the bill gives them."""
    assert cost_name(given) == name


@requirement("WG3-01-10.6.7-02", "WG3-01-10.6.7-12", "WG3-01-10.6.7-13")
def test_a_line_is_called_what_the_bill_calls_it_after_the_header_of_its_table():
    """So that two lines of one name are found and told apart."""
    assert line_name({"name": "Electric generation charge"}) == "Electric generation charge"
    assert line_name({"name": "Usage", "heading": "Distribution"}) == "Distribution - Usage"
