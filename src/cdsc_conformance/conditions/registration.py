"""Registering a Client (CDS-WG1-02 4, 11; RFC 7591)."""

from __future__ import annotations

from typing import Any, Final

from cdsc_conformance.condition import condition
from cdsc_conformance.exchanges import Exchange
from cdsc_conformance.findings import Findings, judge, skipped
from cdsc_conformance.registration import CLIENT_ADMIN, request_body, send
from cdsc_conformance.session import Session
from cdsc_conformance.tables import members, several, shown

#: Row, member of the response, and what the standard prescribes for it.
FIXED: Final[tuple[tuple[str, str, Any], ...]] = (
    ("WG1-02-4.2-05", "scope", CLIENT_ADMIN),
    ("WG1-02-4.2-06", "redirect_uris", []),
    ("WG1-02-4.2-07", "response_types", []),
    ("WG1-02-4.2-08", "grant_types", ["client_credentials"]),
    ("WG1-02-4.2-09", "token_endpoint_auth_method", "client_secret_basic"),
)


def refused(row: str, answer: Exchange, what: str) -> Any:
    """Judge that a registration was refused as RFC 7591 3.2.2 says."""
    fits = answer.status == 400 and isinstance(answer.object().get("error"), str)
    return judge(row, fits, f"{what} was answered {answer.status}, not 400 with an error", answer)


@condition("WG1-02-4-01", "WG1-02-4-02", "WG1-02-4.1-01", "WG1-02-4.2-01", "WG1-02-4.2-02", "WG1-02-3.2-01")
def works(session: Session) -> Findings:
    """A registration is answered 201 with a Client Object, and kept out of caches."""
    answer = send(session, request_body(session))
    made = answer.status in (200, 201) and isinstance(answer.object().get("client_id"), str)
    reason = f"registration was answered {answer.status} without a Client Object"
    for row in ("WG1-02-4-01", "WG1-02-4.1-01", "WG1-02-3.2-01"):
        yield judge(row, made, reason, answer)
    is_json = answer.media_type == "application/json" and bool(answer.object())
    for row in ("WG1-02-4-02", "WG1-02-4.2-01"):
        yield judge(row, is_json, f"registration was answered {answer.status} {answer.media_type}", answer)
    kept = "no-store" in answer.header("Cache-Control")
    reason = f"status {answer.status}, Cache-Control {shown(answer.header('Cache-Control'))}; 201 and no-store expected"
    yield judge("WG1-02-4.2-02", answer.status == 201 and kept, reason, answer)


@condition("WG1-02-4.2-03")
def refusals(session: Session) -> Findings:
    """A registration that cannot be is answered 400 with an error code."""
    whole = request_body(session)
    faults, asked = [], []
    for what, body in (
        ("a registration without scope", {name: value for name, value in whole.items() if name != "scope"}),
        ("a registration with contacts that are no array", {**whole, "contacts": 7}),
        ("a registration that is an array", [whole]),
    ):
        answer = send(session, body)
        asked.append(answer)
        if answer.status != 400 or not isinstance(answer.object().get("error"), str):
            faults.append(f"{what} was answered {answer.status}")
    yield judge("WG1-02-4.2-03", not faults, several(faults), *asked)


@condition("WG1-02-4.1-03", "WG1-02-3.3-03")
def scope_mix(session: Session) -> Findings:
    """A scope nobody describes spoils the registration."""
    answer = send(session, request_body(session, scope=f"{CLIENT_ADMIN} kit_no_such_scope"))
    yield refused("WG1-02-4.1-03", answer, "a registration with an undescribed scope")
    described = {scope.get("id") for _, scope in session.scopes}
    others = sorted(set(session.authorization_server.body.get("scopes_supported") or []) - described)
    taken = [scope for scope in others if send(session, request_body(session, scope=scope)).status in (200, 201)]
    reason = f"{', '.join(taken) or 'kit_no_such_scope'} is registered without a description"
    yield judge("WG1-02-3.3-03", not taken and answer.status == 400, reason, answer)


@condition(*(row for row, *_ in FIXED), "WG1-02-4.2-04", "WG1-02-4.2-10", "WG1-02-4.2-12", "WG1-02-5.1-13")
def response(session: Session) -> Findings:
    """The response is the admin Client Object, with its secret and without an expiry."""
    registered = session.registered
    answer, body = registered.exchange, registered.body
    wrong = [finding.reason for finding in members("client_object", [("the response", body)]) if finding.reason]
    yield judge("WG1-02-4.2-04", not wrong, several(wrong), answer)
    for row, member, fixed in FIXED:
        found = body.get(member)
        yield judge(row, found == fixed, f"{member} is {shown(found)}, not {shown(fixed)}", answer)
    secret = isinstance(body.get("client_secret"), str) and bool(body["client_secret"])
    yield judge("WG1-02-4.2-10", secret, "client_secret is missing", answer)
    forbidden = "client_secret_expires_at" in body
    yield judge("WG1-02-5.1-13", not forbidden, "client_secret_expires_at must be absent", answer)
    listed = [client for client in registered.clients() if client.get("client_id") == body.get("client_id")]
    admin = len(listed) == 1 and listed[0].get("scope") == CLIENT_ADMIN
    yield judge("WG1-02-4.2-12", admin, "the Clients API lists no such admin Client Object", answer, *_last(session))


@condition("WG1-02-4.2-11")
def secret_is_a_credential(session: Session) -> Findings:
    """The secret of the response is that of the Credential."""
    registered = session.registered
    secrets = [each.get("client_secret") for each in registered.credentials(registered.client_id)]
    same = registered.client_secret in secrets
    yield judge("WG1-02-4.2-11", same, "no Credential of the client has the secret of the response", *_last(session))


