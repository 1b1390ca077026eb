"""authorization_details: both dialects in, one vocabulary inside, every refusal naming entry, field and rule."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.domain.details import read_request
from cdsc_server.errors import InvalidAuthorizationDetails, InvalidScope
from tests.support import requirement

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def read(catalogue):
    """Reads a request of a client that registered every scope."""

    def reads(*details, scope="", allowed=frozenset(catalogue.scopes)):
        return read_request(catalogue, scope, list(details), allowed=allowed, at=AT)

    return reads


@pytest.mark.parametrize(
    ("early", "modern"),
    [
        ({"start": "-3y"}, {"segment_start": "P3Y"}),
        ({"end": "+3y"}, {"segment_end": "P3Y"}),
        ({"end": "now"}, {"segment_end": "PT0S"}),
        ({"services": "all"}, {"contract_numbers": ["_all"]}),
        ({"services": ["1111111-1"]}, {"contract_numbers": ["1111111-1"]}),
        (
            {"start": "-3y", "end": "+3y", "services": "all"},
            {"segment_start": "P3Y", "segment_end": "P3Y", "contract_numbers": ["_all"]},
        ),
    ],
)
def test_the_early_dialect_means_the_same_as_ours(read, early, modern):
    (old,) = read({"type": "usage_data", **early})
    (new,) = read({"type": "usage_data", **modern})

    assert old == new


def test_on_supply_details_the_early_end_is_how_long_it_is_kept_up_to_date(read):
    (entry,) = read({"type": "supply_details", "end": "+3y"})

    assert entry.values["sync_until"] == "P3Y"


def test_two_dialects_in_one_entry_are_refused(read):
    with pytest.raises(
        InvalidAuthorizationDetails, match=r"authorization_details\[0\]\.segment_end cannot stand beside"
    ):
        read({"type": "usage_data", "start": "-3y", "segment_end": "P3Y"})


@requirement("WG1-02-3.8-12")
def test_a_field_that_is_not_sent_counts_as_its_default(read, catalogue):
    (entry,) = read({"type": "usage_data", "segment_start": "P2Y"})

    assert entry.values["segment_end"] == catalogue.scopes["usage_data"].fields["segment_end"].default
    assert entry.values["segment_start"] == "P2Y"


@requirement("WG1-02-3.8-13")
def test_a_plain_scope_asks_for_the_defaults(read, catalogue):
    (entry,) = read(scope="usage_data")

    assert entry.values == {name: field.default for name, field in catalogue.scopes["usage_data"].fields.items()}


def test_an_entry_overrides_the_same_scope_in_the_scope_string(read):
    entries = read({"type": "usage_data", "segment_start": "P2Y"}, scope="account_list usage_data")

    assert [entry.scope_id for entry in entries] == ["usage_data", "account_list"]


def test_an_alias_is_the_scope_it_stands_for(read):
    (entry,) = read({"type": "customer_supply_details"})

    assert entry.scope_id == "supply_details"


REFUSED = [
    ("usage", "authorization_details[0] is not an object"),
    ({}, "authorization_details[0].type is missing"),
    ({"type": 7}, "authorization_details[0].type is missing or not a string"),
    ({"type": "weather"}, "authorization_details[0].type 'weather' is not a type"),
    ({"type": "cds_client_admin"}, "authorization_details[0].type 'cds_client_admin' is not a type"),
    ({"type": "usage_data", "color": "red"}, "authorization_details[0].color is not a field"),
    ({"type": "usage_data", "include_accounts": "yes"}, "include_accounts must be true or false"),
    ({"type": "usage_data", "contract_numbers": "1"}, "contract_numbers must be an array of strings"),
    ({"type": "usage_data", "contract_numbers": [1]}, "contract_numbers must be an array of strings"),
    ({"type": "usage_data", "contract_numbers": []}, "contract_numbers must not be empty"),
    ({"type": "usage_data", "contract_numbers": ["x" * 10_001]}, "more than the maximum of 10000"),
    ({"type": "usage_data", "service_types": ["steam"]}, "service_types 'steam' is not one of electric"),
    ({"type": "usage_data", "authorization_form_selection_type": "pick"}, "must be one of"),
    ({"type": "usage_data", "segment_start": "P6Y"}, "segment_start P6Y reaches beyond the maximum of P5Y"),
    ({"type": "usage_data", "segment_start": "infinite"}, "reaches beyond the maximum of P5Y"),
    ({"type": "usage_data", "segment_start": "2020-01-01T00:00:00Z"}, "reaches beyond the maximum of P5Y"),
    ({"type": "usage_data", "segment_start": 3}, "segment_start must be a string"),
    ({"type": "usage_data", "segment_start": "three years"}, "segment_start 'three years' is not a date-time"),
    (
        {"type": "usage_data", "segment_start": "2026-06-01T00:00:00Z", "segment_end": "2026-05-01T00:00:00Z"},
        "segment_end is not after segment_start",
    ),
    ({"type": "usage_data", "segment_start": "PT0S", "segment_end": "PT0S"}, "segment_end is not after segment_start"),
    (
        {"type": "bill_statements", "statement_date_start": "2026-06-02", "statement_date_end": "2026-06-01"},
        "statement_date_end is before statement_date_start",
    ),
    ({"type": "bill_statements", "statement_date_start": "PT3H"}, "statement_date_start PT3H counts hours"),
    ({"type": "bill_statements", "statement_date_end": "2026-06-01T00:00:00Z"}, "is not a date such as 2026-11-21"),
    ({"type": "bill_statements", "statement_date_start": "P6Y"}, "reaches beyond the maximum of P5Y"),
    ({"type": "bill_statements", "segment_start": "P1Y"}, "segment_start is not a field of bill_statements"),
    ({"type": "usage_data", "start": "+3y"}, "start must be 'now', a date-time, or -"),
    ({"type": "usage_data", "start": "-3x"}, "segment_start 'P3X' is not an ISO 8601 duration"),
    ({"type": "supply_details", "start": "-3y"}, "start has no meaning for supply_details"),
]


@requirement("WG1-02-3.8-09", "WG1-02-3.8-23", "WG1-02-3.9-05", "WG1-02-3.9-06")
@pytest.mark.parametrize(("entry", "words"), REFUSED)
def test_a_broken_entry_is_refused_by_entry_field_and_rule(read, entry, words):
    with pytest.raises(InvalidAuthorizationDetails) as refusal:
        read(entry)

    assert words in refusal.value.description


def test_the_second_entry_is_named_as_the_second(read):
    with pytest.raises(InvalidAuthorizationDetails, match=r"authorization_details\[1\]\.segment_start"):
        read({"type": "usage_data"}, {"type": "generation_mix", "segment_start": "P9Y"})


def test_a_scope_the_client_did_not_register_is_refused(read):
    with pytest.raises(InvalidScope, match="'usage_data' is not registered"):
        read(scope="usage_data", allowed=frozenset({"account_list"}))
    with pytest.raises(InvalidAuthorizationDetails, match="'usage_data' is not registered"):
        read({"type": "usage_data"}, allowed=frozenset({"account_list"}))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(
    [
        "type",
        "start",
        "end",
        "services",
        "segment_start",
        "segment_end",
        "contract_numbers",
        "service_types",
        "include_accounts",
        "include_usage_segment_value_types",
        "authorization_form_selection_type",
        "sync_until",
    ]
)
likely = st.sampled_from(
    ["-3y", "+3y", "now", "P1Y", "infinite", "all", "PT0S", "2026-01-01T00:00:00Z", True, ["_all"]]
)


@given(
    st.dictionaries(names, likely | json_values, max_size=5),
    st.sampled_from(["usage_data", "supply_details", "account_list", "generation_mix"]),
)
def test_any_entry_is_either_read_or_refused(read, entry, kind):
    """Nothing a Client sends ends in another error, and what is read has a value for each field offered."""
    try:
        (read_entry,) = read({**entry, "type": kind})
    except InvalidAuthorizationDetails:
        return
    assert read_entry.values["authorization_form_selection_type"].endswith("_selection")
