"""Two processes decide at the same moment: one decision holds, on both databases."""

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "tests.support.decision_process"]
ROOT = Path(__file__).parents[3]

YES, NO = {"decision": "accept", "note": "Yes."}, {"decision": "reject", "note": "No."}


@pytest.fixture
def at_once(employ, box, clock, settings):
    """What two processes are answered that decide the same Message in the same moment."""

    def decide(message, *bodies):
        told = {
            "settings": {
                name: getattr(settings, name) for name in ("database_url", "key_file", "blob_dir", "catalogue_file")
            },
            "now": clock.now().isoformat(),
            "token": employ("reviewer").token,
            "message_id": message["message_id"],
        }
        with ExitStack() as stack:
            both = [
                stack.enter_context(
                    subprocess.Popen(COMMAND, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
                )
                for _ in bodies
            ]
            for process, body in zip(both, bodies, strict=True):
                process.stdin.write(json.dumps({**told, "body": body}) + "\n")
                process.stdin.flush()
            assert [process.stdout.readline() for process in both] == ["ready\n"] * len(both)
            for process in both:
                process.stdin.write("go\n")
                process.stdin.flush()
            return [json.loads(process.stdout.readline()) for process in both]

    return decide


@pytest.mark.slow
def test_of_two_processes_one_decides(at_once, box, trail):
    message = box.posted("grant_request")
    (accepted, _), (rejected, _) = at_once(message, {**YES, "customer_id": "nobody"}, NO)

    # Nobody can be given data of a Customer who is not there, so no holds whichever comes first.
    assert (accepted in (400, 409), rejected) == (True, 200)
    assert box.get(message)["status"] == "rejected"
    assert len(trail()) == 1


@pytest.mark.slow
def test_of_two_processes_that_differ_one_is_told(at_once, box, trail):
    message = box.posted("production_request")
    answers = at_once(message, {**YES, "override": True}, NO)
    statuses = [status for status, _ in answers]
    won = statuses.index(200)

    assert sorted(statuses) == [200, 409]
    assert box.get(message)["status"] == ("complete", "rejected")[won]
    assert (
        answers[1 - won][1]["detail"] == f"decision: it was {('accepted', 'rejected')[won]} before; nothing was changed"
    )
    assert len(trail()) == 1


@pytest.mark.slow
def test_two_processes_that_agree_decide_once(at_once, box, trail):
    message = box.posted("support_request")
    (first, one), (second, other) = at_once(message, YES, YES)

    assert (first, second) == (200, 200)
    assert one == other
    assert len(trail()) == 1