@condition("WG1-02-4.2-13", "WG1-02-4.2-15", "WG1-02-4.2-16", "WG1-02-4.2-17")
def client_objects(session: Session) -> Findings:
    """Every registered scope has its Client Object, alone where it must be."""
    registered = session.registered
    clients, described = registered.clients(), {str(scope.get("id")): scope for _, scope in session.scopes}
    held = {word for client in clients for word in str(client.get("scope")).split()}
    asked = set(str(request_body(session).get("scope")).split())
    missing = sorted(asked - held)
    evidence = (registered.exchange, *_last(session))
    yield judge("WG1-02-4.2-13", not missing, f"no Client Object has scope {', '.join(missing)}", *evidence)
    mixed = [
        f"Client Object {client.get('client_id')} joins scopes that differ in {member}"
        for client in clients
        for member in ("response_types_supported", "grant_types_supported", "token_endpoint_auth_methods_supported")
        if len({str(described.get(word, {}).get(member)) for word in str(client.get("scope")).split()}) > 1
    ]
    yield judge("WG1-02-4.2-15", not mixed, several(mixed), *evidence)
    joined = [
        str(client.get("scope"))
        for client in clients
        if CLIENT_ADMIN in (words := str(client.get("scope")).split()) and len(words) > 1
    ]
    yield judge("WG1-02-4.2-16", not joined, f"{several(joined)} stand together", *evidence)
    named = {
        str(described[word]["grant_admin_scope"]) for word in asked if described.get(word, {}).get("grant_admin_scope")
    }
    if named:
        ordinary = [word for word in asked if described.get(word, {}).get("type") != "cds_grant_admin"]
        other = session.register(scope=" ".join(ordinary))
        held = {word for client in other.clients() for word in str(client.get("scope")).split()}
        missing = sorted(named - held)
        reason = f"nobody asked for {', '.join(missing)}, and no Client Object has it"
        yield judge("WG1-02-4.2-17", not missing, reason, other.exchange, *_last(session))
    else:
        yield from skipped("WG1-02-4.2-17", "no registered scope names a grant admin scope")


@condition("WG1-02-4.2-19", "WG1-02-4.2-22", "WG1-02-5.1-33", "WG1-02-5.1-36")
def code_clients(session: Session) -> Findings:
    """Client Objects that ask people begin in the sandbox, with the server's own receipt page."""
    rows = ("WG1-02-4.2-19", "WG1-02-4.2-22", "WG1-02-5.1-33", "WG1-02-5.1-36")
    clients = [client for client in session.registered.clients() if client.get("response_types")]
    evidence = _last(session)
    if not clients:
        yield from skipped(rows, "no scope of the registration asks people")
        return
    uris = [(client.get("client_id"), client.get("redirect_uris") or []) for client in clients]
    odd = [f"Client Object {name} has redirect_uris {shown(found)}" for name, found in uris if len(found) != 1]
    yield judge("WG1-02-4.2-19", not odd, several(odd), *evidence)
    sandbox = any("sandbox" in (client.get("cds_status_options") or []) for client in clients)
    yield judge("WG1-02-4.2-22", sandbox, "no such Client Object has sandbox in cds_status_options", *evidence)
    odd = [
        f"Client Object {client.get('client_id')}: {shown(client.get('cds_default_redirect_uri'))}"
        for client in clients
        if client.get("cds_default_redirect_uri") not in (client.get("redirect_uris") or [])
    ]
    yield judge("WG1-02-5.1-33", not odd, several(odd), *evidence)
    odd = [
        f"Client Object {client.get('client_id')}: {shown(client.get('cds_default_authorization_details'))}"
        for client in clients
        if client.get("cds_default_authorization_details") != []
    ]
    yield judge("WG1-02-5.1-36", not odd, several(odd), *evidence)


@condition("WG1-02-4.1-05")
def redirect_uris_are_ignored(session: Session) -> Findings:
    """redirect_uris in a registration change nothing and hurt nothing."""
    uri = "https://kit.example/callback"
    registered = session.register(redirect_uris=[uri])
    kept = [client.get("client_id") for client in registered.clients() if uri in (client.get("redirect_uris") or [])]
    shown_by = (registered.exchange, *_last(session))
    broken = send(session, request_body(session, redirect_uris=["not a URL"]))
    reason = f"Client Objects {kept} keep it" if kept else f"an odd one was answered {broken.status}"
    yield judge("WG1-02-4.1-05", not kept and broken.status in (200, 201), reason, *shown_by, broken)


@condition("WG1-02-11.2-01", "WG1-02-11.2-02", "WG1-02-11.4-01")
def open_to_programs(session: Session) -> Findings:
    """Metadata and registration are open to programs, without captcha and without an account."""
    registered = send(session, request_body(session))
    answers = (session.server_metadata.exchange, session.authorization_server.exchange, registered)
    odd = [answer.url for answer in answers if "json" not in answer.media_type or answer.status not in (200, 201)]
    for row in ("WG1-02-11.2-01", "WG1-02-11.2-02", "WG1-02-11.4-01"):
        yield judge(row, not odd, f"{several(odd)} did not answer a program with JSON", *answers)


@condition("WG1-02-3.2-34")
def human_registration(session: Session) -> Findings:
    """cds_human_registration leads to a page with a form."""
    answer = session.fetch(session.endpoint("cds_human_registration"), headers={"Accept": "text/html"})
    page = answer.status == 200 and answer.media_type == "text/html"
    if not page or "<form" not in answer.text.lower():
        yield from skipped("WG1-02-3.2-34", "the page has no form that a program sees; a person must judge it")
        return
    yield judge("WG1-02-3.2-34", True, "", answer)


def _last(session: Session) -> tuple[Exchange, ...]:
    return tuple(session.http.exchanges[-1:])
