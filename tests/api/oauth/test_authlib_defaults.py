"""
What Authlib does when nobody hardens it, beside what we do: the reason for each of our subclasses.

A test of the first kind that fails after an upgrade says that Authlib has changed a default; look at the subclass then.
"""

import pytest
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge
from flask import Flask

from cdsc_server.oauth.rfc7636 import RequiredS256


class BareClient:
    """A client that may do everything."""

    client_id = "bare"

    def check_endpoint_auth_method(self, method, endpoint):
        return True

    def check_client_secret(self, secret):
        return secret == "secret"

    def check_grant_type(self, grant_type):
        return True

    def get_allowed_scope(self, scope):
        return scope or ""


@pytest.fixture
def bare(monkeypatch):
    """Authlib's server with its own client_credentials grant, as its documentation shows it."""
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    app = Flask("bare")
    server = AuthorizationServer(app, query_client=lambda _id: BareClient(), save_token=lambda _token, _request: None)
    server.register_grant(grants.ClientCredentialsGrant)
    app.add_url_rule("/oauth/token", view_func=server.create_token_response, methods=["POST"])
    return app.test_client()


@pytest.mark.parametrize(
    ("query", "form"),
    [
        ("?grant_type=client_credentials", {"a": "b"}),
        ("", {"grant_type": ["client_credentials", "client_credentials"]}),
    ],
    ids=["in the query", "repeated"],
)
def test_bare_authlib_takes_a_grant_type_from_anywhere_and_twice(bare, party, query, form):
    """We take it from the body, once."""
    lenient = bare.post("/oauth/token" + query, data=form, auth=("bare", "secret"))
    ours = party.http.post("/oauth/token" + query, data=form, headers=party.admin.headers)

    assert lenient.status_code == 200
    assert (ours.status_code, ours.json["error"]) == (400, "invalid_request")


def test_bare_authlib_lets_tokens_live_for_days(bare, party):
    """We let them live for minutes."""
    form = {"grant_type": "client_credentials"}
    lenient = bare.post("/oauth/token", data=form, auth=("bare", "secret"))

    assert lenient.json["expires_in"] == BearerTokenGenerator.GRANT_TYPES_EXPIRES_IN["client_credentials"] == 864_000
    assert party.token(form, by=party.admin).json["expires_in"] <= 900


def test_bare_authlib_knows_plain_challenges():
    """We know S256 alone, from every client."""
    assert CodeChallenge.SUPPORTED_CODE_CHALLENGE_METHOD == ["plain", "S256"]
    assert RequiredS256.SUPPORTED_CODE_CHALLENGE_METHOD == ["S256"]
