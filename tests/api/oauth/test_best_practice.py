"""What RFC 9700, the best current practice for OAuth, asks of an authorization by a Customer (CDS-WG3-01 12.1)."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.factories.oauth import CALLBACK, register
from tests.support import requirement

#: Requests that RFC 9700 has refused, by its section; none of them may lead to a form.
REFUSED = {
    "2.1.2, implicit grant": {"response_type": "token"},
    "2.1.1, no PKCE": {"code_challenge": None, "code_challenge_method": None},
    "2.1.1, plain PKCE": {"code_challenge_method": "plain"},
    "4.1.3, another path": {"redirect_uri": f"{CALLBACK}/more"},
    "4.1.3, another query": {"redirect_uri": f"{CALLBACK}?more=1"},
    "4.1.3, another host": {"redirect_uri": "https://client.example.evil.example/callback"},
}


@requirement("WG3-01-12.1-03")
@pytest.mark.parametrize("changes", REFUSED.values(), ids=list(REFUSED))
def test_a_request_that_is_not_safe_leads_to_no_form(client, party, changes):
    """An address that is not registered, letter for letter, gets no answer either."""
    answer = client.get("/oauth/authorize", query_string=party.asking(**changes))

    assert "/consent/" not in answer.headers.get("Location", "")
    if "redirect_uri" in changes:
        assert (answer.status_code, answer.headers.get("Location")) == (400, None)
    elif "Location" in answer.headers:
        assert "error" in parse_qs(urlsplit(answer.headers["Location"]).query)
    else:
        assert answer.status_code == 400


@requirement("WG3-01-12.1-03")
def test_an_answer_says_whose_it_is(client, party):
    """Against servers that are mixed up (2.1, 4.4.2.1)."""
    document = client.get("/.well-known/oauth-authorization-server").json
    refused = client.get("/oauth/authorize", query_string=party.asking(scope="nothing"))

    answer = parse_qs(urlsplit(refused.headers["Location"]).query)
    assert document["authorization_response_iss_parameter_supported"] is True
    assert (answer["iss"], answer["state"]) == ([document["issuer"]], ["xyz"])


@requirement("WG3-01-12.1-03")
def test_a_code_that_comes_twice_ends_all_that_came_of_it(party, approval):
    """Somebody has a copy of it (4.2.4, RFC 6749 4.1.2)."""
    first = party.access(approval)

    assert party.token(approval.form).json["error"] == "invalid_grant"
    assert party.introspect(first["access_token"]) == {"active": False}
    renewal = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    assert party.token(renewal).json["error"] == "invalid_grant"


@requirement("WG3-01-12.1-03")
def test_a_refresh_token_is_of_use_to_its_own_client_only(client, party, approval):
    """Which proves who it is each time (2.2.2)."""
    renewal = {"grant_type": "refresh_token", "refresh_token": party.access(approval)["refresh_token"]}

    assert party.token(renewal, by=register(client).app).json["error"] == "invalid_grant"
    assert client.post("/oauth/token", data={**renewal, "client_id": party.app.client_id}).status_code == 401
    assert party.token(renewal).status_code == 200


@requirement("WG3-01-12.1-03")
def test_a_code_is_of_use_to_who_asked_for_it_only(party, approval):
    """Neither without the secret of the request, nor with that of another one (2.1.1)."""
    for verifier in ({}, {"code_verifier": "A" * 43}):
        form = {name: value for name, value in approval.form.items() if name != "code_verifier"}
        assert party.token({**form, **verifier}).status_code == 400

    passwords = {"grant_type": "password", "username": "ada@example.com", "password": "correct horse"}
    assert party.token(passwords).json["error"] == "unsupported_grant_type"


@requirement("WG3-01-12.1-03")
def test_a_token_in_an_address_opens_nothing(client, party, approval):
    """It would stand in logs and histories (4.3.2)."""
    token = party.access(approval)["access_token"]

    assert client.get("/cds/usage_segments", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert client.get("/cds/usage_segments", query_string={"access_token": token}).status_code == 401
