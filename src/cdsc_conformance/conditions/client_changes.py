"""Modifying Client Objects by PUT (CDS-WG1-02 5.5, RFC 7592 2.2)."""

from __future__ import annotations

from typing import Any, Final

from cdsc_conformance.condition import condition
from cdsc_conformance.conditions.asking import push
from cdsc_conformance.conditions.clients import UPDATABLE
from cdsc_conformance.exchanges import Exchange
from cdsc_conformance.findings import Finding, Findings, Unmet, judge, skipped
from cdsc_conformance.kinds import is_datetime, read_datetime
from cdsc_conformance.session import Session
from cdsc_conformance.tables import several, shown

CALLBACK: Final = "https://kit.example/callback"

#: Row, updatable member and another value for it.
PLAIN: Final = (
    ("WG1-02-5.5-08", "client_name", "Conformance kit, renamed"),
    ("WG1-02-5.5-09", "client_uri", "https://kit.example/new"),
    ("WG1-02-5.5-10", "logo_uri", "https://kit.example/new.png"),
    ("WG1-02-5.5-12", "contacts", ["kit@kit.example"]),
    ("WG1-02-5.5-13", "tos_uri", "https://kit.example/terms"),
    ("WG1-02-5.5-14", "policy_uri", "https://kit.example/policy"),
)

#: Row, member of the server, and what a Client would like it to be.
FIXED: Final[tuple[tuple[str, str, Any], ...]] = (
    ("WG1-02-5.5-20", "client_id", "kit-another-client"),
    ("WG1-02-5.5-21", "client_id_issued_at", 1),
    ("WG1-02-5.5-24", "grant_types", ["password"]),
    ("WG1-02-5.5-25", "response_types", ["token"]),
    ("WG1-02-5.5-26", "token_endpoint_auth_method", "none"),
    ("WG1-02-5.5-27", "cds_created", "2001-01-01T00:00:00Z"),
    ("WG1-02-5.5-28", "cds_modified", "2001-01-01T00:00:00Z"),
    ("WG1-02-5.5-29", "cds_client_uri", "https://kit.example/client"),
    ("WG1-02-5.5-30", "cds_server_metadata", "https://kit.example/metadata"),
    ("WG1-02-5.5-31", "cds_status_options", ["production", "sandbox", "disabled"]),
)


def asking(session: Session) -> dict[str, Any]:
    """A Client Object that asks people, of the registration that may be changed; read anew."""
    return session.changing.client_with(response_types="code")


def read(session: Session, client: dict[str, Any]) -> dict[str, Any]:
    """The Client Object as it is now."""
    return session.changing.call("GET", str(client["cds_client_uri"])).object()


def put(session: Session, client: dict[str, Any], *leave_out: str, **changes: Any) -> Exchange:
    """The answer to a PUT of the object as it is, with these changes, and without what is to be left out."""
    body = {name: client[name] for name in ("client_id", *UPDATABLE) if name in client and name not in leave_out}
    return session.changing.call("PUT", str(client["cds_client_uri"]), json_body={**body, **changes})


def updated(session: Session, row: str, member: str, value: Any, **along: Any) -> Findings:
    """Judge that a PUT changes a member to a value; one that waits for review is skipped."""
    client = asking(session)
    answer = put(session, client, **{member: value}, **along)
    if answer.status == 202:
        yield from skipped(row, f"a change of {member} waits for review at this server")
        return
    now = read(session, client)
    right = answer.status == 200 and answer.object().get(member) == value == now.get(member)
    reason = f"PUT was answered {answer.status}; {member} is {shown(now.get(member))}, not {shown(value)}"
    yield judge(row, right, reason, answer, session.http.exchanges[-1])


@condition("WG1-02-5.5-01", "WG1-02-5.5-02", "WG1-02-5.5-37", *(row for row, *_ in PLAIN))
def plain_members(session: Session) -> Findings:
    """What describes the client can be changed."""
    client = asking(session)
    answer = put(session, client, client_name="Conformance kit, changed")
    changed = answer.status in (200, 202) and answer.object().get("client_id") == client["client_id"]
    reason = f"PUT on cds_client_uri was answered {answer.status} without the Client Object"
    for row in ("WG1-02-5.5-01", "WG1-02-5.5-02"):
        yield judge(row, changed, reason, answer)
    if answer.status == 202:
        yield from skipped("WG1-02-5.5-37", "a change of client_name waits for review at this server")
    else:
        applied = answer.status == 200 and answer.object().get("client_name") == "Conformance kit, changed"
        yield judge("WG1-02-5.5-37", applied, f"PUT was answered {answer.status} without the change", answer)
    for row, member, value in PLAIN:
        yield from updated(session, row, member, value)


@condition("WG1-02-5.5-07", "WG1-02-5.5-18")
def redirect_uris(session: Session) -> Findings:
    """redirect_uris and the default one of them can be changed."""
    before = [*asking(session).get("redirect_uris", []), CALLBACK]
    yield from updated(session, "WG1-02-5.5-07", "redirect_uris", before)
    yield from updated(session, "WG1-02-5.5-18", "cds_default_redirect_uri", CALLBACK, redirect_uris=before)


@condition("WG1-02-5.5-11", "WG1-02-5.5-17", "WG1-02-5.5-19")
def scopes(session: Session) -> Findings:
    """scope, and what holds without it, can be changed."""
    words = str(asking(session).get("scope")).split()
    if len(words) < 2:
        yield from skipped(("WG1-02-5.5-11", "WG1-02-5.5-17"), "the Client Object has one scope only")
    else:
        yield from updated(session, "WG1-02-5.5-17", "cds_default_scope", words[0])
        yield from updated(session, "WG1-02-5.5-11", "scope", " ".join(words[:-1]), cds_default_scope=words[0])
    free = [
        str(scope.get("id"))
        for _, scope in session.consent_scopes()
        if scope.get("id") in str(asking(session).get("scope")).split()
        and not any(field.get("is_required") for field in scope.get("authorization_details_fields_supported") or [])
    ]
    if free:
        yield from updated(session, "WG1-02-5.5-19", "cds_default_authorization_details", [{"type": free[0]}])
    else:
        yield from skipped("WG1-02-5.5-19", "every scope of the Client Object has required fields")


