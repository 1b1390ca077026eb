"""Grants: what a request becomes when it is approved, and what that opens."""

from datetime import UTC, datetime, timedelta

import pytest

from cdsc_server.domain.details import read_request
from cdsc_server.domain.grants import GrantStatus, Selection, granted_details, read_granted, status_at
from tests.support import requirement

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def granted(catalogue):
    """The stored form of one approved entry."""

    def grants(**fields):
        entry = {"type": "usage_data", **fields}
        (asked,) = read_request(catalogue, "", [entry], allowed=frozenset(catalogue.scopes), at=AT)
        return granted_details(catalogue, asked, at=AT)

    return grants


@requirement("WG3-01-7.3-02", "WG3-01-7.3-06", "WG3-01-7.3-07")
def test_a_grant_holds_absolute_instants_only(granted):
    details = granted(segment_start="P3Y", segment_end="P1Y", sync_until="PT0S")

    assert details["segment_start"] == "2023-11-22T12:00:00Z"
    assert details["segment_end"] == "2027-11-22T12:00:00Z"
    assert details["sync_until"] == "2026-11-22T12:00:00Z"


def test_preselection_is_not_kept_in_a_grant(granted):
    details = granted(contract_numbers=["40-7719-01"], service_types=["electric"])

    assert not {"contract_numbers", "service_types", "account_numbers", "meter_numbers"} & set(details)


@requirement("WG3-01-7.2.2-09", "WG3-01-7.2.4-06")
def test_contracts_with_meters_open_the_service_points_between(catalogue, granted):
    selection = Selection("service_contract_selection", frozenset())
    details = granted(include_service_contracts=True, include_meter_devices=True, include_service_points=False)

    entry = read_granted(catalogue, details, selection)

    assert "include_service_points" in entry.opens


def test_only_what_is_true_is_opened(catalogue, granted):
    details = granted(include_service_contracts=False, include_meter_devices=False)

    entry = read_granted(catalogue, details, Selection("service_contract_selection", frozenset()))

    assert not {"include_service_contracts", "include_meter_devices", "include_accounts"} & entry.opens
    assert "include_usage_segments" in entry.opens


@requirement("WG3-01-7.2.8.1-05")
def test_no_kinds_of_values_opens_no_values(catalogue, granted):
    details = granted(include_usage_segment_value_types=None)

    assert read_granted(catalogue, details, Selection("account_selection", frozenset())).value_formats == ()


def test_an_entry_of_a_scope_that_is_no_longer_offered_opens_nothing(catalogue):
    assert read_granted(catalogue, {"type": "withdrawn"}, Selection("account_selection", frozenset())) is None


def test_a_selection_survives_storage():
    selection = Selection("account_selection", frozenset({"a", "b"}), include_future=True, left_out=frozenset({"c"}))

    assert Selection.from_stored(selection.to_stored()) == selection


@requirement("WG1-02-8.2-11", "WG1-02-8.2-03")
@pytest.mark.parametrize(
    ("status", "expires", "not_before", "expected"),
    [
        (GrantStatus.ACTIVE, AT, None, GrantStatus.EXPIRED),
        (GrantStatus.ACTIVE, AT + timedelta(seconds=1), None, GrantStatus.ACTIVE),
        (GrantStatus.FUTURE, None, AT + timedelta(seconds=1), GrantStatus.FUTURE),
        (GrantStatus.FUTURE, None, AT, GrantStatus.ACTIVE),
        (GrantStatus.REVOKED, AT, None, GrantStatus.REVOKED),
        (GrantStatus.CLOSED, AT, None, GrantStatus.CLOSED),
    ],
)
def test_a_status_moves_with_time(status, expires, not_before, expected):
    """Nothing else runs when the hour strikes, so it is judged at each look."""
    assert status_at(status, expires=expires, not_before=not_before, now=AT) == expected
