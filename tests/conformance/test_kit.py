"""Our own server under the kit: every row it can judge must hold."""

import pytest

from cdsc_conformance import plans
from cdsc_conformance.findings import Outcome
from cdsc_conformance.runner import run
from cdsc_conformance.session import Session


@pytest.mark.parametrize("plan", plans.NAMES)
def test_our_server_holds_every_row_the_kit_judges(kit_server, plan):
    session = Session(kit_server.url, verify=kit_server.certificate)
    result = run(session, {plan: plans.plan(plan)})
    session.http.close()

    wrong = [f for each in result.judged for f in each.findings if f.outcome in (Outcome.FAILED, Outcome.BROKEN)]
    assert not [f"{finding.row}: {finding.reason}" for finding in wrong]
    assert result.exit_status == 0
