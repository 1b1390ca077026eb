"""A step that does not hold ends the walk, whatever it was that went wrong, and is told as failed."""

from __future__ import annotations

import pytest
from requests import ConnectionError as NoConnection

from cdsc_server.walkthrough.report import Report, WrongAnswer


@pytest.fixture
def told() -> list[str]:
    return []


def test_a_step_tells_what_held(told):
    report = Report(told.append)
    with report.step("Ask"):
        report.check("200", True, seen=200)
        report.note("a word beside it")

    assert report.steps == 1
    assert [line.split("ms")[-1].strip(" -") for line in told] == ["Ask", "200", "a word beside it"]
    assert told[0].strip().startswith("ok")


@pytest.mark.parametrize("answer", [{}, None, {"client_id": "no number"}])
def test_an_answer_of_another_shape_says_what_to_do(told, answer):
    """A member that is not there must not end the walk with a traceback."""
    report = Report(told.append)
    with pytest.raises(WrongAnswer) as raised, report.step("Ask"):
        int(answer["client_id"])

    assert "API reference" in raised.value.advice
    assert told[0].startswith("FAILED")
    assert report.steps == 0


def test_every_check_that_fails_says_what_to_do(told):
    report = Report(told.append)
    with pytest.raises(WrongAnswer) as raised, report.step("Ask"):
        report.check("200", False, seen=500)

    assert (raised.value.expected, raised.value.seen) == ("200", 500)
    assert "the server's log" in raised.value.advice
    assert told[0].startswith("FAILED")


def test_silence_is_told_too(told):
    report = Report(told.append)
    with pytest.raises(NoConnection), report.step("Ask"):
        raise NoConnection

    assert told[0].startswith("FAILED")
    assert report.steps == 0
