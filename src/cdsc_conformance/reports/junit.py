"""JUnit XML: one suite a plan, one case a row."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

from cdsc_conformance.findings import Finding, Outcome
from cdsc_conformance.register import register
from cdsc_conformance.runner import Judged, Result

#: What JUnit calls our outcomes; a passed case and a warning have no element of their own.
_ELEMENTS = {Outcome.FAILED: "failure", Outcome.BROKEN: "error", Outcome.SKIPPED: "skipped"}


def document(result: Result) -> bytes:
    """The run as XML in UTF-8."""
    root = Xml.Element("testsuites", name=f"cdsc-conformance {result.base_url}")
    for plan in result.plans:
        judged = [each for each in result.judged if each.plan == plan]
        root.append(_suite(plan, judged, result))
    Xml.indent(root)
    written: bytes = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _suite(plan: str, judged: list[Judged], result: Result) -> Xml.Element:
    findings = [finding for each in judged for finding in each.findings]
    count = {name: str(sum(f.outcome is outcome for f in findings)) for outcome, name in _ELEMENTS.items()}
    suite = Xml.Element(
        "testsuite",
        name=plan,
        tests=str(len(findings)),
        failures=count["failure"],
        errors=count["error"],
        skipped=count["skipped"],
        timestamp=result.started.isoformat(timespec="seconds"),
        time=f"{sum(each.seconds for each in judged):.3f}",
    )
    for each in judged:
        for finding in each.findings:
            suite.append(_case(each, finding))
    return suite


def _case(judged: Judged, finding: Finding) -> Xml.Element:
    case = Xml.Element("testcase", classname=f"{judged.plan}.{judged.condition.name}", name=finding.row)
    if (element := _ELEMENTS.get(finding.outcome)) is not None:
        told = Xml.SubElement(case, element, message=_printable(finding.reason))
        if finding.outcome is not Outcome.SKIPPED:
            told.text = _printable("\n\n".join([register()[finding.row].statement, *_shown(finding)]))
    elif finding.outcome is Outcome.WARNED:
        Xml.SubElement(case, "system-out").text = _printable(f"warning: {finding.reason}")
    return case


def _shown(finding: Finding) -> list[str]:
    return [exchange.shown() for exchange in finding.exchanges[-3:]]


def _printable(text: str) -> str:
    """Without the characters XML 1.0 cannot carry."""
    return "".join(each for each in text if each in "\t\n\r" or ord(each) >= 32)
