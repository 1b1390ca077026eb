"""Authorization details fields and choices (CDS-WG1-02 2, 3.8 to 3.10)."""

from __future__ import annotations

import re
from typing import Any

from cdsc_conformance import facts
from cdsc_conformance.condition import condition
from cdsc_conformance.findings import Findings, judge, skipped
from cdsc_conformance.kinds import is_date, is_datetime, is_duration, is_integer, is_number
from cdsc_conformance.session import Session
from cdsc_conformance.tables import members, rows_of, several, shown

OBJECT = "authorization_details_field"
INFINITE = "infinite"
LIMITED = (
    "int",
    "decimal",
    "string",
    "string_or_null",
    "string_list",
    "string_list_or_null",
    "relative_or_absolute_date",
    "relative_or_absolute_datetime",
)
CHOICES = ("choice", "choice_or_null", "choice_list", "choice_list_or_null")

#: Row, formats it is about, what a limit of them is, in words.
LIMITS = (
    ("WG1-02-3.8-16", ("int",), "an integer or infinite"),
    ("WG1-02-3.8-17", ("decimal",), "a decimal or infinite"),
    ("WG1-02-3.8-18", ("string", "string_or_null"), "an integer"),
    ("WG1-02-3.8-19", ("string_list", "string_list_or_null"), "an integer"),
    ("WG1-02-3.8-20", ("relative_or_absolute_date",), "a relative or absolute date"),
    ("WG1-02-3.8-21", ("relative_or_absolute_datetime",), "a relative or absolute datetime"),
)

Fields = list[tuple[str, dict[str, Any]]]


def fits(form: str, value: Any) -> bool:
    """Whether a limit is of the kind that fields of this format have (3.8)."""
    if form in ("int", "decimal"):
        number = isinstance(value, int) and not isinstance(value, bool) if form == "int" else is_number(value)
        return number or value == INFINITE
    if form.startswith("string"):
        return is_integer(value)
    if form == "relative_or_absolute_date":
        return value == INFINITE or is_date(value) or is_duration(value, time=False)
    return value == INFINITE or is_datetime(value) or is_duration(value)


@condition(*rows_of(OBJECT))
def shape(session: Session) -> Findings:
    """Every field has every member it must have, each of its kind."""
    yield from members(OBJECT, session.detail_fields, session.authorization_server.exchange)


@condition("WG1-02-3.8-06", "WG1-02-3.8-07", "WG1-02-3.8-08", "WG1-02-3.9-01", "WG1-02-3.8-14")
def rules(session: Session) -> Findings:
    """for_types names types of the scope, format is defined, and a required field has no default."""
    fields = session.detail_fields
    empty = [f"{where}: for_types is empty" for where, field in fields if field.get("for_types") == []]
    yield from _rule(session, "WG1-02-3.8-06", fields, empty)
    odd = []
    for where, scope in session.scopes:
        types = scope.get("authorization_details_types_supported") or []
        for field in scope.get("authorization_details_fields_supported") or []:
            strange = sorted(set(field.get("for_types") or []) - set(types))
            # The standard prescribes this literal in 3.3.2 although it breaks its own rule.
            if strange and not (scope.get("type") == "cds_grant_admin" and strange == ["cds_grant_admin"]):
                odd.append(f"{where}, field {field.get('id')}: {', '.join(strange)} is no type of the scope")
    yield from _rule(session, "WG1-02-3.8-07", fields, odd)
    odd = [
        f"{where}: format is {shown(field.get('format'))}, which the standard does not define"
        for where, field in fields
        if field.get("format") not in facts.enum("authorization_details_field_formats")
    ]
    for row in ("WG1-02-3.8-08", "WG1-02-3.9-01"):
        yield from _rule(session, row, fields, odd)
    required = [each for each in fields if each[1].get("is_required") is True]
    odd = [f"{where}: required, and has a default" for where, field in required if "default" in field]
    yield from _rule(session, "WG1-02-3.8-14", required, odd)


