"""Refreshing: RFC 6749 6, RFC 9396 6."""

import json

import pytest

from tests.factories.oauth import register
from tests.support import requirement
from tests.support.oauth import judged_before_storage


@pytest.fixture
def refresh_token(party, approve):
    return party.access(approve(scopes=("usage_data", "supply_details")))["refresh_token"]


def refreshing(token, details=None, **parameters):
    form = {"grant_type": "refresh_token", "refresh_token": token, **parameters}
    return form if details is None else {**form, "authorization_details": json.dumps(details)}


@requirement("WG1-02-8.4-03")
def test_a_refresh_gives_a_new_access_token_and_keeps_the_refresh_token(party, refresh_token):
    """A lost answer costs nothing; no Grant changed, so none is named."""
    first, second = (party.token(refreshing(refresh_token)).json for _ in range(2))

    assert first["access_token"] != second["access_token"]
    assert "refresh_token" not in second
    assert "cds_grant_ids" not in second


def test_a_refresh_token_lives_as_long_as_its_grant(party, refresh_token, clock):
    """Years, if the Customer lets it."""
    clock.advance(days=700)

    assert party.token(refreshing(refresh_token)).status_code == 200


@requirement("RFC6749-6")
def test_a_refresh_may_ask_for_fewer_scopes(party, refresh_token):
    """Only what is named is opened."""
    tokens = party.token(refreshing(refresh_token, scope="supply_details")).json

    assert tokens["scope"] == "supply_details"
    assert [entry["type"] for entry in tokens["authorization_details"]] == ["supply_details"]
    assert party.introspect(tokens["access_token"])["scope"] == "supply_details"


@requirement("RFC9396-6")
def test_a_refresh_may_ask_for_narrower_details(party, refresh_token):
    """Introspection shows what the token opens, not what the Grant does."""
    details = [{"type": "usage_data", "segment_start": "2026-01-01T00:00:00Z", "include_contract_numbers": False}]

    tokens = party.token(refreshing(refresh_token, details)).json
    seen = party.introspect(tokens["access_token"])["authorization_details"]

    assert [entry["segment_start"] for entry in seen] == ["2026-01-01T00:00:00Z"]
    assert seen[0]["include_contract_numbers"] is False


@pytest.mark.parametrize("scope", ["account_list", "usage_data account_list", "cds_client_admin"])
@judged_before_storage
def test_a_refresh_never_gets_more_scopes(party, refresh_token, scope):
    """The Customer agreed to no more."""
    answer = party.token(refreshing(refresh_token, scope=scope))

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize(
    "details",
    [
        [{"type": "account_list"}],
        [{"type": "usage_data", "segment_start": "P2Y"}],
        [{"type": "usage_data", "segment_start": "infinite"}],
        [{"type": "usage_data", "include_accounts": True}],
        [{"type": "usage_data"}, {"type": "usage_data"}],
        [{"type": "usage_data", "include_usage_segment_value_types": ["mix_base"]}],
        [{"type": "usage_data", "contract_numbers": ["_all"]}],
        [{}],
        ["usage_data"],
    ],
)
@judged_before_storage
def test_a_refresh_never_gets_wider_details(party, refresh_token, details):
    """Neither another entry, nor a wider window, nor another field."""
    answer = party.token(refreshing(refresh_token, details))

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_authorization_details")


@pytest.mark.parametrize("text", ["{", "{}", '"usage_data"', "[" + ",".join(['{"type":"usage_data"}'] * 51) + "]"])
@judged_before_storage
def test_details_that_are_no_array_are_refused(party, refresh_token, text):
    """RFC 9396 5."""
    form = {**refreshing(refresh_token), "authorization_details": text}

    answer = party.token(form)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_authorization_details")


def test_a_refresh_token_of_another_client_is_unknown(party, refresh_token, client):
    """And it goes on working for its owner."""
    answer = party.token(refreshing(refresh_token), by=register(client).app)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")
    assert party.token(refreshing(refresh_token)).status_code == 200


@pytest.mark.parametrize("token", ["unknown", "x" * 5000])
def test_an_unknown_refresh_token_is_refused(party, token):
    """Whatever it looks like."""
    answer = party.token(refreshing(token))

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


def test_an_access_token_refreshes_nothing(party, approval):
    """They are not the same kind of thing."""
    access = party.access(approval)["access_token"]

    assert party.token(refreshing(access)).json["error"] == "invalid_grant"


def test_a_refresh_token_is_needed(party):
    """An absent one is the request's fault."""
    answer = party.token({"grant_type": "refresh_token"})

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


@requirement("WG1-02-8.2-13")
def test_nothing_is_refreshed_after_the_grant_has_closed(party, approval):
    """The record decides, tokens only point at it."""
    token = party.access(approval)["refresh_token"]
    party.http.patch(f"/grants/{approval.grant_id}", json={"status": "closed"}, headers=party.bearer)

    answer = party.token(refreshing(token))

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")
