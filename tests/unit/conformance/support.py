"""Exchanges and conditions made up for tests of the kit itself."""

from cdsc_conformance.condition import Condition
from cdsc_conformance.exchanges import Exchange
from cdsc_conformance.runner import run
from cdsc_conformance.session import Session

ROW, OTHER, ADVICE = "WG1-02-8.7-03", "WG1-02-8.7-04", "WG1-02-3.3.2-03"


def exchange(**members):
    """An exchange that nobody had."""
    sound = {
        "method": "GET",
        "url": "https://utility.example/coverage",
        "request_headers": {},
        "request_body": "",
        "status": 200,
        "headers": {"Content-Type": "application/json"},
        "body": b"{}",
        "seconds": 0.1,
    }
    return Exchange(**{**sound, **members})


def judged(*conditions):
    """The result of these judgements, each a pair of rows and a function."""
    session = Session("https://utility.example")
    result = run(session, {"metadata": [Condition(rows, judgement) for rows, judgement in conditions]})
    session.http.close()
    return result
