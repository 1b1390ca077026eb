"""The Grants listing as far as no person is needed (CDS-WG1-02 8.5)."""

from __future__ import annotations

from cdsc_conformance.condition import condition
from cdsc_conformance.findings import Findings, judge
from cdsc_conformance.session import Session
from cdsc_conformance.tables import members, rows_of

API = "cds_grants_api"


@condition("WG1-02-8-01", "WG1-02-8-03", "WG1-02-8.5-01", *rows_of("grant_listing"))
def listing(session: Session) -> Findings:
    """The listing opens to an admin token and has its three members."""
    answer = session.registered.call("GET", session.endpoint(API))
    opened = answer.status == 200 and isinstance(answer.object().get("grants"), list)
    for row in ("WG1-02-8-01", "WG1-02-8-03", "WG1-02-8.5-01"):
        yield judge(row, opened, f"the Grants API answered {answer.status} to an admin token", answer)
    yield from members("grant_listing", [("the grants listing", answer.object())], answer)
