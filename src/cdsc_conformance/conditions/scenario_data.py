"""What a scenario that a server claims is in use: steps, direct access, sums, sub-Grants (CDS-WG3-01 4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from cdsc_conformance import facts
from cdsc_conformance.condition import condition
from cdsc_conformance.conditions.customer_scenarios import not_claimed, types_of
from cdsc_conformance.conditions.watching import field_of
from cdsc_conformance.customer_data import Access, Thing
from cdsc_conformance.findings import Findings, Unmet, judge, skipped
from cdsc_conformance.kinds import is_date
from cdsc_conformance.registration import CLIENT_ADMIN, register_for
from cdsc_conformance.session import Session
from cdsc_conformance.tables import several, shown

TABLE: Final = "scenario_data"

SUMS: Final = "cds_query_aggregations"
USAGE: Final = "cds_query_usage"
CONSENT: Final = "cds_aggregation_consent"
NUMBERS: Final = "aggregation_numbers"

Line = Mapping[str, Any]


def _rows(*rules: str) -> tuple[str, ...]:
    """The rows about these rules, of every scenario."""
    return tuple(line["row"] for lines in facts.rules(TABLE).values() for line in lines if line["rule"] in rules)


@condition(*_rows("steps", "proof"))
def steps(session: Session) -> Findings:
    """All that stands before production is listed; who reads their own data has to prove who they are."""
    yield from _judged(session, "steps", "proof")


@condition(*_rows("last_bill"))
def last_bill(session: Session) -> Findings:
    """A Grant for what is due begins with the last bill, whatever the Client asks for."""
    yield from _judged(session, "last_bill")


@condition(*_rows("reads"))
def own_data(session: Session) -> Findings:
    """A Customer's own Client reads the Customer's own data."""
    yield from _judged(session, "reads")


@condition(*_rows("numbered", "limited", "refused", "grouped"))
def sums(session: Session) -> Findings:
    """Groups have numbers and Service Points, are listed for those who may know of them, and no token opens all."""
    yield from _judged(session, "numbered", "limited", "refused", "grouped")


@condition(*_rows("apart", "part"))
def consents(session: Session) -> Findings:
    """A Grant that waits for Customers names their sub-Grants, which another Client Object asks for."""
    yield from _judged(session, "apart", "part")


def _judged(session: Session, *rules: str) -> Findings:
    for name, lines in facts.rules(TABLE).items():
        for line in (each for each in lines if each["rule"] in rules):
            if reason := not_claimed(session, name):
                yield from skipped(line["row"], reason)
                continue
            begun = len(session.http.exchanges)
            try:
                fault = _RULES[line["rule"]](session, name, line)
            except Unmet as unmet:
                yield from skipped(line["row"], str(unmet))
            else:
                evidence = session.http.exchanges[begun:][-2:] or [session.authorization_server.exchange]
                yield judge(line["row"], not fault, fault, *evidence)


def _scopes(session: Session, name: str) -> Iterator[Thing]:
    """The scopes of the types that a scenario is made of."""
    for kind in types_of(name):
        for _, scope in session.scopes_of_type(kind):
            yield scope


def _requirements(session: Session, scope: Thing) -> list[str]:
    """The types of what stands before production, by what the scope names."""
    fields = {where.removeprefix("registration field "): field for where, field in session.registration_fields}
    return [str(fields.get(each, {}).get("type")) for each in scope.get("registration_requirements") or []]


def _proof(session: Session, name: str, _line: Line) -> str:
    """4.1, 4.2: a Client proves that it is the Customer, which no field that it fills in can do."""
    scopes = list(_scopes(session, name))
    # A field is the Client's own word, and a payment says nothing about who pays.
    proofs = {"sso_verification", "email_verification", "internal_review", "pdf_form", "online_form"}
    if not scopes:
        return "no scope is of the types of the scenario"
    without = [str(scope.get("id")) for scope in scopes if proofs.isdisjoint(_requirements(session, scope))]
    return f"{several(without)}: nothing in registration_requirements proves who the Client is" if without else ""


def _steps(session: Session, name: str, _line: Line) -> str:
    """4.4 to 4.12: who did all that is listed may go to production; what stands in the way otherwise is not listed."""
    faults, beyond = [], False
    for scope in _scopes(session, name):
        if not set(_requirements(session, scope)) <= {"registration_field"}:
            beyond = True
            continue
        scope_id = str(scope.get("id"))
        registered = register_for(session, scope=f"{CLIENT_ADMIN} {scope_id}")
        holding = [each for each in registered.clients() if scope_id in str(each.get("scope")).split()]
        if not any("production" in (each.get("cds_status_options") or []) for each in holding):
            faults.append(f"{scope_id} lists no step, and its Client Object cannot go to production")
    if beyond and not faults:
        raise Unmet("the steps that are listed need more than the kit")
    return several(faults)


def _last_bill(session: Session, name: str, _line: Line) -> str:
    """4.7: wherever the Client wants to begin, the Grant begins with the last bill, or when it was made."""
    known = [
        str(bill.get("statement_date"))
        for access in session.consents.open
        for bill in access.objects("bill_statements")
        if is_date(bill.get("statement_date"))
    ]
    said = []
    for scope in _scopes(session, name):
        accesses = [session.consents.variant(scope, {"statement_date_start": each}) for each in ("P1Y", "P1M")]
        starts = {str(each.entry.get("statement_date_start"))[:10] for each in accesses}
        made = str(session.code_client.grant(accesses[0].flow).get("created"))[:10]
        wanted = min(max(known, default=made), made)
        told = f"{scope.get('id')} begins on {several(sorted(starts))}, not on {wanted}"
        said.append("" if starts == {wanted} else told)
    return "" if "" in said else several(said) or "no scope is of the types of the scenario"


def _reads(session: Session, _name: str, line: Line) -> str:
    access = session.direct.access(line["type"])
    page = access.get(line["listing"])
    if page.status != 200:
        return f"{line['listing']} answered {page.status}"
    return "" if access.objects(line["listing"]) else f"{line['listing']} is empty"


def _groups(session: Session, **values: Any) -> Access:
    """What lists groups without their usage, for which a server may want numbers and time (4.11)."""
    return session.direct.access(SUMS, include_usage_segments=None, **values)


def _sums(session: Session) -> list[Thing]:
    found = list(_groups(session).objects("aggregations"))
    if not found:
        raise Unmet("the registration for direct access sees no Aggregation")
    return found


def _numbered(session: Session, _name: str, _line: Line) -> str:
    bare = [str(each.get("cds_aggregation_id")) for each in _sums(session) if not each.get("aggregation_number")]
    return f"{several(bare)} has no aggregation_number" if bare else ""


def _limited(session: Session, _name: str, _line: Line) -> str:
    """What is named is listed, and nothing else; a number that nobody may know of is as one that is not there."""
    number = str(_sums(session)[0].get("aggregation_number"))
    for asked in ([number], ["KIT-0-NOBODYS"]):
        found = _groups(session, **{NUMBERS: asked}).objects("aggregations")
        odd = [str(each.get("aggregation_number")) for each in found if each.get("aggregation_number") not in asked]
        if odd:
            return f"{asked} was asked for, and {several(odd)} is listed"
    return ""


def _refused(session: Session, _name: str, _line: Line) -> str:
    """A scope that can be narrowed by nothing but groups opens nothing as long as none is named."""
    for scope, client_id in session.direct.holding(USAGE):
        if field_of(scope, NUMBERS):
            nothing: tuple[Thing, ...] = ({NUMBERS: None}, {NUMBERS: []})
            for values in nothing:
                answer = session.direct.ask(scope, client_id, values)
                if not 400 <= answer.status < 500:
                    return f"{scope.get('id')} with {shown(values)} was answered {answer.status}"
            return ""
    raise Unmet(f"the registration for direct access holds no {USAGE} with {NUMBERS}")


def _grouped(session: Session, _name: str, _line: Line) -> str:
    access = _groups(session)
    named = {one for each in access.objects("aggregations") for one in each.get("grouped_servicepoints") or []}
    if not named:
        raise Unmet("no Aggregation that is seen lists its Service Points")
    there = {each.get("cds_servicepoint_id") for each in access.objects("service_points")}
    lost = sorted(named - there)
    return f"{several(lost)} stands in grouped_servicepoints, and is no Service Point" if lost else ""


def _apart(session: Session, _name: str, _line: Line) -> str:
    kinds = {str(scope.get("id")): str(scope.get("type")) for _, scope in session.scopes}
    clients = [*session.registered.clients(), *(session.direct.clients if session.registration else [])]
    mixed = []
    for client in clients:
        types = [kinds.get(word, "") for word in str(client.get("scope")).split()]
        own = any(kind.startswith("cds_query_") for kind in types)
        if own and any(facts.access(kind) or kind == CONSENT for kind in types if not kind.startswith("cds_query_")):
            mixed.append(str(client.get("client_id")))
    return f"Client Object {several(mixed)} has scopes of both sorts" if mixed else ""


def _part(session: Session, _name: str, line: Line) -> str:
    """A Grant for usage that waits, and those it waits for."""
    grants = session.direct.grants()
    whole = {str(each.get("grant_id")): each for each in grants if each.get("children")}
    parts = [each for each in grants if each.get("parent")]
    if not parts and not whole:
        raise Unmet("no Grant of the registration for direct access has sub-Grants")
    consenting = {str(scope.get("id")) for _, scope in session.scopes_of_type(CONSENT)}
    holders = {
        client.get("client_id")
        for client in session.direct.clients
        if consenting & set(str(client.get("scope")).split())
    }
    faults = [
        f"Grant {each.get('grant_id')}: {line['member']} is {shown(each.get(line['member']))}"
        for each in parts
        if not _PARTS[line["member"]](each, whole, consenting, holders)
    ] if line["member"] in _PARTS else [
        f"Grant {key}: {shown({name: each.get(name) for name in ('status', 'children', line['member'])})}"
        for key, each in whole.items()
        if not _WHOLES[line["member"]](each, parts)
    ]  # fmt: skip
    return several(faults)


def _named(part: Thing) -> bool:
    """Whether every entry names the groups and the premises it is about."""
    entries = part.get("authorization_details") or []
    return bool(entries) and all(each.get(NUMBERS) and each.get("premise_numbers") for each in entries)


def _asked_apart(part: Thing, whole: Mapping[str, Thing], _scopes: set[str], holders: set[Any]) -> bool:
    """Whether the Client Object that asks the Customer is one for that, and not the one that reads."""
    reader = whole.get(str(part.get("parent")), {}).get("client_id")
    return part.get("client_id") in holders and part.get("client_id") != reader


#: What a sub-Grant must be like, by member.
_PARTS: Final[Mapping[str, Callable[[Thing, Mapping[str, Thing], set[str], set[Any]], object]]] = {
    "parent": lambda part, whole, _scopes, _holders: part.get("parent") in whole,
    # One that was answered is none to judge by any more.
    "status": lambda part, *_: part.get("status") in ("needs_authorization", "active", "revoked", "closed", "expired"),
    "client_id": _asked_apart,
    "scope": lambda part, _whole, scopes, _holders: part.get("scope") in scopes,
    "authorization_details": lambda part, *_: _named(part),
}


def _waits(whole: Thing, parts: list[Thing]) -> bool:
    """Whether somebody still has to agree."""
    mine = [each for each in parts if each.get("parent") == whole.get("grant_id")]
    return any(each.get("status") == "needs_authorization" for each in mine)


#: What a Grant must be like that waits for its sub-Grants.
_WHOLES: Final[Mapping[str, Callable[[Thing, list[Thing]], object]]] = {
    "children": lambda whole, parts: (
        {each.get("grant_id") for each in parts if each.get("parent") == whole.get("grant_id")}
        == set(whole.get("children") or [])
    ),
    "waiting": lambda whole, parts: not _waits(whole, parts) or whole.get("status") == "needs_sub_grants",
    "enabled_scope": lambda whole, parts: not _waits(whole, parts) or whole.get("enabled_scope") == "",
    "enabled_authorization_details": lambda whole, parts: (
        not _waits(whole, parts) or whole.get("enabled_authorization_details") == []
    ),
}

_RULES: Final[Mapping[str, Callable[[Session, str, Line], str]]] = {
    "proof": _proof,
    "steps": _steps,
    "last_bill": _last_bill,
    "reads": _reads,
    "numbered": _numbered,
    "limited": _limited,
    "refused": _refused,
    "grouped": _grouped,
    "apart": _apart,
    "part": _part,
}
