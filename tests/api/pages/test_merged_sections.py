"""Scopes that share a selection: one section, one list, and a Grant that opens each of them for what was ticked."""

import pytest

from cdsc_server.storage.grants import GrantRow, ReceiptRow
from tests.support import requirement

CONTRACTS = {"authorization_form_selection_type": "service_contract_selection"}
SUPPLY = ("supply_details", {**CONTRACTS, "merge_selection_with": "usage_data"})
USAGE = ("usage_data", {**CONTRACTS, "merge_selection_with": "rate_plan"})
PLAN = ("rate_plan", {"merge_selection_with": "supply_details"})


@pytest.fixture
def opened(ask, visitor):
    def opens(*scopes):
        visitor.load(f"/consent/{ask(*scopes)}")
        visitor.sign_in()

    return opens


@requirement("WG3-01-7.4.2-14", "WG3-01-7.4.2-15")
def test_merged_scopes_are_one_section_with_one_list(opened, visitor):
    opened(SUPPLY, USAGE, PLAN)

    assert visitor.text.count('class="card request"') == 1
    assert visitor.text.count('name="s1-shown"') == 1
    assert "s2-shown" not in visitor.text
    for words in ("Supply details, energy use and price plan", "<h4>Energy use</h4>", "The name and code of the price"):
        assert words in visitor.text.replace(", and", " and")


@requirement("WG3-01-7.4.2-14")
def test_what_is_ticked_holds_for_all_of_them(opened, visitor, stored):
    opened(SUPPLY, USAGE, PLAN)
    visitor.press("approve", tick=(("s1", "shop0002"),))
    (grant,), (receipt,) = stored(GrantRow), stored(ReceiptRow)

    assert grant.scope == "supply_details usage_data rate_plan"
    assert [each["ids"] for each in grant.selections] == [["shop0002"]] * 3
    assert [each["scope_id"] for each in receipt.form["sections"]] == ["supply_details", "usage_data", "rate_plan"]


@requirement("WG3-01-4.4-13")
def test_contracts_meters_and_usage_are_chosen_once(opened, visitor, stored):
    """Meter Data: one list of services, ticked once, for the three scopes; whichever of them the others name."""
    meters = ("distribution_details", {**CONTRACTS, "merge_selection_with": "supply_details"})
    opened(SUPPLY, meters, ("usage_data", {**CONTRACTS, "merge_selection_with": "distribution_details"}))
    lists = [name for name, _ in visitor.form_with("approve").boxes if name in ("s1", "s2", "s3")]
    assert set(lists) == {"s1"}
    assert "Which services" in visitor.text

    visitor.press("approve", tick=(("s1", "shop0001"), ("s1", "shop0003")))

    (grant,) = stored(GrantRow)
    assert grant.enabled_scope == "supply_details distribution_details usage_data"
    assert [(each["kind"], sorted(each["ids"])) for each in grant.selections] == [
        ("service_contract_selection", ["shop0001", "shop0003"])
    ] * 3


@requirement("WG3-01-7.4.2-16")
def test_a_scope_that_names_none_has_a_section_of_its_own(opened, visitor):
    opened(SUPPLY, ("usage_data", CONTRACTS | {"merge_selection_with": "supply_details"}), "rate_plan")

    assert visitor.text.count('class="card request"') == 2
    assert visitor.text.index('name="s1-shown"') < visitor.text.index('name="s2-shown"')
    assert "Price plan</h2>" in visitor.text


def test_a_section_that_is_left_out_leaves_out_all_its_scopes(opened, visitor, stored):
    opened(SUPPLY, ("usage_data", CONTRACTS | {"merge_selection_with": "supply_details"}), "rate_plan")
    visitor.press("approve", tick=(("s2", "shop0001"), ("leave_out", "1")))
    (grant,) = stored(GrantRow)

    assert grant.scope == "rate_plan"
