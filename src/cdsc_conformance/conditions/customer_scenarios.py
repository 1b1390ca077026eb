"""The scenarios that a server claims, which no metadata name: what must then be offered (CDS-WG3-01 4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from cdsc_conformance import facts
from cdsc_conformance.condition import condition
from cdsc_conformance.conditions.customer_scopes import Offered, offered
from cdsc_conformance.conditions.detail_fields import INFINITE, length
from cdsc_conformance.findings import Findings, judge, skipped
from cdsc_conformance.kinds import is_duration
from cdsc_conformance.session import Session
from cdsc_conformance.tables import several, shown

TABLE: Final = "customer_scenarios"
NAMES: Final = tuple(facts.rules(TABLE))

Line = Mapping[str, Any]


def _lacking(line: Line, it: Offered) -> str:
    lacking = [each for each in line["values"] if each not in it.fields]
    return f"does not offer {', '.join(lacking)}" if lacking else ""


def _choice(line: Line, it: Offered) -> str:
    lacking = [each for each in line["values"] if each not in it.selections]
    return f"has no choice {', '.join(lacking)}" if lacking else ""


def _grant_type(line: Line, it: Offered) -> str:
    found = it.scope.get("grant_types_supported") or []
    return "" if set(line["values"]) <= set(found) else f"has the grant types {shown(found)}"


def _has_choices(line: Line, it: Offered) -> str:
    return "" if it.fields.get(line["field"], {}).get("choices") else f"has no choices for {line['field']}"


def _infinite(line: Line, it: Offered) -> str:
    most = it.fields[line["field"]].get("maximum")
    return "" if most == INFINITE else f"has maximum {shown(most)} for {line['field']}"


def _reach(line: Line, it: Offered) -> str:
    most = it.fields[line["field"]].get("maximum")
    far = most == INFINITE or (is_duration(most) and length(str(most)) >= length(line["span"]))
    return "" if far else f"has maximum {shown(most)} for {line['field']}, nearer than {line['span']}"


#: Rules about a scope of the type that the line names.
_OF_TYPE: Final[Mapping[str, Callable[[Line, Offered], str]]] = {
    "fields": _lacking,
    "choice": _choice,
    "grant_type": _grant_type,
    "has_choices": _has_choices,
}
#: Rules about every scope type of the scenario that offers the field which the line names.
_OF_FIELD: Final[Mapping[str, Callable[[Line, Offered], str]]] = {"infinite": _infinite, "reach": _reach}

_ROWS: Final = tuple(line["row"] for lines in facts.rules(TABLE).values() for line in lines)


@condition(*_ROWS, "WG3-01-4-03")
def scenarios(session: Session) -> Findings:
    """Each claimed scenario has its scopes, with the fields, choices and periods it asks for."""
    shown_by = session.authorization_server.exchange
    known = [word for _, scope in session.scopes for word in scope.get("authorization_details_types_supported") or []]
    odd = [name for name in NAMES if name in known]
    yield judge("WG3-01-4-03", not odd, f"{several(odd)} is a type of authorization_details", shown_by)
    for name, lines in facts.rules(TABLE).items():
        if reason := not_claimed(session, name):
            yield from skipped([line["row"] for line in lines], reason)
            continue
        for line in lines:
            fault = _fault(session, name, line)
            yield judge(line["row"], not fault, fault, shown_by)


def not_claimed(session: Session, name: str) -> str:
    """Why a scenario is not judged; empty when it is."""
    return "" if name in session.scenarios else f"scenario {name} was not claimed with --scenario"


def types_of(name: str) -> list[str]:
    """The types of scopes that a scenario is made of."""
    return [kind for line in facts.rules(TABLE)[name] if line["rule"] == "type" for kind in line["types"]]


def _fault(session: Session, name: str, line: Line) -> str:
    """Why a claim does not hold; a claim holds when one scope of each type meets it."""
    rule = line["rule"]
    if rule == "includes":
        every = [_fault(session, line["scenario"], each) for each in facts.rules(TABLE)[line["scenario"]]]
        return several([each for each in every if each])
    if rule == "type":
        there = any(session.scopes_of_type(kind) for kind in line["types"])
        return "" if there else f"no scope is of type {' or '.join(line['types'])}"
    if rule in _OF_TYPE:
        return _best(session, line["type"], lambda it: _OF_TYPE[rule](line, it))
    offering = [kind for kind in types_of(name) if any(line["field"] in it.fields for _, it in offered(session, kind))]
    if not offering:
        return f"no scope of the scenario offers {line['field']}"
    return several([fault for kind in offering if (fault := _best_with(session, kind, line))])


def _best_with(session: Session, kind: str, line: Line) -> str:
    def judged(it: Offered) -> str:
        return _OF_FIELD[line["rule"]](line, it) if line["field"] in it.fields else f"does not offer {line['field']}"

    return _best(session, kind, judged)


def _best(session: Session, kind: str, judged: Callable[[Offered], str]) -> str:
    """What is wrong with every scope of a type; empty when one of them is right."""
    said = [f"{where} {fault}" if (fault := judged(it)) else "" for where, it in offered(session, kind)]
    if not said:
        return f"no scope is of type {kind}"
    return "" if "" in said else several(said)
