"""Codes and what they are exchanged for: RFC 6749 4.1.3, RFC 7636, CDS-WG1-02 8.4."""

import json

import pytest

from tests.factories.oauth import register
from tests.support import requirement


@requirement("WG1-02-8.4-01", "WG1-02-3.2-17", "RFC6749-4.1.4", "WG3-01-9.1-01")
def test_a_code_becomes_tokens_for_the_grant_it_stands_for(party, approval):
    """With absolute dates, and the id of the Grant that the approval made."""
    tokens = party.access(approval)

    assert tokens["cds_grant_ids"] == [approval.grant_id]
    assert tokens["scope"] == "usage_data"
    assert tokens["authorization_details"][0]["segment_start"] == "2025-03-01T12:00:00Z"
    assert {"access_token", "refresh_token", "expires_in"} <= tokens.keys()


@requirement("RFC6749-4.1.2")
def test_a_code_works_once(party, approval):
    """A second use also ends what the first one gave."""
    tokens = party.access(approval)

    again = party.token(approval.form)

    assert (again.status_code, again.json["error"]) == (400, "invalid_grant")
    assert party.introspect(tokens["access_token"]) == {"active": False}
    assert party.introspect(tokens["refresh_token"]) == {"active": False}


def test_a_code_used_twice_ends_what_was_refreshed_too(party, approval):
    """The whole family of tokens is in doubt."""
    tokens = party.access(approval)
    refreshed = party.token({"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}).json

    party.token(approval.form)

    assert party.introspect(refreshed["access_token"]) == {"active": False}


def test_a_code_expires(party, approval, clock, settings):
    """One second too late is too late."""
    clock.advance(seconds=settings.code_seconds)

    answer = party.token(approval.form)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


def test_a_code_of_another_client_is_unknown(party, approval, client):
    """And its owner can still redeem it."""
    stranger = register(client)

    answer = party.token(approval.form, by=stranger.app)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")
    assert party.token(approval.form).status_code == 200


@requirement("RFC7636-4.6")
@pytest.mark.parametrize("verifier", [None, "", "x" * 43, "x" * 42, "x" * 129, "ü" * 43])
def test_a_code_needs_its_verifier(party, approval, verifier):
    """Missing, short and wrong are one: invalid_grant, and the code is not used up."""
    form = {name: value for name, value in {**approval.form, "code_verifier": verifier}.items() if value is not None}

    answer = party.token(form)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")
    assert party.token(approval.form).status_code == 200


@pytest.mark.parametrize("redirect_uri", [None, "https://client.example/callback/", "https://evil.example/"])
def test_a_code_needs_the_redirect_uri_it_was_given_for(party, approval, redirect_uri):
    """Character by character, and present when the authorization request named it (RFC 6749 4.1.3)."""
    form = {name: value for name, value in {**approval.form, "redirect_uri": redirect_uri}.items() if value}

    answer = party.token(form)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")
    assert party.token(approval.form).status_code == 200


@pytest.mark.parametrize("redirect_uri", ["", "https://client.example/callback"])
def test_a_default_redirect_uri_need_not_be_repeated(party, approve, redirect_uri):
    """The authorization request named none."""
    approval = approve(redirect_uri_sent=False)

    assert party.token({**approval.form, "redirect_uri": redirect_uri}).status_code == 200


def test_a_wrong_redirect_uri_is_never_overlooked(party, approve):
    """Not even when none had to be sent."""
    approval = approve(redirect_uri_sent=False)

    answer = party.token({**approval.form, "redirect_uri": "https://evil.example/"})

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize("status", ["revoked", "closed", "suspended", "expired", "disabled"])
def test_a_code_of_an_ended_grant_gives_nothing(party, approve, status):
    """The Customer may say no between approval and exchange."""
    answer = party.token(approve(status=status).form)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


def test_a_code_is_needed(party):
    """An empty one is none."""
    answer = party.token({"grant_type": "authorization_code", "code": ""})

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_an_access_token_never_outlives_its_grant(party, approve, clock):
    """expires_in says so."""
    tokens = party.access(approve(expires=clock.now().replace(minute=10)))

    assert tokens["expires_in"] == 600


@requirement("RFC9396-6")
def test_a_code_can_be_exchanged_for_less(party, approve):
    """The refresh token still stands for all of it."""
    approval = approve(scopes=("usage_data", "supply_details"))
    details = [{"type": "usage_data", "segment_start": "P1M"}]

    tokens = party.token({**approval.form, "authorization_details": json.dumps(details)}).json
    refreshed = party.token({"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}).json

    assert tokens["scope"] == "usage_data"
    assert tokens["authorization_details"][0]["segment_start"] == "2026-02-01T12:00:00Z"
    assert refreshed["scope"] == "usage_data supply_details"


def test_a_code_cannot_be_exchanged_for_more(party, approval):
    """And asking for it does not use the code up."""
    details = [{"type": "usage_data", "segment_start": "P5Y"}]

    answer = party.token({**approval.form, "authorization_details": json.dumps(details)})

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_authorization_details")
    assert party.token(approval.form).status_code == 200


def test_nothing_that_opens_anything_is_stored_in_clear(app, party, approval):
    """Whoever reads the database holds no token and no code."""
    from sqlalchemy import select

    from cdsc_server.storage.authorizations import CodeRow, TokenRow
    from cdsc_server.storage.db import reading

    tokens = party.access(approval)

    with app.app_context(), reading() as session:
        stored = str([row._mapping for row in session.execute(select(TokenRow.__table__))])
        stored += str([row._mapping for row in session.execute(select(CodeRow.__table__))])

    assert stored.count("token_hash") >= 3
    assert not [each for each in (approval.code, tokens["access_token"], tokens["refresh_token"]) if each in stored]
