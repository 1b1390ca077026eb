"""Scopes of the operator's own, for Clients that come for themselves: CDS-WG1-02 3.3, 3.8, 3.9, 8.4."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cdsc_server.domain.grants import GrantStatus
from cdsc_server.services import own_grants, server_grants
from tests.factories.catalogues import changed_catalogue
from tests.factories.oauth import Authentication, register
from tests.support import requirement

CLIENT_CREDENTIALS = {"grant_type": "client_credentials"}

TABLES = """
[scopes.dge_feed]
type = "dge_network_feed"
for_clients = true
name = "Network feed"
description = "What happens in the network, without data of Customers."
fields = ["feed_until", "feed_area"]

[detail_fields.feed_until]
format = "relative_or_absolute_date"
name = "Feed until"
description = "The last day of the feed."
default = "P1M"
maximum = "P2Y"
minimum = "P1D"

[detail_fields.feed_area]
format = "string"
name = "Area"
description = "Which part of the network."
default = "all"
maximum = 8
minimum = 2
"""


@pytest.fixture
def settings(settings, tmp_path):
    """A server that offers this scope beside what ships."""
    return replace(settings, catalogue_file=changed_catalogue(tmp_path, lambda shipped: shipped + TABLES))


@pytest.fixture
def party(client):
    return register(client, "cds_client_admin usage_data dge_feed")


@pytest.fixture
def feed(party):
    """The Client Object that is registered for the scope."""
    clients = party.http.get("/clients", headers=party.bearer).json["clients"]
    [client_id] = [each["client_id"] for each in clients if each["scope"] == "dge_feed"]
    credentials = party.http.get("/credentials", headers=party.bearer).json["credentials"]
    return Authentication(client_id, next(c["client_secret"] for c in credentials if c["client_id"] == client_id))


@pytest.fixture
def ask(party, feed):
    """Asks for a token, with entries of the scope or by its word alone."""

    def asked(*entries):
        details = json.dumps([{"type": "dge_feed", **entry} for entry in entries])
        form = {"authorization_details": details} if entries else {"scope": "dge_feed"}
        return party.token({**CLIENT_CREDENTIALS, **form}, by=feed)

    return asked


@pytest.fixture
def admin(party):
    """Headers of the Client Admin, with a token that is fresh whatever the clock says."""

    def fresh():
        return {"Authorization": f"Bearer {party.token(CLIENT_CREDENTIALS, by=party.admin).json['access_token']}"}

    return fresh


@pytest.fixture
def grants(party, feed, admin):
    """The Grants of the scope, as the Grants API lists them."""

    def listed():
        answer = party.http.get("/grants", query_string={"client_ids": feed.client_id}, headers=admin())
        return answer.json["grants"]

    return listed


@pytest.fixture
def introspected(party, feed):
    """What introspection says of the token in an answer."""
    return lambda answer: party.introspect(answer.json["access_token"], by=feed)


def until(answer):
    assert answer.status_code == 200, answer.json
    return [entry["feed_until"] for entry in answer.json["authorization_details"]]


@requirement("WG1-02-3.9-04", "WG1-02-3.9-02")
@pytest.mark.parametrize("entries", [(), ({},), ({"feed_until": "P1M"},)])
def test_relative_dates_count_from_the_first_token_request(ask, grants, introspected, clock, entries):
    """Not from the registration, nor from the request at hand; in New York it is the tenth of March still."""
    clock.set(datetime(2026, 3, 11, 3, tzinfo=UTC))
    first = ask(*entries)
    clock.advance(days=20)
    later = ask(*entries)

    assert (until(first), until(later)) == (["2026-04-10"], ["2026-04-10"])
    [grant] = grants()
    assert (first.json["cds_grant_ids"], later.json.get("cds_grant_ids")) == ([grant["grant_id"]], None)
    shown = [grant["authorization_details"], grant["enabled_authorization_details"]]
    shown.append(introspected(later)["authorization_details"])
    assert shown == [[{"type": "dge_feed", "feed_until": "2026-04-10", "feed_area": "all"}]] * 3


@requirement("WG1-02-3.9-04", "WG1-02-8.4-02")
def test_other_details_have_a_grant_and_a_beginning_of_their_own(ask, grants, clock):
    """And those of before keep theirs."""
    first = ask({"feed_area": "north"})
    clock.advance(days=20)
    second = ask({"feed_area": "south"})
    clock.advance(days=1)

    assert [until(ask({"feed_area": area})) for area in ("north", "south")] == [["2026-04-01"], ["2026-04-21"]]
    made = [*second.json["cds_grant_ids"], *first.json["cds_grant_ids"]]
    assert [grant["grant_id"] for grant in grants()] == made


@requirement("WG1-02-3.9-04")
def test_dates_count_anew_when_the_grant_was_closed(ask, party, admin, clock):
    first = ask()
    clock.advance(days=20)
    closed = party.http.patch(f"/grants/{first.json['cds_grant_ids'][0]}", json={"status": "closed"}, headers=admin())
    again = ask()

    assert (closed.status_code, until(again)) == (200, ["2026-04-21"])
    assert again.json["cds_grant_ids"] != first.json["cds_grant_ids"]


@requirement("WG1-02-3.8-09", "WG1-02-3.8-23", "WG1-02-3.8-27")
@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("feed_until", "P3Y", "reaches beyond the maximum of P2Y"),
        ("feed_until", "2026-03-01", "is nearer than the minimum of P1D"),
        ("feed_until", "PT5S", "counts hours, minutes or seconds"),
        ("feed_until", None, "must be a string"),
        ("feed_area", "everywhere", "must have 2 to 8 characters"),
        ("colour", "red", "is not a field of dge_feed"),
        ("type", "usage_data", "is not registered for this client"),
    ],
)
def test_what_does_not_fit_is_refused_and_makes_no_grant(ask, grants, field, value, rule):
    """The answer names the entry, the field and the rule."""
    answer = ask({}, {field: value})

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_authorization_details")
    assert f"authorization_details[1].{field} " in answer.json["error_description"]
    assert rule in answer.json["error_description"]
    assert grants() == []


@requirement("WG1-02-3.3-03")
def test_metadata_describes_the_scope(client):
    metadata = client.get("/.well-known/oauth-authorization-server").json
    scope = metadata["cds_scope_descriptions"]["dge_feed"]

    assert (scope["type"], scope["grant_types_supported"]) == ("dge_network_feed", ["client_credentials"])
    assert (scope["response_types_supported"], scope["code_challenge_methods_supported"]) == ([], [])
    assert scope["authorization_details_types_supported"] == ["dge_feed"]
    fields = scope["authorization_details_fields_supported"]
    assert [(field["id"], field["default"], field["for_types"]) for field in fields] == [
        ("feed_until", "P1M", ["dge_feed"]),
        ("feed_area", "all", ["dge_feed"]),
    ]
    assert "dge_feed" in metadata["scopes_supported"]
    assert "dge_feed" in metadata["authorization_details_types_supported"]


def test_a_token_of_the_scope_opens_nothing_here(ask, party):
    """Neither data of Customers nor what a Client Admin may do."""
    headers = {"Authorization": f"Bearer {ask().json['access_token']}"}

    paths = ("/cds/accounts", "/cds/usage_segments", "/usage_data", "/grants", "/clients", "/files")
    assert {path: party.http.get(path, headers=headers).status_code for path in paths} == dict.fromkeys(paths, 403)


def test_who_asks_customers_cannot_ask_them_for_it(party):
    """It has a Client Object of its own."""
    form = party.asking(scope=None, authorization_details='[{"type": "dge_feed"}]')
    answer = party.http.post("/oauth/par", data=form, headers=party.app.headers)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_authorization_details")
    assert "not registered for this client" in answer.json["error_description"]


def test_of_first_requests_at_once_one_makes_the_grant(app, feed, grants):
    """The others wait for it, and share it."""

    def at_once(_):
        return app.test_client().post("/oauth/token", data=CLIENT_CREDENTIALS, headers=feed.headers)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(at_once, range(4)))

    assert [answer.status_code for answer in answers] == [200] * 4
    named = [answer.json["cds_grant_ids"] for answer in answers if "cds_grant_ids" in answer.json]
    assert named == [[grant["grant_id"] for grant in grants()]]


def test_a_held_grant_gives_no_token_and_no_second_grant(app, ask, grants, clock):
    """What an operator suspends stays so, however often its Client asks."""
    [grant_id] = ask().json["cds_grant_ids"]
    with app.app_context():
        server_grants.set_status(grant_id, GrantStatus.SUSPENDED, clock=clock)

    answer = ask()

    assert (answer.status_code, answer.json["error"]) == (400, "unauthorized_client")
    assert [grant["grant_id"] for grant in grants()] == [grant_id]


def test_a_client_has_only_so_many_grants(ask, grants, monkeypatch):
    """What it has still works; more needs another to be closed."""
    monkeypatch.setattr(own_grants, "MOST_OPEN", 2)
    answers = [ask({"feed_area": area}) for area in ("north", "south", "east", "north")]

    assert [answer.status_code for answer in answers] == [200, 200, 400, 200]
    assert (answers[2].json["error"], len(grants())) == ("unauthorized_client", 2)


def test_a_grant_of_the_scope_stays_as_it_was_asked_for(ask, party, admin, grants):
    """Other details are another Grant, and no Customer could agree to them."""
    [grant_id] = ask().json["cds_grant_ids"]
    [before] = grants()

    details = [{"type": "dge_feed", "feed_until": "P2M"}]
    answer = party.http.patch(f"/grants/{grant_id}", json={"authorization_details": details}, headers=admin())

    assert (answer.status_code, grants()) == (400, [before])


def test_a_message_cannot_ask_for_it(party, feed, admin, settings):
    """Its dates would have no first token request to count from."""
    asked = {
        "type": "grant_request",
        "previous_uri": None,
        "name": "Feed",
        "description": "Please.",
        "related_uri": f"{settings.base_url}/clients/{feed.client_id}",
        "grants_requested": [{"scope": "dge_feed", "authorization_details": []}],
    }
    answer = party.http.post("/messages", json=asked, headers=admin())

    assert (answer.status_code, answer.json["field"]) == (400, "grants_requested.0")
    assert "token endpoint" in answer.json["detail"]
