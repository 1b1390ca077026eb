"""Credentials (CDS-WG1-02 4.2, 7)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from cdsc_conformance.condition import condition
from cdsc_conformance.conditions.clients import UPDATABLE, filtered, last, sorted_by
from cdsc_conformance.findings import Findings, Unmet, judge, skipped
from cdsc_conformance.kinds import is_datetime, read_datetime
from cdsc_conformance.registration import Registered
from cdsc_conformance.session import Session
from cdsc_conformance.tables import members, rows_of, several, shown

API = "cds_credentials_api"
OBJECT = "credential"
EXPIRY = "client_secret_expires_at"


def named(registered: Registered) -> list[tuple[str, dict[str, Any]]]:
    """The Credentials of a registration with words that point at them."""
    return [(f"Credential {each.get('credential_id')}", each) for each in registered.credentials()]


def new(session: Session) -> dict[str, Any]:
    """
    A Credential to try changes on.

    Raises:
        Unmet: the server makes none.
    """
    registered = session.changing
    answer = registered.call("POST", session.endpoint(API), json_body={"client_id": registered.client_id})
    if answer.status != 201:
        raise Unmet(f"a new Credential was answered {answer.status}")
    made = answer.object()
    session.http.secrets.add(str(made.get("client_secret")))
    return made


def their_now(made: dict[str, Any]) -> int:
    """The server's clock at the moment it made this object, in seconds since the epoch."""
    return int(read_datetime(made["modified"]).timestamp())


@condition("WG1-02-7-01", "WG1-02-7-04", "WG1-02-7.3-01", *rows_of("credential_listing"))
def listing(session: Session) -> Findings:
    """The listing opens to an admin token and has its three members."""
    answer = session.registered.call("GET", session.endpoint(API))
    opened = answer.status == 200 and isinstance(answer.object().get("credentials"), list)
    for row in ("WG1-02-7-01", "WG1-02-7-04", "WG1-02-7.3-01"):
        yield judge(row, opened, f"the Credentials API answered {answer.status} to an admin token", answer)
    yield from members("credential_listing", [("the credentials listing", answer.object())], answer)


@condition(*rows_of(OBJECT), "WG1-02-7.1-07", "WG1-02-7.1-09", "WG1-02-7.2-01", "WG1-02-7.4-01")
def shape(session: Session) -> Findings:
    """Every Credential has every member it must have, in the listing and alone."""
    held = named(session.registered)
    evidence = last(session)
    yield from members(OBJECT, held, *evidence)
    odd = [f"{where}: type is {shown(each.get('type'))}" for where, each in held if each.get("type") != "client_secret"]
    yield judge("WG1-02-7.2-01", not odd, several(odd), *evidence)
    alone, faults = list(held), []
    for where, each in held:
        answer = session.registered.call("GET", str(each.get("uri")))
        alone.append((f"{where} alone", answer.object()))
        if answer.status != 200 or answer.object() != each:
            faults.append(f"{where}: its uri answered {answer.status} with another object")
    yield judge("WG1-02-7.4-01", not faults, several(faults), *evidence, *last(session))
    faults = [f"{where}: no client_secret" for where, each in alone if not isinstance(each.get("client_secret"), str)]
    yield judge("WG1-02-7.1-07", not faults, several(faults), *evidence)
    faults = [f"{where}: {shown(each.get(EXPIRY))}" for where, each in alone if not isinstance(each.get(EXPIRY), int)]
    yield judge("WG1-02-7.1-09", not faults, several(faults), *evidence)


@condition("WG1-02-7.1-01", "WG1-02-7.1-03", "WG1-02-4.2-18")
def belonging(session: Session) -> Findings:
    """Ids are unique, and every Client Object that authenticates has a Credential."""
    registered = session.registered
    clients, held = registered.clients(), [each for _, each in named(registered)]
    ids = [str(each.get("credential_id")) for each in held]
    spaced = [each for each in ids if " " in each]
    yield judge(
        "WG1-02-7.1-01", len(set(ids)) == len(ids) and not spaced, "two Credentials share an id", *last(session)
    )
    owners = {each.get("client_id") for each in held}
    strange = owners - {client.get("client_id") for client in clients}
    yield judge("WG1-02-7.1-03", not strange, f"{strange} is no Client Object of the registration", *last(session))
    bare = [
        str(client.get("client_id"))
        for client in clients
        if client.get("token_endpoint_auth_method") is not None and client.get("client_id") not in owners
    ]
    yield judge("WG1-02-4.2-18", not bare, f"Client Object {', '.join(bare)} has no Credential", *last(session))


