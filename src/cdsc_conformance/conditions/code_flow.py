"""Authorization code flows with a person, and the tokens they end in (CDS-WG1-02 3.2, 3.8, 4.2, 5.1, 8.3, 8.4)."""

from __future__ import annotations

import json
from typing import Any

from cdsc_conformance.condition import condition
from cdsc_conformance.conditions.asking import details, fields, free_scope, push, verifier
from cdsc_conformance.conditions.clients import UPDATABLE
from cdsc_conformance.findings import Findings, judge, skipped
from cdsc_conformance.flows import CALLBACK, account
from cdsc_conformance.kinds import is_duration
from cdsc_conformance.people import Person
from cdsc_conformance.session import Session
from cdsc_conformance.tables import several, shown


@condition("WG1-02-8.4-01", "WG1-02-8.4-02", "WG1-02-8.4-03")
def grant_ids(session: Session) -> Findings:
    """The first token answer names the Grants that came about; a refresh, which makes none, names none."""
    code_client, flow = session.code_client, session.agreed
    grant = code_client.grant_by_state(flow)
    named = flow.grant_ids == [grant["grant_id"]]
    reason = f"cds_grant_ids is {shown(flow.tokens.object().get('cds_grant_ids'))}, not [{grant['grant_id']}]"
    yield judge("WG1-02-8.4-01", named, reason, flow.tokens, *session.http.exchanges[-1:])
    yield judge("WG1-02-8.4-02", named, reason, flow.tokens, *session.http.exchanges[-1:])
    refresh = flow.tokens.object().get("refresh_token")
    if not isinstance(refresh, str):
        yield from skipped("WG1-02-8.4-03", "the server issued no refresh token")
        return
    again = code_client.token({"grant_type": "refresh_token", "refresh_token": refresh})
    silent = again.status == 200 and "cds_grant_ids" not in again.object()
    yield judge("WG1-02-8.4-03", silent, f"a refresh was answered {again.status} with cds_grant_ids", again)


@condition("WG1-02-3.2-17")
def details_everywhere(session: Session) -> Findings:
    """authorization_details are taken at the authorization, PAR and token endpoints, and returned with the token."""
    code_client, flow = session.code_client, session.agreed
    scope = free_scope(session, code_client.client) or {}
    entry = {"type": scope.get("id")}
    asked = details(entry)
    pushed = push(session, code_client.registered, code_client.client, scope=None, authorization_details=asked)
    plain = code_client.flow(scope=None, authorization_details=asked, state="kit-details")
    returned = [each.get("type") for each in plain.tokens.object().get("authorization_details") or []]
    faults = [] if pushed.status == 201 else [f"PAR answered {pushed.status}"]
    faults += [] if returned == [entry["type"]] else [f"the token answer has authorization_details of {returned}"]
    refresh = flow.tokens.object().get("refresh_token")
    if isinstance(refresh, str):
        wrong = details({"type": "kit_no_such_type"})
        form = {"grant_type": "refresh_token", "refresh_token": refresh, "authorization_details": wrong}
        narrowed = code_client.token(form)
        faults += [] if narrowed.status == 400 else [f"the token endpoint took an unknown type ({narrowed.status})"]
    yield judge("WG1-02-3.2-17", not faults, several(faults), pushed, plain.tokens, *session.http.exchanges[-1:])


@condition("WG1-02-3.8-12", "WG1-02-3.8-13")
def defaults_of_fields(session: Session) -> Findings:
    """What a request does not say is filled in with the defaults of its fields."""
    code_client = session.code_client
    scope = free_scope(session, code_client.client)
    if scope is None:
        yield from skipped(("WG1-02-3.8-12", "WG1-02-3.8-13"), "every scope has required fields")
        return
    asked = {"type": scope["id"]}
    for row, changes in (
        ("WG1-02-3.8-13", {"scope": scope["id"], "state": "kit-plain"}),
        ("WG1-02-3.8-12", {"scope": None, "authorization_details": details(asked), "state": "kit-bare"}),
    ):
        flow = code_client.flow(**changes)
        granted: dict[str, Any] = next(iter(code_client.grant(flow).get("authorization_details") or []), {})
        odd = [fault for field in fields(scope) if (fault := _not_default(field, granted))]
        yield judge(row, not odd, several(odd), flow.tokens, *session.http.exchanges[-1:])


