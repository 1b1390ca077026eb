"""Every later change of Client Objects, Credentials and Grants leaves a Message, and is not made without it."""

from __future__ import annotations

import pytest

from cdsc_server.services import changelog, clean_up, sharing
from cdsc_server.services.mails import Mailing
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import transaction
from cdsc_server.web.context import mailing
from tests.factories.messages import BASE
from tests.factories.oauth import register
from tests.support import requirement


@pytest.fixture
def news(box):
    """What the Server has said since the test began, the oldest first."""
    before = {each["message_id"] for each in box.listing()["unread"]}

    def said():
        return [each for each in reversed(box.listing()["unread"]) if each["message_id"] not in before]

    return said


def about(message):
    """What kind of Message it is, and what it leads to."""
    return (message["type"], message["status"], message["creator"], message["related_type"], message["related_uri"])


def telling(kind, address):
    return ("private_message", "complete", None, kind, BASE + address)


def test_registration_itself_leaves_no_message(client):
    """The Client Objects and Credentials of the answer are no news to whoever asked for them."""
    party = register(client, scope="cds_client_admin")

    assert client.get("/messages", headers=party.bearer).json["unread"] == []


@requirement("WG1-02-5.3-11", "WG1-02-6-03")
def test_a_client_that_was_modified_is_told_what_is_different(party, news):
    path = f"/clients/{party.app.client_id}"

    party.http.put(path, json={"client_name": "Brighter", "contacts": ["a@b.example"]}, headers=party.bearer)

    (message,) = news()
    assert about(message) == telling("client", path)
    changed = message["description"].partition("These changed: ")[2]
    assert {"client_name", "contacts"} <= set(changed.rstrip(".").split(", "))
    assert "cds_modified" not in changed
    assert message["created"] == party.http.get(path, headers=party.bearer).json["cds_modified"]


def test_a_modification_that_is_refused_leaves_no_message(party, news):
    path = f"/clients/{party.app.client_id}"

    assert party.http.put(path, json={"client_id": "other"}, headers=party.bearer).status_code == 400
    assert party.http.put(path, json={"cds_status": "production"}, headers=party.bearer).status_code == 400

    assert news() == []


@requirement("WG1-02-5.3-11", "WG1-02-7.3-14")
def test_disabling_a_client_tells_of_it_and_of_its_credentials(party, news):
    """Disabled is as far as removal goes here: objects stay listed, and are told of when they end."""
    path = f"/clients/{party.app.client_id}"

    party.http.put(path, json={"cds_status": "disabled"}, headers=party.bearer)

    messages = {message["related_type"]: message for message in news()}
    assert set(messages) == {"client", "credential_list"}
    assert about(messages["client"]) == telling("client", path)
    assert "Its status is disabled now." in messages["client"]["description"]
    listed = party.http.get(messages["credential_list"]["related_uri"].removeprefix(BASE), headers=party.bearer).json
    assert [each["client_id"] for each in listed["credentials"]] == [party.app.client_id]
    assert all(each["client_secret_expires_at"] > 0 for each in listed["credentials"])
    assert party.http.delete(path, headers=party.bearer).status_code == 405


def test_a_client_that_was_added_is_told_of(app, party, news, clock):
    with app.app_context(), transaction() as session:
        changelog.client_added(session, session.get_one(ClientRow, party.app.client_id), now=clock.now())

    (message,) = news()
    assert about(message) == telling("client", f"/clients/{party.app.client_id}")
    assert message["name"] == "Client Object added: Bright Bills"


@requirement("WG1-02-7.3-12")
def test_a_credential_that_was_added_is_told_of(party, news):
    made = party.http.post("/credentials", json={"client_id": party.app.client_id}, headers=party.bearer).json

    (message,) = news()
    assert about(message) == telling("credential", f"/credentials/{made['credential_id']}")
    assert made["client_secret"] not in str(message)


@requirement("WG1-02-7.3-14")
def test_a_credential_that_ends_is_told_of(party, news, clock):
    made = party.http.post("/credentials", json={"client_id": party.app.client_id}, headers=party.bearer).json
    path, end = f"/credentials/{made['credential_id']}", int(clock.now().timestamp()) + 60

    party.http.patch(path, json={"client_secret_expires_at": end}, headers=party.bearer)
    refused = party.http.patch(path, json={"client_secret_expires_at": end + 1}, headers=party.bearer)

    assert refused.status_code == 400
    changes = [message for message in news() if message["name"] == "Credential modified"]
    assert [about(message) for message in changes] == [telling("credential", path)]
    assert "expires at 2026-03-01T12:01:00Z" in changes[0]["description"]
    assert party.http.delete(path, headers=party.bearer).status_code == 405


@requirement("WG1-02-6-03")
def test_a_grant_that_its_client_closes_or_reduces_is_told_of_once(party, approve, news):
    grant = approve(scopes=("usage_data", "account_list")).grant_id
    path = f"/grants/{grant}"

    assert party.http.patch(path, json={"scope": "usage_data"}, headers=party.bearer).status_code == 200
    for _ in range(2):
        assert party.http.patch(path, json={"status": "closed"}, headers=party.bearer).status_code == 200

    assert [about(message) for message in news()] == [telling("grant", path)] * 2
    assert {message["name"] for message in news()} == {"Grant modified", "Grant closed"}


@requirement("WG1-02-6-03")
def test_a_grant_whose_time_is_over_is_told_of_once(party, approve, news, app, clock):
    grant = approve(expires=clock.now()).grant_id
    clock.advance(seconds=1)

    with app.app_context():
        assert [clean_up.expire_grants(mailing=mailing(), clock=clock) for _ in range(2)] == [1, 0]

    (message,) = news()
    assert (about(message), message["name"]) == (telling("grant", f"/grants/{grant}"), "Grant expired")


@requirement("WG1-02-6-03")
def test_a_grant_that_its_customer_ends_is_told_of_once(approve, news, app, settings, ports):
    grant = approve().grant_id
    mailing = Mailing(app.extensions["cdsc"].catalogue.utility, settings, ports.keys)

    with app.app_context():
        ended = [sharing.stop(grant, "ada", clock=ports.clock, mailing=mailing) for _ in range(2)]

    (message,) = news()
    assert ended == [True, False]
    assert (about(message), message["name"]) == (telling("grant", f"/grants/{grant}"), "Grant revoked")
    assert "The Customer ended it." in message["description"]
