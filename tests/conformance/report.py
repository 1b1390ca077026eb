"""
Which requirement is shown to hold by which test: `python -m tests.conformance.report`.

    --write   renew docs/reference/conformance.md
    --check   fail when that page is not what the tests stand for, or known_gaps.tsv is wrong
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from cdsc_conformance.register import Requirement, register
from tests.conformance import known_rows

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "conformance.md"
GAPS = ROOT / "known_gaps.tsv"


@dataclass(frozen=True)
class Gap:
    """A row, or a pattern such as `WG3-01-10.5*`, that no test shows, since when and why."""

    pattern: str
    date: str
    reason: str


@dataclass
class Coverage:
    """What shows each row."""

    #: Names of tests without their parameters, by row.
    tests: dict[str, set[str]]
    #: The condition of the kit that passes on our server, by row.
    kit: dict[str, str]
    gaps: list[Gap] = field(default_factory=list)

    def shown_by(self, row: str) -> str:
        """The first test in the order of names, and whether the kit judges the row too; empty when nothing does."""
        told = [f"`{min(self.tests[row])}`"] if row in self.tests else []
        if row in self.kit:
            told.append(f"kit: `{self.kit[row]}`")
        return ", ".join(told)

    def gap(self, row: str) -> Gap | None:
        """The line that says why nothing shows the row."""
        return explained(row, self.gaps)

    def faults(self) -> Iterator[str]:
        """Lines of known_gaps.tsv that explain nothing."""
        for gap in self.gaps:
            rows = [row for row in register() if fnmatchcase(row, gap.pattern)]
            if not rows:
                yield f"known_gaps.tsv: {gap.pattern} is no row of the register"
            elif all(self.shown_by(row) for row in rows):
                yield f"known_gaps.tsv: {gap.pattern} has a test; take the line out"
            if not gap.reason.strip():
                yield f"known_gaps.tsv: {gap.pattern} has no reason"


class _Collector:
    """Notes the marks of every collected test."""

    def __init__(self) -> None:
        self.tests: dict[str, set[str]] = {}
        self.faults: list[str] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.faults.append(f"{report.nodeid} cannot be collected")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            for mark in item.iter_markers("requirement"):
                for row in mark.args:
                    self.tests.setdefault(row, set()).add(item.nodeid.partition("[")[0])


def collect() -> Coverage:
    """
    Every test's rows, the kit's rows and the known gaps.

    Raises:
        SystemExit: a test module cannot be collected.
    """
    collector = _Collector()
    with contextlib.redirect_stdout(io.StringIO()) as said:
        status = pytest.main(["--collect-only", "-q", "--rootdir", str(ROOT), str(ROOT / "tests")], plugins=[collector])
    if status != 0 or collector.faults:
        sys.exit(f"{said.getvalue()}\n" + "\n".join(collector.faults))
    return Coverage(collector.tests, known_rows.read(), gaps())


def gaps() -> list[Gap]:
    """The lines of known_gaps.tsv."""
    lines = GAPS.read_text(encoding="utf-8").splitlines()[1:]
    return [Gap(*line.split("\t")) for line in lines if line.strip()]


def explained(row: str, known: Iterable[Gap]) -> Gap | None:
    """The line that says why nothing shows the row."""
    return next((gap for gap in known if fnmatchcase(row, gap.pattern)), None)


def page(coverage: Coverage) -> str:
    """docs/reference/conformance.md."""
    specs = _specs()
    parts = [_HEAD, _summary(coverage, specs)]
    for spec in specs:
        rows = [row for row in register().values() if row.spec == spec]
        parts += [f"## {spec}\n", _areas(coverage, rows), *_sections(coverage, rows)]
    return "\n".join(parts).rstrip() + "\n"


_HEAD = """\
# Conformance

For utilities, Clients and auditors: which requirement of the standards is shown to hold by which test.
This page is written by `python -m tests.conformance.report --write`, from the marks on the tests, from the rows that
the [conformance kit](../how-to/integrate/conformance-kit.md) passes on this server, and from `known_gaps.tsv`.

