"""Credentials API: CDS-WG1-02 7."""

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.factories.oauth import Authentication, register
from tests.support import requirement
from tests.support.oauth import judged_before_storage

INTROSPECT = {"token": "x"}


@pytest.fixture
def credential(party):
    listing = party.http.get("/credentials", query_string={"client_ids": party.app.client_id}, headers=party.bearer)
    return listing.json["credentials"][0]


def patch(party, credential, **body):
    return party.http.patch(f"/credentials/{credential['credential_id']}", json=body, headers=party.bearer)


def works(party, secret):
    by = Authentication(party.app.client_id, secret)
    return party.http.post("/oauth/introspect", data=INTROSPECT, headers=by.headers).status_code == 200


@requirement(
    "WG1-02-7.1-01",
    "WG1-02-7.1-02",
    "WG1-02-7.1-03",
    "WG1-02-7.1-04",
    "WG1-02-7.1-05",
    "WG1-02-7.1-06",
    "WG1-02-7.1-07",
    "WG1-02-7.1-09",
    "WG1-02-7.4-01",
)
def test_a_credential_is_whole_at_its_own_address(party, credential, settings):
    """Its secret in clear at every reading, so nothing on the way may keep it."""
    answer = party.http.get(credential["uri"].removeprefix(settings.base_url), headers=party.bearer)

    assert answer.json == credential
    assert answer.headers["Cache-Control"] == "no-store"
    assert (credential["type"], credential["client_secret_expires_at"]) == ("client_secret", 0)
    assert credential["client_secret"] == party.app.secret


@requirement("WG1-02-7.5-01", "WG1-02-7.5-04", "WG1-02-7.3-11")
def test_a_second_secret_works_beside_the_first(party, clock):
    """So that they can be changed without a gap."""
    clock.advance(seconds=1)

    answer = party.http.post("/credentials", json={"client_id": party.app.client_id}, headers=party.bearer)
    listing = party.http.get("/credentials", headers=party.bearer).json["credentials"]

    assert answer.status_code == 201
    assert works(party, answer.json["client_secret"])
    assert works(party, party.app.secret)
    assert listing[0] == answer.json


@requirement("WG1-02-7.5-02", "WG1-02-7.5-03")
@judged_before_storage
@pytest.mark.parametrize(
    "body", [{}, {"client_id": ""}, {"client_id": 1}, {"client_id": "unknown"}, {"client_id": "x", "type": "jwt"}]
)
def test_a_wrong_creation_makes_nothing(party, body):
    """400, whatever is wrong."""
    answer = party.http.post("/credentials", json=body, headers=party.bearer)

    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert len(party.http.get("/credentials", headers=party.bearer).json["credentials"]) == 3


@requirement("WG1-02-7.5-03")
def test_nobody_makes_secrets_for_another_registration(party, client):
    """Nor reads or ends them."""
    stranger = register(client)
    place = party.http.get("/credentials", headers=party.bearer).json["credentials"][0]["credential_id"]

    made = client.post("/credentials", json={"client_id": party.app.client_id}, headers=stranger.bearer)
    others = [
        client.open(f"/credentials/{place}", method=method, json={}, headers=stranger.bearer)
        for method in ("GET", "PATCH")
    ]

    assert made.status_code == 400
    assert [answer.status_code for answer in others] == [404, 404]


def test_a_disabled_client_gets_no_new_secret(party):
    """Enable it first."""
    party.http.put(f"/clients/{party.app.client_id}", json={"cds_status": "disabled"}, headers=party.bearer)

    answer = party.http.post("/credentials", json={"client_id": party.app.client_id}, headers=party.bearer)

    assert answer.status_code == 400


@requirement("WG1-02-7.6-08", "WG1-02-7.6-09", "WG1-02-7.6-10", "WG1-02-7.6-13", "WG1-02-7.1-11")
def test_a_leaked_secret_ends_with_everything_it_gave(party, approval, credential, clock):
    """Before the answer is sent."""
    tokens = party.access(approval)
    clock.advance(seconds=1)
    now = int(clock.now().timestamp())

    answer = patch(party, credential, client_secret_expires_at=now)

    assert (answer.status_code, answer.json["client_secret_expires_at"]) == (200, now)
    assert not works(party, party.app.secret)
    opened = party.http.get("/usage_data", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert opened.status_code == 401
    fresh = party.http.post("/credentials", json={"client_id": party.app.client_id}, headers=party.bearer).json
    renewed = party.token(
        {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]},
        by=Authentication(party.app.client_id, fresh["client_secret"]),
    )
    assert renewed.json["error"] == "invalid_grant"


