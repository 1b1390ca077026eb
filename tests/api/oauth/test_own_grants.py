"""Grants of Clients that come for themselves: CDS-WG1-02 8, 8.4."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from cdsc_server.domain.grants import GrantStatus
from cdsc_server.services import server_grants
from tests.factories.oauth import Authentication, Party
from tests.support import requirement

CLIENT_CREDENTIALS = {"grant_type": "client_credentials"}


@pytest.fixture
def fresh(client):
    """A registration of which nobody has asked for a token yet."""
    answer = client.post("/oauth/register", json={"scope": "cds_client_admin"}).json
    admin = Authentication(answer["client_id"], answer["client_secret"])
    return Party(client, admin, Authentication("", ""), Authentication("", ""), answer)


def bearer(answer):
    return {"Authorization": f"Bearer {answer.json['access_token']}"}


def own_grants(party, headers=None):
    """The Grants that no Customer gave."""
    listed = party.http.get("/grants", headers=headers or party.bearer).json["grants"]
    return [grant for grant in listed if grant["client_id"] in (party.admin.client_id, party.grant_admin.client_id)]


def grant_admin_token(party, grant_id):
    entry = {"type": "cds_grant_admin", "client_id": party.app.client_id, "grant_id": grant_id}
    return party.token({**CLIENT_CREDENTIALS, "authorization_details": json.dumps([entry])}, by=party.grant_admin)


def close(party, grant_id):
    return party.http.patch(f"/grants/{grant_id}", json={"status": "closed"}, headers=party.bearer)


@requirement("WG1-02-8-02", "WG1-02-8.4-02", "WG1-02-8.4-01")
def test_the_first_token_of_a_client_admin_makes_its_grant(fresh):
    """Listed as that of a Customer is, and named by the answer that made it."""
    answer = fresh.token(CLIENT_CREDENTIALS, by=fresh.admin)
    grants = own_grants(fresh, bearer(answer))

    assert answer.json["cds_grant_ids"] == [grant["grant_id"] for grant in grants]
    assert [(grant["scope"], grant["enabled_scope"], grant["status"]) for grant in grants] == [
        ("cds_client_admin", "cds_client_admin", "active")
    ]
    assert (grants[0]["client_id"], grants[0]["authorization_details"]) == (fresh.admin.client_id, [])


@requirement("WG1-02-8.4-03")
def test_of_first_requests_at_once_one_makes_the_grant(app, fresh):
    """The others wait for it, and share it."""

    def ask(_):
        return app.test_client().post("/oauth/token", data=CLIENT_CREDENTIALS, headers=fresh.admin.headers)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(4)))

    assert [answer.status_code for answer in answers] == [200] * 4
    named = [answer.json["cds_grant_ids"] for answer in answers if "cds_grant_ids" in answer.json]
    assert named == [[grant["grant_id"] for grant in own_grants(fresh, bearer(answers[0]))]]


@requirement("WG1-02-8-02", "WG1-02-8.4-02")
def test_a_grant_admin_has_a_grant_for_each_grant_it_opens(party, approve):
    """Beside those of the Customers."""
    opened = [approve().grant_id, approve().grant_id]

    answers = [grant_admin_token(party, grant_id) for grant_id in opened]

    grants = {grant["grant_id"]: grant for grant in own_grants(party)}
    named = [grants[answer.json["cds_grant_ids"][0]] for answer in answers]
    assert [grant["authorization_details"] for grant in named] == [a.json["authorization_details"] for a in answers]
    assert [grant["authorization_details"][0]["grant_id"] for grant in named] == opened
    assert {grant["scope"] for grant in named} == {"cds_grant_admin"}


@requirement("WG1-02-8.4-03")
def test_a_token_that_made_no_grant_names_none(party, approval):
    """An empty cds_grant_ids would say that Grants were changed."""
    grant_admin_token(party, approval.grant_id)
    before = own_grants(party)

    again = [party.token(CLIENT_CREDENTIALS, by=party.admin), grant_admin_token(party, approval.grant_id)]

    assert not any("cds_grant_ids" in answer.json for answer in again)
    assert own_grants(party) == before


@requirement("WG1-02-8.7-03", "WG1-02-8.2-13")
def test_a_client_admin_that_closes_its_grant_needs_a_new_token(party):
    """Which comes with another Grant."""
    [closed] = own_grants(party)
    assert close(party, closed["grant_id"]).json["status"] == "closed"
    assert party.http.get("/grants", headers=party.bearer).status_code == 401

    answer = party.token(CLIENT_CREDENTIALS, by=party.admin)

    assert answer.json["cds_grant_ids"] != [closed["grant_id"]]
    assert {grant["status"] for grant in own_grants(party, bearer(answer))} == {"active", "closed"}


def test_closing_a_grant_admins_grant_ends_its_tokens_and_no_others(party, approval):
    """The Customer's Grant goes on, and so do the tokens of whoever asked the Customer."""
    app_token = party.token(approval.form).json["access_token"]
    admin = grant_admin_token(party, approval.grant_id)
    close(party, admin.json["cds_grant_ids"][0])

    assert party.introspect(admin.json["access_token"], by=party.grant_admin) == {"active": False}
    assert party.introspect(app_token, by=party.app)["active"]
    assert grant_admin_token(party, approval.grant_id).json["cds_grant_ids"] != admin.json["cds_grant_ids"]


def test_a_grant_admins_grant_ends_with_the_grant_it_is_of(party, approval):
    """A Message tells of it."""
    made = grant_admin_token(party, approval.grant_id).json["cds_grant_ids"]
    close(party, approval.grant_id)

    ended = [grant for grant in own_grants(party) if grant["grant_id"] in made]
    told = party.http.get("/messages", headers=party.bearer).json["unread"]
    assert [(grant["status"], grant["enabled_scope"]) for grant in ended] == [("disabled", "")]
    assert any(message.get("related_uri") == ended[0]["uri"] for message in told)


def test_a_held_grant_gives_no_token_and_no_second_grant(party, app, clock):
    """What an operator suspends stays so, however often its Client asks."""
    [grant] = own_grants(party)
    with app.app_context():
        server_grants.set_status(grant["grant_id"], GrantStatus.SUSPENDED, clock=clock)
    refused = party.token(CLIENT_CREDENTIALS, by=party.admin)
    assert (refused.status_code, refused.json["error"]) == (400, "unauthorized_client")
    assert party.http.get("/grants", headers=party.bearer).status_code == 401

    with app.app_context():
        server_grants.set_status(grant["grant_id"], GrantStatus.ACTIVE, clock=clock)
    assert own_grants(party) == [{**grant, "modified": own_grants(party)[0]["modified"]}]


def test_a_client_admins_grant_cannot_be_widened(party):
    """Its own scope again changes nothing; another one is refused."""
    [grant] = own_grants(party)
    uri = f"/grants/{grant['grant_id']}"

    same = party.http.patch(uri, json={"scope": "cds_client_admin"}, headers=party.bearer)
    more = party.http.patch(uri, json={"scope": "cds_client_admin usage_data"}, headers=party.bearer)

    assert (same.status_code, more.status_code) == (200, 400)
    assert own_grants(party) == [grant] == [same.json]
