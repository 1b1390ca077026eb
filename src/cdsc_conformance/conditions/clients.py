"""Client Objects and their listing (CDS-WG1-02 2, 5.1 to 5.4, 11.2)."""

from __future__ import annotations

from typing import Any, Final

from cdsc_conformance.condition import condition
from cdsc_conformance.exchanges import Exchange
from cdsc_conformance.findings import Finding, Findings, Unmet, judge, skipped
from cdsc_conformance.kinds import is_datetime, read_datetime
from cdsc_conformance.registration import CLIENT_ADMIN, Registered, request_body, send
from cdsc_conformance.session import Session
from cdsc_conformance.tables import kind_fault, members, of_kind, rows_of, several, shown

API = "cds_clients_api"
OBJECT = "client_object"

#: What a Client may say of its Client Object; everything else is the server's (5.5).
UPDATABLE: Final = (
    "redirect_uris",
    "client_name",
    "client_uri",
    "logo_uri",
    "scope",
    "contacts",
    "tos_uri",
    "policy_uri",
    "cds_status",
    "cds_default_scope",
    "cds_default_redirect_uri",
    "cds_default_authorization_details",
)
STATUS = "cds_status_options"


def named(session: Session) -> list[tuple[str, dict[str, Any]]]:
    """The Client Objects of the registration with words that point at them."""
    return [(f"Client Object {client.get('client_id')}", client) for client in session.registered.clients()]


def last(session: Session) -> tuple[Exchange, ...]:
    """The exchange just made."""
    return tuple(session.http.exchanges[-1:])


def sorted_by(row: str, member: str, listed: list[dict[str, Any]], *evidence: Exchange) -> Findings:
    """Judge that a listing runs from the last changed object to the first."""
    instants = [read_datetime(each[member]) for each in listed if is_datetime(each.get(member))]
    if len(instants) < 2:
        yield from skipped(row, "fewer than two objects have no order")
        return
    right = instants == sorted(instants, reverse=True)
    yield judge(row, right, f"{member} runs {', '.join(map(str, instants[:5]))}", *evidence)


def filtered(session: Session, row: str, listing: tuple[str, str, str], cases: dict[str, set[str]]) -> Finding:
    """
    Judge a filter of a listing.

    Args:
        listing: the member of the metadata with its address, the array, and the id of what is listed.
        cases: query strings `name=value` joined by `&`, and the ids that must come.
    """
    api, member, key = listing
    faults, pages = [], []
    for query, expected in cases.items():
        parameters = dict(part.split("=", 1) for part in query.split("&"))
        asked, listed = session.registered.listing(api, member, **parameters)
        pages += asked
        found = {str(each.get(key)) for each in listed}
        if found != expected:
            faults.append(f"{query} gave {shown(sorted(found))}, not {shown(sorted(expected))}")
    return judge(row, not faults, several(faults), *pages[-3:])


@condition("WG1-02-5-01", "WG1-02-5.3-01", "WG1-02-4.2-27", *rows_of("client_listing"))
def listing(session: Session) -> Findings:
    """The listing opens to an admin token and has its three members."""
    answer = session.registered.call("GET", session.endpoint(API))
    opened = answer.status == 200 and isinstance(answer.object().get("clients"), list)
    for row in ("WG1-02-5-01", "WG1-02-5.3-01", "WG1-02-4.2-27"):
        yield judge(row, opened, f"the Clients API answered {answer.status} to an admin token", answer)
    yield from members("client_listing", [("the clients listing", answer.object())], answer)


@condition("WG1-02-5-02", "WG1-02-11.2-04", "WG1-02-11.2-06")
def authentication(session: Session) -> Findings:
    """Only a live token in the Authorization header opens the APIs."""
    faults, elsewhere, asked = [], [], []
    token = session.registered.token
    apis = [name for name in (API, "cds_credentials_api", "cds_grants_api", "cds_messages_api") if _has(session, name)]
    for name in apis:
        url = session.endpoint(name)
        for what, bearer in (("no token", None), ("an unknown token", "kit-no-such-token")):
            asked.append(session.http.send("GET", url, bearer=bearer))
            if asked[-1].status not in (401, 403):
                faults.append(f"{name} answered {asked[-1].status} to {what}")
        for method, options in (
            ("GET", {"params": {"access_token": token}}),
            ("POST", {"form": {"access_token": token}}),
        ):
            asked.append(session.http.send(method, url, **options))  # type: ignore[arg-type]
            if asked[-1].status < 400:
                elsewhere.append(f"{name} answered {asked[-1].status} to a token outside the header ({method})")
    opened = [name for name in apis if session.registered.call("GET", session.endpoint(name)).status == 200]
    yield judge("WG1-02-5-02", not faults, several(faults), *asked[:2])
    closed = sorted(set(apis) - set(opened))
    yield judge("WG1-02-11.2-04", not closed, f"{closed} did not open to a Bearer header", *last(session))
    yield judge("WG1-02-11.2-06", not elsewhere, several(elsewhere), *asked[2:4])


