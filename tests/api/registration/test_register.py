"""Registering a Client: CDS-WG1-02 4, RFC 7591 3."""

from dataclasses import replace

import pytest

from tests.factories.oauth import register
from tests.support import requirement
from tests.support.oauth import judged_before_storage

CONSENT = {"account_list", "supply_details", "distribution_details", "usage_data", "generation_mix"}


def clients_of(party):
    return {each["scope"]: each for each in party.http.get("/clients", headers=party.bearer).json["clients"]}


def rows(app):
    from sqlalchemy import func, select

    from cdsc_server.storage.clients import RegistrationRow
    from cdsc_server.storage.db import reading

    with app.app_context(), reading() as session:
        return session.scalar(select(func.count()).select_from(RegistrationRow))


@requirement(
    "WG1-02-4.2-02",
    "WG1-02-4.2-05",
    "WG1-02-4.2-06",
    "WG1-02-4.2-07",
    "WG1-02-4.2-08",
    "WG1-02-4.2-09",
    "WG1-02-4.2-10",
    "WG1-02-4.2-12",
)
def test_registration_answers_with_the_client_admin(client):
    """Created, not cached, and with the one secret that is ever shown in a Client Object."""
    answer = client.post("/oauth/register", json={"scope": "cds_client_admin usage_data"})

    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
    assert answer.json["scope"] == "cds_client_admin"
    assert (answer.json["redirect_uris"], answer.json["response_types"]) == ([], [])
    assert answer.json["grant_types"] == ["client_credentials"]
    assert answer.json["token_endpoint_auth_method"] == "client_secret_basic"
    assert len(answer.json["client_secret"]) >= 43


@requirement("WG1-02-4.2-11", "WG1-02-4.2-18", "WG1-02-7.1-07")
def test_every_client_object_has_a_credential(party):
    """And the admin's is the secret of the answer."""
    credentials = party.http.get("/credentials", headers=party.bearer).json["credentials"]
    secrets = {each["client_id"]: each["client_secret"] for each in credentials}

    assert secrets[party.admin.client_id] == party.registration["client_secret"]
    assert set(secrets) == {each["client_id"] for each in clients_of(party).values()}


@requirement("WG1-02-4.2-13", "WG1-02-4.2-15", "WG1-02-4.2-16", "WG1-02-4.2-25")
def test_scopes_of_different_kinds_get_client_objects_of_their_own(party):
    """The admin stands alone; what Customers are asked for shares one object in the sandbox."""
    made = clients_of(party)
    asking = next(each for each in made.values() if each["response_types"])

    assert len(made) == 3
    assert set(asking["scope"].split()) == CONSENT
    assert (asking["cds_status"], asking["cds_status_options"]) == ("sandbox", ["sandbox", "disabled"])
    assert made["cds_client_admin"]["cds_status_options"] == ["production"]


@requirement("WG1-02-4.2-17")
def test_the_grant_admin_comes_along_unasked(client):
    """A scope named it."""
    party = register(client, "cds_client_admin rate_plan")

    assert clients_of(party)["cds_grant_admin"]["grant_types"] == ["client_credentials"]


def test_a_client_admin_alone_is_a_registration(client):
    """Nothing else is made then."""
    party = register(client, "cds_client_admin")

    assert list(clients_of(party)) == ["cds_client_admin"]


@requirement("WG1-02-4.1-05", "WG1-02-4.2-19", "WG1-02-5.1-33", "WG1-02-5.1-36", "WG3-01-9.3.3-01")
@pytest.mark.parametrize("redirect_uris", [["https://evil.example/"], ["not a uri"], "wrong", [], None, 7])
def test_redirect_uris_are_ignored_whatever_they_are(client, settings, redirect_uris):
    """Ours is the only one, until the Client says otherwise through the Clients API."""
    body = {"scope": "cds_client_admin usage_data", "redirect_uris": redirect_uris}
    answer = client.post("/oauth/register", json=body)
    secret = (answer.json["client_id"], answer.json["client_secret"])
    token = client.post("/oauth/token", data={"grant_type": "client_credentials"}, auth=secret).json["access_token"]

    clients = client.get("/clients", headers={"Authorization": f"Bearer {token}"}).json["clients"]
    asking = next(each for each in clients if each["response_types"])

    assert asking["redirect_uris"] == [f"{settings.base_url}/receipt-redirect"]
    assert asking["cds_default_redirect_uri"] == asking["redirect_uris"][0]
    assert asking["cds_default_authorization_details"] == []


