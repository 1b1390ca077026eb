"""Looking at tokens and handing them back: RFC 7662, RFC 7009."""

import pytest

from tests.factories.oauth import register
from tests.support import requirement


@requirement("WG1-02-3.2-12", "RFC7662-2.2", "RFC9396-9.2")
def test_introspection_tells_a_client_what_its_token_opens(party, approval, clock, settings):
    """With the details that were granted."""
    tokens = party.access(approval)

    seen = party.introspect(tokens["access_token"])

    assert seen["authorization_details"] == tokens["authorization_details"]
    assert (seen["active"], seen["client_id"], seen["token_type"]) == (True, party.app.client_id, "Bearer")
    assert seen["exp"] - seen["iat"] == settings.access_token_seconds
    assert seen["cds_grant_ids"] == [approval.grant_id]


def test_a_refresh_token_has_no_token_type_and_no_end(party, approval):
    """It is not a bearer token for anything."""
    seen = party.introspect(party.access(approval)["refresh_token"])

    assert seen["active"] is True
    assert not {"token_type", "exp"} & seen.keys()


@requirement("RFC7662-2.2")
def test_another_clients_token_looks_like_no_token(party, approval, client):
    """A thief learns nothing by asking."""
    token = party.access(approval)["access_token"]
    stranger = register(client)

    assert party.introspect(token, by=stranger.app) == {"active": False}
    assert party.introspect(token, by=party.admin) == {"active": False}
    assert party.introspect("unknown") == {"active": False}


def test_an_unknown_hint_is_searched_past(party, approval):
    """RFC 7662 2.1, RFC 7009 2.1; bare Authlib refuses it."""
    token = party.access(approval)["access_token"]
    form = {"token": token, "token_type_hint": "saml"}

    seen = party.http.post("/oauth/introspect", data=form, headers=party.app.headers)
    ended = party.http.post("/oauth/revoke", data=form, headers=party.app.headers)

    assert seen.json["active"] is True
    assert ended.status_code == 200
    assert party.introspect(token) == {"active": False}


@pytest.mark.parametrize("endpoint", ["/oauth/introspect", "/oauth/revoke"])
def test_a_token_must_be_named(party, endpoint):
    """Else there is nothing to answer."""
    answer = party.http.post(endpoint, data={"token": ""}, headers=party.app.headers)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


@requirement("WG1-02-3.2-10", "RFC7009-2.2")
def test_revoking_is_answered_the_same_for_every_token(party, approval, client):
    """Known, unknown or another's: 200; but another's lives on."""
    token = party.access(approval)["access_token"]
    stranger = register(client)

    answers = [
        party.http.post("/oauth/revoke", data={"token": each}, headers=stranger.app.headers)
        for each in (token, "unknown")
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert party.introspect(token)["active"] is True


@requirement("RFC7009-2.1")
def test_revoking_an_access_token_leaves_the_grant_and_the_refresh_token(party, approval):
    """Handing back a key is not moving out."""
    tokens = party.access(approval)

    party.http.post("/oauth/revoke", data={"token": tokens["access_token"]}, headers=party.app.headers)

    assert party.introspect(tokens["access_token"]) == {"active": False}
    assert party.introspect(tokens["refresh_token"])["active"] is True
    grant = party.http.get(f"/grants/{approval.grant_id}", headers=party.bearer).json
    assert grant["status"] == "active"


@requirement("RFC7009-2.1")
def test_revoking_a_refresh_token_ends_what_it_gave(party, approval):
    """Every access token of the same approval."""
    tokens = party.access(approval)
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    refreshed = party.token(form).json["access_token"]

    party.http.post("/oauth/revoke", data={"token": tokens["refresh_token"]}, headers=party.app.headers)

    assert [party.introspect(each) for each in (tokens["access_token"], refreshed)] == [{"active": False}] * 2
    assert party.token(form).json["error"] == "invalid_grant"
