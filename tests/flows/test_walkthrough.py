"""`cdsc walkthrough` against a demonstration: the whole road, again and again, and loud when it breaks off."""

from __future__ import annotations

import subprocess

import pytest

from tests.support.demo import CDSC
from tests.support.ports import free_port
from tests.support.waiting import SECONDS

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]


def _walk(demo, *options):
    return subprocess.run(
        [*CDSC, "walkthrough", demo.url, *options], capture_output=True, text=True, timeout=2 * SECONDS, check=False
    )


def test_it_registers_goes_to_production_and_exchanges_its_secret(demo):
    """Each answer that a third party lives by is told; a second walk beside the first one finds the same."""
    done, again = _walk(demo), _walk(demo)

    assert done.returncode == 0, done.stdout + done.stderr
    assert again.returncode == 0, again.stdout + again.stderr
    for told in (
        "Register as a Client, with cds_company_number = Walkthrough, cds_app_kind = advice",
        "each of the 6 things that production needs is asked for",
        "ada@example.com is a test account",
        "it is pending: somebody has to decide",
        "409: production needs something first, nothing was changed",
        "the changelog has a new Client Object and a new Credential",
        "it is in production, the other stays in the sandbox",
        "the page says why: it works with real customers only",
        "401: the very next read is refused",
        "401: the old one's token died in that request",
        "200: the new one's token reads on",
    ):
        assert told in done.stdout


@pytest.mark.parametrize(
    ("option", "step"),
    [
        ("--password", "Sign in as ada@example.com"),
        ("--operator-password", "Sign in at the console as olga@dge.example"),
        ("--real-password", "Sign in as freya@example.com"),
    ],
)
def test_it_stops_where_somebody_is_not_let_in_and_says_what_to_do(demo, option, step):
    done = _walk(demo, option, "not-this-one")

    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith("FAILED")
    assert done.stdout.endswith(f"{step}\n")
    assert "what to do" in done.stderr
    assert option in done.stderr


def test_it_can_end_before_anybody_has_to_decide(demo):
    done = _walk(demo, "--sandbox-only", "--operator", "nobody")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "the refresh token is refused" in done.stdout
    assert "console" not in done.stdout


def test_a_walk_against_nothing_says_what_to_do():
    done = subprocess.run(
        [*CDSC, "walkthrough", f"http://127.0.0.1:{free_port()}"],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )

    assert done.returncode == 1
    assert "what to do" in done.stderr
