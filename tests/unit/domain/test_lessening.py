"""Sharing less never shares more."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.app import load_catalogue
from cdsc_server.domain.details import RequestedEntry
from cdsc_server.domain.grants import Selection, granted_details
from cdsc_server.domain.lessening import Less, chosen_now, days_of, fewer, shorter
from cdsc_server.domain.rescoping import met
from cdsc_server.settings import Settings

CATALOGUE = load_catalogue(Settings.for_tests())
ZONE = CATALOGUE.utility.timezone
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
IDS = st.frozensets(st.sampled_from("abcdef"))
SELECTIONS = st.builds(Selection, st.just("service_contract_selection"), IDS, st.booleans(), IDS)
DAYS = st.none() | st.dates(date(2020, 1, 1), date(2030, 1, 1))


def granted(scope_id, **values):
    scope = CATALOGUE.scopes[scope_id]
    defaults = {name: offered.default for name, offered in scope.fields.items()}
    return granted_details(CATALOGUE, RequestedEntry(scope_id, {**defaults, **values}), at=AT)


@given(SELECTIONS, st.builds(Less, IDS, st.booleans()), IDS, IDS)
def test_fewer_things_are_chosen_now_and_later(before, less, known, later):
    """Whatever is sent, and whatever the Customer gets afterwards."""
    after = fewer(before, less, known)

    assert chosen_now(after, known) <= chosen_now(before, known) & less.ticked
    assert chosen_now(after, known | later) <= chosen_now(before, known | later)


@given(st.sampled_from(["usage_data", "bill_statements", "service_bills", "supply_details"]), DAYS, DAYS, DAYS, DAYS)
def test_no_bound_moves_outward(scope_id, start, end, again_start, again_end):
    once = shorter(CATALOGUE, granted(scope_id), Less(frozenset(), future=False, start=start, end=end), zone=ZONE)
    twice = shorter(CATALOGUE, once, Less(frozenset(), future=False, start=again_start, end=again_end), zone=ZONE)

    assert met(CATALOGUE, twice, once) == twice
    assert met(CATALOGUE, once, granted(scope_id)) == once


@pytest.mark.parametrize("scope_id", ["usage_data", "bill_statements", "service_bills", "supply_details"])
def test_the_days_that_are_shown_change_nothing_when_they_come_back(scope_id):
    """A form that is sent as it was loaded."""
    entry = granted(scope_id)
    start, end = days_of(entry, zone=ZONE)

    assert shorter(CATALOGUE, entry, Less(frozenset(), future=True, start=start, end=end), zone=ZONE) == entry


def test_the_last_day_is_shared_as_a_whole():
    """In New York it ends at five in the morning of the next day in Greenwich."""
    usage = shorter(CATALOGUE, granted("usage_data"), Less(frozenset(), future=True, end=date(2026, 3, 5)), zone=ZONE)
    bills = shorter(
        CATALOGUE, granted("bill_statements"), Less(frozenset(), future=True, end=date(2026, 3, 5)), zone=ZONE
    )

    assert usage["segment_end"] == "2026-03-06T05:00:00Z"
    assert bills["statement_date_end"] == "2026-03-05"
    assert days_of(usage, zone=ZONE)[1] == days_of(bills, zone=ZONE)[1] == date(2026, 3, 5)


def test_what_has_no_period_ends_with_its_updates():
    entry = shorter(
        CATALOGUE, granted("supply_details"), Less(frozenset(), future=True, end=date(2026, 3, 5)), zone=ZONE
    )

    assert entry["sync_until"] == "2026-03-06T05:00:00Z"


def test_later_things_stay_out_once_they_were_unticked():
    before = Selection("service_contract_selection", frozenset("ab"), include_future=True)
    after = fewer(before, Less(frozenset("a"), future=True), frozenset("ab"))

    assert (after.ids, after.include_future, after.left_out) == (frozenset("a"), True, frozenset("b"))
    assert chosen_now(after, frozenset("abc")) == frozenset("ac")
