"""Clients API: CDS-WG1-02 5, RFC 7592 2.2."""

import pytest

from tests.factories.oauth import CALLBACK, register
from tests.support import requirement
from tests.support.oauth import judged_before_storage


@pytest.fixture
def place(party):
    return f"/clients/{party.app.client_id}"


def read(party, place):
    return party.http.get(place, headers=party.bearer).json


def put(party, place, **body):
    return party.http.put(place, json=body, headers=party.bearer)


REQUIRED = (
    "client_id",
    "client_id_issued_at",
    "scope",
    "redirect_uris",
    "token_endpoint_auth_method",
    "grant_types",
    "response_types",
    "client_name",
    "contacts",
    "authorization_details_types",
    "cds_created",
    "cds_modified",
    "cds_client_uri",
    "cds_status",
    "cds_status_options",
    "cds_server_metadata",
)


@requirement(
    "WG1-02-5.1-02",
    "WG1-02-5.1-03",
    "WG1-02-5.1-04",
    "WG1-02-5.1-11",
    "WG1-02-5.1-12",
    "WG1-02-5.1-13",
    "WG1-02-5.1-15",
    "WG1-02-5.1-28",
    "WG1-02-5.1-31",
    "WG1-02-5.1-34",
    "WG1-02-5.3-02",
)
def test_every_client_object_is_whole_and_holds_no_secret(party):
    """The defaults stand in those that ask Customers, and only there."""
    listing = party.http.get("/clients", headers=party.bearer).json

    for each in listing["clients"]:
        assert set(REQUIRED) <= each.keys()
        assert not {"client_secret", "client_secret_expires_at"} & each.keys()
        defaults = {name for name in each if name.startswith("cds_default_")}
        assert len(defaults) == (3 if each["response_types"] else 0)


@requirement("WG1-02-5.1-17", "WG1-02-5.1-18", "WG1-02-5.4-01")
def test_a_client_object_is_found_at_its_own_address(party, settings):
    """Each at another one."""
    clients = party.http.get("/clients", headers=party.bearer).json["clients"]

    assert len({each["cds_client_uri"] for each in clients}) == len(clients) == 3
    for each in clients:
        assert read(party, each["cds_client_uri"].removeprefix(settings.base_url)) == each


@requirement("WG1-02-5.3-06", "WG1-02-5.3-04", "WG1-02-5.3-05")
def test_the_listing_is_filtered_by_client_ids(party):
    """Unknown ones, and those of others, match nothing."""
    wanted = f"unknown {party.app.client_id}"

    listing = party.http.get("/clients", query_string={"client_ids": wanted}, headers=party.bearer).json

    assert [each["client_id"] for each in listing["clients"]] == [party.app.client_id]
    assert (listing["next"], listing["previous"]) == (None, None)


@requirement("WG1-02-5.3-07")
@pytest.mark.parametrize(("status", "found"), [("sandbox", 1), ("production disabled", 0)])
def test_filters_intersect(party, status, found):
    """The Client Admin is in production, and not the one asked for."""
    query = {"client_ids": party.app.client_id, "statuses": status}

    listing = party.http.get("/clients", query_string=query, headers=party.bearer).json

    assert [each["client_id"] for each in listing["clients"]] == [party.app.client_id] * found


@requirement("WG1-02-5.3-08")
def test_what_changed_last_stands_first(party, place, clock):
    """By cds_modified."""
    clock.advance(seconds=1)
    put(party, f"/clients/{party.grant_admin.client_id}", client_name="Newest")

    clients = party.http.get("/clients", headers=party.bearer).json["clients"]

    assert clients[0]["client_name"] == "Newest"
    assert [each["cds_modified"] for each in clients] == sorted((c["cds_modified"] for c in clients), reverse=True)


def test_a_registration_sees_only_its_own(party, client, place):
    """Not yours and not there look the same."""
    stranger = register(client)

    answers = [client.open(place, method=method, json={}, headers=stranger.bearer) for method in ("GET", "PUT")]
    listing = client.get("/clients", headers=stranger.bearer).json["clients"]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert party.app.client_id not in {each["client_id"] for each in listing}


@requirement(
    "WG1-02-5.5-01",
    "WG1-02-5.5-02",
    "WG1-02-5.5-07",
    "WG1-02-5.5-08",
    "WG1-02-5.5-09",
    "WG1-02-5.5-10",
    "WG1-02-5.5-11",
    "WG1-02-5.5-12",
    "WG1-02-5.5-13",
    "WG1-02-5.5-14",
    "WG1-02-5.5-17",
    "WG1-02-5.5-18",
    "WG1-02-5.5-19",
    "WG1-02-5.5-37",
)
def test_everything_a_client_may_say_can_be_replaced(party, place, clock):
    """At once, and the answer is what is stored."""
    clock.advance(seconds=1)
    said = {
        "redirect_uris": ["https://client.example/other", "http://127.0.0.1:8001/callback"],
        "client_name": "Brighter Bills",
        "client_uri": "https://client.example/",
        "logo_uri": "https://client.example/logo.png",
        "tos_uri": "https://client.example/terms",
        "policy_uri": "https://client.example/privacy",
        "contacts": ["new@example.com"],
        "scope": "supply_details usage_data rate_plan",
        "cds_default_scope": "usage_data",
        "cds_default_redirect_uri": "http://127.0.0.1:8001/callback",
        "cds_default_authorization_details": [{"type": "usage_data", "segment_start": "P2Y"}],
    }

    answer = put(party, place, **said)

    assert answer.status_code == 200, answer.json
    assert set(answer.json["scope"].split()) == set(said.pop("scope").split())
    assert {name: answer.json[name] for name in said} == said
    assert answer.json["cds_modified"] == "2026-03-01T12:00:01Z"
    assert read(party, place) == answer.json


