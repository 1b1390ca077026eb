"""What a bearer token opens: RFC 6750, CDS-WG1-02 5, 8.2."""

import pytest

from tests.support import requirement

DATA = "/cds/accounts"
ADMIN = "/clients"


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


@requirement("WG1-02-5-02", "RFC6750-3")
@pytest.mark.parametrize("url", [DATA, ADMIN, "/credentials", "/grants", "/messages"])
@pytest.mark.parametrize(
    "headers", [{}, bearer("unknown"), {"Authorization": "Bearer"}, {"Authorization": "Basic YTpi"}]
)
def test_no_door_opens_without_a_live_token(client, url, headers):
    """Every refusal names the scheme."""
    answer = client.get(url, headers=headers)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    assert ("invalid_token" in answer.headers["WWW-Authenticate"]) == bool(headers)


def test_a_token_in_the_address_or_the_form_is_not_looked_at(party):
    """They would end up in logs (RFC 6750 2.3)."""
    token = party.bearer["Authorization"].split()[1]

    assert party.http.get(ADMIN, query_string={"access_token": token}).status_code == 401
    assert party.http.patch("/grants/x", data={"access_token": token}).status_code == 401


@requirement("WG1-02-5-02", "RFC6750-3.1")
def test_a_customer_data_token_opens_no_admin_door(party, approval):
    """403, and the name of what is missing."""
    token = party.access(approval)["access_token"]

    answer = party.http.get(ADMIN, headers=bearer(token))

    assert answer.status_code == 403
    assert "insufficient_scope" in answer.headers["WWW-Authenticate"]


def test_an_admin_token_opens_no_customer_data(party):
    """It points at no Grant."""
    answer = party.http.get(DATA, headers=party.bearer)

    assert answer.status_code == 403


def test_a_refresh_token_opens_nothing_by_itself(party, approval):
    """It is for the token endpoint."""
    token = party.access(approval)["refresh_token"]

    assert party.http.get(DATA, headers=bearer(token)).status_code == 401


def test_a_token_expires(party, clock, settings):
    """At the second it was said to."""
    assert party.http.get(ADMIN, headers=party.bearer).status_code == 200

    clock.advance(seconds=settings.admin_token_seconds)

    assert party.http.get(ADMIN, headers=party.bearer).status_code == 401


@requirement("WG1-02-8.2-13")
@pytest.mark.parametrize("status", ["future", "disabled", "suspended", "revoked", "closed", "expired"])
def test_a_token_opens_nothing_while_its_grant_is_shut(app, party, approval, clock, status):
    """Asked at every request, so that nothing needs to be told to tokens."""
    from datetime import timedelta

    from cdsc_server.storage.db import transaction
    from cdsc_server.storage.grants import GrantRow

    token = party.access(approval)["access_token"]
    assert party.http.get("/usage_data", headers=bearer(token)).status_code == 200

    with app.app_context(), transaction() as session:
        grant = session.get_one(GrantRow, approval.grant_id)
        grant.status, grant.not_before = status, clock.now() + timedelta(days=1)

    assert party.http.get("/usage_data", headers=bearer(token)).status_code == 401
    assert party.introspect(token) == {"active": False}


def test_a_token_ends_with_its_grant(party, approve, clock):
    """Even when the Grant's end came after the token was issued."""
    token = party.access(approve(expires=clock.now().replace(minute=30)))["access_token"]

    clock.advance(minutes=30)

    assert party.http.get("/usage_data", headers=bearer(token)).status_code == 401


@requirement("WG1-02-5.2-04")
def test_a_token_ends_when_its_client_is_disabled(party, approval):
    """And does not come back with it."""
    token = party.access(approval)["access_token"]
    place = f"/clients/{party.app.client_id}"

    party.http.put(place, json={"cds_status": "disabled"}, headers=party.bearer)
    party.http.put(place, json={"cds_status": "sandbox"}, headers=party.bearer)

    assert party.http.get("/usage_data", headers=bearer(token)).status_code == 401


def test_a_grant_admin_token_ends_when_the_client_of_the_grant_is_disabled(party, approval):
    """It opens somebody else's Grant, and that somebody is shut."""
    import json

    entry = {"type": "cds_grant_admin", "client_id": party.app.client_id, "grant_id": approval.grant_id}
    form = {"grant_type": "client_credentials", "authorization_details": json.dumps([entry])}
    token = party.token(form, by=party.grant_admin).json["access_token"]
    assert party.http.get("/usage_data", headers=bearer(token)).status_code == 200

    party.http.put(f"/clients/{party.app.client_id}", json={"cds_status": "disabled"}, headers=party.bearer)

    assert party.http.get("/usage_data", headers=bearer(token)).status_code == 401
