"""A Client Object with limits of its own: its metadata, and its requests (CDS-WG1-02 5.1)."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner

from cdsc_server.app import load_catalogue
from cdsc_server.cli import commands
from cdsc_server.errors import InvalidRequest, NotFound
from cdsc_server.services import client_limits
from cdsc_server.storage.audit import AuditRow
from cdsc_server.storage.db import reading
from tests.factories.oauth import register
from tests.support import requirement

PUBLIC = "/.well-known/cds-server-metadata.json"


@pytest.fixture
def limit(app, party, settings, clock):
    """Limits a field of usage_data for the Client Object that asks Customers."""

    def set_limit(field="segment_start", client_id=party.app.client_id, scope="usage_data", **limits):
        with app.app_context():
            given = {"maximum": None, "minimum": None, **limits}
            client_limits.set_limit(
                client_id, scope, field, **given, actor="test", catalogue=load_catalogue(settings), clock=clock
            )

    return set_limit


def own_url(party):
    return party.http.get(f"/clients/{party.app.client_id}", headers=party.bearer).json["cds_server_metadata"]


def start_of(document, scope="usage_data"):
    fields = document["cds_scope_descriptions"][scope]["authorization_details_fields_supported"]
    return next(field for field in fields if field["id"] == "segment_start")


@requirement("WG1-02-5.1-24", "WG1-02-5.1-26", "WG1-01-8.1-03")
def test_its_metadata_shows_its_own_limits(party, limit):
    """And everybody's document shows everybody's."""
    limit(maximum="P6M")

    server = party.http.get(own_url(party), headers=party.bearer).json
    own = party.http.get(server["oauth_metadata"], headers=party.bearer).json
    public = party.http.get("/.well-known/oauth-authorization-server").json

    assert server["cds_metadata_url"] == own_url(party)
    assert (start_of(own)["maximum"], start_of(public)["maximum"]) == ("P6M", "P5Y")
    assert start_of(own, "generation_mix") == start_of(public, "generation_mix")
    assert own.keys() == public.keys()


@requirement("WG1-02-5.1-25")
def test_a_client_object_without_limits_has_the_public_metadata(party, limit, app, clock, settings):
    """Before there were any, and after the last is lifted."""
    before = own_url(party)
    limit(maximum="P6M")
    with app.app_context():
        client_limits.lift_limit(party.app.client_id, "usage_data", "segment_start", actor="test", clock=clock)

    assert before == own_url(party) == settings.base_url + PUBLIC


@requirement("WG1-02-5.1-27", "WG1-01-8.1-01", "WG1-02-11.2-03")
@pytest.mark.parametrize("document", ["cds-server-metadata.json", "oauth-authorization-server"])
def test_its_metadata_is_for_its_own_client_alone(party, limit, document):
    """401 without a token tells the Client to bring one; to others it is not there."""
    limit(maximum="P6M")
    path = f"/clients/{party.app.client_id}/{document}"
    other = register(party.http)

    assert party.http.get(path).status_code == 401
    assert party.http.get(path, headers=other.bearer).status_code == 404
    answer = party.http.get(path, headers=party.bearer)
    assert answer.headers["Cache-Control"].startswith("private")
    again = party.http.get(path, headers={**party.bearer, "If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


@requirement("WG1-02-3.8-23")
@pytest.mark.parametrize(("start", "refused"), [("P7M", True), ("P5Y", True), ("P6M", False)])
def test_its_requests_are_judged_by_its_own_limits(party, limit, start, refused):
    """What everybody else may ask for is too much for it."""
    limit(maximum="P6M")
    details = json.dumps([{"type": "usage_data", "segment_start": start}])

    answer = party.http.get("/oauth/authorize", query_string=party.asking(authorization_details=details))

    told = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert (told.get("error") == ["invalid_authorization_details"]) is refused


def test_its_client_is_told(party, limit, clock):
    """By a Message, as of every change that somebody else makes."""
    clock.advance(minutes=5)
    limit(maximum="P6M")

    messages = party.http.get("/messages", headers=party.bearer).json["unread"]
    changed = party.http.get(f"/clients/{party.app.client_id}", headers=party.bearer).json

    assert "cds_server_metadata" in messages[0]["description"]
    assert changed["cds_modified"] > changed["cds_created"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"client_id": "unknown"}, NotFound),
        ({"scope": "cds_client_admin"}, InvalidRequest),
        ({"maximum": "P9Y"}, InvalidRequest),
    ],
)
def test_an_impossible_limit_changes_nothing(party, limit, settings, changes, problem):
    with pytest.raises(problem):
        limit(**{"maximum": "P6M", **changes})

    assert own_url(party) == settings.base_url + PUBLIC


def test_an_operator_sets_and_lifts_a_limit_on_a_terminal(app, party, settings, monkeypatch):
    """With `cdsc clients limit`; both are on the audit trail, and what was refused is not."""
    monkeypatch.setenv("CDSC_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("CDSC_KEY_FILE", settings.key_file)
    words = ["clients", "limit", party.app.client_id, "usage_data", "segment_start"]

    outcomes = [
        CliRunner().invoke(commands, [*words, *rest]) for rest in (["--maximum", "P6M"], ["--lift"], ["--lift"])
    ]

    assert [outcome.output for outcome in outcomes[:2]] == [
        f"{verb} the limit of segment_start in usage_data for {party.app.client_id}.\n" for verb in ("Set", "Lifted")
    ]
    assert isinstance(outcomes[2].exception, NotFound)
    with app.app_context(), reading() as session:
        done = [(row.actor, row.action, row.subject) for row in session.query(AuditRow).order_by(AuditRow.at)]
    assert done == [
        ("command line", action, f"client:{party.app.client_id}")
        for action in ("client.limited", "client.limit_lifted")
    ]
