"""A Client changes what a Grant is about: never more at once, and nobody asked for less (CDS-WG1-02 8.7)."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.domain.rescoping import asked_entries, met, rescoped
from cdsc_server.errors import InvalidAuthorizationDetails, InvalidScope
from tests.support import requirement

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
SCOPES = ("usage_data", "supply_details", "account_list")

entries = st.fixed_dictionaries(
    {"type": st.sampled_from(SCOPES)},
    optional={
        "include_account_numbers": st.booleans(),
        "include_contract_numbers": st.booleans(),
        "segment_start": st.sampled_from(["infinite", "2024-01-01T00:00:00Z", "2026-01-01T00:00:00Z"]),
        "segment_end": st.sampled_from(["infinite", "2026-06-01T00:00:00Z", "2027-01-01T00:00:00Z"]),
        "include_usage_segment_value_types": st.none()
        | st.lists(st.sampled_from(["electric_kwh", "cost"]), unique=True),
    },
)
lists = st.lists(entries, max_size=4)


@pytest.fixture(scope="module")
def ask(catalogue):
    """Asks for a change of a Grant that lists these entries."""

    def asks(listed, *details, scope=""):
        allowed = ("usage_data", "supply_details", "account_list", "cds_client_admin")
        return asked_entries(catalogue, listed, words=scope.split(), details=details, allowed=allowed, at=AT)

    return asks


@requirement("WG1-02-8.7-05", "WG1-02-8.7-10")
@given(asked=lists, enabled=lists)
def test_what_works_never_grows(catalogue, asked, enabled):
    """Each entry lies within the one it came from, and no entry comes twice."""
    new = rescoped(catalogue, asked, agreed=enabled, enabled=enabled)

    assert all(met(catalogue, entry, enabled[place]) == entry for entry, place in new.enabled)
    assert len({place for _, place in new.enabled}) == len(new.enabled)


@requirement("WG1-02-8.7-06", "WG1-02-8.7-11")
@given(agreed=lists, data=st.data())
def test_leaving_entries_out_needs_nobody(catalogue, agreed, data):
    """Whatever is left works as before."""
    asked = [entry for entry in agreed if data.draw(st.booleans())]

    new = rescoped(catalogue, asked, agreed=agreed, enabled=agreed)

    assert not new.widened
    assert [entry for entry, _ in new.enabled] == asked


@given(one=entries, other=entries)
def test_a_meeting_is_within_both(catalogue, one, other):
    """What opens in it opens in each of the two; meeting once more changes nothing."""
    other = {**other, "type": one["type"]}
    shared = met(catalogue, one, other)

    assert met(catalogue, shared, other) == shared
    for name in ("include_account_numbers", "include_contract_numbers"):
        offered = name in catalogue.scopes[one["type"]].fields
        assert shared.get(name) is not True or (one[name] is True and (not offered or other.get(name) is True))


def test_bounds_of_days_meet_as_those_of_instants_do(catalogue):
    """The later start and the earlier end, whichever of the two has it."""
    one = {"type": "bill_statements", "statement_date_start": "2025-03-01", "statement_date_end": "2026-12-31"}
    other = {"type": "bill_statements", "statement_date_start": "2025-06-01", "statement_date_end": "infinite"}

    for shared in (met(catalogue, one, other), met(catalogue, other, one)):
        assert (shared["statement_date_start"], shared["statement_date_end"]) == ("2025-06-01", "2026-12-31")


def test_what_is_offered_no_more_does_not_grow(catalogue):
    one, other = ({"type": "account_list", "include_contract_numbers": value} for value in (False, True))

    assert met(catalogue, one, other)["include_contract_numbers"] is False
    assert met(catalogue, other, one)["include_contract_numbers"] is False


def test_a_word_keeps_what_is_listed_and_gets_defaults_when_nothing_is(ask):
    listed = [{"type": "usage_data", "segment_start": "2024-01-01T00:00:00Z"}]

    kept, new = ask(listed, scope="account_list usage_data")

    assert kept == listed[0]
    assert (new["type"], new["include_account_numbers"]) == ("account_list", True)


def test_an_entry_overrides_its_word_and_keeps_the_fields_it_does_not_name(ask):
    listed = [{"type": "usage_data", "segment_start": "2024-01-01T00:00:00Z", "include_accounts": True}]

    (entry,) = ask(listed, {"type": "usage_data", "segment_start": "P1Y"}, scope="usage_data")

    assert entry == {"type": "usage_data", "segment_start": "2025-11-22T12:00:00Z", "include_accounts": True}


def test_a_value_in_force_may_be_repeated_although_it_is_offered_no_more(ask):
    """It was within the limits when the Customer agreed."""
    listed = [{"type": "usage_data", "segment_start": "2001-01-01T00:00:00Z"}]

    assert ask(listed, {"type": "usage_data", "segment_start": "2001-01-01T00:00:00Z"}) == listed
    with pytest.raises(InvalidAuthorizationDetails, match="reaches beyond the maximum"):
        ask(listed, {"type": "usage_data", "segment_start": "2001-01-02T00:00:00Z"})


@pytest.mark.parametrize("word", ["openid", "generation_mix", "cds_client_admin"])
def test_only_registered_scopes_that_customers_give_can_be_asked_for(ask, word):
    with pytest.raises(InvalidScope):
        ask([], scope=word)