@requirement("WG1-02-5.1-09", "WG1-02-5.1-10", "WG1-02-5.1-14")
def test_what_a_client_says_of_itself_is_repeated_in_every_object(client):
    """And its name is its client_id when it has none."""
    said = {"client_name": "Bright Bills", "contacts": ["dev@example.com"], "tos_uri": "https://client.example/terms"}

    named = register(client, **said)
    nameless = client.post("/oauth/register", json={"scope": "cds_client_admin"}).json

    for each in clients_of(named).values():
        assert {name: each[name] for name in said} == said
        assert "logo_uri" not in each
    assert (nameless["client_name"], nameless["contacts"]) == (nameless["client_id"], [])


@requirement("WG1-02-4.1-02", "WG1-02-4.1-03", "WG1-02-4.2-03")
@judged_before_storage
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "scope"),
        ({"scope": ""}, "scope"),
        ({"scope": 7}, "scope"),
        ({"scope": "usage_data"}, "scope"),
        ({"scope": "cds_client_admin openid"}, "scope"),
        ({"scope": "cds_client_admin  usage_data"}, "scope"),
        ({"scope": "cds_client_admin", "client_name": ""}, "client_name"),
        ({"scope": "cds_client_admin", "client_name": "x" * 201}, "client_name"),
        ({"scope": "cds_client_admin", "client_name": "a\nb"}, "client_name"),
        ({"scope": "cds_client_admin", "contacts": "dev@example.com"}, "contacts"),
        ({"scope": "cds_client_admin", "contacts": [7]}, "contacts"),
        ({"scope": "cds_client_admin", "client_uri": "javascript:alert(1)"}, "client_uri"),
        ({"scope": "cds_client_admin", "logo_uri": "https://user@host/x"}, "logo_uri"),
        ({"scope": "cds_client_admin", "policy_uri": "https://host/#x"}, "policy_uri"),
    ],
)
def test_a_wrong_registration_is_refused_by_name(app, client, body, field):
    """RFC 7591 3.2.2; nothing is made."""
    answer = client.post("/oauth/register", json=body)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_client_metadata")
    assert answer.json["error_description"].startswith(field)
    assert rows(app) == 0


@judged_before_storage
@pytest.mark.parametrize(
    ("data", "content_type", "status"),
    [
        ("{", "application/json", 400),
        ("[]", "application/json", 400),
        ("null", "application/json", 400),
        ('{"scope": "cds_client_admin", "client_name": "\\u0000"}', "application/json", 400),
        ("scope=cds_client_admin", "application/x-www-form-urlencoded", 415),
        ('{"scope": "' + "x" * 2_000_000 + '"}', "application/json", 413),
    ],
)
def test_a_body_that_is_not_one_json_object_is_refused(app, client, data, content_type, status):
    """In the form of RFC 6749 5.2."""
    answer = client.post("/oauth/register", data=data, content_type=content_type)

    assert answer.status_code == status
    assert {"error", "error_description"} == answer.json.keys()
    assert rows(app) == 0


class TestLimit:
    """One address may register only so often."""

    @pytest.fixture
    def settings(self, settings):
        return replace(settings, registrations_per_hour=2)

    def test_an_address_waits_after_its_share(self, app, client, clock):
        """Refused ones count too; with the hour the count begins anew."""
        bodies = [{"scope": "cds_client_admin"}, {"scope": "wrong"}, {"scope": "cds_client_admin"}]
        answers = [client.post("/oauth/register", json=body) for body in bodies]

        assert [answer.status_code for answer in answers] == [201, 400, 429]
        assert 0 < int(answers[2].headers["Retry-After"]) <= 3600
        assert rows(app) == 1

        clock.advance(hours=1)
        assert client.post("/oauth/register", json=bodies[0]).status_code == 201

    def test_another_address_is_not_held_back(self, client):
        """Each has its own count."""
        for address in ("10.0.0.1", "10.0.0.2"):
            for _ in range(2):
                answer = client.post(
                    "/oauth/register", json={"scope": "cds_client_admin"}, environ_base={"REMOTE_ADDR": address}
                )
                assert answer.status_code == 201
