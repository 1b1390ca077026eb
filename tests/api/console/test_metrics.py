"""How the server did: the page of the console, the admin API and the command tell the same."""

from datetime import timedelta
from decimal import Decimal

import pytest
from click.testing import CliRunner

from cdsc_server import exact_json
from cdsc_server.cli import commands
from cdsc_server.domain.service_levels import Tier
from cdsc_server.services import metrics, service_accounts
from cdsc_server.services.request_counts import RequestCounts
from tests.factories.oauth import Authentication

ONCE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def counted(app, clock):
    """Two days of counts: today's four answers, one of them slow, and yesterday's."""
    zone = app.extensions["cdsc"].catalogue.utility.timezone
    today = clock.now().astimezone(zone).date()
    counts = RequestCounts()
    for seconds in (0.1, 0.1, 0.1, 5.0):
        counts.add(today, Tier.UNATTENDED, status=200, seconds=seconds, session=False)
    counts.add(today - timedelta(days=1), Tier.HIGH_PRIORITY, status=429, seconds=0.01, session=False)
    with app.app_context():
        counts.store(today)
        metrics.roll_up(zone=zone, clock=clock)


@pytest.fixture
def asked(app, clock):
    """A program without any role that matters, and how it asks."""
    with app.app_context():
        made = service_accounts.add_account("meter", roles={"support"}, actor="command line", clock=clock)
    account = Authentication(made.client_id, made.secret)
    http = app.test_client()
    token = http.post("/oauth/token", data={"grant_type": "client_credentials"}, headers=account.headers)
    bearer = {"Authorization": f"Bearer {token.json['access_token']}"}

    return lambda path, headers=bearer: http.get(path, headers=headers)


def test_a_program_reads_the_last_days(counted, asked):
    told = asked("/admin/metrics?days=2").json
    today, yesterday = told["days"]

    assert today["day"] > yesterday["day"]
    assert today["tiers"]["unattended"] == {
        "invocations": 4,
        "within_threshold": 0.75,
        "average_seconds": Decimal("1.325"),
    }
    assert today["tiers"]["large_payload"] == {
        "invocations": 0,
        "within_threshold": None,
        "average_seconds": None,
    }
    assert yesterday["rejections"] == {"authenticated": 1}
    assert (today["invocations"], yesterday["invocations"]) == (4, 1)
    assert today["authorisations"]["begun"] == 0
    assert told["thresholds"]["large_payload"] == 6
    assert (today["availability"], told["months"][0]["availability"]) == (None, None)


@pytest.mark.parametrize("days", ["0", "401", "x"])
def test_a_time_that_cannot_be_told_is_refused(asked, days):
    answer = asked(f"/admin/metrics?days={days}")

    assert (answer.status_code, answer.json["field"]) == (400, "days")


def test_a_stranger_reads_nothing(counted, asked):
    assert asked("/admin/metrics", headers={}).status_code == 401


@ONCE
def test_operators_see_plots_over_numbers(counted, hire):
    desk = hire("support")
    desk.load("/console/metrics")

    assert "4 today, within 4 s: 75.00 %" in desk.text
    assert desk.text.count('role="img"') == 13
    assert "Availability" in desk.text


@ONCE
def test_the_command_prints_what_the_admin_api_answers(counted, asked, settings):
    """Its clock is that of the machine, so its days are others."""
    variables = {"CDSC_DATABASE_URL": settings.database_url, "CDSC_KEY_FILE": settings.key_file}
    told = CliRunner(env=variables).invoke(commands, ["metrics", "report", "--days", "3"])
    printed = exact_json.loads(told.stdout)

    assert told.exit_code == 0, told.output
    assert len(printed["days"]) == 3
    assert set(printed) == set(asked("/admin/metrics").json)