@condition(*rows_of(OBJECT), "WG1-02-5.1-01", "WG1-02-5.2-01")
def shape(session: Session) -> Findings:
    """Every Client Object has every member it must have, each of its kind."""
    clients = named(session)
    yield from members(OBJECT, clients, *last(session))
    kinds = ("string", "strings", "integer", "url", "urls", "objects")
    faults = of_kind(OBJECT, kinds, clients)
    yield judge("WG1-02-5.1-01", not faults, several(faults), *last(session))
    faults = of_kind(OBJECT, ("one of client_statuses", "some of client_statuses"), clients)
    yield judge("WG1-02-5.2-01", not faults, several(faults), *last(session))


@condition("WG1-02-2-03")
def datetimes(session: Session) -> Findings:
    """Datetimes are written as RFC 3339 says."""
    registered = session.registered
    faults = of_kind(OBJECT, ("datetime",), named(session))
    evidence = last(session)
    held = [(f"Credential {each.get('credential_id')}", each) for each in registered.credentials()]
    faults += of_kind("credential", ("datetime",), held)
    yield judge("WG1-02-2-03", not faults, several(faults), *evidence, *last(session))


@condition("WG1-02-5.1-28", "WG1-02-5.1-31", "WG1-02-5.1-34")
def defaults(session: Session) -> Findings:
    """Who asks people has defaults for what a request leaves out."""
    asking = [(where, client) for where, client in named(session) if client.get("response_types")]
    for row, member, kind in (
        ("WG1-02-5.1-28", "cds_default_scope", "string"),
        ("WG1-02-5.1-31", "cds_default_redirect_uri", "url"),
        ("WG1-02-5.1-34", "cds_default_authorization_details", "objects"),
    ):
        if not asking:
            yield from skipped(row, "no Client Object asks people")
            continue
        faults = [
            f"{where}: {member} {kind_fault(client.get(member), kind) if member in client else 'is missing'}"
            for where, client in asking
            if member not in client or kind_fault(client[member], kind)
        ]
        yield judge(row, not faults, several(faults), *last(session))


@condition("WG1-02-5.1-12", "WG1-02-5.1-13")
def no_secrets(session: Session) -> Findings:
    """Neither the secret nor its expiry is in any Client Object."""
    clients, evidence = named(session), list(last(session))
    for where, client in list(clients):
        answer = session.registered.call("GET", str(client.get("cds_client_uri")))
        clients.append((where, answer.object()))
        evidence.append(answer)
    for row, member in (("WG1-02-5.1-12", "client_secret"), ("WG1-02-5.1-13", "client_secret_expires_at")):
        faults = [f"{where} has {member}" for where, client in clients if member in client]
        yield judge(row, not faults, several(faults), *evidence[-2:])


@condition("WG1-02-5.1-18", "WG1-02-5.1-21", "WG1-02-5.1-22", "WG1-02-4.2-25")
def rules(session: Session) -> Findings:
    """Every Client Object has an address of its own, and statuses it may have."""
    clients = named(session)
    uris = [str(client.get("cds_client_uri")) for _, client in clients]
    yield judge(
        "WG1-02-5.1-18", len(set(uris)) == len(uris), "two Client Objects share a cds_client_uri", *last(session)
    )
    admins = [each for each in clients if CLIENT_ADMIN in str(each[1].get("scope")).split()]
    faults = [
        f"{where}: {shown(client.get(STATUS))}" for where, client in admins if "disabled" in (client.get(STATUS) or [])
    ]
    yield judge("WG1-02-5.1-21", bool(admins) and not faults, several(faults) or "no admin is listed", *last(session))
    others = [each for each in clients if each not in admins]
    if others:
        faults = [
            f"{where}: {shown(client.get(STATUS))}"
            for where, client in others
            if "disabled" not in (client.get(STATUS) or [])
        ]
        yield judge("WG1-02-5.1-22", not faults, several(faults), *last(session))
    else:
        yield from skipped("WG1-02-5.1-22", "the registration has no other Client Object")
    both = [where for where, client in clients if {"production", "sandbox"} <= set(client.get(STATUS) or [])]
    yield judge("WG1-02-4.2-25", not both, f"{several(both)}: production and sandbox", *last(session))