@condition("WG1-02-5.1-29", "WG1-02-5.1-35")
def defaults_of_clients(session: Session) -> Findings:
    """cds_default_scope and cds_default_authorization_details stand in for what a request leaves out."""
    code_client = session.code_client
    scope = free_scope(session, code_client.client)
    if scope is None:
        yield from skipped(("WG1-02-5.1-29", "WG1-02-5.1-35"), "every scope has required fields")
        return
    before = dict(code_client.client)
    entry = {"type": scope["id"], **_choice_of_one(scope)}
    body = {name: before[name] for name in ("client_id", *UPDATABLE) if name in before}
    body |= {"cds_default_scope": scope["id"], "cds_default_authorization_details": [entry]}
    changed = code_client.registered.call("PUT", str(before["cds_client_uri"]), json_body=body)
    flow = code_client.flow(scope=None, state="kit-defaults")
    grant = code_client.grant(flow)
    right = str(grant.get("scope")).split() == [scope["id"]]
    reason = f"the Grant has scope {shown(grant.get('scope'))}, not {scope['id']}"
    yield judge("WG1-02-5.1-29", right, reason, changed, flow.tokens, *session.http.exchanges[-1:])
    found: dict[str, Any] = next(iter(grant.get("authorization_details") or []), {})
    odd = [f"{name} is {shown(found.get(name))}" for name, value in entry.items() if found.get(name) != value]
    yield judge("WG1-02-5.1-35", not odd, several(odd), changed, flow.tokens, *session.http.exchanges[-1:])
    body |= {name: before[name] for name in ("cds_default_scope", "cds_default_authorization_details")}
    code_client.registered.call("PUT", str(before["cds_client_uri"]), json_body=body)


@condition("WG1-02-8.3-07", "WG1-02-8.3-02")
def prompt(session: Session) -> Findings:
    """prompt=login asks for the password again, in the link and in a pushed request."""
    code_client, url = session.code_client, session.endpoint("authorization_endpoint")
    for row, pushed in (("WG1-02-8.3-07", False), ("WG1-02-8.3-02", True)):
        with Person(session.http, account(session)) as person:
            person.answer(url, code_client.ask(verifier(), state="kit-first"), CALLBACK)
            first = person.signed_in
            asked = code_client.ask(verifier(), state="kit-again", prompt="login")
            if pushed:
                kept = push(session, code_client.registered, code_client.client, redirect_uri=CALLBACK, prompt="login")
                asked = {"client_id": asked["client_id"], "request_uri": str(kept.object().get("request_uri"))}
            arrived = person.answer(url, asked, CALLBACK)
            again = person.signed_in - first
        yield judge(row, again == 1, f"the password was asked for {again} times", arrived.exchange)


@condition("WG1-02-4.2-20", "WG1-02-4.2-21")
def receipt_page(session: Session) -> Findings:
    """The server's own redirect URI shows a receipt, or that nothing was shared."""
    code_client, url = session.code_client, session.endpoint("authorization_endpoint")
    pages: list[Any] = []
    for row, yes in (("WG1-02-4.2-20", True), ("WG1-02-4.2-21", False)):
        uri = code_client.receipt_uri
        with Person(session.http, account(session)) as person:
            arrived = person.answer(
                url, code_client.ask(verifier(), redirect_uri=uri, state="kit-receipt"), uri, yes=yes
            )
            page = person.open(arrived.exchange.header("Location"))
        pages.append(page.text)
        readable = page.status < 500 and page.media_type == "text/html" and len(page.text) > 200
        differs = len(set(pages)) == len(pages)
        yield judge(row, readable and differs, f"the page answered {page.status} {page.media_type}", page)


def _not_default(field: dict[str, Any], granted: dict[str, Any]) -> str:
    """Why a granted value is not the default; relative values become instants, and people choose what to share."""
    default, name = field.get("default"), str(field.get("id"))
    if default is None or is_duration(default) or name.endswith("_numbers"):
        return ""
    found = granted.get(name, default)
    same = json.dumps(found, sort_keys=True, default=str) == json.dumps(default, sort_keys=True, default=str)
    return "" if same else f"{name} is {shown(found)}, not its default {shown(default)}"


def _choice_of_one(scope: dict[str, Any]) -> dict[str, Any]:
    """A value other than the default for a field of true or false, so that it can be told apart."""
    for field in fields(scope):
        if field.get("format") == "boolean" and field.get("default") is False:
            return {str(field["id"]): True}
    return {}
