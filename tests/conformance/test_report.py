"""The conformance page is what the tests stand for, and no known gap outlives its reason."""

import subprocess
import sys

import pytest

from cdsc_conformance.register import register
from tests.conformance.report import ROOT, Coverage, Gap, page

ROW, OTHER = "WG1-02-8.7-03", "WG1-02-8.7-04"


@pytest.mark.slow
def test_the_page_is_what_the_tests_stand_for():
    done = subprocess.run(
        [sys.executable, "-m", "tests.conformance.report", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def test_a_row_is_shown_by_its_first_test_and_by_the_kit():
    coverage = Coverage({ROW: {"tests/b.py::test_b", "tests/a.py::test_a"}}, {ROW: "grants.change"})

    assert coverage.shown_by(ROW) == "`tests/a.py::test_a`, kit: `grants.change`"
    assert coverage.shown_by(OTHER) == ""


@pytest.mark.parametrize(
    ("pattern", "wrong"),
    [(ROW, True), ("WG1-02-8.7*", False), (OTHER, False), ("WG1-02-99*", True)],
    ids=["row with a test", "pattern with open rows", "open row", "no row"],
)
def test_a_gap_that_explains_nothing_is_a_fault(pattern, wrong):
    coverage = Coverage({ROW: {"tests/a.py::test_a"}}, {}, [Gap(pattern, "2026-01-01", "it waits for Messages")])

    assert bool(list(coverage.faults())) is wrong


def test_a_gap_needs_a_reason():
    assert list(Coverage({}, {}, [Gap(ROW, "2026-01-01", " ")]).faults())


def test_the_page_names_every_row_that_counts():
    text = page(Coverage({ROW: {"tests/a.py::test_a"}}, {}, [Gap("WG3-01-10.5*", "2026-01-01", "it comes later")]))

    assert [row.id for row in register().values() if row.binding and row.id not in text] == []
    assert "Not shown since 2026-01-01, because it comes later: WG3-01-10.5" in text