@condition("WG1-02-3.8-15", "WG1-02-3.8-24", "WG1-02-3.8-25", *(row for row, *_ in LIMITS))
def limits(session: Session) -> Findings:
    """maximum and minimum are there where they must be, and of the kind the format asks for."""
    fields = session.detail_fields
    limited = [each for each in fields if each[1].get("format") in LIMITED]
    lacking = [f"{where}: maximum is missing" for where, field in limited if "maximum" not in field]
    yield from _rule(session, "WG1-02-3.8-15", limited, lacking)
    having = [each for each in fields if "maximum" in each[1]]
    lacking = [f"{where}: minimum is missing" for where, field in having if "minimum" not in field]
    yield from _rule(session, "WG1-02-3.8-24", having, lacking)
    odd = [
        f"{where}: minimum is {shown(field['minimum'])}"
        for where, field in having
        if "minimum" in field and field.get("format") in LIMITED and not fits(field["format"], field["minimum"])
    ]
    yield from _rule(session, "WG1-02-3.8-25", having, odd)
    for row, formats, words in LIMITS:
        of_format = [each for each in having if each[1].get("format") in formats]
        odd = [
            f"{where}: maximum is {shown(field['maximum'])}, not {words}"
            for where, field in of_format
            if not fits(field["format"], field["maximum"])
        ]
        yield from _rule(session, row, of_format, odd)


@condition("WG1-02-3.8-22", "WG1-02-3.8-26")
def directions(session: Session) -> Findings:
    """maximum lies further from now than minimum."""
    spans = [
        each
        for each in session.detail_fields
        if is_duration(each[1].get("maximum")) and is_duration(each[1].get("minimum"))
    ]
    odd = [
        f"{where}: maximum {field['maximum']} is nearer than minimum {field['minimum']}"
        for where, field in spans
        if length(field["maximum"]) < length(field["minimum"])
    ]
    for row in ("WG1-02-3.8-22", "WG1-02-3.8-26"):
        yield from _rule(session, row, spans, odd)


@condition("WG1-02-3.8-28", "WG1-02-3.8-29", *rows_of("choice"))
def choices(session: Session) -> Findings:
    """A field to choose from lists its choices, each with every member it must have."""
    having = [each for each in session.detail_fields if each[1].get("format") in CHOICES]
    lacking = [f"{where}: choices is missing" for where, field in having if "choices" not in field]
    yield from _rule(session, "WG1-02-3.8-28", having, lacking)
    never_empty = [each for each in having if each[1].get("format") in ("choice", "choice_list")]
    empty = [f"{where}: choices is empty" for where, field in never_empty if field.get("choices") == []]
    yield from _rule(session, "WG1-02-3.8-29", never_empty, empty)
    yield from members("choice", session.choices, session.authorization_server.exchange)


@condition("WG1-02-2-10", "WG1-02-2-11", "WG1-02-2-12", "WG1-02-2-13")
def durations(session: Session) -> Findings:
    """Relative values are durations; those of dates count no clock time."""
    dates, instants = (
        [
            (f"{where}: {member}", field[member])
            for where, field in session.detail_fields
            for member in ("maximum", "minimum", "default")
            if field.get("format") == f"relative_or_absolute_{kind}" and field.get(member) is not None
        ]
        for kind in ("date", "datetime")
    )
    relative = [each for each in dates if str(each[1]).startswith("P")]
    yield from _values(session, "WG1-02-2-10", relative, is_duration)
    yield from _values(session, "WG1-02-2-11", relative, lambda value: is_duration(value, time=False))
    yield from _values(
        session,
        "WG1-02-2-12",
        [each for each in instants if str(each[1]).startswith("P")],
        is_duration,
    )
    both = [
        *((w, v, "relative_or_absolute_date") for w, v in dates),
        *((w, v, "relative_or_absolute_datetime") for w, v in instants),
    ]
    if both:
        odd = [f"{where} is {shown(value)}" for where, value, form in both if not fits(form, value)]
        yield judge("WG1-02-2-13", not odd, several(odd), session.authorization_server.exchange)
    else:
        yield from skipped("WG1-02-2-13", "no field takes relative or absolute values")


def length(duration: str) -> float:
    """A duration's nominal length in days."""
    days = {"Y": 365.25, "M": 365.25 / 12, "W": 7, "D": 1}
    clock = {"H": 1 / 24, "M": 1 / 1440, "S": 1 / 86400}
    before, _, after = duration.partition("T")
    return sum(
        int(number) * units[unit]
        for part, units in ((before, days), (after, clock))
        for number, unit in re.findall(r"(\d+)([A-Z])", part)
    )


def _values(session: Session, row: str, values: list[tuple[str, Any]], holds: Any) -> Findings:
    if values:
        odd = [f"{where} is {shown(value)}" for where, value in values if not holds(value)]
        yield judge(row, not odd, several(odd), session.authorization_server.exchange)
    else:
        yield from skipped(row, "no field has such a value")


def _rule(session: Session, row: str, having: Fields, faults: list[str]) -> Findings:
    if having:
        yield judge(row, not faults, several(faults), session.authorization_server.exchange)
    else:
        yield from skipped(row, "the server describes no field that this is about")
