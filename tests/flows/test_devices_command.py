"""`cdsc devices` as an operator types it, against homes that another process plays."""

from __future__ import annotations

from dataclasses import replace

import pytest
from click.testing import CliRunner

from cdsc_server.cli import commands
from cdsc_server.companions.simulated_site import PASSWORD
from cdsc_server.errors import Problem
from cdsc_server.ports import SystemClock
from cdsc_server.services.polling import Poller
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.usage import find_series
from tests.factories import customer_data as make


@pytest.fixture
def cdsc(settings):
    """Run a command with the settings of the test; gives its status, and what it says or is refused with."""

    def run(*words):
        environment = {"CDSC_DATABASE_URL": settings.database_url, "CDSC_KEY_FILE": settings.key_file}
        result = CliRunner().invoke(commands, words, env=environment)
        refusal = result.exception if isinstance(result.exception, Problem) else ""
        return result.exit_code, f"{result.output}{refusal}"

    return run


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_home_is_added_asked_and_removed(app, ports, cdsc, simulated_site, tmp_path):
    """From the command to usage of the meter, through a real connector and a real process."""
    secret = tmp_path / "secret"
    secret.write_text(f"{PASSWORD}\n")
    with app.app_context(), transaction() as session:
        session.add(make.customer("ada", email="ada@example.org"))
        session.flush()
        session.add(make.meter("m-house"))
    reached = ("--address", simulated_site, "--account", "ada@command", "--secret-file", str(secret))
    status, site_id = cdsc(
        "devices", "add", "simulation", "--customer", "ada@example.org", "--label", "Ada's home", *reached,
        "--timezone", "Europe/Brussels", "--meter", "meter=m-house", "--history", "1",
    )  # fmt: skip
    site_id = site_id.strip()
    poller = Poller(replace(ports, clock=SystemClock()))
    with app.app_context():
        assert poller.run().failed == 0
        with reading() as session:
            series = find_series(session, "ada", meter_device_ids=["m-house"])
    poller.close()

    assert status == 0
    assert {row.value_format["direction"] for row in series} == {"forward", "reverse"}
    assert "live" in cdsc("devices", "list")[1]
    assert cdsc("devices", "remove", site_id)[0] == 0
    assert cdsc("devices", "list") == (0, "")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_cannot_be_is_refused_and_nothing_is_added(app, cdsc):
    """With words that say which part is wrong."""
    with app.app_context(), transaction() as session:
        session.add(make.customer("ada", email="ada@example.org"))
    plain = ("--customer", "ada@example.org", "--label", "Home", "--address", "http://127.0.0.1:1")

    for words, says in (
        (("nothing", *plain), "no connector"),
        (("simulation", *plain, "--meter", "meter=m-none"), "no meter"),
        (("simulation", *plain, "--interval", "7"), "interval"),
        (("simulation", *plain, "--timezone", "Nowhere"), "time zone"),
        (("simulation", *plain[:-1], "nonsense"), "address"),
        (("pylontech", *plain, "--mode", "proxy"), "mode"),
    ):
        status, output = cdsc("devices", "add", *words)
        assert status != 0, words
        assert says in output
    assert cdsc("devices", "list") == (0, "")
