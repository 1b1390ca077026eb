"""Grants that a person agreed to: their objects, filters and changes (CDS-WG1-02 8)."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from cdsc_conformance import facts
from cdsc_conformance.condition import condition
from cdsc_conformance.conditions.clients import sorted_by
from cdsc_conformance.exchanges import Exchange
from cdsc_conformance.findings import Findings, judge, skipped
from cdsc_conformance.kinds import read_datetime
from cdsc_conformance.session import Session
from cdsc_conformance.tables import members, rows_of, several, shown

OBJECT = "grant"


def last(session: Session) -> tuple[Exchange, ...]:
    """The exchange just made."""
    return tuple(session.http.exchanges[-1:])


def two_scopes(session: Session) -> dict[str, Any]:
    """A new Grant with two scopes, or with one when the Client Object has no more; the one to change."""
    code_client = session.code_client
    free = [
        str(scope["id"])
        for _, scope in session.consent_scopes()
        if scope.get("id") in str(code_client.client.get("scope")).split()
        and not any(each.get("is_required") for each in scope.get("authorization_details_fields_supported") or [])
    ]
    state = f"kit-two-{len(session.http.exchanges)}"
    return code_client.grant(code_client.flow(scope=" ".join(free[:2]), state=state))


@condition("WG1-02-8-02", "WG1-02-8.2-01", "WG1-02-8.6-01", *rows_of(OBJECT))
def shape(session: Session) -> Findings:
    """Every Grant has every member it must have, in the listing and alone."""
    code_client = session.code_client
    agreed = code_client.grant(session.agreed)
    evidence = last(session)
    yield judge("WG1-02-8-02", bool(agreed), "the agreement is no Grant", *evidence)
    listed = [(f"Grant {each.get('grant_id')}", each) for each in code_client.grants()]
    yield from members(OBJECT, listed, *evidence)
    odd = [
        f"{where}: status is {shown(each.get('status'))}"
        for where, each in listed
        if each.get("status") not in facts.enum("grant_statuses")
    ]
    yield judge("WG1-02-8.2-01", not odd, several(odd), *evidence)
    alone = code_client.registered.call("GET", str(agreed["uri"]))
    same = alone.status == 200 and alone.object() == agreed
    yield judge("WG1-02-8.6-01", same, f"its uri answered {alone.status} with another object", *evidence, alone)


@condition("WG1-02-8.1-08", "WG1-02-8.1-11", "WG1-02-8.1-17", "WG1-02-8.1-18", "WG1-02-8.1-19", "WG1-02-8.1-20")
def fresh(session: Session) -> Findings:
    """A new Grant: never modified, not waiting, with its state, its receipt and all it was given."""
    grant = session.code_client.grant(session.agreed)
    evidence = last(session)
    same = grant.get("modified") == grant.get("created")
    yield judge(
        "WG1-02-8.1-08", same, f"modified is {grant.get('modified')}, created {grant.get('created')}", *evidence
    )
    fits = grant.get("status") == "pending" or grant.get("eta") is None
    yield judge("WG1-02-8.1-11", fits, f"eta is {shown(grant.get('eta'))} and status {grant.get('status')}", *evidence)
    state = session.agreed.asked["state"]
    yield judge("WG1-02-8.1-17", state in (grant.get("states") or []), f"states lacks {state}", *evidence)
    yield judge("WG1-02-8.1-18", bool(grant.get("receipt_confirmations")), "there is no receipt code", *evidence)
    whole = grant.get("status") != "active" or grant.get("enabled_scope") == grant.get("scope")
    yield judge("WG1-02-8.1-19", whole, f"enabled_scope is {shown(grant.get('enabled_scope'))}", *evidence)
    whole = grant.get("status") != "active" or grant.get("enabled_authorization_details") == grant.get(
        "authorization_details"
    )
    yield judge("WG1-02-8.1-20", whole, "enabled_authorization_details differs from authorization_details", *evidence)


@condition(*(f"WG1-02-8.5-{number:02d}" for number in range(6, 17)))
def filters(session: Session) -> Findings:
    """Each filter limits the listing, several intersect, the Grant changed last comes first."""
    code_client = session.code_client
    grant = code_client.grant(session.agreed)
    # One Grant alone has no order, nor have two of one second at a server that counts whole seconds.
    time.sleep(1.1)
    code_client.flow(state="kit-another")
    listed = code_client.grants()
    yield from sorted_by("WG1-02-8.5-16", "modified", listed, *last(session))
    created = {str(each["grant_id"]): read_datetime(each["created"]) for each in listed}
    day = timedelta(days=1)
    early, late = (min(created.values()) - day).isoformat(), (max(created.values()) + day).isoformat()
    exact = created[str(grant["grant_id"])]
    scope = str(grant["scope"]).split()[0]

    def having(holds: Any) -> set[str]:
        return {str(each["grant_id"]) for each in listed if holds(each)}

    def worded(each: dict[str, Any]) -> bool:
        types = [entry.get("type") for entry in each.get("authorization_details") or []]
        return scope in [*str(each.get("scope")).split(), *types]

    receipt, state = (grant.get("receipt_confirmations") or ["none"])[0], session.agreed.asked["state"]
    own, nothing = {str(grant["grant_id"])}, set[str]()
    cases: tuple[tuple[str, dict[str, str], set[str]], ...] = (
        ("06", {"grant_ids": str(grant["grant_id"])}, own),
        ("06", {"grant_ids": "kit-no-such-grant"}, nothing),
        ("07", {"parents": "kit-no-such-grant"}, nothing),
        ("08", {"statuses": str(grant["status"])}, having(lambda each: each["status"] == grant["status"])),
        ("08", {"statuses": "errored"}, having(lambda each: each["status"] == "errored")),
        ("09", {"client_ids": str(grant["client_id"])}, having(lambda each: each["client_id"] == grant["client_id"])),
        ("09", {"client_ids": "kit-no-such-client"}, nothing),
        ("10", {"scopes": scope}, having(worded)),
        ("10", {"scopes": "kit_no_such_scope"}, nothing),
        ("11", {"states": state}, having(lambda each: state in each["states"])),
        ("11", {"states": "kit-no-such-state"}, nothing),
        ("12", {"receipt_confirmations": str(receipt)}, own),
        ("12", {"receipt_confirmations": "kit-no-such-receipt"}, nothing),
        ("13", {"after": late}, nothing),
        ("13", {"after": str(grant["created"])}, {name for name, at in created.items() if at >= exact}),
        ("14", {"before": early}, nothing),
        ("14", {"before": str(grant["created"])}, {name for name, at in created.items() if at <= exact}),
        ("15", {"grant_ids": str(grant["grant_id"]), "states": "kit-no-such-state"}, nothing),
    )
    for number, parameters, expected in cases:
        found = {str(each.get("grant_id")) for each in code_client.grants(**parameters)}
        reason = f"{parameters} gave {shown(sorted(found))}, not {shown(sorted(expected))}"
        yield judge(f"WG1-02-8.5-{number}", found == expected, reason, *last(session))


@condition("WG1-02-8.2-02")
def active(session: Session) -> Findings:
    """The token of an active Grant works."""
    works = session.code_client.active(session.agreed.access_token)
    yield judge("WG1-02-8.2-02", works, "introspection says it is not active", *last(session))


@condition("WG1-02-8.2-10", "WG1-02-8.2-13", "WG1-02-8.7-03")
def closing(session: Session) -> Findings:
    """A Client can close a Grant and nothing else; then its tokens open nothing."""
    code_client = session.code_client
    flow = code_client.flow(state="kit-close")
    grant = code_client.grant(flow)
    wrong = [code_client.patch(grant, {"status": status}) for status in ("revoked", "active", "suspended", "none", 7)]
    kept = code_client.registered.call("GET", str(grant["uri"])).object()
    odd = [f"{answer.request_body} was answered {answer.status}" for answer in wrong if answer.status != 400]
    odd += [] if kept == grant else ["a refused PATCH changed the Grant"]
    closed = code_client.patch(grant, {"status": "closed"})
    now = closed.object()
    odd += [] if closed.status == 200 else [f"closed was answered {closed.status}"]
    yield judge("WG1-02-8.7-03", not odd, several(odd), *wrong[:1], closed)
    empty = now.get("status") == "closed" and now.get("enabled_scope") == ""
    empty = empty and now.get("enabled_authorization_details") == []
    yield judge("WG1-02-8.2-10", empty, f"status {shown(now.get('status'))} and something is enabled", closed)
    still = code_client.active(flow.access_token)
    yield judge("WG1-02-8.2-13", not still, "its access token is still active", closed, *last(session))


@condition(*(f"WG1-02-8.7-{number}" for number in ("01", "02", "04", "06", "14", "15", "16")))
def reducing(session: Session) -> Findings:
    """Less of a Grant holds at once and needs nobody."""
    code_client = session.code_client
    grant = two_scopes(session)
    nothing = code_client.patch(grant, {})
    same = nothing.status == 200 and {**nothing.object(), "modified": ""} == {**grant, "modified": ""}
    yield judge("WG1-02-8.7-02", same, f"an empty PATCH was answered {nothing.status} with another Grant", nothing)
    ignored = code_client.patch(grant, {"client_id": "kit-another", "receipt_confirmations": [], "created": "now"})
    kept = ignored.status == 200 and {**ignored.object(), "modified": ""} == {**grant, "modified": ""}
    yield judge("WG1-02-8.7-15", kept, f"members that cannot be changed were answered {ignored.status}", ignored)
    wrong = [code_client.patch(grant, {name: 7}) for name in ("scope", "authorization_details", "status")]
    odd = [f"{answer.request_body} was answered {answer.status}" for answer in wrong if answer.status != 400]
    yield judge("WG1-02-8.7-14", not odd, several(odd), *wrong)
    words = str(grant["scope"]).split()
    rows = [f"WG1-02-8.7-{number}" for number in ("01", "04", "06", "16")]
    if len(words) < 2:
        yield from skipped(rows, "the Client Object has one scope only")
        return
    answer = code_client.patch(grant, {"scope": words[0]})
    now = answer.object()
    done = answer.status == 200 and now.get("scope") == words[0] == now.get("enabled_scope")
    for row in (rows[0], rows[1], rows[3]):
        yield judge(row, done, f"{words[0]} instead of both was answered {answer.status}", answer)
    asked = now.get("status") in ("needs_authorization", "needs_sub_grants")
    yield judge(rows[2], answer.status in (200, 202) and not asked, f"status became {now.get('status')}", answer)


@condition("WG1-02-8.7-05", "WG1-02-8.7-07", "WG1-02-8.7-08")
def wider_scope(session: Session) -> Findings:
    """A scope beyond what the person agreed to waits for the person."""
    grant = two_scopes(session)
    words = str(grant["scope"]).split()
    rows = ("WG1-02-8.7-05", "WG1-02-8.7-07", "WG1-02-8.7-08")
    if len(words) < 2:
        yield from skipped(rows, "the Client Object has one scope only")
        return
    before = session.code_client.patch(grant, {"scope": words[0]})
    yield from _widened(session, rows, before, grant, "scope")


@condition("WG1-02-8.7-09", "WG1-02-8.7-11", "WG1-02-8.7-10", "WG1-02-8.7-12", "WG1-02-8.7-13")
def wider_details(session: Session) -> Findings:
    """Details can be reduced at once; beyond what the person agreed to they wait for the person."""
    grant, member = two_scopes(session), "authorization_details"
    less = _less(grant[member])
    if less is None:
        yield from skipped(
            [f"WG1-02-8.7-{number}" for number in ("09", "10", "11", "12", "13")],
            "the Grant's details have no include_ field to turn off",
        )
        return
    before = session.code_client.patch(grant, {member: less})
    done = before.status == 200 and before.object().get(member) == less
    reason = f"less was answered {before.status} with {member} {shown(before.object().get(member))}"
    yield judge("WG1-02-8.7-09", done, reason, before)
    asked = before.object().get("status") in ("needs_authorization", "needs_sub_grants")
    yield judge("WG1-02-8.7-11", before.status in (200, 202) and not asked, "it waits for a person", before)
    rows = ("WG1-02-8.7-10", "WG1-02-8.7-12", "WG1-02-8.7-13")
    yield from _widened(session, rows, before, grant, member)


def _widened(
    session: Session, rows: tuple[str, str, str], before: Exchange, grant: dict[str, Any], member: str
) -> Findings:
    """Ask for all of a Grant again that has been reduced."""
    answer = session.code_client.patch(grant, {member: grant[member]})
    now = session.code_client.registered.call("GET", str(grant["uri"])).object()
    enabled = f"enabled_{member}"
    opened = now.get(enabled) == before.object().get(enabled)
    waits = now.get("status") in ("needs_authorization", "needs_sub_grants", "pending")
    evidence = (before, answer, *last(session))
    yield judge(rows[0], opened, f"{enabled} became {shown(now.get(enabled))}", *evidence)
    told = f"it was answered {answer.status}, status is {now.get('status')}"
    yield judge(rows[1], waits, told, *evidence)
    yield judge(rows[2], waits and opened, f"{told}, {enabled} is {shown(now.get(enabled))}", *evidence)


def _less(entries: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """The same entries with one thing fewer; None when nothing can be left out."""
    for number, entry in enumerate(entries):
        for name, value in entry.items():
            if name.startswith("include_") and value is True:
                return [*entries[:number], {**entry, name: False}, *entries[number + 1 :]]
    return None
