"""Authorization server metadata (CDS-WG1-02 3, RFC 8414)."""

from __future__ import annotations

from urllib.parse import urlsplit

from cdsc_conformance.condition import condition
from cdsc_conformance.conditions.server_metadata import over_tls
from cdsc_conformance.findings import Findings, judge, skipped
from cdsc_conformance.session import Session
from cdsc_conformance.tables import kind_fault, members, of_kind, rows_of, several, shown

OBJECT = "authorization_server_metadata"
WHERE = "the authorization server metadata"

#: Row and list that must hold at least what every scope description lists under the same name.
UNIONS = (
    ("WG1-02-3.2-14", "code_challenge_methods_supported"),
    ("WG1-02-3.2-18", "authorization_details_types_supported"),
    ("WG1-02-3.2-24", "response_types_supported"),
    ("WG1-02-3.2-27", "grant_types_supported"),
    ("WG1-02-3.2-30", "token_endpoint_auth_methods_supported"),
)

#: Grant types that send people to the authorization endpoint.
THROUGH_PEOPLE = {"authorization_code", "implicit"}


@condition("WG1-02-3-01", "WG1-02-3-06")
def answers(session: Session) -> Findings:
    """The document answers 200 as application/json."""
    answer = session.authorization_server.exchange
    yield judge("WG1-02-3-01", True, "", answer)
    right = answer.status == 200 and answer.media_type == "application/json"
    yield judge("WG1-02-3-06", right, f"it answered {answer.status} as {answer.media_type}", answer)


@condition("WG1-02-3.1-01", "WG1-02-11-02")
def https(session: Session) -> Findings:
    """The document and every endpoint it names use HTTPS."""
    document = session.authorization_server
    yield from over_tls(session, "WG1-02-3.1-01", document.exchange.url, document.exchange)
    named = [
        value
        for name, value in document.body.items()
        if name.endswith(("_endpoint", "_api")) and isinstance(value, str)
    ]
    plain = next((url for url in named if urlsplit(url).scheme != "https"), "https://")
    yield from over_tls(session, "WG1-02-11-02", plain, document.exchange)


@condition(*rows_of(OBJECT), "WG1-02-3-02", "WG1-02-2-14")
def shape(session: Session) -> Findings:
    """The document has every member it must have, each of its kind."""
    document = session.authorization_server
    said = list(members(OBJECT, [(WHERE, document.body)], document.exchange))
    yield from said
    wrong = [finding.reason for finding in said if finding.reason]
    urls = of_kind(OBJECT, ("url", "strings", "object"), [(WHERE, document.body)])
    yield judge("WG1-02-3-02", not wrong and not urls, several([*wrong, *urls]), document.exchange)
    fault = kind_fault(document.body.get("cds_timezone"), "timezone")
    yield judge("WG1-02-2-14", not fault, f"cds_timezone {fault}", document.exchange)


@condition("WG1-02-3-03")
def issuer(session: Session) -> Findings:
    """issuer is an https address without query or fragment."""
    document = session.authorization_server
    parts = urlsplit(str(document.body.get("issuer")))
    bare = not parts.query and not parts.fragment
    if bare:
        yield from over_tls(session, "WG1-02-3-03", document.body.get("issuer"), document.exchange)
    else:
        yield judge("WG1-02-3-03", False, "issuer has a query or a fragment", document.exchange)


@condition("WG1-02-3.2-32", "WG1-02-3.2-01")
def fixed_members(session: Session) -> Findings:
    """cds_oauth_version is v1, and registration is named."""
    document = session.authorization_server
    found = document.body.get("cds_oauth_version")
    yield judge("WG1-02-3.2-32", found == "v1", f"cds_oauth_version is {shown(found)}, not v1", document.exchange)
    fault = kind_fault(document.body.get("registration_endpoint"), "url")
    yield judge("WG1-02-3.2-01", not fault, f"registration_endpoint {fault}", document.exchange)


@condition("WG1-02-3-05", "WG1-02-3.2-20", "WG1-02-3.2-40", "WG1-02-3.2-42")
def needed_members(session: Session) -> Findings:
    """Members that other members make necessary are there."""
    document = session.authorization_server
    body = document.body
    people = THROUGH_PEOPLE & set(body.get("grant_types_supported") or [])
    responses = body.get("response_types_supported")
    files = session.scopes_of_type("cds_server_provided_files")
    for row, needed, member, because in (
        ("WG1-02-3-05", people, "authorization_endpoint", "a grant type uses it"),
        ("WG1-02-3.2-20", responses, "pushed_authorization_request_endpoint", "there are response types"),
        ("WG1-02-3.2-40", files, "cds_server_provided_files_api", "a scope is of type cds_server_provided_files"),
        ("WG1-02-3.2-42", responses, "cds_test_accounts", "there are response types"),
    ):
        if needed:
            fault = kind_fault(body.get(member), "url")
            yield judge(row, not fault, f"{member} {fault}, although {because}", document.exchange)
        else:
            yield from skipped(row, f"the server offers nothing that makes {member} necessary")


@condition("WG1-02-3.2-04", *(row for row, _ in UNIONS))
def unions(session: Session) -> Findings:
    """The lists at the top hold everything that scope descriptions list."""
    document = session.authorization_server
    ids = {scope.get("id") for _, scope in session.scopes}
    missing = sorted(map(str, ids - set(document.body.get("scopes_supported") or [])))
    yield judge("WG1-02-3.2-04", not missing, f"scopes_supported lacks {', '.join(missing)}", document.exchange)
    for row, member in UNIONS:
        named = {str(value) for _, scope in session.scopes for value in scope.get(member) or []}
        missing = sorted(named - set(document.body.get(member) or []))
        yield judge(row, not missing, f"{member} lacks {', '.join(missing)}, which a scope names", document.exchange)


@condition("WG1-02-3.2-45", "WG1-02-3.2-47", "WG1-02-3.2-48")
def descriptions(session: Session) -> Findings:
    """Scopes are described, and every registration field they name is described too."""
    document = session.authorization_server
    table = document.body.get("cds_scope_descriptions")
    held = table if isinstance(table, dict) else {}
    odd = [key for key, value in held.items() if not isinstance(value, dict)]
    reason = "no scope cds_client_admin is described" if "cds_client_admin" not in held else f"{odd} is no object"
    yield judge("WG1-02-3.2-45", "cds_client_admin" in held and not odd, reason, document.exchange)
    named = {name for _, scope in session.scopes for name in scope.get("registration_requirements") or []}
    fields = document.body.get("cds_registration_fields")
    known = fields if isinstance(fields, dict) else {}
    optional = {name for _, scope in session.scopes for name in scope.get("registration_optional") or []}
    if named:
        missing = sorted(named - set(known))
        yield judge("WG1-02-3.2-47", not missing, f"not described: {', '.join(missing)}", document.exchange)
        yield from skipped("WG1-02-3.2-48", "a scope has registration requirements")
    else:
        yield from skipped("WG1-02-3.2-47", "no scope has registration requirements")
        left = sorted(set(known) - optional)
        yield judge("WG1-02-3.2-48", not left, f"{', '.join(left)} is described but never required", document.exchange)


@condition("WG1-02-3.1-02")
def built_on_server_metadata(session: Session) -> Findings:
    """CDS-WG1-01 is there: its metadata object is complete."""
    document = session.server_metadata
    wrong = [f.reason for f in members("cds_server_metadata", [("the server metadata", document.body)]) if f.reason]
    yield judge("WG1-02-3.1-02", not wrong, several(wrong), document.exchange)
