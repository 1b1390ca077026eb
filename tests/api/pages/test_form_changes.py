"""What a Customer may take out on the form, and that nothing becomes more than was asked for (CDS-WG3-01 7.4.5)."""

import pytest

from cdsc_server.storage.authorizations import AuthorizationRequestRow
from cdsc_server.storage.grants import GrantRow, ReceiptRow
from tests.support import requirement
from tests.support.dom import by_class, by_id, parsed, text_of

ALL = {"contract_numbers": ["_all"]}
USAGE = ("usage_data", {**ALL, "segment_start": "P2Y", "segment_end": "infinite", "include_meter_numbers": True})
START, END = "s1-bound-0:segment_start", "s1-bound-0:segment_end"
METERS = ("s1-include", "0:include_meter_numbers")


def agreed(stored):
    (grant,) = stored(GrantRow)
    return grant.authorization_details[0]


def options(visitor, name):
    return [(each.get("value"), text_of(each)) for each in by_id(parsed(visitor.text), name).iter("option")]


@requirement("WG3-01-7.4.5-04")
def test_a_period_can_only_become_shorter(opened, visitor):
    """Real dates, and what was asked for first."""
    opened(USAGE)

    assert options(visitor, START) == [
        ("", "From 1 March 2024 (as asked)"),
        ("P1Y", "From 1 March 2025"),
        ("P6M", "From 1 September 2025"),
        ("P3M", "From 1 December 2025"),
        ("P1M", "From 1 February 2026"),
        ("PT0S", "From today, nothing older"),
    ]
    assert options(visitor, END)[:2] == [("", "Until you stop it (as asked)"), ("P2Y", "Until 1 March 2028")]


@requirement("WG3-01-7.4.5-04", "WG3-01-9.2.1.3-04")
def test_what_is_shortened_is_told_again_and_can_be_undone(opened, visitor):
    address = "/consent/" + opened(USAGE)
    visitor.press("time-1", untick=(METERS,), **{START: "P3M", END: "P1Y"})
    visitor.load(address)
    assert "From 1 December 2025 until 1 March 2027." in visitor.text
    assert "<li>Number of each meter</li>" not in visitor.text
    visitor.press("reset")
    visitor.load(address)

    assert "From 1 March 2024 until you stop it." in visitor.text
    assert "<li>Number of each meter</li>" in visitor.text


@requirement("WG3-01-7.4.5-04")
def test_grant_and_receipt_hold_what_was_left(opened, visitor, stored):
    opened(USAGE)
    visitor.press("approve", untick=(METERS,), **{START: "P3M", END: "P1Y"})

    details = agreed(stored)
    assert (details["segment_start"], details["segment_end"]) == ("2025-12-01T12:00:00Z", "2027-03-01T12:00:00Z")
    assert details["include_meter_numbers"] is False
    (section,) = stored(ReceiptRow)[0].form["sections"]
    assert section["periods"][0]["says"] == "From 1 December 2025 until 1 March 2027."
    assert "Number of each meter" not in section["details"]


@pytest.mark.parametrize(
    "sent",
    [
        {START: "P3Y"},
        {START: "infinite"},
        {START: "nonsense"},
        {"s1-bound-0:include_meter_numbers": "P1M"},
        {"s1-bound-7:segment_start": "P1M"},
        {"s1-include": "0:include_accounts"},
        {"s1-includable": "0:contract_numbers"},
    ],
)
def test_nothing_that_the_form_does_not_offer_changes_anything(opened, visitor, stored, sent):
    """Above all nothing becomes more than was asked for."""
    opened(USAGE)
    visitor.press("approve", by_force=True, **sent)

    details = agreed(stored)
    assert (details["segment_start"], details["segment_end"]) == ("2024-03-01T12:00:00Z", "infinite")
    assert (details["include_meter_numbers"], details["include_accounts"]) == (True, False)


@requirement("WG3-01-7.4.5-05", "WG3-01-9.2.1.4-03")
def test_take_it_or_leave_it_offers_and_takes_no_change(opened, visitor, stored):
    opened(("usage_data", {**USAGE[1], "allow_scope_modifications": False}))
    assert "Make it shorter" not in visitor.text
    assert "Choose what is included" not in visitor.text
    visitor.press("approve", by_force=True, **{START: "P3M", "s1-includable": METERS[1], "s1-shown": "[]"})

    assert agreed(stored)["segment_start"] == "2024-03-01T12:00:00Z"
    assert agreed(stored)["include_meter_numbers"] is True


@requirement("WG3-01-9.2.1.6-05", "WG3-01-9.2.1.6-06")
def test_a_period_that_leaves_nothing_is_told_at_its_place(opened, visitor, stored):
    opened(USAGE)
    visitor.load(visitor.press("approve", **{START: "PT0S", END: "PT0S"}).location)

    told = "Energy use: choose a later end or an earlier start"
    assert text_of(by_id(parsed(visitor.text), "s1-time-error")) == told
    assert visitor.text.count(told) == 2
    assert stored(GrantRow) == []
    assert stored(AuthorizationRequestRow)[0].decided is None


@requirement("WG3-01-9.2.2.2-21", "WG3-01-9.2.2.2-22")
def test_merged_scopes_say_once_what_is_the_same(opened, visitor):
    """And in a list what is not."""
    contracts = {"authorization_form_selection_type": "service_contract_selection", "sync_until": "P3Y"}
    opened(
        ("supply_details", {**contracts, "merge_selection_with": "rate_plan"}),
        ("rate_plan", {"merge_selection_with": "supply_details", "sync_until": "P3Y"}),
    )
    assert visitor.text.count("<strong>Kept up to date until 1 March 2029.</strong>") == 1
    opened(
        ("supply_details", {**contracts, "merge_selection_with": "rate_plan"}),
        ("rate_plan", {"merge_selection_with": "supply_details", "sync_until": "PT0S"}),
    )

    (part,) = (each for each in by_class(parsed(visitor.text), "part") if text_of(each.find("h3")) == "How long")
    assert [text_of(each)[:32] for each in part.iter("li")] == [
        "Supply details Kept up to date u",
        "Price plan As it is today, 1 Mar",
    ]


@requirement("WG3-01-9.2.1.5-03")
def test_the_closing_section_tells_what_is_shared_until_when(opened, visitor):
    address = "/consent/" + opened(USAGE, "supply_details")
    visitor.press("time-1", **{END: "P1Y"})
    visitor.load(address)
    first, second = by_class(parsed(visitor.text), "tally")

    assert text_of(first).startswith("Energy use From 1 March 2024 until 1 March 2027 ")
    assert text_of(first).endswith(" Ticked: of 3")
    assert text_of(second).startswith("Supply details Kept up to date until you stop it")
    assert ("only-1" in first.get("class"), "only-2" in second.get("class")) == (True, True)