@condition("WG1-02-7.3-06", "WG1-02-7.3-07", "WG1-02-7.3-08", "WG1-02-7.3-09", "WG1-02-7.3-10", "WG1-02-7.3-11")
def filters_and_order(session: Session) -> Findings:
    """Each filter limits the listing, several intersect, the Credential changed last comes first."""
    held = [each for _, each in named(session.registered)]
    new(session)
    yield from sorted_by("WG1-02-7.3-11", "modified", session.changing.credentials(), *last(session))
    ids = [str(each["credential_id"]) for each in held]
    owner = str(held[0]["client_id"])
    owned = {str(each["credential_id"]) for each in held if each["client_id"] == owner}

    def judged(row: str, cases: dict[str, set[str]]) -> Findings:
        yield filtered(session, row, (API, "credentials", "credential_id"), cases)

    nothing: set[str] = set()
    by_id = {f"credential_ids={' '.join(ids[:2])}": set(ids[:2]), "credential_ids=kit-no-such-id": nothing}
    yield from judged("WG1-02-7.3-06", by_id)
    yield from judged("WG1-02-7.3-07", {f"client_ids={owner}": owned, "client_ids=kit-no-such-client": nothing})
    other = next((each for each in ids if each not in owned), None)
    if other is None:
        yield from skipped("WG1-02-7.3-10", "the registration has one Client Object with Credentials only")
    else:
        yield from judged("WG1-02-7.3-10", {f"client_ids={owner}&credential_ids={other}": nothing})
    created = [read_datetime(each["created"]) for each in held if is_datetime(each.get("created"))]
    early, late = ((min(created) - timedelta(days=1)).isoformat(), (max(created) + timedelta(days=1)).isoformat())
    exact = next(each for each in held if is_datetime(each.get("created")))["created"]
    at_once = {str(each["credential_id"]) for each in held if read_datetime(each["created"]) >= read_datetime(exact)}
    yield from judged(
        "WG1-02-7.3-08", {f"after={early}": set(ids), f"after={late}": nothing, f"after={exact}": at_once}
    )
    until = {str(each["credential_id"]) for each in held if read_datetime(each["created"]) <= read_datetime(exact)}
    yield from judged(
        "WG1-02-7.3-09", {f"before={late}": set(ids), f"before={early}": nothing, f"before={exact}": until}
    )


@condition("WG1-02-7.5-01", "WG1-02-7.5-02", "WG1-02-7.5-03", "WG1-02-7.5-04")
def creation(session: Session) -> Findings:
    """A POST with a client_id makes a Credential; anything else is refused and makes none."""
    registered, url = session.changing, session.endpoint(API)
    answer = registered.call("POST", url, json_body={"client_id": registered.client_id})
    made = answer.object()
    session.http.secrets.add(str(made.get("client_secret")))
    whole = answer.status == 201 and made.get("client_id") == registered.client_id and "credential_id" in made
    for row in ("WG1-02-7.5-01", "WG1-02-7.5-04"):
        yield judge(row, whole, f"it was answered {answer.status} without a Credential", answer)
    before = len(registered.credentials())
    bare = registered.call("POST", url, json_body={})
    foreign = registered.call("POST", url, json_body={"client_id": session.registered.client_id})
    unknown = registered.call("POST", url, json_body={"client_id": 7})
    same = len(registered.credentials()) == before
    yield judge("WG1-02-7.5-02", bare.status == 400 and same, f"without client_id: {bare.status}", bare)
    refused = foreign.status == unknown.status == 400 and same
    reason = f"another registration's client_id: {foreign.status}, a number: {unknown.status}; 400 expected"
    yield judge("WG1-02-7.5-03", refused, reason, foreign, unknown)


