"""Authlib's own client, as an integrator uses it, against a real socket."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session

from cdsc_server.app import load_catalogue
from tests.factories.oauth import CALLBACK, approve
from tests.support import requirement


@pytest.fixture
def urls(live_server, monkeypatch):
    """The metadata of a server that speaks http on this machine, which Authlib must be told is meant."""
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    return requests.get(f"{live_server.url}/.well-known/oauth-authorization-server", timeout=10).json()


@pytest.fixture
def registered(urls):
    """A Client Object that asks Customers, registered and given its redirect_uri by plain HTTP."""
    body = {"scope": "cds_client_admin usage_data supply_details", "client_name": "Bright Bills"}
    admin = requests.post(urls["registration_endpoint"], json=body, timeout=10).json()
    session = OAuth2Session(
        admin["client_id"], admin["client_secret"], token_endpoint_auth_method="client_secret_basic"
    )
    session.fetch_token(urls["token_endpoint"], grant_type="client_credentials")
    client = next(each for each in session.get(urls["cds_clients_api"]).json()["clients"] if each["response_types"])
    body = {**client, "redirect_uris": [CALLBACK], "cds_default_redirect_uri": CALLBACK}
    assert session.put(client["cds_client_uri"], json=body).status_code == 200
    query = {"client_ids": client["client_id"]}
    secret = session.get(urls["cds_credentials_api"], params=query).json()["credentials"][0]["client_secret"]
    return client["client_id"], secret


def session_of(registered):
    return OAuth2Session(
        *registered,
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
        token_endpoint_auth_method="client_secret_basic",
    )


@requirement("RFC9126-4")
def test_authlibs_client_pushes_and_is_led_to_the_form(urls, registered, live_server):
    """Parameters by the back door, only the request_uri in the browser."""
    session = session_of(registered)
    details = json.dumps([{"type": "usage_data", "start": "-3y", "end": "+3y", "services": "all"}])
    url, _ = session.create_authorization_url(
        urls["authorization_endpoint"], code_verifier=generate_token(48), authorization_details=details
    )
    pushed = requests.post(
        urls["pushed_authorization_request_endpoint"],
        data={name: values[0] for name, values in parse_qs(urlsplit(url).query).items() if name != "client_id"},
        auth=registered,
        timeout=10,
    ).json()

    asked = {"client_id": registered[0], "request_uri": pushed["request_uri"]}
    answer = requests.get(urls["authorization_endpoint"], params=asked, allow_redirects=False, timeout=10)

    assert answer.status_code == 303
    assert urlsplit(answer.headers["Location"]).path.startswith("/consent/")


@requirement("RFC6749-4.1.4", "RFC6749-6", "RFC7009-2.1")
def test_authlibs_client_exchanges_refreshes_and_revokes(urls, registered, live_server, clock):
    """With nothing but what its own documentation shows."""
    session = session_of(registered)
    approval = approve(
        live_server.app,
        registered[0],
        catalogue=load_catalogue(live_server.settings),
        clock=clock,
        settings=live_server.settings,
    )

    token = session.fetch_token(urls["token_endpoint"], code=approval.code, code_verifier=approval.verifier)
    read = session.get(f"{live_server.url}/usage_data")
    renewed = session.refresh_token(urls["token_endpoint"])
    seen = session.introspect_token(urls["introspection_endpoint"], token=renewed["access_token"]).json()
    session.revoke_token(urls["revocation_endpoint"], token=renewed["access_token"])
    gone = requests.get(
        f"{live_server.url}/usage_data", headers={"Authorization": f"Bearer {renewed['access_token']}"}, timeout=10
    )

    assert token["cds_grant_ids"] == seen["cds_grant_ids"] == [approval.grant_id]
    assert (read.status_code, seen["active"], gone.status_code) == (200, True, 401)