@condition("WG1-02-5.5-15", "WG1-02-5.5-16")
def status(session: Session) -> Findings:
    """cds_status moves among cds_status_options and nowhere else."""
    client = asking(session)
    before = client.get("cds_status")
    strange = next(each for each in ("production", "sandbox") if each not in client["cds_status_options"])
    answer = put(session, client, cds_status=strange)
    kept = read(session, client).get("cds_status") == before
    reason = f"cds_status {strange} was answered {answer.status}, not 400"
    yield judge("WG1-02-5.5-16", answer.status == 400 and kept, reason, answer)
    faults = []
    for wanted in ("disabled", before):
        answer = put(session, read(session, client), cds_status=wanted)
        if answer.status == 202:
            yield from skipped("WG1-02-5.5-15", "a change of cds_status waits for review at this server")
            return
        if answer.status != 200 or read(session, client).get("cds_status") != wanted:
            faults.append(f"{wanted} was answered {answer.status}")
    yield judge("WG1-02-5.5-15", not faults, several(faults), *session.http.exchanges[-4:])


@condition("WG1-02-5.5-03", "WG1-02-5.5-33")
def replacement(session: Session) -> Findings:
    """A PUT replaces: what it leaves out goes back to the default."""
    client = asking(session)
    put(session, client, contacts=["kit@kit.example"], client_uri="https://kit.example/")
    answer = put(session, read(session, client), "contacts", "client_uri")
    if answer.status == 202:
        yield from skipped(("WG1-02-5.5-03", "WG1-02-5.5-33"), "the change waits for review at this server")
        return
    now = read(session, client)
    kept = [name for name in ("contacts", "client_uri") if now.get(name)]
    for row in ("WG1-02-5.5-03", "WG1-02-5.5-33"):
        yield judge(row, answer.status == 200 and not kept, f"{', '.join(kept)} stayed although left out", answer)


@condition("WG1-02-5.5-04", *(row for row, *_ in FIXED))
def members_of_the_server(session: Session) -> Findings:
    """What the server sets cannot be changed."""
    for row, member, wish in FIXED:
        client = asking(session)
        answer = put(session, client, **{member: wish})
        now = read(session, client)
        evidence = (answer, session.http.exchanges[-1])
        yield _untouched(row, member, client, now, *evidence)
        if member == "client_id":
            reason = f"a PUT with another client_id was answered {answer.status}"
            yield judge("WG1-02-5.5-04", 400 <= answer.status < 500, reason, answer)


@condition("WG1-02-5.5-22", "WG1-02-5.5-23")
def secrets(session: Session) -> Findings:
    """A PUT neither changes nor shows the secret and its expiry."""
    client = asking(session)
    before = session.changing.credentials(client["client_id"])
    for row, member, wish in (
        ("WG1-02-5.5-22", "client_secret", "kit-another-secret"),
        ("WG1-02-5.5-23", "client_secret_expires_at", 4_000_000_000),
    ):
        answer = put(session, client, **{member: wish})
        after = session.changing.credentials(client["client_id"])
        same = [each.get(member) for each in before] == [each.get(member) for each in after]
        hidden = member not in answer.object()
        yield judge(row, same and hidden, f"{member} was {'shown' if same else 'changed'}", answer)


@condition("WG1-02-5.5-32")
def invalid_members(session: Session) -> Findings:
    """A member that is not valid spoils the PUT."""
    client, faults, asked = asking(session), [], []
    for changes in ({"contacts": "nobody"}, {"client_name": 7}, {"redirect_uris": "not an array"}):
        asked.append(put(session, client, **changes))
        if asked[-1].status != 400:
            faults.append(f"{changes} was answered {asked[-1].status}")
    if read(session, client) != client:
        faults.append("a refused PUT changed the Client Object")
    yield judge("WG1-02-5.5-32", not faults, several(faults), *asked)


@condition("WG1-02-5.2-04")
def disabled(session: Session) -> Findings:
    """A disabled Client Object can start nothing any more."""
    registered = session.register()
    client = registered.client_with(response_types="code")
    before = push(session, registered, client)
    if before.status != 201:
        raise Unmet(f"a pushed authorization request was answered {before.status}")
    body = {name: client[name] for name in ("client_id", *UPDATABLE) if name in client}
    answer = registered.call("PUT", str(client["cds_client_uri"]), json_body={**body, "cds_status": "disabled"})
    if answer.status != 200:
        raise Unmet(f"disabling was answered {answer.status}")
    after = push(session, registered, client, before.request_headers.get("Authorization", ""))
    yield judge(
        "WG1-02-5.2-04", after.status in (400, 401), f"it was still answered {after.status}", before, answer, after
    )


def _untouched(row: str, member: str, before: dict[str, Any], now: dict[str, Any], *evidence: Exchange) -> Finding:
    """Refused, or answered without doing it. cds_modified moves, but never to where the Client wants it."""
    if member == "cds_modified":
        moved = is_datetime(now.get(member)) and read_datetime(now[member]) >= read_datetime(before[member])
        return judge(row, moved, f"cds_modified became {shown(now.get(member))}", *evidence)
    same = now.get(member) == before.get(member)
    return judge(row, same, f"{member} became {shown(now.get(member))}", *evidence)