@requirement("WG1-02-7.6-03", "WG1-02-7.6-05")
def test_an_end_in_the_future_leaves_time_to_change(party, approval, credential, clock):
    """The refresh token outlives a secret that ran out as planned."""
    refresh_token = party.access(approval)["refresh_token"]
    fresh = party.http.post("/credentials", json={"client_id": party.app.client_id}, headers=party.bearer).json
    end = int((clock.now() + timedelta(minutes=5)).timestamp())
    assert patch(party, credential, client_secret_expires_at=end).status_code == 200
    assert works(party, party.app.secret)

    clock.advance(minutes=5)

    assert not works(party, party.app.secret)
    renewed = party.token(
        {"grant_type": "refresh_token", "refresh_token": refresh_token},
        by=Authentication(party.app.client_id, fresh["client_secret"]),
    )
    assert renewed.status_code == 200


@requirement("WG1-02-7.6-04", "WG1-02-7.6-06")
@pytest.mark.parametrize("value", [-1, 1, "0", Decimal("1.5"), True, None, 10**15])
@judged_before_storage
def test_an_end_that_makes_no_sense_is_refused(party, credential, value):
    """In the past, of another type, or beyond every calendar."""
    answer = patch(party, credential, client_secret_expires_at=value)

    assert answer.status_code == 400
    assert works(party, party.app.secret)


@requirement("WG1-02-7.6-04")
def test_an_end_is_never_put_off(party, credential, clock):
    """Neither later nor to never."""
    end = int(clock.now().timestamp()) + 60
    patch(party, credential, client_secret_expires_at=end)

    later = [patch(party, credential, client_secret_expires_at=value) for value in (end + 1, 0)]

    assert [answer.status_code for answer in later] == [400, 400]
    assert patch(party, credential).json["client_secret_expires_at"] == end


@requirement("WG1-02-7.6-02", "WG1-02-7.6-07", "WG1-02-7.6-12")
def test_nothing_else_of_a_credential_can_be_changed(party, credential):
    """What may not be modified is ignored."""
    answer = patch(party, credential, client_secret="mine", client_id="other", type="jwt")

    assert answer.json == credential
    assert works(party, party.app.secret)


@requirement("WG1-02-7.3-06", "WG1-02-7.3-07", "WG1-02-7.3-08", "WG1-02-7.3-09", "WG1-02-7.3-10")
@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 3),
        ({"client_ids": "{app}"}, 1),
        ({"client_ids": "{app} unknown"}, 1),
        ({"credential_ids": "{credential}"}, 1),
        ({"credential_ids": "{credential}", "client_ids": "{admin}"}, 0),
        ({"after": "2026-03-01T12:00:00Z"}, 3),
        ({"after": "2026-03-01T12:00:01Z"}, 0),
        ({"before": "2026-03-01T12:00:00Z"}, 3),
        ({"before": "2026-03-01T11:59:59+00:00"}, 0),
        ({"client_ids": ""}, 0),
    ],
)
def test_the_listing_is_filtered(party, credential, query, count):
    """Filters intersect; instants are inclusive."""
    words = {"app": party.app.client_id, "admin": party.admin.client_id, "credential": credential["credential_id"]}
    asked = {name: value.format(**words) for name, value in query.items()}

    listing = party.http.get("/credentials", query_string=asked, headers=party.bearer).json

    assert len(listing["credentials"]) == count


@judged_before_storage
@pytest.mark.parametrize(
    "query", [{"after": "yesterday"}, {"before": "2026-03-01"}, {"cursor": "x"}, {"cursor": "bnVsbA"}]
)
def test_a_filter_that_cannot_be_read_is_refused(party, query):
    """By name."""
    answer = party.http.get("/credentials", query_string=query, headers=party.bearer)

    assert (answer.status_code, answer.json["field"]) == (400, next(iter(query)))
