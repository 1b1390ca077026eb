"""The scope types of Customer Data: what each must, may and must not offer (CDS-WG3-01 6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from cdsc_conformance import facts
from cdsc_conformance.condition import condition
from cdsc_conformance.conditions.asking import fields
from cdsc_conformance.findings import Findings, judge, skipped
from cdsc_conformance.session import Session
from cdsc_conformance.tables import several, shown

TABLE: Final = "customer_scopes"
SELECTION: Final = "authorization_form_selection_type"

#: How alike an unknown name and a missing one are when the first is taken for a slip of the pen.
ALIKE: Final = 0.85

Line = Mapping[str, Any]


@dataclass(frozen=True)
class Offered:
    """A scope description, as the rules see it."""

    scope: Mapping[str, Any]
    #: Authorization details fields by id.
    fields: Mapping[str, Mapping[str, Any]]
    #: Ids of the fields that any scope of the server offers or stands for: it has the data behind these.
    known: frozenset[str]

    @property
    def selections(self) -> list[str]:
        """The choices of authorization_form_selection_type."""
        choices = self.fields.get(SELECTION, {}).get("choices")
        return [str(each.get("id")) for each in choices if isinstance(each, dict)] if isinstance(choices, list) else []


def offered(session: Session, kind: str) -> list[tuple[str, Offered]]:
    """The scopes of a type with words that point at them."""
    known = {str(field.get("id")) for _, field in session.detail_fields}
    known |= {name for _, scope in session.scopes for name in facts.access(scope.get("type")).get("implied", ())}
    return [
        (where, Offered(scope, {str(field.get("id")): field for field in fields(scope)}, frozenset(known)))
        for where, scope in session.scopes_of_type(kind)
    ]


def misspelt(missing: str, found: Iterable[str], defined: Iterable[str]) -> str:
    """The name among those found that no standard defines and that looks like the missing one; empty for none."""
    strange = [each for each in found if each not in set(defined)]
    return next(iter(get_close_matches(missing, strange, n=1, cutoff=ALIKE)), "")


def _listed(it: Offered, member: str) -> list[Any]:
    value = it.scope.get(member)
    return value if isinstance(value, list) else []


def _contains(line: Line, it: Offered) -> str:
    lacking = [each for each in line["values"] if each not in _listed(it, line["member"])]
    return f"{line['member']} lacks {', '.join(lacking)}" if lacking else ""


def _lacks(line: Line, it: Offered) -> str:
    found = [each for each in line["values"] if each in _listed(it, line["member"])]
    return f"{line['member']} holds {', '.join(found)}" if found else ""


def _empty(line: Line, it: Offered) -> str:
    value = it.scope.get(line["member"])
    return "" if value == [] else f"{line['member']} is {shown(value)}"


def _offers(line: Line, it: Offered) -> str:
    lacking = [each for each in line["values"] if each not in it.fields]
    return f"does not offer {', '.join(lacking)}" if lacking else ""


def _offers_what_it_has(line: Line, it: Offered) -> str | None:
    wanted = [each for each in line["values"] if each in it.known]
    lacking = [each for each in wanted if each not in it.fields]
    if not wanted:
        return None
    return f"does not offer {', '.join(lacking)}, which another scope does" if lacking else ""


def _offers_with(line: Line, it: Offered) -> str | None:
    if line["choice"] not in it.selections:
        return None
    fault = _offers(line, it)
    return f"offers {line['choice']} and {fault}" if fault else ""


def _withholds(line: Line, it: Offered) -> str:
    found = [each for each in line["values"] if each in it.fields]
    return f"offers {', '.join(found)}" if found else ""


def _choices_are(line: Line, it: Offered) -> str:
    return "" if it.selections == line["values"] else f"{SELECTION} has the choices {shown(it.selections)}"


def _has_choices(line: Line, it: Offered) -> str:
    lacking = [each for each in line["values"] if each not in it.selections]
    return f"{SELECTION} has the choices {shown(it.selections)}" if lacking or not it.selections else ""


def _choices_among(line: Line, it: Offered) -> str:
    strange = [each for each in it.selections if each not in line["values"]]
    return f"{SELECTION} has the choice {', '.join(strange)}" if strange else ""


def _default(line: Line, it: Offered) -> str | None:
    if line["field"] not in it.fields:
        return None
    value = it.fields[line["field"]].get("default")
    return "" if value is line["values"][0] else f"{line['field']} has default {shown(value)}"


#: Each rule tells what is wrong, "" when nothing is, or None when the scope is not what the row is about.
RULES: Final[Mapping[str, Callable[[Line, Offered], str | None]]] = {
    "type": lambda _line, _it: "",
    "contains": _contains,
    "lacks": _lacks,
    "empty": _empty,
    "offers": _offers,
    "offers_what_it_has": _offers_what_it_has,
    "offers_with": _offers_with,
    "withholds": _withholds,
    "choices_are": _choices_are,
    "has_choices": _has_choices,
    "choices_among": _choices_among,
    "default": _default,
}

_ROWS: Final = [str(line["row"]) for lines in facts.rules(TABLE).values() for line in lines]


@condition(*_ROWS)
def scope_types(session: Session) -> Findings:
    """Every scope of a type that the standard defines offers what the type must, and nothing it must not."""
    shown_by = session.authorization_server.exchange
    types = [str(scope.get("type")) for _, scope in session.scopes]
    for kind, lines in facts.rules(TABLE).items():
        scopes = offered(session, kind)
        if not scopes:
            slip = misspelt(kind, types, facts.rules(TABLE))
            if slip:
                yield judge(lines[0]["row"], False, f"a scope is of type {slip}, which is not {kind}", shown_by)
            yield from skipped([line["row"] for line in lines[slip != "" :]], f"no scope is of type {kind}")
            continue
        for line in lines:
            said = [(where, RULES[line["rule"]](line, it)) for where, it in scopes]
            if all(fault is None for _, fault in said):
                yield from skipped(line["row"], f"no scope of type {kind} has what the row is about")
            else:
                odd = [f"{where} {fault}" for where, fault in said if fault]
                yield judge(line["row"], not odd, several(odd), shown_by)


@condition("WG3-01-3-05", "WG3-01-6.1-01", "WG3-01-6.2-01")
def ways(session: Session) -> Findings:
    """Scopes of Customer Data are listed as supported; people agree to one sort, Clients ask for the other."""
    shown_by = session.authorization_server.exchange
    found = {where: scope for kind in facts.rules(TABLE) for where, scope in session.scopes_of_type(kind)}
    if not found:
        yield from skipped(("WG3-01-3-05", "WG3-01-6.1-01", "WG3-01-6.2-01"), "no scope is of Customer Data")
        return
    listed = session.authorization_server.body.get("scopes_supported") or []
    odd = [where for where, scope in found.items() if scope.get("id") not in listed]
    yield judge("WG3-01-3-05", not odd, f"{several(odd)} is not in scopes_supported", shown_by)
    direct = [where for where, scope in found.items() if str(scope.get("type")).startswith("cds_query_")]
    asked = [where for where in found if where not in direct]
    if asked:
        supported = session.authorization_server.body.get("response_types_supported") or []
        yield judge("WG3-01-6.1-01", "code" in supported, "response_types_supported lacks code", shown_by)
    else:
        yield from skipped("WG3-01-6.1-01", "people are asked about no scope")
    if direct:
        grants = "client_credentials"
        odd = [where for where in direct if grants not in (found[where].get("grant_types_supported") or [])]
        yield judge("WG3-01-6.2-01", not odd, f"{several(odd)} lacks {grants}", shown_by)
    else:
        yield from skipped("WG3-01-6.2-01", "no scope is of direct access")
