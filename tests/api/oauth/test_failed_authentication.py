"""Clients that fail to authenticate have to wait: CDS-WG1-02 11.3."""

from dataclasses import replace

import pytest

from cdsc_server.storage import limits
from cdsc_server.storage.db import reading
from cdsc_server.storage.limits import LoginFailureRow
from tests.factories.oauth import Authentication

ENDPOINTS = ("/oauth/token", "/oauth/par", "/oauth/introspect", "/oauth/revoke")
FORM = {"grant_type": "client_credentials", "token": "x"}


@pytest.fixture
def settings(settings):
    return replace(settings, login_failures=3, address_login_failures=6, login_wait_seconds=60)


@pytest.fixture
def asked(party):
    """Asks for a token as some Client, with some secret, from some address."""

    def ask(secret="wrong", *, endpoint="/oauth/token", client_id=party.admin.client_id, address="192.0.2.1"):
        headers = Authentication(client_id, secret).headers
        return party.http.post(endpoint, data=FORM, headers=headers, environ_overrides={"REMOTE_ADDR": address})

    return ask


@pytest.fixture
def keys(app):
    """Kinds of what is counted."""

    def counted():
        with app.app_context(), reading() as session:
            return sorted(row.key.partition(":")[0] for row in session.query(LoginFailureRow))

    return counted


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_guessing_a_secret_has_to_wait_and_the_wait_doubles(asked, party, clock, endpoint):
    """Then even the right secret is not looked at."""
    assert [asked(endpoint=endpoint).status_code for _ in range(4)] == [401, 401, 401, 429]
    held = asked(party.admin.secret, endpoint=endpoint)
    assert (held.status_code, held.headers["Retry-After"], held.json["error"]) == (429, "60", "too_many_requests")
    clock.advance(seconds=60)

    assert [asked(endpoint=endpoint).status_code for _ in range(2)] == [401, 429]
    assert asked(party.admin.secret).headers["Retry-After"] == "120"


def test_nobody_shuts_a_client_out_from_elsewhere(asked, party):
    """A client_id is no secret."""
    for _ in range(5):
        asked()

    assert asked(party.admin.secret, address="192.0.2.2").status_code == 200


def test_an_address_that_tries_many_clients_has_to_wait(asked, party, keys):
    """And leaves no more rows behind then; a Client that authenticates there is served."""
    answers = [asked(client_id=f"client-{number}").status_code for number in range(9)]

    assert answers == [401] * 6 + [429] * 3
    assert keys() == ["address"] + ["client"] * 6
    assert asked(party.admin.secret).status_code == 200


def test_a_success_forgets_the_failures_before_it(asked, party, keys):
    for _ in range(3):
        assert [asked().status_code, asked(party.admin.secret).status_code] == [401, 200]

    assert keys() == ["address"]


def test_a_client_that_succeeds_pays_nothing(asked, party, monkeypatch):
    """Nothing is asked about failures, neither while nobody fails nor while another Client does."""
    journeys = []
    transaction = limits.transaction
    monkeypatch.setattr(limits, "transaction", lambda: journeys.append(1) or transaction())

    assert asked(party.admin.secret).status_code == 200
    asked(client_id="somebody-else")
    assert asked(party.admin.secret).status_code == 200
    assert len(journeys) == 1
