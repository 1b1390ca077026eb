"""Tokens for Clients that come for themselves: CDS-WG1-02 3.3.1, 3.3.2."""

import json

import pytest

from tests.support import requirement
from tests.support.oauth import judged_before_storage

CLIENT_CREDENTIALS = {"grant_type": "client_credentials"}


def grant_admin_request(*entries):
    return {**CLIENT_CREDENTIALS, "authorization_details": json.dumps(entries)}


def an_entry(party, approval, **changes):
    entry = {"type": "cds_grant_admin", "client_id": party.app.client_id, "grant_id": approval.grant_id}
    return {name: value for name, value in {**entry, **changes}.items() if value is not None}


@requirement("WG1-02-3.3.1-10", "RFC6749-5.1")
def test_a_client_admin_gets_a_token_that_is_not_kept_by_anyone_on_the_way(party, settings):
    """Short-lived, and never cached."""
    answer = party.token(CLIENT_CREDENTIALS, by=party.admin)

    assert answer.json["token_type"] == "Bearer"
    assert (answer.json["expires_in"], answer.json["scope"]) == (settings.admin_token_seconds, "cds_client_admin")
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("scope", ["usage_data", "cds_client_admin usage_data", "openid", "cds_grant_admin"])
@judged_before_storage
def test_a_client_admin_asks_for_nothing_else(party, scope):
    """Every scope lives in its own Client Object."""
    answer = party.token({**CLIENT_CREDENTIALS, "scope": scope}, by=party.admin)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_scope")


def test_an_app_that_asks_customers_gets_no_token_for_itself(party):
    """Its grant types are those of its scopes."""
    answer = party.token(CLIENT_CREDENTIALS)

    assert (answer.status_code, answer.json["error"]) == (400, "unauthorized_client")


@requirement("WG1-02-3.3.2-36", "WG3-01-9.1.1-34")
def test_a_grant_admin_opens_what_the_customer_agreed_to(party, approval):
    """Approved on our own page, redeemed by nobody: this is the other way to the same Grant."""
    answer = party.token(grant_admin_request(an_entry(party, approval)), by=party.grant_admin)
    seen = party.introspect(answer.json["access_token"], by=party.grant_admin)

    assert answer.status_code == 200
    assert answer.json["authorization_details"] == [an_entry(party, approval)]
    assert seen["cds_grant_ids"] == [approval.grant_id]
    assert seen["authorization_details"][0]["type"] == "usage_data"


@requirement("WG1-02-3.3.2-30")
@pytest.mark.parametrize("count", [0, 2])
def test_a_grant_admin_names_exactly_one_grant(party, approval, count):
    """One token, one Grant."""
    answer = party.token(grant_admin_request(*[an_entry(party, approval)] * count), by=party.grant_admin)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_authorization_details")


@requirement("WG1-02-3.3.2-30")
def test_a_grant_admin_without_details_gets_nothing(party):
    """There is no Grant that an absent parameter could mean."""
    answer = party.token(CLIENT_CREDENTIALS, by=party.grant_admin)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_authorization_details")


@requirement("WG1-02-3.3.2-31", "WG1-02-3.3.2-32", "WG1-02-3.3.2-35")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("type", "usage_data"),
        ("type", None),
        ("client_id", None),
        ("client_id", ""),
        ("grant_id", None),
        ("grant_id", "unknown"),
        ("grant_id", 7),
        ("file_id", "extra"),
    ],
)
@judged_before_storage
def test_a_grant_admin_entry_fits_in_every_field(party, approval, field, value):
    """The answer names the field."""
    answer = party.token(grant_admin_request(an_entry(party, approval, **{field: value})), by=party.grant_admin)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_authorization_details")
    assert f".{field} " in answer.json["error_description"]


@requirement("WG1-02-3.3.2-32")
def test_a_grant_admin_names_the_client_the_grant_was_given_to(party, approval):
    """Another Client Object of the same registration will not do."""
    entry = an_entry(party, approval, client_id=party.admin.client_id)

    answer = party.token(grant_admin_request(entry), by=party.grant_admin)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_authorization_details")


@requirement("WG1-02-3.3.2-33", "WG1-02-8.2-13")
@pytest.mark.parametrize("status", ["revoked", "closed", "suspended", "expired"])
def test_a_grant_admin_cannot_open_a_grant_that_is_shut(party, approve, status):
    """Whatever is still written beside it."""
    shut = approve(status=status)

    answer = party.token(grant_admin_request(an_entry(party, shut)), by=party.grant_admin)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_authorization_details")


@requirement("WG1-02-3.3.2-35")
def test_a_grant_admin_of_another_registration_sees_nothing(party, approval, client):
    """Told apart from an unknown Grant by nobody."""
    from tests.factories.oauth import register

    stranger = register(client)

    answer = party.token(grant_admin_request(an_entry(party, approval)), by=stranger.grant_admin)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_authorization_details")


def test_an_admin_token_cannot_be_had_by_query(party):
    """Parameters in addresses end up in logs (RFC 6749 3.2)."""
    answer = party.http.post("/oauth/token?grant_type=client_credentials", data={"a": "b"}, headers=party.admin.headers)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_a_client_that_changed_since_its_last_token_is_seen_as_it_is_now(party):
    """What a process remembers of a Client Object is judged by the statement that stores the token."""
    statuses = []
    for name in ("One", "Two"):
        statuses.append(party.token(CLIENT_CREDENTIALS, by=party.admin).status_code)
        party.http.put(f"/clients/{party.admin.client_id}", json={"client_name": name}, headers=party.bearer)
    statuses.append(party.token(CLIENT_CREDENTIALS, by=party.admin).status_code)

    assert statuses == [200, 200, 200]


def test_a_remembered_client_whose_secret_has_ended_gets_nothing(party):
    """Neither a token nor a look at one, and no row is stored."""
    assert party.token(CLIENT_CREDENTIALS, by=party.admin).status_code == 200
    listing = party.http.get("/credentials", query_string={"client_ids": party.admin.client_id}, headers=party.bearer)
    place = f"/credentials/{listing.json['credentials'][0]['credential_id']}"
    now = listing.json["credentials"][0]["created"]

    ended = party.http.patch(place, json={"client_secret_expires_at": 1772366400}, headers=party.bearer)
    answers = [
        party.token(CLIENT_CREDENTIALS, by=party.admin),
        party.http.post("/oauth/introspect", data={"token": "x"}, headers=party.admin.headers),
    ]

    assert (now, ended.status_code) == ("2026-03-01T12:00:00Z", 200)
    assert [(answer.status_code, answer.json["error"]) for answer in answers] == [(401, "invalid_client")] * 2