The rows and their numbers are our own reading of the standards; each names its section, and the standard's text wins.
A row counts when it is a MUST and can be observed over HTTP, in a browser or inside the server.
Rows about documents, operation and set-up are for a reviewer, and do not count here.
"""


def _summary(coverage: Coverage, specs: Iterable[str]) -> str:
    lines = ["| Standard | MUST rows that count | Shown by a test | Known gap | Open |", "|---|---:|---:|---:|---:|"]
    for spec in specs:
        numbers = _numbers(coverage, [row for row in register().values() if row.spec == spec])
        lines.append(f"| [{spec}](#{_anchor(spec)}) | {' | '.join(map(str, numbers))} |")
    return "\n".join([*lines, ""])


def _areas(coverage: Coverage, rows: list[Requirement]) -> str:
    lines = ["| Area | MUST rows that count | Shown by a test | Known gap | Open |", "|---|---:|---:|---:|---:|"]
    for area in sorted({row.area for row in rows}):
        numbers = _numbers(coverage, [row for row in rows if row.area == area])
        lines.append(f"| {area} | {' | '.join(map(str, numbers))} |")
    return "\n".join([*lines, ""])


def _specs() -> list[str]:
    """The standards of the register, our own subject before what it builds on."""
    found = dict.fromkeys(row.spec for row in register().values())
    return sorted(found, key=lambda spec: not spec.startswith("WG"))


def _numbers(coverage: Coverage, rows: list[Requirement]) -> tuple[int, int, int, int]:
    """Rows that count; of them shown, explained, and neither."""
    counted = [row.id for row in rows if row.binding]
    shown = [row for row in counted if coverage.shown_by(row)]
    explained = [row for row in counted if row not in shown and coverage.gap(row)]
    return len(counted), len(shown), len(explained), len(counted) - len(shown) - len(explained)


def _sections(coverage: Coverage, rows: list[Requirement]) -> Iterator[str]:
    """Each area: what is shown, what is known to be missing, what is open."""
    for area in sorted({row.area for row in rows}):
        here = [row for row in rows if row.area == area]
        shown = [row for row in here if coverage.shown_by(row.id)]
        missing = [row for row in here if row.binding and row not in shown]
        if not shown and not missing:
            continue
        yield f"### {rows[0].spec}: {area}\n"
        if shown:
            yield "| Row | Level | What it says | Shown by |\n|---|---|---|---|"
            yield "\n".join(
                f"| {row.id} | {row.level} | {_cell(row.statement)} | {coverage.shown_by(row.id)} |" for row in shown
            )
            yield ""
        for gap in coverage.gaps:
            ids = [row.id for row in missing if coverage.gap(row.id) is gap]
            if ids:
                yield f"Not shown since {gap.date}, because {gap.reason}: {', '.join(ids)}.\n"
        if open_rows := [row.id for row in missing if coverage.gap(row.id) is None]:
            yield f"Open: {', '.join(open_rows)}.\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def _anchor(heading: str) -> str:
    return "".join(each for each in heading.lower().replace(" ", "-") if each.isalnum() or each in "-_")


def main(arguments: list[str]) -> int:
    """Print the summary; write or check the page."""
    coverage = collect()
    faults = list(coverage.faults())
    text = page(coverage)
    if "--write" in arguments:
        PAGE.write_text(text, encoding="utf-8")
    elif "--check" in arguments and (not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text):
        faults.append(f"{PAGE.relative_to(ROOT)} is not what the tests stand for: run make conformance and commit it")
    print(_plain(coverage))  # noqa: T201  # its output
    for fault in faults:
        print(fault, file=sys.stderr)  # noqa: T201  # as above
    return 1 if faults else 0


def _plain(coverage: Coverage) -> str:
    lines = [f"{'':34}{'counts':>8}{'shown':>8}{'gaps':>8}{'open':>8}"]
    for spec in _specs():
        rows = [row for row in register().values() if row.spec == spec]
        lines.append(f"{spec[:34]:34}" + "".join(f"{number:8}" for number in _numbers(coverage, rows)))
        for area in sorted({row.area for row in rows}):
            numbers = _numbers(coverage, [row for row in rows if row.area == area])
            lines.append(f"  {area:32}" + "".join(f"{number:8}" for number in numbers))
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
