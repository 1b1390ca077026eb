"""Authorization requests before anybody signs in (CDS-WG1-02 3.2, 3.4, 3.8, 3.9, 5.1, 8.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from cdsc_conformance.condition import condition
from cdsc_conformance.conditions.asking import authorize, details, fields, free_scope, parameters, push
from cdsc_conformance.conditions.detail_fields import length
from cdsc_conformance.exchanges import Exchange
from cdsc_conformance.findings import Findings, Unmet, judge, skipped
from cdsc_conformance.kinds import is_duration
from cdsc_conformance.session import Session
from cdsc_conformance.tables import several, shown

#: A value no field of this format takes.
MALFORMED: Final[Mapping[str, Any]] = {
    "int": "seven",
    "decimal": "seven",
    "string": 7,
    "string_or_null": 7,
    "string_list": "text",
    "string_list_or_null": "text",
    "boolean": "yes",
    "relative_or_absolute_date": "tomorrow",
    "relative_or_absolute_datetime": "tomorrow",
    "choice": 7,
    "choice_or_null": 7,
    "choice_list": "text",
    "choice_list_or_null": "text",
    "jwk_or_null": "key",
}

#: Not a public key, and a public key for another use.
NO_KEYS: Final = ({"kty": "none"}, {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "use": "sig"})


def client_of(session: Session) -> dict[str, Any]:
    """The Client Object of the shared registration that asks people."""
    return session.registered.client_with(response_types="code")


def error_at(answer: Exchange, redirect_uri: str) -> str:
    """The error a redirect carries back to the Client; empty when the answer is none."""
    location = answer.header("Location")
    if not location.startswith(redirect_uri):
        return ""
    return parse_qs(urlsplit(location).query).get("error", [""])[0]


def refused(answer: Exchange, redirect_uri: str) -> bool:
    """Whether the authorization endpoint said no: on a page, or at the redirect URI."""
    return answer.status >= 400 or bool(error_at(answer, redirect_uri))


@condition("WG1-02-3.2-21")
def pushed(session: Session) -> Findings:
    """A pushed request gets a request_uri that the authorization endpoint takes."""
    client = client_of(session)
    answer = push(session, session.registered, client)
    uri = answer.object().get("request_uri")
    if answer.status != 201 or not isinstance(uri, str):
        yield judge("WG1-02-3.2-21", False, f"PAR answered {answer.status} without a request_uri", answer)
        return
    opened = authorize(session, {"client_id": str(client["client_id"]), "request_uri": uri})
    taken = not refused(opened, str(client["redirect_uris"][0]))
    yield judge("WG1-02-3.2-21", taken, f"its request_uri was answered {opened.status}", answer, opened)


@condition("WG1-02-3.4-20", "WG1-02-3.4-21")
def challenges(session: Session) -> Findings:
    """A request without a PKCE challenge, or with a plain one, is refused."""
    client = client_of(session)
    plain = [
        where for where, scope in session.scopes if "plain" in (scope.get("code_challenge_methods_supported") or [])
    ]
    for row, changes, what in (
        ("WG1-02-3.4-20", {"code_challenge_method": "plain"}, "a plain challenge"),
        ("WG1-02-3.4-20", {"code_challenge_method": None}, "a challenge without method, which means plain,"),
        ("WG1-02-3.4-21", {"code_challenge": None, "code_challenge_method": None}, "a request without challenge"),
    ):
        asked = parameters(session, client, **changes)
        answers = (authorize(session, asked), push(session, session.registered, client, **changes))
        no = refused(answers[0], asked["redirect_uri"]) and answers[1].status == 400
        reason = f"{what} was answered {answers[0].status}, pushed {answers[1].status}"
        yield judge(row, no and not plain, several([*plain, *([] if no else [reason])]), *answers)


@condition("WG1-02-3.4-05")
def types_are_ids(session: Session) -> Findings:
    """The type of an entry is a scope id; a scope type means nothing there."""
    client, ids = client_of(session), {scope.get("id") for _, scope in session.scopes}
    held = str(client.get("scope")).split()
    differing = [
        scope for _, scope in session.consent_scopes() if scope.get("id") in held and scope.get("type") not in ids
    ]
    if not differing:
        yield from skipped("WG1-02-3.4-05", "every scope of the Client Object is called like its type")
        return
    scope = next((each for each in differing if free_scope(session, {"scope": each["id"]})), differing[0])
    by_id = _entry(session, client, scope, {})
    by_type = _push_entry(session, client, {"type": scope["type"]})
    right = by_id.status == 201 and by_type.status == 400
    reason = f"the id was answered {by_id.status}, the type {by_type.status}; 201 and 400 expected"
    yield judge("WG1-02-3.4-05", right, reason, by_id, by_type)


@condition("WG1-02-3.8-09", "WG1-02-3.9-05", "WG1-02-3.9-06", "WG1-02-3.9-07", "WG1-02-2-09")
def malformed_details(session: Session) -> Findings:
    """Values that do not fit the format of their field are refused."""
    held = _fields(session)
    cases: dict[str, list[tuple[dict[str, Any], dict[str, Any], Any]]] = {
        "WG1-02-3.8-09": [(s, f, MALFORMED[f["format"]]) for s, f in held if f.get("format") in MALFORMED],
        "WG1-02-3.9-05": [
            (s, f, value)
            for s, f in held
            if str(f.get("format")).startswith(("string_list", "choice_list"))
            for value in _no_lists(str(f["format"]))
        ],
        "WG1-02-3.9-06": [
            (s, f, ["kit_no_such_choice"] if "list" in f["format"] else "kit_no_such_choice")
            for s, f in held
            if str(f.get("format")).startswith("choice")
        ],
    }
    keys = [(s, f, key) for s, f in held if f.get("format") == "jwk_or_null" for key in NO_KEYS]
    for row, tried in {**cases, "WG1-02-3.9-07": keys, "WG1-02-2-09": keys}.items():
        yield from _refusals(session, row, tried)


@condition("WG1-02-3.8-23", "WG1-02-3.8-27", "WG1-02-3.2-49")
def limits(session: Session) -> Findings:
    """Values are taken up to maximum and down to minimum, and refused beyond."""
    held = _fields(session)
    beyond = [(s, f, value) for s, f in held if (value := _beyond(f)) is not None]
    yield from _refusals(session, "WG1-02-3.8-23", beyond)
    below = [(s, f, value) for s, f in held if (value := _below(f)) is not None]
    yield from _refusals(session, "WG1-02-3.8-27", below)
    ends = [(s, f, f[end]) for s, f in held for end in ("maximum", "minimum") if _is_value(f, end)]
    answers = [_entry(session, client_of(session), scope, {str(field["id"]): value}) for scope, field, value in ends]
    odd = [
        f"{field['id']} of {scope['id']}: {shown(value)} was answered {answer.status}"
        for (scope, field, value), answer in zip(ends, answers, strict=True)
        if answer.status != 201
    ]
    if ends:
        yield judge("WG1-02-3.2-49", not odd, several(odd), *answers[-2:])
    else:
        yield from skipped("WG1-02-3.2-49", "no field of the Client Object's scopes has limits that are values")


@condition("WG1-02-3.8-11")
def required_fields(session: Session) -> Findings:
    """A scope with a required field cannot be had by its name alone."""
    client = client_of(session)
    held = [
        scope
        for _, scope in session.consent_scopes()
        if scope.get("id") in str(client.get("scope")).split() and any(f.get("is_required") for f in fields(scope))
    ]
    if not held:
        yield from skipped("WG1-02-3.8-11", "no scope of the Client Object has a required field")
        return
    answers = [push(session, session.registered, client, scope=str(scope["id"])) for scope in held]
    odd = [f"scope {s['id']} was answered {a.status}" for s, a in zip(held, answers, strict=True) if a.status != 400]
    yield judge("WG1-02-3.8-11", not odd, several(odd), *answers[-2:])


@condition("WG1-02-5.1-32")
def default_redirect_uri(session: Session) -> Findings:
    """A request without redirect_uri is taken; errors then go to the default one."""
    client = client_of(session)
    plain = parameters(session, client, redirect_uri=None)
    taken = authorize(session, plain)
    wrong = authorize(session, {**plain, "scope": "kit_no_such_scope"})
    default = str(client.get("cds_default_redirect_uri"))
    right = not refused(taken, default) and bool(error_at(wrong, default))
    reason = f"it was answered {taken.status}; its error went to {shown(wrong.header('Location') or wrong.status)}"
    yield judge("WG1-02-5.1-32", right, reason, taken, wrong)


@condition("WG1-02-8.3-03", "WG1-02-8.3-04", "WG1-02-8.3-05", "WG1-02-8.3-06")
def grant_ids(session: Session) -> Findings:
    """cds_grant_id is judged after everything else, before sign-in; an empty one is none."""
    client = client_of(session)
    uri = str(client["redirect_uris"][0])
    unsuitable = authorize(session, parameters(session, client, cds_grant_id="kit-no-such-grant"))
    found = error_at(unsuitable, uri)
    reason = f"an unknown cds_grant_id was answered {unsuitable.status} with error {shown(found)}"
    yield judge("WG1-02-8.3-03", found == "cds_grant_id_invalid_value", reason, unsuitable)
    both = authorize(session, parameters(session, client, cds_grant_id="kit-no-such-grant", scope="kit_no_such_scope"))
    found = error_at(both, uri)
    reason = f"beside an unknown scope the error is {shown(found)}"
    yield judge("WG1-02-8.3-04", found not in ("", "cds_grant_id_invalid_value"), reason, both)
    empty = authorize(session, parameters(session, client, cds_grant_id=""))
    yield judge("WG1-02-8.3-05", not refused(empty, uri), f"an empty one was answered {empty.status}", empty)
    asked = list(parameters(session, client).items())
    browser = session.http.fresh()
    twice = browser.send(
        "GET",
        session.endpoint("authorization_endpoint"),
        params=[*asked, ("cds_grant_id", "kit-one"), ("cds_grant_id", "kit-two")],
    )
    browser.close()
    yield judge("WG1-02-8.3-06", refused(twice, uri), f"two of them were answered {twice.status}", twice)


def _fields(session: Session) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """One field of each format, with its scope; formats in two scopes behave alike."""
    words = str(client_of(session).get("scope")).split()
    found: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
    for _, scope in session.consent_scopes():
        if scope.get("id") in words and not any(field.get("is_required") for field in fields(scope)):
            for field in fields(scope):
                # Two fields of one format may have different limits; the tighter tells more.
                found.setdefault(f"{field.get('format')} {field.get('maximum')} {field.get('minimum')}", (scope, field))
    if not found:
        raise Unmet("no scope of the Client Object has authorization details fields that may be left out")
    return list(found.values())


def _refusals(session: Session, row: str, tried: list[tuple[dict[str, Any], dict[str, Any], Any]]) -> Findings:
    if not tried:
        yield from skipped(row, "no field of the Client Object's scopes can show it")
        return
    faults, asked = [], []
    for scope, field, value in tried:
        answer = _entry(session, client_of(session), scope, {str(field["id"]): value})
        asked.append(answer)
        if answer.status != 400:
            faults.append(f"{field['id']} of {scope['id']}: {shown(value)} was answered {answer.status}")
    yield judge(row, not faults, several(faults), *asked[-2:])


def _entry(session: Session, client: dict[str, Any], scope: Mapping[str, Any], values: dict[str, Any]) -> Exchange:
    return _push_entry(session, client, {"type": scope["id"], **values})


def _push_entry(session: Session, client: dict[str, Any], entry: dict[str, Any]) -> Exchange:
    return push(session, session.registered, client, scope=None, authorization_details=details(entry))


def _no_lists(form: str) -> list[Any]:
    """What is no list with something in it: the empty one, and null unless the format takes it."""
    return [[]] if form.endswith("_or_null") else [[], None]


def _is_value(field: Mapping[str, Any], end: str) -> bool:
    """Whether a limit can be sent as it is; those of strings are lengths."""
    return end in field and str(field.get("format")).startswith(("int", "decimal", "relative"))


def _beyond(field: Mapping[str, Any]) -> Any:
    """A value of the right kind beyond the maximum; None when there is no such value."""
    form, most = str(field.get("format")), field.get("maximum")
    if most is None or most == "infinite":
        return None
    if form.startswith("string_list"):
        return ["k" * (most + 1)]
    if form.startswith("string"):
        return "k" * (most + 1)
    if form == "int" and most >= (field.get("minimum") or 0):
        return most + 1
    if form.startswith("relative") and is_duration(most):
        return f"P{int(length(most) / 365) + 10}Y"
    return None


def _below(field: Mapping[str, Any]) -> Any:
    """A value of the right kind below the minimum; None when there is no such value."""
    form, least = str(field.get("format")), field.get("minimum")
    if form.startswith("string") and isinstance(least, int) and least > 0:
        short = "k" * (least - 1)
        return [short] if form.startswith("string_list") else short
    if form == "int" and isinstance(least, int) and least <= (field.get("maximum") or 0):
        return least - 1
    if form.startswith("relative") and is_duration(least) and length(str(least)) >= 1:
        return "P0D"
    return None
