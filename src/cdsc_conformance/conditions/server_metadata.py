"""CDS server metadata (CDS-WG1-01 3, 8.1; CDS-WG1-02 3.1)."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlsplit

from cdsc_conformance.condition import condition
from cdsc_conformance.exchanges import Exchange
from cdsc_conformance.findings import Finding, Findings, Unmet, judge, skipped
from cdsc_conformance.session import Session
from cdsc_conformance.tables import kind_fault, members, of_kind, rows_of, several, shown

OBJECT = "cds_server_metadata"
WHERE = "the server metadata"


def over_tls(session: Session, row: str, url: object, *evidence: Exchange) -> Findings:
    """Judge that an address uses HTTPS; on this machine itself nobody asks for it."""
    if session.loopback and urlsplit(str(url)).scheme != "https":
        yield from skipped(row, "the server is on this machine; run the kit against its HTTPS address")
    else:
        yield judge(row, urlsplit(str(url)).scheme == "https", f"{shown(url)} does not start with https://", *evidence)


def refuses(session: Session, row: str, method: str, url: str) -> Finding:
    """Judge that a method nobody offers is answered as a fault of the caller."""
    answer = session.http.send(method, url, body=b"")
    fits = 400 <= answer.status < 500 or answer.status in (501, 503)
    return judge(row, fits, f"{method} was answered {answer.status}, not with a status that fits the fault", answer)


@condition("WG1-01-3.1-01", "WG1-01-3-02", "WG1-01-8.1-02")
def well_known(session: Session) -> Findings:
    """The well-known address answers without any credentials."""
    answer = session.well_known
    readable = answer.status == 200 and isinstance(answer.json(), dict)
    reason = f"it answered {answer.status} {answer.media_type}, not 200 with a JSON object"
    for row in ("WG1-01-3.1-01", "WG1-01-3-02", "WG1-01-8.1-02"):
        yield judge(row, readable, reason, answer)


@condition("WG1-01-3-01")
def https(session: Session) -> Findings:
    """Server metadata is read over HTTPS."""
    answer = session.server_metadata.exchange
    yield from over_tls(session, "WG1-01-3-01", answer.url, answer)


@condition(*rows_of(OBJECT), "WG1-01-3-03")
def shape(session: Session) -> Findings:
    """Server metadata has every member it must have, each of its kind."""
    document = session.server_metadata
    said = list(members(OBJECT, [(WHERE, document.body)], document.exchange))
    yield from said
    wrong = [finding.reason for finding in said if finding.reason]
    kinds = of_kind(OBJECT, ("url", "urls"), [(WHERE, document.body)])
    yield judge("WG1-01-3-03", not wrong and not kinds, several([*wrong, *kinds]), document.exchange)


@condition("WG1-01-3.2-01")
def version(session: Session) -> Findings:
    """cds_metadata_version is v1."""
    document = session.server_metadata
    found = document.body.get("cds_metadata_version")
    yield judge("WG1-01-3.2-01", found == "v1", f"cds_metadata_version is {shown(found)}, not v1", document.exchange)


@condition("WG1-01-3.2-02")
def canonical(session: Session) -> Findings:
    """cds_metadata_url is the address of this very object."""
    document = session.server_metadata
    again = session.fetch(str(document.body.get("cds_metadata_url")))
    yield judge(
        "WG1-01-3.2-02",
        again.object().get("cds_metadata_url") == document.body.get("cds_metadata_url"),
        f"{again.url} answers {again.status} with another object than this one",
        document.exchange,
        again,
    )


@condition("WG1-01-3.2-13", "WG1-01-3.4-01", "WG1-01-4-01")
def coverage_address(session: Session) -> Findings:
    """Who lists the coverage capability names the coverage listing."""
    document = session.server_metadata
    rows = ("WG1-01-3.2-13", "WG1-01-3.4-01", "WG1-01-4-01")
    if "coverage" not in (document.body.get("capabilities") or []):
        yield from skipped(rows, "the server does not list the coverage capability")
        return
    fault = kind_fault(document.body.get("coverage"), "url")
    for row in rows:
        yield judge(row, not fault, f"coverage {fault}", document.exchange)


@condition("WG1-01-3.2-12")
def union_of_capabilities(session: Session) -> Findings:
    """capabilities holds every capability that a coverage entry names."""
    listed = {name for _, entry in session.coverage_entries for name in entry.get("capabilities") or []}
    missing = sorted(listed - set(session.server_metadata.body.get("capabilities") or []))
    yield judge(
        "WG1-01-3.2-12",
        not missing,
        f"coverage entries name {', '.join(missing)}, capabilities does not",
        session.server_metadata.exchange,
        *[page.exchange for page in session.coverage],
    )


@condition("WG1-02-3.1-03", "WG1-02-3.1-04")
def points_at_oauth(session: Session) -> Findings:
    """Server metadata leads to the authorization server metadata."""
    document = session.server_metadata
    listed = document.body.get("capabilities") or []
    yield judge("WG1-02-3.1-03", "oauth" in listed, "capabilities does not contain oauth", document.exchange)
    fault = kind_fault(document.body.get("oauth_metadata"), "url")
    yield judge("WG1-02-3.1-04", not fault, f"oauth_metadata {fault}", document.exchange)


@condition("WG1-01-3.3-01", "WG1-01-3.3-02")
def related(session: Session) -> Findings:
    """related_metadata leads to other metadata objects."""
    document = session.server_metadata
    rows = ("WG1-01-3.3-01", "WG1-01-3.3-02")
    urls = document.body.get("related_metadata") or []
    if not urls:
        yield from skipped(rows, "the server publishes one metadata object only")
        return
    others = [session.fetch(url) for url in urls]
    wrong = [other.url for other in others if "cds_metadata_version" not in other.object()]
    for row in rows:
        yield judge(row, not wrong, f"no metadata object at {', '.join(wrong)}", document.exchange, *others)


@condition("WG1-01-3-05")
def bad_requests(session: Session) -> Findings:
    """A request that makes no sense is not answered 200."""
    yield refuses(session, "WG1-01-3-05", "POST", session.server_metadata.exchange.url)


@condition("WG1-01-8.1-03", "WG1-01-8.1-05")
def linked_resources(session: Session) -> Findings:
    """What public documents link to is public."""
    body, entries = session.server_metadata.body, []
    with suppress(Unmet):  # a listing that is shut is told as one of the documents
        entries = session.coverage_entries
    documents = [body[name] for name in ("coverage", "oauth_metadata") if isinstance(body.get(name), str)]
    maps = [
        entry[name]
        for _, entry in entries
        for name in ("map_resource", "geojson_resource")
        if isinstance(entry.get(name), str)
    ]
    answers = {url: session.fetch(url) for url in [*documents, *maps]}
    shut = [url for url, answer in answers.items() if answer.status != 200]
    yield judge("WG1-01-8.1-03", not shut, f"{', '.join(shut)} cannot be read", *answers.values())
    if maps:
        shut = [url for url in maps if answers[url].status != 200]
        yield judge("WG1-01-8.1-05", not shut, f"{', '.join(shut)} cannot be read", *(answers[url] for url in maps))
    else:
        yield from skipped("WG1-01-8.1-05", "no coverage entry links to a map")
