"""The authorization details fields of Customer Data: format, choices and where each may stand (CDS-WG3-01 7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from cdsc_conformance import facts
from cdsc_conformance.condition import condition
from cdsc_conformance.conditions.asking import fields
from cdsc_conformance.conditions.customer_scopes import SELECTION, misspelt
from cdsc_conformance.findings import Findings, judge, skipped
from cdsc_conformance.session import Session
from cdsc_conformance.tables import kind_fault, member_faults, several, shown

TABLE: Final = "customer_fields"
VALUE_TYPES: Final = "include_usage_segment_value_types"

Line = Mapping[str, Any]
Thing = Mapping[str, Any]


def _asked(scope: Thing) -> bool:
    """Whether people are asked about the scope."""
    return scope.get("response_types_supported") != []


def _choices(field: Thing) -> list[Thing]:
    value = field.get("choices")
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _format(line: Line, _scope: Thing, field: Thing) -> str:
    value = field.get("format")
    return "" if value in line["values"] else f"format is {shown(value)}, not {' or '.join(line['values'])}"


def _optional(_line: Line, _scope: Thing, field: Thing) -> str:
    return "" if field.get("is_required") is False else f"is_required is {shown(field.get('is_required'))}"


def _optional_when_asked(line: Line, scope: Thing, field: Thing) -> str | None:
    return _optional(line, scope, field) if _asked(scope) else None


def _null_when_asked(_line: Line, scope: Thing, field: Thing) -> str | None:
    if not _asked(scope):
        return None
    absent = "default" not in field
    return (
        f"default is {'missing' if absent else shown(field['default'])}" if field.get("default", 0) is not None else ""
    )


def _asked_only(_line: Line, scope: Thing, _field: Thing) -> str:
    return "" if _asked(scope) else "stands on a scope that nobody is asked about"


def _has_choice_and_default(_line: Line, _scope: Thing, field: Thing) -> str:
    ids = [each.get("id") for each in _choices(field)]
    return "" if field.get("default") in ids else f"default is {shown(field.get('default'))}, choices are {shown(ids)}"


def _choice_id(line: Line, _scope: Thing, field: Thing) -> str | None:
    wanted = line["values"][0]
    ids = [str(each.get("id")) for each in _choices(field)]
    if wanted in ids:
        return ""
    slip = misspelt(wanted, ids, (each["values"][0] for each in _selections()))
    return f"has the choice {slip}, which is not {wanted}" if slip else None


def _choices_have_formats(_line: Line, _scope: Thing, field: Thing) -> str:
    return several([fault for choice in _choices(field) if (fault := format_fault(choice))])


def _selections() -> list[dict[str, Any]]:
    return [line for line in facts.rules(TABLE)[SELECTION] if line["rule"] == "choice_id"]


def format_fault(choice: Thing) -> str:
    """Why a Choice describes no Value Format: what it leaves open is decided by each segment."""
    where, value = f"choice {choice.get('id')}", choice.get("usagesegment_format")
    if not isinstance(value, dict):
        return f"{where}: usagesegment_format {kind_fault(value, 'object')}"
    faults = [fault for each in facts.fields("value_format") for fault in member_faults(each, value, where)]
    if value.get("type") in facts.enum("ValueType"):
        known = facts.fields(f"{value['type']}_value_format")
        faults += [fault for each in known if each.name in value for fault in member_faults(each, value, where)]
    return next(iter(faults), "")


#: Each rule tells what is wrong, "" when nothing is, or None when the field is not what the row is about.
RULES: Final[Mapping[str, Callable[[Line, Thing, Thing], str | None]]] = {
    "id": lambda *_: "",
    "format": _format,
    "optional": _optional,
    "optional_when_asked": _optional_when_asked,
    "null_when_asked": _null_when_asked,
    "asked_only": _asked_only,
    "has_choice_and_default": _has_choice_and_default,
    "choice_id": _choice_id,
    "choices_have_formats": _choices_have_formats,
}

_ROWS: Final = [str(line["row"]) for lines in facts.rules(TABLE).values() for line in lines]


@condition(*_ROWS)
def detail_fields(session: Session) -> Findings:
    """Every field that the standard defines has the format, the choices and the place it gives it."""
    shown_by = session.authorization_server.exchange
    held = [(where, scope, field) for where, scope in session.scopes for field in fields(scope)]
    ids = [str(field.get("id")) for *_, field in held]
    for name, lines in facts.rules(TABLE).items():
        found = [(f"{where}, field {name}", scope, field) for where, scope, field in held if field.get("id") == name]
        if not found:
            slip = misspelt(name, ids, facts.rules(TABLE))
            if slip:
                yield judge(lines[0]["row"], False, f"a scope offers {slip}, which is not {name}", shown_by)
            yield from skipped([line["row"] for line in lines[slip != "" :]], f"no scope offers {name}")
            continue
        for line in lines:
            said = [(where, RULES[line["rule"]](line, scope, field)) for where, scope, field in found]
            if all(fault is None for _, fault in said):
                yield from skipped(line["row"], f"no scope offers {name} as the row is about")
            else:
                odd = [f"{where}: {fault}" for where, fault in said if fault]
                yield judge(line["row"], not odd, several(odd), shown_by)


@condition("WG3-01-7-01", "WG3-01-7.4.1-04")
def described(session: Session) -> Findings:
    """A field is described where it is offered; every scope that people choose for says what from."""
    shown_by = session.authorization_server.exchange
    odd = [
        f"{where}: authorization_details_fields_supported holds {shown(each)}"
        for where, scope in session.scopes
        for each in scope.get("authorization_details_fields_supported") or []
        if not isinstance(each, dict) or not isinstance(each.get("id"), str)
    ]
    yield judge("WG3-01-7-01", not odd, several(odd), shown_by)
    choosing = {
        kind
        for kind, lines in facts.rules("customer_scopes").items()
        if any(line["rule"] in ("choices_are", "has_choices") for line in lines)
    }
    scopes = [each for kind in choosing for each in session.scopes_of_type(kind)]
    if not scopes:
        yield from skipped("WG3-01-7.4.1-04", "people are asked about no scope")
        return
    odd = [where for where, scope in scopes if SELECTION not in [field.get("id") for field in fields(scope)]]
    yield judge("WG3-01-7.4.1-04", not odd, f"{several(odd)} does not offer {SELECTION}", shown_by)


@condition("WG3-01-3-04", "WG3-01-5.2-01", "WG3-01-5.2-02")
def value_formats(session: Session) -> Findings:
    """Choices of value types say which format they stand for; no other Choice does."""
    shown_by = session.authorization_server.exchange
    held = [
        (f"{where}, {choice.get('id')}", field.get("id"), choice)
        for where, field in session.detail_fields
        for choice in _choices(field)
    ]
    formats = [(where, choice) for where, name, choice in held if name == VALUE_TYPES]
    if formats:
        odd = [f"{where}: {fault}" for where, choice in formats if (fault := format_fault(choice))]
        for row in ("WG3-01-3-04", "WG3-01-5.2-01"):
            yield judge(row, not odd, several(odd), shown_by)
    else:
        yield from skipped(("WG3-01-3-04", "WG3-01-5.2-01"), f"no scope offers {VALUE_TYPES}")
    others = [(where, choice) for where, name, choice in held if name != VALUE_TYPES]
    if others:
        odd = [where for where, choice in others if "usagesegment_format" in choice]
        yield judge("WG3-01-5.2-02", not odd, f"{several(odd)} carries usagesegment_format", shown_by)
    else:
        yield from skipped("WG3-01-5.2-02", "no other field has choices")
