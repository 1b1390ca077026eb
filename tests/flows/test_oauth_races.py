"""Two processes at the same moment: what works once works for one of them, on both databases."""

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support import requirement

COMMAND = [sys.executable, "-m", "tests.support.token_process"]
ROOT = Path(__file__).parents[2]


def ask_at_once(told):
    """What two processes are answered that ask the same in the same moment, the lower status first."""
    with ExitStack() as stack:
        both = [
            stack.enter_context(
                subprocess.Popen(COMMAND, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            )
            for _ in range(2)
        ]
        for process in both:
            process.stdin.write(json.dumps(told) + "\n")
            process.stdin.flush()
        assert [process.stdout.readline() for process in both] == ["ready\n"] * 2
        for process in both:
            process.stdin.write("go\n")
            process.stdin.flush()
        return sorted(json.loads(process.stdout.readline()) for process in both)


@requirement("RFC6749-4.1.2")
@pytest.mark.slow
def test_a_code_is_redeemed_by_one_of_two_processes(party, approval, clock, settings):
    """And because the other one came too, what the first one got is ended."""
    told = {
        "database_url": settings.database_url,
        "key_file": settings.key_file,
        "now": clock.now().isoformat(),
        "client": [party.app.client_id, party.app.secret],
        "form": approval.form,
    }

    won, lost = ask_at_once(told)

    assert (won[0], lost[0], lost[1]["error"]) == (200, 400, "invalid_grant")
    assert party.introspect(won[1]["access_token"]) == {"active": False}
