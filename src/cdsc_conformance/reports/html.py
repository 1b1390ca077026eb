"""One self-contained page: what failed first, with the exchange that shows it, then everything else by plan."""

from __future__ import annotations

from base64 import b64encode
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined

from cdsc_conformance.findings import Outcome
from cdsc_conformance.register import register
from cdsc_conformance.runner import Result

#: Word and chip of each outcome; never by colour alone.
WORDS = {
    Outcome.FAILED: ("Failed", "chip-bad"),
    Outcome.BROKEN: ("Not judged: the kit stumbled", "chip-bad"),
    Outcome.WARNED: ("Advice", "chip-warn"),
    Outcome.PASSED: ("Passed", "chip-ok"),
    Outcome.SKIPPED: ("Skipped", ""),
}


def page(result: Result) -> str:
    """The run as HTML that needs nothing else."""
    environment = Environment(
        loader=PackageLoader("cdsc_conformance.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["b64encode"] = lambda picture: b64encode(picture).decode()
    faults = [
        (each, finding)
        for outcome in (Outcome.FAILED, Outcome.BROKEN, Outcome.WARNED)
        for each in result.judged
        for finding in each.findings
        if finding.outcome is outcome
    ]
    style = files(__package__).joinpath("report.css").read_text(encoding="utf-8")
    return environment.get_template("report.html").render(
        result=result, faults=faults, words=WORDS, Outcome=Outcome, register=register(), style=style
    )
