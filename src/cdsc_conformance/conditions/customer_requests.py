"""Authorization requests for Customer Data that must be refused, and where (CDS-WG3-01 6.1, 7.4, 9.1.1, 9.3.2)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cdsc_conformance.condition import condition
from cdsc_conformance.conditions.asking import authorize, details, fields, parameters
from cdsc_conformance.conditions.authorization_requests import client_of, error_at
from cdsc_conformance.conditions.customer_access import PUBLIC_KEY
from cdsc_conformance.customer_data import SELECTION, Thing
from cdsc_conformance.exchanges import Exchange
from cdsc_conformance.findings import Findings, judge, skipped
from cdsc_conformance.session import Session
from cdsc_conformance.tables import several

REFUSED: Final = "invalid_authorization_details"

#: A value that a scope type never takes, by field, with the row.
_NEVER: Final = (
    ("cds_account_programs", "account_programs", None, "WG3-01-6.1.2-14"),
    ("cds_service_programs", "service_programs", None, "WG3-01-6.1.3-15"),
    ("cds_aggregation_consent", "aggregation_numbers", None, "WG3-01-6.1.10-11"),
    ("cds_aggregation_consent", "premise_numbers", None, "WG3-01-6.1.10-12"),
    ("cds_aggregation_consent", "error_if_no_preselections", False, "WG3-01-6.1.10-13"),
    ("cds_aggregation_consent", "allow_scope_modifications", True, "WG3-01-6.1.10-14"),
)


def _held(session: Session, client: Mapping[str, Any]) -> Iterator[Thing]:
    """The consent scopes of a Client Object that the kit can ask for whole."""
    for _, scope in session.consent_scopes():
        if scope.get("id") in str(client.get("scope")).split():
            yield scope


def _ask(session: Session, client: Mapping[str, Any], *entries: Thing) -> Exchange:
    """The first answer to a request of these entries."""
    return authorize(session, parameters(session, client, scope=None, authorization_details=details(*entries)))


def _fault(client: Mapping[str, Any], answer: Exchange, wanted: str = REFUSED) -> str:
    """Why an answer is no redirect with this error; empty when it is."""
    error = error_at(answer, str(client["redirect_uris"][0]))
    return "" if error == wanted else f"it was answered {answer.status}, {error or 'no error'}, not {wanted}"


@condition(*(row for *_, row in _NEVER))
def never(session: Session) -> Findings:
    """A value that a scope type never takes is refused before anybody signs in."""
    client = client_of(session)
    for kind, name, value, row in _NEVER:
        scope = next((each for each in _held(session, client) if each.get("type") == kind), None)
        if scope is None or name not in [field.get("id") for field in fields(scope)]:
            yield from skipped(row, f"the Client has no scope of type {kind} with {name}")
            continue
        answer = _ask(session, client, {"type": _type(scope), **_others(scope, name), name: value})
        fault = _fault(client, answer)
        yield judge(row, not fault, f"{name} {json.dumps(value)}: {fault}", answer)


def _type(scope: Thing) -> Any:
    return (scope.get("authorization_details_types_supported") or [scope.get("id")])[0]


def _others(scope: Thing, name: str) -> Thing:
    """A sound value for the other field that must not be null, so that only one thing is wrong."""
    both = ("aggregation_numbers", "premise_numbers")
    return {each: ["KIT"] for each in both if each != name} if scope.get("type") == "cds_aggregation_consent" else {}


_MERGE: Final = tuple(f"WG3-01-7.4.2-{number:02}" for number in (5, 6, 8, 9, 11, 12, 13))


@condition(*_MERGE)
def merging(session: Session) -> Findings:
    """Scopes are merged when each names one of the request, and all agree on what they share."""
    client = client_of(session)
    found = [scope for scope in _held(session, client) if _offers(scope, "merge_selection_with")]
    pair = next(((one, two) for one in found for two in found if one is not two and _shared(one, two)), None)
    if pair is None:
        yield from skipped(_MERGE, "the Client has no two scopes with a selection in common")
        return
    one, two = pair
    selection = sorted(_shared(one, two))[0]
    base = {SELECTION: selection}
    first = {"type": _type(one), **base, "merge_selection_with": two["id"]}
    second = {"type": _type(two), **base, "merge_selection_with": one["id"]}
    sound = _ask(session, client, first, second)
    error = error_at(sound, str(client["redirect_uris"][0]))
    yield judge("WG3-01-7.4.2-05", not error and sound.status < 400, f"a sound merge was answered {error}", sound)
    cases: list[tuple[str, Thing, Thing]] = [
        ("06", {**first, "merge_selection_with": "kit_no_such_scope"}, second),
        ("08", first, {**second, "merge_selection_with": None}),
    ]
    other = sorted({*_selections(two)} - {selection})
    cases += [("09", first, {**second, SELECTION: other[0]})] if other else []
    if _offers(one, "allow_scope_modifications") and _offers(two, "allow_scope_modifications"):
        flags = ({"allow_scope_modifications": True}, {"allow_scope_modifications": False})
        cases.append(("11", {**first, **flags[0]}, {**second, **flags[1]}))
    both = [name for name in _NUMBERS if _offers(one, name) and _offers(two, name)]
    cases += [("12", {**first, both[0]: ["KIT-1"]}, {**second, both[0]: ["KIT-2"]})] if both else []
    alone = [name for name in _NUMBERS if _offers(one, name) and not _offers(two, name)]
    cases += [("13", {**first, alone[0]: ["KIT-1"]}, second)] if alone else []
    for row, left, right in cases:
        answer = _ask(session, client, left, right)
        fault = _fault(client, answer)
        yield judge(f"WG3-01-7.4.2-{row}", not fault, fault, answer)
    tried = {row for row, *_ in cases}
    rest = [row for row in _MERGE[1:] if row[-2:] not in tried]
    yield from skipped(rest, "no two scopes of the Client differ like that")


_NUMBERS: Final = ("account_numbers", "contract_numbers", "servicepoint_numbers", "meter_numbers", "addresses")


def _offers(scope: Thing, name: str) -> bool:
    return any(field.get("id") == name for field in fields(scope))


def _selections(scope: Thing) -> list[str]:
    field = next((each for each in fields(scope) if each.get("id") == SELECTION), {})
    return [str(each.get("id")) for each in field.get("choices") or [] if isinstance(each, dict)]


def _shared(one: Thing, two: Thing) -> set[str]:
    """The selections of two scopes that need no more than their defaults."""
    plain = not any(each.get("type") in ("cds_account_programs", "cds_service_programs") for each in (one, two))
    return {*_selections(one)} & {*_selections(two)} if plain else set()


_KEYS: Final = ("WG3-01-2-08", "WG3-01-7.4.6-05", "WG3-01-7.4.6-08", "WG3-01-7.4.6-09", "WG3-01-7.4.6-10")

#: No key at all, a key for signatures, a curve that does not exist, a point that is on no curve, a private key.
_BAD_KEYS: Final = (
    ("WG3-01-2-08", {name: value for name, value in PUBLIC_KEY.items() if name != "use"}),
    ("WG3-01-2-08", {**PUBLIC_KEY, "use": "sig"}),
    ("WG3-01-7.4.6-10", {**PUBLIC_KEY, "crv": "P-257"}),
    ("WG3-01-7.4.6-10", {"kty": "EC", "use": "enc"}),
    ("WG3-01-7.4.6-08", {**PUBLIC_KEY, "y": PUBLIC_KEY["x"]}),
)


@condition(*_KEYS)
def keys(session: Session) -> Findings:
    """A public encryption key of curve P-256 is taken, and nothing that is none."""
    client = client_of(session)
    scopes = [scope for scope in _held(session, client) if _offers(scope, "jwk")]
    scopes = [each for each in scopes if each.get("type") not in ("cds_account_programs", "cds_service_programs")]
    if not scopes:
        yield from skipped(_KEYS, "the Client has no scope that takes a jwk")
        return
    asked = {"type": _type(scopes[0])}
    taken = _ask(session, client, {**asked, "jwk": PUBLIC_KEY})
    error = error_at(taken, str(client["redirect_uris"][0]))
    told = f"a sound key was answered {taken.status} {error}"
    yield judge("WG3-01-7.4.6-09", not error and taken.status < 400, told, taken)
    for row, key in _BAD_KEYS:
        answer = _ask(session, client, {**asked, "jwk": key})
        fault = _fault(client, answer)
        yield judge(row, not fault, f"{json.dumps(key)[:120]}: {fault}", answer)
    if len(scopes) < 2:
        yield from skipped("WG3-01-7.4.6-05", "the Client has only one scope that takes a jwk")
        return
    answer = _ask(session, client, {**asked, "jwk": PUBLIC_KEY}, {"type": _type(scopes[1])})
    fault = _fault(client, answer)
    yield judge("WG3-01-7.4.6-05", not fault, f"one scope with a key, one without: {fault}", answer)


_PAGES: Final = {
    "response_type": ("WG3-01-9.1.1-01", "WG3-01-9.1.1-10"),
    "client_id": ("WG3-01-9.1.1-02", "WG3-01-9.1.1-12"),
    "redirect_uri": ("WG3-01-9.1.1-03", "WG3-01-9.1.1-11"),
}
_REDIRECTS: Final = ("WG3-01-9.1.1-04", "WG3-01-9.1.1-06", "WG3-01-9.1.1-13")


@condition(*(row for rows in _PAGES.values() for row in rows), *_REDIRECTS, "WG3-01-9.3.2-01", "WG3-01-9.1.2-03")
def before_sign_in(session: Session) -> Findings:
    """What is wrong is told before anybody signs in: on a page when the way back is not to be trusted."""
    client = client_of(session)
    wrong = {"response_type": "kit_none", "client_id": "kit-no-such-client", "redirect_uri": "https://kit.example/none"}
    faults: list[str] = []
    pages = []
    for name, rows in _PAGES.items():
        page = authorize(session, parameters(session, client, **{name: wrong[name]}))
        fault = _page_fault(page)
        faults += [f"{name}: {fault}"] if fault else []
        pages.append(page)
        for row in rows:
            yield judge(row, not fault, f"{name}: {fault}", page)
    yield judge("WG3-01-9.3.2-01", not faults, several(faults), *pages)
    odd = []
    for changes, row in (
        ({"scope": "kit_no_such_scope"}, "WG3-01-9.1.1-04"),
        ({"scope": None, "authorization_details": '[{"type": 7}]'}, "WG3-01-9.1.1-06"),
    ):
        answer = authorize(session, parameters(session, client, **changes))
        error = error_at(answer, str(client["redirect_uris"][0]))
        odd += [] if error else [f"{answer.url} was answered {answer.status}"]
        yield judge(row, error, f"it was answered {answer.status} without an error at redirect_uri", answer)
    yield judge("WG3-01-9.1.1-13", not odd, several(odd), *session.http.exchanges[-1:])
    sound = authorize(session, parameters(session, client))
    error = error_at(sound, str(client["redirect_uris"][0]))
    yield judge("WG3-01-9.1.2-03", sound.status < 400 and not error, f"it was answered {sound.status} {error}", sound)


def _page_fault(page: Exchange) -> str:
    """Why an answer is no page that tells people what is wrong; empty when it is."""
    if page.header("Location"):
        return f"it led to {page.header('Location')}"
    if page.media_type != "text/html" or not 400 <= page.status < 500:
        return f"it was answered {page.status} {page.media_type}"
    return ""
