import re
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from cdsc_conformance import reports
from cdsc_conformance.findings import Unmet, failed, judge
from tests.unit.conformance.support import ADVICE, OTHER, ROW, exchange, judged


@pytest.fixture
def written(tmp_path):
    """Both reports of a run with one of each outcome, and an answer that tries to break out of them."""

    def judgement(session):
        """Grants are changed."""
        yield failed(ROW, "it said <b>no</b>", exchange(body=b'{"a": "<script>alert(1)</script>\x01"}'))
        yield failed(ADVICE, "no prefix")
        raise Unmet("there is no Grant")

    result = judged(
        ((ROW, ADVICE, OTHER), judgement), (("WG1-02-8.7-02",), lambda _: iter([judge("WG1-02-8.7-02", True, "")]))
    )
    page, document = reports.write(result, tmp_path / "new" / "report")
    return page.read_text(encoding="utf-8"), document.read_bytes()


def test_the_page_looks_like_those_of_the_server():
    """The kit imports nothing of the server, so it has a copy of the tokens: they are changed together."""
    src = Path(__file__).parents[3] / "src"
    tokens = (src / "cdsc_server/web/static/tokens.css").read_text(encoding="utf-8")

    assert (src / "cdsc_conformance/reports/report.css").read_text(encoding="utf-8").startswith(tokens)


def test_the_page_needs_nothing_else(written):
    """It is sent by mail and opened without a network."""
    page, _ = written

    assert not re.search(r"<(script|link|img|iframe)\b|@import|url\(", page)
    assert not re.search(r'(?:src|href)="(?!#)', page)


def test_the_page_shows_what_failed_with_its_exchange(written):
    page, _ = written

    assert "it said &lt;b&gt;no&lt;/b&gt;" in page
    assert "GET https://utility.example/coverage" in page
    assert "&lt;script&gt;" in page
    assert "1 failed" in re.search("<title>(.*)</title>", page)[1]


def test_junit_has_a_case_for_every_row(written):
    _, document = written
    suite = Xml.fromstring(document).find("testsuite")

    assert suite.attrib["tests"] == "4"
    assert suite.attrib["failures"] == suite.attrib["skipped"] == "1"
    assert [case.attrib["name"] for case in suite.iter("testcase") if case.find("failure") is not None] == [ROW]


def test_advice_is_no_failure_in_junit(written):
    _, document = written
    case = next(each for each in Xml.fromstring(document).iter("testcase") if each.attrib["name"] == ADVICE)

    assert "no prefix" in case.find("system-out").text
    assert case.find("failure") is None


def test_what_a_browser_saw_stands_beside_its_fault_as_a_picture(tmp_path):
    seen = exchange(picture=b"\x89PNG")
    page, _ = reports.write(judged(((ROW,), lambda _: iter([failed(ROW, "it is gone", seen)]))), tmp_path)

    assert 'src="data:image/png;base64,iVBORw=="' in page.read_text(encoding="utf-8")
