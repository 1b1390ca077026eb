"""What a run leaves behind: a page for people, JUnit XML for machines."""

from __future__ import annotations

from pathlib import Path

from cdsc_conformance.reports.html import page
from cdsc_conformance.reports.junit import document
from cdsc_conformance.runner import Result


def write(result: Result, directory: Path) -> tuple[Path, Path]:
    """Write both reports into a directory, made if need be; gives their paths."""
    directory.mkdir(parents=True, exist_ok=True)
    readable, machine = directory / "report.html", directory / "junit.xml"
    readable.write_text(page(result), encoding="utf-8")
    machine.write_bytes(document(result))
    return readable, machine