@condition(
    "WG1-02-7.6-01",
    "WG1-02-7.6-02",
    "WG1-02-7.6-03",
    "WG1-02-7.6-05",
    "WG1-02-7.6-06",
    "WG1-02-7.6-07",
    "WG1-02-7.6-08",
)
def change(session: Session) -> Findings:
    """A PATCH moves the expiry, ignores what is not to be changed, and refuses what makes no sense."""
    made, registered = new(session), session.changing
    uri = str(made["uri"])
    nothing = registered.call("PATCH", uri, json_body={})
    kept = {name: value for name, value in nothing.object().items() if name != "modified"}
    same = kept == {name: value for name, value in made.items() if name != "modified"}
    yield judge("WG1-02-7.6-02", nothing.status == 200 and same, f"an empty PATCH gave {nothing.status}", nothing)
    wrong = [registered.call("PATCH", uri, json_body={EXPIRY: value}) for value in ("soon", -1, None, 1.5)]
    odd = [f"{answer.request_body} was answered {answer.status}" for answer in wrong if answer.status != 400]
    yield judge("WG1-02-7.6-06", not odd, several(odd), *wrong)
    ignored = registered.call("PATCH", uri, json_body={"client_secret": "kit-another", "client_id": "kit-another"})
    untouched = all(ignored.object().get(name) == made.get(name) for name in ("client_secret", "client_id"))
    reason = f"members that cannot be changed were answered {ignored.status}"
    yield judge("WG1-02-7.6-07", ignored.status == 200 and untouched, reason, ignored)
    zero = registered.call("PATCH", uri, json_body={EXPIRY: 0})
    moment = their_now(made) + 86_400
    moved = registered.call("PATCH", uri, json_body={EXPIRY: moment})
    applied = moved.status == 200 and moved.object().get(EXPIRY) == moment
    reason = f"from 0, 0 was answered {zero.status} and {moment} was answered {moved.status}"
    yield judge("WG1-02-7.6-05", zero.status == 200 and applied, reason, zero, moved)
    for row in ("WG1-02-7.6-01", "WG1-02-7.6-03", "WG1-02-7.6-08"):
        yield judge(row, applied, f"the expiry {moment} was answered {moved.status}", moved)


@condition("WG1-02-7.6-04")
def bounds(session: Session) -> Findings:
    """The expiry moves forward only, and never into the past."""
    made, registered = new(session), session.changing
    uri, now = str(made["uri"]), their_now(made)
    faults = []
    past = registered.call("PATCH", uri, json_body={EXPIRY: now - 400 * 86_400})
    if past.status != 400:
        faults.append(f"a moment long past was answered {past.status}")
    registered.call("PATCH", uri, json_body={EXPIRY: now + 400 * 86_400})
    for later in (now + 800 * 86_400, 0):
        answer = registered.call("PATCH", uri, json_body={EXPIRY: later})
        if answer.status != 400:
            faults.append(f"{later} instead of {now + 400 * 86_400} was answered {answer.status}")
    yield judge("WG1-02-7.6-04", not faults, several(faults), *session.http.exchanges[-4:])


@condition("WG1-02-7.1-10")
def disabling(session: Session) -> Findings:
    """Disabling a Client Object ends its Credentials."""
    registered = session.register()
    client = registered.client_with(response_types="code")
    body = {name: client[name] for name in ("client_id", *UPDATABLE) if name in client}
    answer = registered.call("PUT", str(client["cds_client_uri"]), json_body={**body, "cds_status": "disabled"})
    if answer.status != 200:
        raise Unmet(f"disabling was answered {answer.status}")
    instant = read_datetime(answer.object()["cds_modified"]).timestamp()
    held = registered.credentials(str(client["client_id"]))
    odd = [shown(each.get(EXPIRY)) for each in held if not each.get(EXPIRY) or abs(each[EXPIRY] - instant) > 5]
    yield judge("WG1-02-7.1-10", not odd, f"{EXPIRY} is {several(odd)}", answer, *last(session))
