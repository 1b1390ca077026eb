import pytest

from cdsc_conformance.condition import condition
from cdsc_conformance.findings import Outcome, Unmet, failed, judge
from cdsc_conformance.recorder import Unreachable
from tests.unit.conformance.support import ADVICE, OTHER, ROW, judged


def raising(fault):
    def judgement(session):
        yield judge(ROW, True, "")
        raise fault

    return judgement


@pytest.mark.parametrize(
    ("fault", "outcome", "status"),
    [
        (Unmet("there is no listing"), Outcome.SKIPPED, 0),
        (Unreachable("no answer"), Outcome.FAILED, 1),
        (KeyError("grants"), Outcome.BROKEN, 2),
    ],
)
def test_what_a_condition_left_unsaid_is_told_why(fault, outcome, status):
    """A fault of the kit must never read as a fault of the server, and the other way round."""
    result = judged(((ROW, OTHER), raising(fault)))

    said = {finding.row: finding.outcome for finding in result.judged[0].findings}
    assert said == {ROW: Outcome.PASSED, OTHER: outcome}
    assert result.exit_status == status


def test_a_condition_that_says_nothing_about_its_row_is_broken():
    result = judged(((ROW,), lambda _: iter(())))

    assert result.rows(Outcome.BROKEN)
    assert result.exit_status == 2


def test_a_row_judged_twice_counts_once_at_its_worst():
    def twice(session):
        yield judge(ROW, True, "")
        yield failed(ROW, "not here")

    result = judged(((ROW,), twice), ((ROW,), lambda _: iter([judge(ROW, True, "")])))

    assert result.counts[Outcome.FAILED] == 1
    assert result.counts[Outcome.PASSED] == 0
    assert result.rows(Outcome.PASSED) == {}


def test_a_recommendation_is_advice_not_a_fault():
    def judgement(session):
        yield failed(ADVICE, "no prefix")
        yield judge(ROW, True, "")

    result = judged(((ADVICE, ROW), judgement))

    assert result.counts[Outcome.WARNED] == 1
    assert result.exit_status == 0


def test_nothing_judged_is_no_success():
    def judgement(session):
        raise Unmet("the server metadata could not be read")
        yield

    assert judged(((ROW,), judgement)).exit_status == 2


def test_a_condition_names_rows_of_the_register():
    with pytest.raises(ValueError, match="register"):
        condition("WG1-02-99-01")