@condition("WG1-02-5.1-09", "WG1-02-5.1-14")
def names(session: Session) -> Findings:
    """A client without a name is called by its client_id, and what RFC 7591 names comes back under its name."""
    uris = {name: f"https://kit.example/{name}" for name in ("client_uri", "logo_uri", "tos_uri", "policy_uri")}
    registered = session.register(**uris)
    lost = [name for name, uri in uris.items() if registered.body.get(name) != uri]
    yield judge("WG1-02-5.1-14", not lost, f"{', '.join(lost)} did not come back", registered.exchange)
    unnamed = _unnamed(session)
    odd = [client.get("client_id") for client in unnamed if client.get("client_name") != client.get("client_id")]
    yield judge("WG1-02-5.1-09", not odd, f"Client Objects {odd} have another client_name", *last(session))


@condition("WG1-02-5.1-23", "WG1-02-5.1-26", "WG1-02-5.1-27")
def own_metadata(session: Session) -> Findings:
    """cds_server_metadata leads to server metadata; where it is protected, to nobody without a token."""
    urls = {str(client.get("cds_server_metadata")) for _, client in named(session)}
    plain = [session.http.send("GET", url) for url in urls]
    opened = [session.registered.call("GET", url) for url in urls]
    odd = [answer.url for answer in opened if "cds_metadata_version" not in answer.object()]
    yield judge("WG1-02-5.1-23", not odd, f"{several(odd)} is no server metadata", *opened)
    shut = [answer for answer in plain if answer.status != 200]
    if not shut:
        yield from skipped(("WG1-02-5.1-26", "WG1-02-5.1-27"), "the metadata of every Client Object is public")
        return
    yield judge("WG1-02-5.1-26", not odd, f"{several(odd)} did not open to an admin token", *opened)
    wrong = [f"{answer.url} answered {answer.status}" for answer in shut if answer.status != 401]
    yield judge("WG1-02-5.1-27", not wrong, several(wrong), *shut)


@condition("WG1-02-5.3-06", "WG1-02-5.3-08")
def filters_and_order(session: Session) -> Findings:
    """client_ids limits the listing; the Client Object changed last comes first."""
    changing, clients = session.changing, session.registered.clients()
    oldest = changing.clients()[-1]
    kept = {name: oldest[name] for name in UPDATABLE if name in oldest}
    changing.call("PUT", str(oldest["cds_client_uri"]), json_body={**kept, "client_name": "Conformance kit, moved up"})
    yield from sorted_by("WG1-02-5.3-08", "cds_modified", changing.clients(), *last(session))
    ids = [str(client.get("client_id")) for client in clients]
    cases = {f"client_ids={' '.join(ids[:count])}": set(ids[:count]) for count in (1, 2)}
    cases["client_ids=kit-no-such-client"] = set()
    yield filtered(session, "WG1-02-5.3-06", (API, "clients", "client_id"), cases)


@condition("WG1-02-5.4-01", "WG1-02-5.4-02", "WG1-02-5.4-03", "WG1-02-5.5-05", "WG1-02-5.5-06")
def single(session: Session) -> Findings:
    """cds_client_uri gives the same object as the listing."""
    faults = []
    for where, client in named(session):
        answer = session.registered.call("GET", str(client.get("cds_client_uri")))
        if answer.status != 200 or answer.object() != client:
            faults.append(f"{where}: its cds_client_uri answered {answer.status} with another object")
    yield judge("WG1-02-5.4-01", not faults, several(faults), *session.http.exchanges[-2:])
    body = session.registered.body
    rows = ("WG1-02-5.4-02", "WG1-02-5.5-05", "WG1-02-5.4-03", "WG1-02-5.5-06")
    if "registration_client_uri" not in body:
        yield from skipped(rows, "the server does not offer RFC 7592")
        return
    same = body["registration_client_uri"] == body.get("cds_client_uri")
    for row in rows[:2]:
        yield judge(row, same, "registration_client_uri is not cds_client_uri", session.registered.exchange)
    token = str(body.get("registration_access_token"))
    answer = session.http.send("GET", str(body["registration_client_uri"]), bearer=token)
    for row in rows[2:]:
        yield judge(row, answer.status == 200, f"its own token was answered {answer.status}", answer)


def _unnamed(session: Session) -> list[dict[str, Any]]:
    """The Client Objects of a registration that names no client_name."""
    body = request_body(session)
    del body["client_name"]
    answer = send(session, body)
    if answer.status not in (200, 201):
        raise Unmet(f"a registration without client_name was answered {answer.status}")
    return Registered(session, answer).clients()


def _has(session: Session, member: str) -> bool:
    return isinstance(session.authorization_server.body.get(member), str)
