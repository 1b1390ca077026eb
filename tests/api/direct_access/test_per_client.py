"""What is usable is settled for each Client: its scopes, whose data, its fields, and who is asked (CDS-WG3-01 2)."""

from __future__ import annotations

import json

import pytest

from cdsc_server.services import client_limits
from tests.factories.oauth import Authentication, register
from tests.support import requirement


@pytest.fixture
def other(client, direct):
    """A Client registered with less, after the first."""
    party = register(client, "cds_client_admin account_list query_accounts")
    clients = client.get("/clients", headers=party.bearer).json["clients"]
    [client_id] = [each["client_id"] for each in clients if each["scope"] == "query_accounts"]
    credentials = client.get("/credentials", headers=party.bearer).json["credentials"]
    [secret] = [each["client_secret"] for each in credentials if each["client_id"] == client_id]
    return party, Authentication(client_id, secret)


@requirement("WG3-01-2-10")
def test_scopes_people_and_fields_are_decided_for_each_client(app, catalogue, clock, direct, other):
    """What one may do says nothing of another: each has its own scopes, its own Customers, and its own limits."""
    party, own = other
    direct.permit("ada")
    entry = {"type": "query_usage", "segment_start": "P4Y", "segment_end": "PT0S"}
    assert direct.ask({"type": "query_accounts"}).status_code == 200
    assert direct.ask(entry).status_code == 200
    with app.app_context():
        client_limits.set_limit(
            direct.own.client_id, "query_usage", "segment_start", maximum="P1Y", minimum=None,
            actor="test", catalogue=catalogue, clock=clock,
        )  # fmt: skip

    asked = [json.dumps([each]) for each in ({"type": "query_accounts"}, {"type": "query_usage"})]
    form = {"grant_type": "client_credentials"}
    errors = [party.token({**form, "authorization_details": each}, by=own).json["error"] for each in asked]
    assert errors == ["unauthorized_client", "invalid_authorization_details"]
    assert direct.ask(entry).json["error"] == "invalid_authorization_details"
    assert direct.ask({"type": "account_list"}).json["error"] == "invalid_authorization_details"
    consented = party.http.get("/oauth/authorize", query_string=party.asking(scope="query_accounts"))
    assert "error=invalid_scope" in consented.headers["Location"]
