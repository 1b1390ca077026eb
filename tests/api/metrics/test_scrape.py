"""What Prometheus collects, read by its own parser."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from cdsc_server import exact_json
from cdsc_server.app import create_app
from cdsc_server.errors import InvalidConfiguration
from cdsc_server.services import metrics
from cdsc_server.storage.db import transaction
from cdsc_server.storage.outbox import OutboxRow

TOKEN = "a token that only Prometheus knows"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
DASHBOARD = Path("examples/grafana/cdsc-server.json")


@pytest.fixture
def settings(settings, tmp_path):
    path = tmp_path / "metrics.token"
    path.write_text(f"{TOKEN}\n")
    return replace(settings, metrics_token_file=str(path))


@pytest.fixture
def scraped(client):
    """The samples of a scrape: value by name and labels."""

    def scrape():
        with client.get("/metrics", headers=BEARER) as answer:
            assert answer.status_code == 200, answer.text
            families = list(text_string_to_metric_families(answer.text))
        return {(s.name, *sorted(s.labels.items())): s.value for family in families for s in family.samples}

    return scrape


def ask(client, path, **more):
    with client.get(path, **more) as answer:
        return answer.status_code


def test_answers_are_counted_by_endpoint_and_class(client, scraped):
    for _ in range(3):
        assert ask(client, "/.well-known/oauth-authorization-server") == 200
    assert ask(client, "/cds/service_contracts") == 401
    assert ask(client, "/no/such/page") == 404

    found = scraped()
    labelled = {(key[1][1], key[2][1]): value for key, value in found.items() if key[0] == "cdsc_http_requests_total"}
    assert labelled["metadata.oauth_authorization_server", "2xx"] == 3
    assert labelled["customer_data.list_service_contracts", "4xx"] == 1
    assert labelled["none", "4xx"] == 1
    assert found["cdsc_http_request_seconds_count", ("tier", "unauthenticated")] == 3
    assert found["cdsc_http_request_seconds_count", ("tier", "unattended")] == 1


def test_no_label_holds_what_a_caller_wrote(client, scraped):
    """Neither ids nor paths become labels: the number of series has an end, and none tells of a person."""
    ask(client, "/grants/secret-grant-id", headers={"Authorization": "Bearer nothing"})
    ask(client, "/whatever/secret-path")
    ask(client, "/consent/secret-request-id")

    assert not [key for key in scraped() if "secret" in str(key)]


def test_the_outbox_is_told_by_channel(app, scraped, clock):
    """A webhook or a ticket that waits is seen as well as a mail."""
    due = clock.now() - timedelta(minutes=3)
    with app.app_context(), transaction() as session:
        session.add(OutboxRow(outbox_id="t", channel="ticket", kind="k", recipient="r", created=due, due=due))

    found = scraped()
    assert found["cdsc_outbox", ("channel", "ticket"), ("status", "waiting")] == 1
    assert found["cdsc_outbox_wait_seconds", ("channel", "ticket")] == 180
    assert found["cdsc_outbox_wait_seconds", ("channel", "mail")] == 0


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer another token, just as long"}])
def test_a_stranger_is_refused(client, headers):
    answer = client.get("/metrics", headers=headers)

    assert answer.status_code == 401
    assert "cdsc_" not in answer.text


def test_without_a_token_file_there_is_no_such_page(settings, ports):
    """Nobody publishes figures by leaving a setting out."""
    app = create_app(replace(settings, metrics_token_file=""), ports)

    assert app.test_client().get("/metrics", headers=BEARER).status_code == 404


@pytest.mark.parametrize("words", ["too short", None])
def test_a_token_that_is_none_is_refused_at_start(settings, ports, tmp_path, words):
    path = tmp_path / "other.token"
    if words is not None:
        path.write_text(words)

    with pytest.raises(InvalidConfiguration, match="CDSC_METRICS_TOKEN_FILE"):
        create_app(replace(settings, metrics_token_file=str(path)), ports)


def test_each_name_on_the_dashboard_is_one_that_is_told(app, client, clock, scraped):
    """A dashboard with an empty panel is worse than none."""
    with app.app_context():
        metrics.roll_up(zone=app.extensions["cdsc"].catalogue.utility.timezone, clock=clock)
    ask(client, "/.well-known/oauth-authorization-server")
    panels = exact_json.loads(DASHBOARD.read_bytes())["panels"]
    asked = [target["expr"] for panel in panels for target in panel.get("targets", [])]

    named = {name for expression in asked for name in re.findall(r"\bcdsc_\w+", expression)}
    assert len(asked) >= 10
    # Grants, deliveries and mails have no series before there are any; their families are told all the same.
    with client.get("/metrics", headers=BEARER) as answer:
        told = set(re.findall(r"^# TYPE (cdsc_\w+)", answer.text, re.MULTILINE)) | {key[0] for key in scraped()}
    assert named <= told