@requirement("WG1-02-5.5-03", "WG1-02-5.5-33")
def test_what_is_left_out_goes_back_to_its_default(party, place, settings):
    """PUT replaces; it does not merge."""
    put(party, place, client_name="Once", contacts=["a@example.com"], tos_uri="https://client.example/t")

    after = put(party, place).json

    assert (after["client_name"], after["contacts"]) == (after["client_id"], [])
    assert after["redirect_uris"] == [f"{settings.base_url}/receipt-redirect"]
    assert "tos_uri" not in after


def test_a_client_object_can_be_put_as_it_was_got(party, place):
    """What the Server sets may be repeated unchanged."""
    before = read(party, place)

    answer = put(party, place, **before)

    assert answer.status_code == 200
    assert answer.json == before


@requirement(
    "WG1-02-5.5-04",
    "WG1-02-5.5-20",
    "WG1-02-5.5-21",
    "WG1-02-5.5-22",
    "WG1-02-5.5-23",
    "WG1-02-5.5-24",
    "WG1-02-5.5-25",
    "WG1-02-5.5-26",
    "WG1-02-5.5-27",
    "WG1-02-5.5-28",
    "WG1-02-5.5-29",
    "WG1-02-5.5-30",
    "WG1-02-5.5-31",
    "WG1-02-5.5-32",
)
@judged_before_storage
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("client_id", "other"),
        ("client_id_issued_at", 1),
        ("client_secret", "mine"),
        ("client_secret_expires_at", 0),
        ("grant_types", ["client_credentials"]),
        ("response_types", ["token"]),
        ("token_endpoint_auth_method", "none"),
        ("authorization_details_types", ["usage_data"]),
        ("cds_created", "2020-01-01T00:00:00Z"),
        ("cds_modified", "2020-01-01T00:00:00Z"),
        ("cds_client_uri", "https://evil.example/"),
        ("cds_server_metadata", "https://evil.example/"),
        ("cds_status_options", ["production", "sandbox"]),
        ("anything_else", 1),
    ],
)
def test_what_the_server_sets_cannot_be_changed(party, place, name, value):
    """Nor can members nobody knows be added."""
    before = read(party, place)

    answer = put(party, place, **{name: value})

    assert (answer.status_code, answer.json["field"]) == (400, name)
    assert read(party, place) == before


@requirement("WG1-02-5.5-16")
@judged_before_storage
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cds_status", "production"),
        ("cds_status", "on"),
        ("cds_status", 1),
        ("scope", ""),
        ("scope", "openid"),
        ("scope", "usage_data cds_client_admin"),
        ("scope", "usage_data cds_grant_admin"),
        ("redirect_uris", []),
        ("redirect_uris", ["http://client.example/callback"]),
        ("redirect_uris", ["https://client.example/callback#here"]),
        ("redirect_uris", ["https://user@client.example/callback"]),
        ("redirect_uris", ["https:///callback"]),
        ("redirect_uris", ["javascript:alert(1)"]),
        ("redirect_uris", "https://client.example/callback"),
        ("client_name", ""),
        ("contacts", [1]),
        ("logo_uri", "data:image/png;base64,AAAA"),
        ("cds_default_scope", "rate_plan"),
        ("cds_default_redirect_uri", "https://evil.example/"),
        ("cds_default_authorization_details", [{"type": "rate_plan"}]),
        ("cds_default_authorization_details", [{"type": "usage_data", "segment_start": "P9Y"}]),
        ("cds_default_authorization_details", {"type": "usage_data"}),
    ],
)
def test_a_value_that_breaks_a_rule_changes_nothing(party, place, name, value):
    """400, and the member to blame."""
    before = read(party, place)

    answer = put(party, place, **{name: value})

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_client_metadata")
    assert answer.json["detail"].startswith(name)
    assert read(party, place) == before


@pytest.mark.parametrize(
    "body",
    [
        {"redirect_uris": [CALLBACK]},
        {"cds_default_scope": "cds_client_admin"},
        {"cds_status": "disabled"},
        {"scope": "cds_client_admin usage_data"},
    ],
)
@judged_before_storage
def test_an_admin_client_object_stays_what_it_is(party, body):
    """It asks no Customers, cannot shut itself out, and holds its one scope."""
    answer = put(party, f"/clients/{party.admin.client_id}", **body)

    assert answer.status_code == 400
    assert read(party, f"/clients/{party.admin.client_id}")["cds_status"] == "production"


@requirement("WG1-02-5.5-15", "WG1-02-7.1-10")
def test_disabling_ends_every_secret_at_that_moment(party, place, clock):
    """And enabling brings none of them back."""
    disabled = put(party, place, cds_status="disabled").json["cds_status"]
    clock.advance(seconds=5)
    enabled = put(party, place, cds_status="sandbox").json["cds_status"]

    listing = party.http.get("/credentials", query_string={"client_ids": party.app.client_id}, headers=party.bearer)

    assert (disabled, enabled) == ("disabled", "sandbox")
    ends = [each["client_secret_expires_at"] for each in listing.json["credentials"]]
    assert ends == [int(clock.now().timestamp()) - 5]
    assert party.token({"grant_type": "refresh_token", "refresh_token": "x"}).json["error"] == "invalid_client"
