"""Registration fields (CDS-WG1-02 2, 3.5 to 3.7)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cdsc_conformance import facts
from cdsc_conformance.condition import condition
from cdsc_conformance.findings import Findings, judge, skipped
from cdsc_conformance.session import Session
from cdsc_conformance.tables import kind_fault, members, rows_of, several, shown

OBJECT = "registration_field"
Fields = list[tuple[str, dict[str, Any]]]


@condition(*rows_of(OBJECT))
def shape(session: Session) -> Findings:
    """Every field has every member it must have, each of its kind."""
    yield from members(OBJECT, session.registration_fields, session.authorization_server.exchange)


@condition("WG1-02-3.5-02", "WG1-02-3.5-03", "WG1-02-3.6-03")
def keys_and_types(session: Session) -> Findings:
    """Each field stands under its own id and is of a type the standard defines."""
    fields = session.registration_fields
    odd = [where for where, field in fields if field.get("id") != where.removeprefix("registration field ")]
    yield from _rule(session, "WG1-02-3.5-02", fields, [f"{where}: its id differs" for where in odd])
    odd = [
        f"{where}: type is {shown(field.get('type'))}, which the standard does not define"
        for where, field in fields
        if field.get("type") not in facts.enum("registration_field_types")
    ]
    for row in ("WG1-02-3.5-03", "WG1-02-3.6-03"):
        yield from _rule(session, row, fields, odd)


@condition("WG1-02-3.5-06", "WG1-02-3.6-04", "WG1-02-3.6-05", "WG1-02-3.7-01", "WG1-02-3.6-06")
def fields_to_fill_in(session: Session) -> Findings:
    """A field of type registration_field says how it is called, how it is written, and what holds without it."""
    fields = [each for each in session.registration_fields if each[1].get("type") == "registration_field"]
    odd = [where for where, field in fields if not str(field.get("field_name", "cds_")).startswith("cds_")]
    yield from _rule(session, "WG1-02-3.5-06", fields, [f"{where}: field_name lacks cds_" for where in odd])
    for row, member in (("WG1-02-3.6-04", "field_name"), ("WG1-02-3.6-05", "format")):
        yield from _rule(session, row, fields, _missing(fields, member))
    odd = [
        f"{where}: format is {shown(field['format'])}, which the standard does not define"
        for where, field in fields
        if "format" in field and field["format"] not in facts.enum("registration_field_formats")
    ]
    yield from _rule(session, "WG1-02-3.7-01", fields, odd)
    optional = {name for _, scope in session.scopes for name in scope.get("registration_optional") or []}
    left = [each for each in fields if each[1].get("id") in optional]
    yield from _rule(session, "WG1-02-3.6-06", left, _missing(left, "default"))


@condition("WG1-02-3.5-11", "WG1-02-3.5-12", "WG1-02-3.6-08", "WG1-02-2-04")
def payments(session: Session) -> Findings:
    """A payment names its amount as a number and its currency."""
    fields = session.registration_fields
    for row, member, kind in (
        ("WG1-02-3.5-11", "amount", "decimal"),
        ("WG1-02-3.5-12", "currency", "currency"),
        ("WG1-02-2-04", "amount", "decimal"),
    ):
        having = [each for each in fields if member in each[1]]
        odd = [f"{where}: {member} {fault}" for where, field in having if (fault := kind_fault(field[member], kind))]
        yield from _rule(session, row, having, odd)
    paid = [each for each in fields if each[1].get("type") == "payment_required"]
    yield from _rule(session, "WG1-02-3.6-08", paid, [*_missing(paid, "amount"), *_missing(paid, "currency")])


@condition("WG1-02-3.5-13", "WG1-02-3.5-14")
def choices(session: Session) -> Findings:
    """A field to choose from lists its choices."""
    needed = ("choice", "choice_list", "choice_list_or_null")
    having = [each for each in session.registration_fields if each[1].get("format") in needed]
    yield from _rule(session, "WG1-02-3.5-13", having, _missing(having, "choices"))
    having = [each for each in having if each[1].get("format") in ("choice", "choice_list")]
    empty = [f"{where}: choices is empty" for where, field in having if field.get("choices") == []]
    yield from _rule(session, "WG1-02-3.5-14", having, empty)


@condition("WG1-02-2-08")
def integers(session: Session) -> Findings:
    """Integers are written without sign, fraction or exponent."""
    found = [
        (f"{where}: {member}", field[member])
        for where, field in session.registration_fields
        for member in ("max_length", "max_size")
        if member in field
    ] + [
        (f"{where}: {member}", field[member])
        for where, field in session.detail_fields
        for member in ("maximum", "minimum")
        if member in field and str(field.get("format")).startswith(("string", "int"))
    ]
    if not found:
        yield from skipped("WG1-02-2-08", "no field has an integer")
        return
    # A limit of format int may be the word infinite.
    odd = [
        f"{where} {fault}" for where, value in found if value != "infinite" and (fault := kind_fault(value, "integer"))
    ]
    yield judge("WG1-02-2-08", not odd, several(odd), session.authorization_server.exchange)


def _rule(session: Session, row: str, having: Fields, faults: Iterable[str]) -> Findings:
    """Judge a rule about these fields; without any nobody can tell."""
    if having:
        found = list(faults)
        yield judge(row, not found, several(found), session.authorization_server.exchange)
    else:
        yield from skipped(row, "the server describes no registration field that this is about")


def _missing(fields: Fields, member: str) -> list[str]:
    return [f"{where}: {member} is missing" for where, field in fields if member not in field]
