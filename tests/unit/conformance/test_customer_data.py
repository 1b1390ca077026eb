"""Judgements of Customer Data that need no server: rules of scopes and fields, entries that the kit asks for."""

import pytest

from cdsc_conformance import facts
from cdsc_conformance.conditions.customer_fields import RULES as FIELD_RULES
from cdsc_conformance.conditions.customer_fields import format_fault
from cdsc_conformance.conditions.customer_scopes import RULES, SELECTION, Offered, misspelt
from cdsc_conformance.customer_data import entry
from cdsc_conformance.findings import Unmet

TYPES = ("cds_accounts", "cds_meters", "cds_usage")


def offered(*fields, choices=(), known=(), **members):
    held = {name: {"id": name} for name in fields}
    if choices:
        held[SELECTION] = {"id": SELECTION, "choices": [{"id": each} for each in choices]}
    return Offered(members, held, frozenset({*held, *known}))


@pytest.mark.parametrize(
    ("line", "right", "wrong"),
    [
        ({"rule": "contains", "member": "m", "values": ["a", "b"]}, offered(m=["b", "c", "a"]), offered(m=["a"])),
        ({"rule": "lacks", "member": "m", "values": ["a"]}, offered(m=["b"]), offered(m=["a", "b"])),
        ({"rule": "empty", "member": "m"}, offered(m=[]), offered()),
        ({"rule": "offers", "values": ["f"]}, offered("f"), offered("g")),
        ({"rule": "offers_what_it_has", "values": ["f", "g"]}, offered("f"), offered("f", known=["g"])),
        ({"rule": "withholds", "values": ["f"]}, offered("g"), offered("f")),
        ({"rule": "choices_are", "values": ["x"]}, offered(choices=["x"]), offered(choices=["x", "y"])),
        ({"rule": "has_choices", "values": ["x"]}, offered(choices=["x", "y"]), offered(choices=["y"])),
        ({"rule": "has_choices", "values": []}, offered(choices=["x"]), offered()),
        ({"rule": "choices_among", "values": ["x"]}, offered(choices=["x"]), offered(choices=["y"])),
        (
            {"rule": "offers_with", "choice": "x", "values": ["f"]},
            offered("f", choices=["x"]),
            offered("g", choices=["x"]),
        ),
    ],
    ids=lambda value: value["rule"] if isinstance(value, dict) else "",
)
def test_a_rule_tells_what_is_wrong_and_nothing_else(line, right, wrong):
    assert RULES[line["rule"]](line, right) == ""
    assert RULES[line["rule"]](line, wrong)


@pytest.mark.parametrize(
    ("line", "scope"),
    [
        ({"rule": "offers_what_it_has", "values": ["f"]}, offered("g")),
        ({"rule": "offers_with", "choice": "x", "values": ["f"]}, offered(choices=["y"])),
        ({"rule": "default", "field": "f", "values": [True]}, offered("g")),
    ],
)
def test_a_scope_that_a_row_is_not_about_is_not_said_to_pass(line, scope):
    assert RULES[line["rule"]](line, scope) is None


def test_people_are_asked_about_a_scope_with_response_types_only():
    asked, direct = {"response_types_supported": ["code"]}, {"response_types_supported": []}
    required, line = {"is_required": True}, {}

    assert FIELD_RULES["optional_when_asked"](line, asked, required)
    assert FIELD_RULES["optional_when_asked"](line, direct, required) is None
    assert FIELD_RULES["asked_only"](line, direct, {})
    assert FIELD_RULES["asked_only"](line, asked, {}) == ""


@pytest.mark.parametrize(("found", "slip"), [("cds_acounts", "cds_acounts"), ("cds_meters", ""), ("x_solar", "")])
def test_a_name_like_a_missing_one_is_a_slip(found, slip):
    """Names that the standard knows are never taken for another."""
    assert misspelt("cds_accounts", [found], TYPES) == slip


@pytest.mark.parametrize(
    "value",
    [None, {}, {"id": "1"}, {"id": "1", "type": "cost", "indexes": ["0"]}, {"id": 1, "type": "electric_usage"}],
)
def test_a_choice_without_a_whole_format_is_told(value):
    assert format_fault({"id": "kwh", "usagesegment_format": value})


def test_a_choice_may_leave_open_what_segments_decide():
    assert format_fault({"id": "c", "usagesegment_format": {"id": "1", "type": "cost"}}) == ""
    assert format_fault({"id": "o", "usagesegment_format": {"id": "1", "type": "own_type"}}) == ""


SCOPE = {
    "id": "usage",
    "type": "cds_usage",
    "authorization_details_types_supported": ["usage_1"],
    "authorization_details_fields_supported": [
        {"id": "include_accounts", "format": "boolean"},
        {"id": "include_usage_segment_value_types", "format": "choice_list_or_null", "choices": [{"id": "kwh"}]},
        {"id": "segment_start", "format": "relative_or_absolute_datetime", "maximum": "P3Y", "minimum": "PT0S"},
        {"id": "jwk", "format": "jwk_or_null"},
    ],
}


def test_all_is_asked_for_and_the_least():
    assert entry(SCOPE, yes=True) == {
        "type": "usage_1",
        "include_accounts": True,
        "include_usage_segment_value_types": ["kwh"],
        "segment_start": "P3Y",
    }
    assert entry(SCOPE, yes=False) == {
        "type": "usage_1",
        "include_accounts": False,
        "include_usage_segment_value_types": None,
    }


def test_a_field_that_the_kit_cannot_fill_in_is_no_fault_of_the_server():
    needed = {"id": "tax_number", "format": "string", "is_required": True}

    with pytest.raises(Unmet, match="tax_number"):
        entry({**SCOPE, "authorization_details_fields_supported": [needed]}, yes=True)


def test_what_a_scope_implies_is_known_of_every_type():
    assert "include_accounts" in facts.access("cds_bill_statements")["implied"]
    assert facts.access("own_type") == {}
