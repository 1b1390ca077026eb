"""Our own server under the kit: every row it can judge must hold."""

import os

import pytest
from click.testing import CliRunner

from cdsc_conformance import plans
from cdsc_conformance.cli import main
from cdsc_conformance.findings import Outcome
from cdsc_conformance.runner import run
from cdsc_conformance.session import Session
from tests.conformance import known_rows, report
from tests.conformance.conftest import ACCOUNT, SCENARIOS


def test_our_server_holds_every_row_the_kit_judges(kit_server, browser):
    """Set RENEW_KIT_ROWS to keep the rows of this run, after a look at what is new or gone."""
    session = Session(
        kit_server.url,
        verify=kit_server.certificate,
        account=ACCOUNT,
        scenarios=SCENARIOS,
        browser=browser,
        registration=kit_server.registration,
    )
    result = run(session, {name: plans.plan(name) for name in plans.NAMES})
    session.http.close()

    wrong = [f for each in result.judged for f in each.findings if f.outcome in (Outcome.FAILED, Outcome.BROKEN)]
    known = report.gaps()
    assert not [f"{finding.row}: {finding.reason}" for finding in wrong if not report.explained(finding.row, known)]
    passed = result.rows(Outcome.PASSED)
    if os.environ.get("RENEW_KIT_ROWS"):
        known_rows.write(passed)
    assert passed == known_rows.read()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_command_says_what_it_found_and_leaves_both_reports(kit_server, tmp_path):
    done = CliRunner().invoke(
        main,
        [kit_server.url, "--plan", "metadata", "--ca", kit_server.certificate, "--report", str(tmp_path / "report")],
    )

    assert done.exit_code == 0, done.output
    assert "passed" in done.output
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == ["junit.xml", "report.html"]
