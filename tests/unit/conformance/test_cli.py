import socket
from contextlib import contextmanager

import pytest
from click.testing import CliRunner

from cdsc_conformance import cli
from cdsc_conformance.browser import Missing
from cdsc_conformance.cli import main
from cdsc_conformance.findings import Finding, Outcome
from cdsc_conformance.profile import Profile, read_profile
from cdsc_conformance.recorder import Recorder
from tests.unit.conformance.support import ROW, exchange, judged


@pytest.mark.parametrize(
    "arguments",
    [
        ["utility.example"],
        ["ftp://utility.example"],
        ["https://utility.example", "--plan", "everything"],
        ["https://utility.example", "--username", "somebody"],
        ["https://utility.example", "--client-id", "somebody"],
        ["https://utility.example", "--scenario", "4.13"],
    ],
    ids=["no scheme", "not HTTP", "no such plan", "no password", "no secret", "no such scenario"],
)
def test_a_wrong_call_ends_with_2_and_words(arguments):
    """An empty variable is no password and no secret."""
    empty = {"CDSC_CONFORMANCE_PASSWORD": "", "CDSC_CONFORMANCE_CLIENT_SECRET": ""}
    done = CliRunner().invoke(main, arguments, env=empty)

    assert done.exit_code == 2
    assert done.output.startswith("Usage:")


def test_a_server_that_does_not_answer_ends_with_2():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        done = CliRunner().invoke(main, [f"http://127.0.0.1:{taken.getsockname()[1]}", "--plan", "metadata"])

    assert done.exit_code == 2
    assert "nothing answers" in done.output


@pytest.fixture
def without_browser(monkeypatch):
    """Nothing that Playwright could start, and a server that answers nothing of use."""

    @contextmanager
    def missing():
        raise Missing("no Chromium could be started; install it")
        yield

    monkeypatch.setattr(cli, "chromium", missing)
    monkeypatch.setattr(cli, "run", lambda *_, **__: judged(((ROW,), lambda _: iter([Finding(ROW, Outcome.PASSED)]))))
    monkeypatch.setattr(Recorder, "send", lambda *_, **__: exchange())


@pytest.mark.parametrize(("ci", "status"), [("", 3), ("true", 2)], ids=["by hand", "in CI"])
def test_a_missing_browser_is_told_and_fails_in_ci(without_browser, ci, status):
    """Rows that were skipped look like rows that hold to whoever reads the exit status only."""
    asked = ["https://utility.example", "--plan", "form", "--username", "somebody", "--password", "secret"]
    done = CliRunner().invoke(main, asked, env={"CI": ci})

    assert done.exit_code == status
    assert "install it" in done.output


def test_a_missing_browser_is_no_matter_for_other_plans(without_browser):
    done = CliRunner().invoke(main, ["https://utility.example", "--plan", "metadata"], env={"CI": "true"})

    assert done.exit_code == 0


@pytest.mark.parametrize("told", ["approve = 7", 'button = "#go"', "approve"], ids=["no text", "no part", "no TOML"])
def test_a_profile_that_cannot_be_used_is_refused(without_browser, tmp_path, told):
    (tmp_path / "profile.toml").write_text(told)
    done = CliRunner().invoke(main, ["https://utility.example", "--profile", str(tmp_path / "profile.toml")])

    assert done.exit_code == 2
    assert "profile.toml" in done.output


def test_a_profile_says_where_parts_stand_and_the_rest_stays(tmp_path):
    (tmp_path / "profile.toml").write_text('approve = "#yes"\n')

    assert read_profile(tmp_path / "profile.toml") == Profile(approve="#yes")


def test_scenarios_are_told_by_name_or_by_section():
    assert cli._scenarios(("4.4", "customer_bills")) == ("meter_data", "customer_bills")
