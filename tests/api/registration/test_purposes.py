"""Purposes of Client Objects, in the Clients API and in metadata: CDS-WG3-01 7.4.4, 8."""

from __future__ import annotations

import pytest

from tests.support import requirement

OURS = {
    "id": "service",
    "name": "The service that was asked for",
    "content": "Your data is used only for the service you asked for, and deleted when you no longer use it. "
    "It is not sold.",
    "related_uri": None,
    "related_name": None,
}
MINE = {
    "id": "",
    "name": "Footprint",
    "content": "We work out your footprint.\n  Once a year.",
    "related_uri": "https://client.example/method",
    "related_name": "How we count",
    "scopes_supported": [],
}


@pytest.fixture
def place(party):
    return f"/clients/{party.app.client_id}"


@pytest.fixture
def got(party, place):
    return lambda: party.http.get(place, headers=party.bearer).json


@pytest.fixture
def put(party, place, got):
    """Replace the Purposes and nothing else."""

    def puts(purposes):
        return party.http.put(place, json={**got(), "cds_purposes": purposes}, headers=party.bearer)

    return puts


def choices(document, scope):
    fields = document["cds_scope_descriptions"][scope]["authorization_details_fields_supported"]
    return {each["id"]: each for each in fields}["purpose"]["choices"]


@requirement(
    "WG3-01-3-06",
    "WG3-01-8.1-02",
    "WG3-01-8.3-01",
    "WG3-01-8.3-02",
    "WG3-01-8.3-03",
    "WG3-01-8.3-04",
    "WG3-01-8.3-05",
    "WG3-01-8.3-06",
)
def test_a_client_object_that_asks_customers_begins_with_ours(party, got):
    """With the scopes of its own that each fits; others have none."""
    shown = got()

    assert shown["cds_purposes"].keys() == {"service"}
    scopes = shown["cds_purposes"]["service"].pop("scopes_supported")
    assert shown["cds_purposes"]["service"] == OURS
    assert sorted(scopes) == sorted(shown["scope"].split())
    listing = party.http.get("/clients", headers=party.bearer).json["clients"]
    assert [each["client_id"] for each in listing if "cds_purposes" in each] == [shown["client_id"]]


@requirement("WG3-01-3-07", "WG3-01-8.2-05", "WG3-01-8.2-06", "WG3-01-8.3-01", "WG3-01-8.1-02")
def test_one_under_an_unknown_id_is_new(put, got):
    """Our id and our scopes take the place of what was sent."""
    answer = put({**got()["cds_purposes"], "mine": {**MINE, "id": "mine", "scopes_supported": ["usage_data"]}})

    assert answer.status_code == 200
    (made,) = [each for each in answer.json["cds_purposes"] if each != "service"]
    assert made != "mine"
    assert answer.json["cds_purposes"][made] == {
        **MINE,
        "id": made,
        "scopes_supported": answer.json["cds_purposes"]["service"]["scopes_supported"],
    }
    assert got() == answer.json


@requirement("WG3-01-8.2-01", "WG3-01-8.2-02", "WG3-01-8.2-03", "WG3-01-8.2-04")
def test_own_ones_change_and_go_and_ours_stay(put, got):
    before = put({"one": MINE, "two": {**MINE, "name": "Advice"}}).json["cds_purposes"]
    kept, gone = (name for name in before if name != "service")
    sent = {
        "service": {**before["service"], "content": "Anything."},
        kept: {**before[kept], "id": "other", "content": "Changed.", "scopes_supported": []},
    }

    after = put(sent).json["cds_purposes"]

    assert gone not in after
    assert after["service"] == before["service"]
    assert after[kept] == {**before[kept], "content": "Changed."}
    assert put({}).json["cds_purposes"] == {"service": before["service"]}


@pytest.mark.parametrize(
    ("purposes", "rule"),
    [
        ({"x": {**MINE, "content": "  "}}, "cds_purposes: x.content: must be a string that is not blank"),
        ({"x": {**MINE, "related_name": None}}, "cds_purposes: x.related_name: must be one line"),
        ({"x": {**MINE, "related_uri": "javascript:alert(1)"}}, "cds_purposes: x.related_uri: must be an absolute"),
        ({"x": "text"}, "cds_purposes"),
    ],
)
@requirement("WG3-01-8.3-07", "WG3-01-8.3-10", "WG3-01-8.3-11")
def test_one_that_breaks_a_rule_is_refused_and_nothing_changes(put, got, purposes, rule):
    before = got()

    answer = put(purposes)

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_client_metadata")
    assert answer.json["detail"].startswith(rule)
    assert got() == before


def test_a_client_object_that_asks_nobody_takes_none(party):
    place = f"/clients/{party.admin.client_id}"
    shown = party.http.get(place, headers=party.bearer).json

    answer = party.http.put(place, json={**shown, "cds_purposes": {"x": MINE}}, headers=party.bearer)

    assert answer.status_code == 400
    assert answer.json["detail"] == "cds_purposes: no scope of this client takes a purpose"
    assert party.http.get(place, headers=party.bearer).json == shown


@requirement("WG3-01-7.4.4-01", "WG3-01-7.4.4-02", "WG3-01-7.4.4-03", "WG3-01-7.4.4-05", "WG3-01-7.4.4-07")
def test_public_metadata_offers_ours_and_links_to_their_words(client, got, put):
    put({"x": MINE})
    document = client.get("/.well-known/oauth-authorization-server").json

    for scope in document["cds_scope_descriptions"].values():
        fields = {each["id"]: each for each in scope["authorization_details_fields_supported"]}
        if "purpose" in fields:
            assert scope["response_types_supported"] == ["code"]
            assert (fields["purpose"]["format"], fields["purpose"]["is_required"]) == ("choice_or_null", False)
            assert fields["purpose"]["default"] is None
            assert [each["id"] for each in fields["purpose"]["choices"]] == ["service"]
    (choice,) = choices(document, "usage_data")
    page = client.get(choice["documentation"].partition("#")[0])
    assert OURS["content"] in page.text
    assert 'id="service"' in page.text


@requirement("WG3-01-7.4.4-04")
def test_metadata_of_the_client_object_offer_its_own_too(party, put, settings):
    changed = put({"x": MINE}).json
    own = changed["cds_server_metadata"].removeprefix(settings.base_url)
    server = party.http.get(own, headers=party.bearer).json
    document = party.http.get(server["oauth_metadata"].removeprefix(settings.base_url), headers=party.bearer).json

    assert own.startswith("/clients/")
    assert {each["id"] for each in choices(document, "usage_data")} == changed["cds_purposes"].keys()
