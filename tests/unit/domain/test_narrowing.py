"""Asking for less than was granted never opens more."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_server import app
from cdsc_server.app import load_catalogue
from cdsc_server.domain.details import read_request
from cdsc_server.domain.durations import INFINITE, read_datetime
from cdsc_server.domain.grants import Selection, granted_details, read_granted
from cdsc_server.domain.narrowing import narrowed, scope_of
from cdsc_server.errors import InvalidAuthorizationDetails, InvalidScope
from cdsc_server.exact_json import instant
from cdsc_server.settings import Settings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CATALOGUE = load_catalogue(Settings.for_tests(catalogue_file=str(Path(app.__file__).with_name("default.toml"))))
NONE = Selection("service_contract_selection", frozenset())


def granted(*details):
    allowed = frozenset(CATALOGUE.scopes)
    return [
        granted_details(CATALOGUE, entry, at=NOW)
        for entry in read_request(CATALOGUE, "", details, allowed=allowed, at=NOW)
    ]


def instants():
    return st.integers(-4000, 4000).map(lambda days: instant(NOW + timedelta(days=days)))


def usage_entries():
    """Entries of usage_data, each member there or not."""
    bound = st.one_of(instants(), st.just(INFINITE), st.sampled_from(["P1M", "P2Y", "PT0S"]))
    members = {
        "segment_start": bound,
        "segment_end": bound,
        "sync_until": bound,
        "include_accounts": st.booleans(),
        "include_meter_numbers": st.booleans(),
        "include_usage_segment_value_types": st.one_of(
            st.none(), st.lists(st.sampled_from(["electric_kwh", "cost", "water_m3"]), unique=True)
        ),
    }
    return st.fixed_dictionaries({"type": st.just("usage_data")}, optional=members)


def within(inner, outer):
    """Whether what one entry opens lies in what the other opens."""
    a, b = (read_granted(CATALOGUE, each, NONE) for each in (inner, outer))
    starts = b.start is None or (a.start is not None and a.start >= b.start)
    ends = b.end is None or (a.end is not None and a.end <= b.end)
    syncs = b.sync_until is None or (a.sync_until is not None and a.sync_until <= b.sync_until)
    formats = all(each in b.value_formats for each in a.value_formats)
    return starts and ends and syncs and formats and a.opens <= b.opens


@given(usage_entries())
def test_what_is_left_lies_within_what_was_granted(asked):
    """For every entry anybody could ask for, or it is refused."""
    before = granted({"type": "usage_data", "segment_start": "P1Y", "segment_end": "P1Y", "sync_until": "P2Y"})
    try:
        left = narrowed(CATALOGUE, before, words=(), details=[asked], at=NOW)
    except InvalidAuthorizationDetails:
        return

    assert within(left[0], before[0])


@given(usage_entries())
def test_narrowing_twice_is_narrowing_once(asked):
    """What is left can be asked for as it is."""
    before = granted({"type": "usage_data", "segment_start": "P5Y"})
    try:
        once = narrowed(CATALOGUE, before, words=(), details=[asked], at=NOW)
    except InvalidAuthorizationDetails:
        return

    assert narrowed(CATALOGUE, once, words=(), details=once, at=NOW) == once


def test_entries_of_one_type_are_matched_in_their_order():
    """Two windows of usage are two entries."""
    before = granted({"type": "usage_data", "segment_start": "P1Y"}, {"type": "usage_data", "segment_start": "P2Y"})

    left = narrowed(
        CATALOGUE, before, words=(), details=[{"type": "usage_data"}, {"type": "usage_data", "start": "-1m"}], at=NOW
    )

    assert left[0] == before[0]
    assert read_datetime(left[1]["segment_start"]) == datetime(2026, 2, 1, 12, tzinfo=UTC)


def test_a_word_without_an_entry_keeps_all_of_its_type():
    """An entry overrides the word of its type, and no other."""
    before = granted({"type": "usage_data"}, {"type": "supply_details"}, {"type": "account_list"})
    details = [{"type": "usage_data", "include_meter_numbers": False}]

    left = narrowed(CATALOGUE, before, words=["usage_data", "supply_details"], details=details, at=NOW)

    assert left[1:] == [before[1], None]
    assert left[0] == {**before[0], "include_meter_numbers": False}
    assert scope_of(left) == "usage_data supply_details"


@pytest.mark.parametrize("word", ["account_list", "openid"])
def test_a_word_that_was_not_granted_is_refused(word):
    """Known or not."""
    with pytest.raises(InvalidScope):
        narrowed(CATALOGUE, granted({"type": "usage_data"}), words=[word], details=(), at=NOW)


def test_bills_are_narrowed_to_days_inside_what_was_granted():
    before = granted({"type": "bill_statements", "statement_date_start": "P1Y", "statement_date_end": "2026-12-31"})
    asked = {"type": "bill_statements", "statement_date_start": "2025-06-01", "statement_date_end": "P1M"}

    (after,) = narrowed(CATALOGUE, before, words=(), details=[asked], at=NOW)

    assert (before[0]["statement_date_start"], before[0]["statement_date_end"]) == ("2025-03-01", "2026-12-31")
    assert (after["statement_date_start"], after["statement_date_end"]) == ("2025-06-01", "2026-04-01")
    for wider in ({"statement_date_start": "2025-02-28"}, {"statement_date_end": "2027-01-01"}):
        with pytest.raises(InvalidAuthorizationDetails, match="reaches beyond"):
            narrowed(CATALOGUE, before, words=(), details=[{"type": "bill_statements", **wider}], at=NOW)
