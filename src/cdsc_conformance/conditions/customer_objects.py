"""The objects of Customer Data, member by member, and what is closed to a token (CDS-WG3-01 2, 7.2, 10)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cdsc_conformance import facts
from cdsc_conformance.condition import condition
from cdsc_conformance.customer_data import Access, Thing
from cdsc_conformance.exchanges import Exchange
from cdsc_conformance.findings import Findings, judge, skipped
from cdsc_conformance.session import Session
from cdsc_conformance.tables import kind_fault, member_faults, several, shown

#: Objects of the listings and of what stands in them; the value types have a module of their own.
OBJECTS: Final = (
    "account", "entity", "account_contact", "account_program", "service_contract", "service_program", "service_point",
    "premise", "meter_device", "meter_app", "bill_statement", "new_charge", "bill_section",
    "bill_section_usage_detail", "bill_section_cost_detail", "bill_section_line_item", "aggregation",
    "aggregation_region", "consent_requirement", "usage_segment", "eac",
)  # fmt: skip

#: The row that forbids every member of an object that nothing opens.
CLOSED: Final = {
    "account": "WG3-01-7.2.1-07",
    "service_contract": "WG3-01-7.2.2-10",
    "service_point": "WG3-01-7.2.3-07",
    "meter_device": "WG3-01-7.2.4-07",
    "bill_statement": "WG3-01-7.2.5-05",
    "bill_section": "WG3-01-7.2.6-07",
}

#: Exchanges kept to show a row.
_MOST_EVIDENCE: Final = 3

_E164: Final = re.compile(r"\+[1-9]\d{1,14}")
_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+")


@dataclass(frozen=True)
class Seen:
    """An object as a token sees it, or one within another: the facts' name of its kind, and words that point at it."""

    access: Access
    kind: str
    where: str
    thing: Thing
    page: Exchange


def objects(session: Session) -> Iterator[Seen]:
    """Every object that every token sees, and what stands within it."""
    for access in session.consents.all:
        for name, it in facts.listings().items():
            for thing, page in access.sourced(name):
                where = f"{access}, {it['object']} {thing.get(it['id'])}"
                yield from _within(Seen(access, it["object"], where, thing, page))


def _within(seen: Seen) -> Iterator[Seen]:
    yield seen
    for field in facts.fields(seen.kind):
        how, _, inner = field.type.partition(" of ")
        if how not in ("object", "objects") or inner not in OBJECTS:
            continue
        value = seen.thing.get(field.name)
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                yield from _within(Seen(seen.access, inner, f"{seen.where}, {field.name}", each, seen.page))


def formats(thing: Thing) -> list[Thing]:
    """The Value Formats of an object; none when it is no Usage Segment."""
    value = thing.get("formats")
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def format_fields(value_format: Thing) -> tuple[facts.Field, ...]:
    """The members of a Value Format: those of its type, or those that all have when the standard does not know it."""
    kind = value_format.get("type")
    return facts.fields(f"{kind}_value_format" if kind in facts.enum("ValueType") else "value_format")


class Tally:
    """What was seen of each row, right or wrong; a row that nothing was seen of cannot be judged."""

    def __init__(self) -> None:
        self._faults: dict[str, list[str]] = defaultdict(list)
        self._right: dict[str, list[Exchange]] = defaultdict(list)
        self._wrong: dict[str, list[Exchange]] = defaultdict(list)
        self._page: Exchange | None = None

    def look(self, page: Exchange) -> None:
        """What is noted from now on is shown by this exchange."""
        self._page = page

    def at(self, seen: Seen) -> tuple[Access, str, str, Thing]:
        """The parts of an object that is looked at from now on."""
        self.look(seen.page)
        return seen.access, seen.kind, seen.where, seen.thing

    def note(self, row: str, *faults: str) -> None:
        """What was seen for a row is wrong in these ways; right when there are none."""
        if not row:
            return
        self._faults[row] += faults
        shown_by = self._wrong[row] if faults else self._right[row]
        if self._page is not None and len(shown_by) < _MOST_EVIDENCE and self._page not in shown_by:
            shown_by.append(self._page)

    def judge(self, row: str, holds: object, fault: str) -> None:
        """What was seen for a row is right when `holds` is true, else wrong in this way."""
        self.note(row, *(() if holds else (fault,)))

    def findings(self, rows: tuple[str, ...], otherwise: str) -> Findings:
        """A finding for each row; `otherwise` is why nothing could be seen."""
        for row in dict.fromkeys(rows):
            if row in self._faults:
                faults = list(dict.fromkeys(self._faults[row]))
                yield judge(row, not faults, several(faults), *(self._wrong[row] or self._right[row]))
            else:
                yield from skipped(row, otherwise)


def _fields() -> Iterator[facts.Field]:
    return (field for kind in OBJECTS for field in facts.fields(kind))


_MEMBERS: Final = tuple(row for field in _fields() for row in (field.row, field.absent_row) if row)


@condition(*_MEMBERS)
def members(session: Session) -> Findings:
    """Every object has every member it must have, each of its kind, null only where null may be."""
    tally = Tally()
    for seen in objects(session):
        _, kind, where, thing = tally.at(seen)
        for field in facts.fields(kind):
            if field.required or field.name in thing:
                tally.note(field.row, *member_faults(field, thing, where))
            null = field.name in thing and thing[field.name] is None
            tally.judge(field.absent_row, not null, f"{where}: {field.name} is null")
    yield from tally.findings(_MEMBERS, "nothing that the test account shares has this member")


#: Types of values may be the server's own, when it describes them: see `customer_usage`.
_ENUMS: Final = tuple(facts.enum_row(name) for name in facts.rules("customer_enums") if name != "ValueType")


@condition(*_ENUMS)
def enumerations(session: Session) -> Findings:
    """Enumerated members hold values that the standard defines; those of an extension are the reader's to judge."""
    tally = Tally()
    for seen in objects(session):
        _, kind, where, thing = tally.at(seen)
        for field in facts.fields(kind):
            _enumerated(tally, field, where, thing)
        for value_format in formats(thing):
            for field in (*facts.fields("value_format"), *format_fields(value_format)):
                _enumerated(tally, field, f"{where}, format {value_format.get('id')}", value_format)
    yield from tally.findings(_ENUMS, "nothing that the test account shares has such a value")


def _enumerated(tally: Tally, field: facts.Field, where: str, thing: Mapping[str, Any]) -> None:
    _, _, name = field.type.partition(" of ")
    value = thing.get(field.name)
    values = value if isinstance(value, list) else [value] if value is not None else []
    if facts.enum_row(name) and values:
        strange = [shown(each) for each in values if each not in facts.enum(name)]
        faults = [f"{where}: {field.name} holds {', '.join(strange)}"] if strange else []
        tally.note(facts.enum_row(name), *faults)


_OPENED: Final = tuple(
    [field.opened_row for field in _fields() if field.opened_row]
    + [facts.access(kind)["opened"] for kind in facts.rules("customer_access") if facts.access(kind)["opened"]]
)


@condition(*_OPENED)
def opened(session: Session) -> Findings:
    """What a true include field opens is there in every object."""
    tally = Tally()
    for seen in objects(session):
        access, kind, where, thing = tally.at(seen)
        for field in facts.fields(kind):
            if field.opened_row and _opener(field) in access.opened:
                faults = [] if field.name in thing else [f"{where}: {field.name} is missing, {_opener(field)} is true"]
                tally.note(field.opened_row, *faults)
                tally.note(str(facts.access(access.type)["opened"]), *faults)
    yield from tally.findings(_OPENED, "no scope of the test account opens this")


def _opener(field: facts.Field) -> str:
    # 7.2.1.1 copies the number to bills, whose own format has it always.
    return field.opened_by or "include_account_numbers"


_SHUT: Final = tuple(
    [field.closed_row for field in _fields() if field.closed_row]
    + [*CLOSED.values(), "WG3-01-7.2-02", "WG3-01-12.3-01"]
)


@condition(*_SHUT)
def closed(session: Session) -> Findings:
    """What no scope and no true include field opens is absent."""
    tally = Tally()
    for seen in objects(session):
        access, kind, where, thing = tally.at(seen)
        for field in facts.fields(kind):
            if not field.closed_row or field.opened_by in access.opened:
                continue
            faults = [f"{where}: {field.name} is there, {field.opened_by} is not true"] if field.name in thing else []
            for row in (field.closed_row, CLOSED.get(kind, ""), "WG3-01-7.2-02", "WG3-01-12.3-01"):
                tally.note(row, *faults)
    yield from tally.findings(_SHUT, "every scope of the test account opens this")


@condition("WG3-01-2-03", "WG3-01-2-05", "WG3-01-2-06")
def kinds(session: Session) -> Findings:
    """Decimals are JSON numbers, dates and datetimes are those of RFC 3339."""
    rows = {"decimal": "WG3-01-2-03", "date": "WG3-01-2-05", "datetime": "WG3-01-2-06"}
    tally = Tally()
    for seen in objects(session):
        _, kind, where, thing = tally.at(seen)
        for field in facts.fields(kind):
            if field.type in rows and thing.get(field.name) is not None:
                tally.note(rows[field.type], *member_faults(field, thing, where))
    yield from tally.findings(tuple(rows.values()), "nothing that the test account shares has such a value")


@condition("WG3-01-10.1.4-07")
def entities(session: Session) -> Findings:
    """An Entity has the number that the coverage entries of its name have."""
    # CDS-WG1-01 defines no such member of an entry, so one without it says nothing.
    entries = [entry for _, entry in session.coverage_entries if "entity_number" in entry]
    numbers = {str(entry.get("entity_name")): entry["entity_number"] for entry in entries}
    tally = Tally()
    for seen in objects(session):
        _, kind, where, thing = tally.at(seen)
        if kind == "entity" and thing.get("entity_name") in numbers:
            told, known = thing.get("entity_number"), numbers[thing["entity_name"]]
            fault = f"{where}: entity_number is {shown(told)}, that of its coverage entry {shown(known)}"
            tally.judge("WG3-01-10.1.4-07", told == known, fault)
    yield from tally.findings(("WG3-01-10.1.4-07",), "no Entity that is shared has a coverage entry with its number")


@condition("WG3-01-10.1.1-16", "WG3-01-10.1.5-02", "WG3-01-10.1.6-04", "WG3-01-10.1.6-06", "WG3-01-10.1.6-07")
def accounts(session: Session) -> Findings:
    """Accounts have a type, contacts are phone numbers or addresses of mail, an investor-owned utility distributes."""
    rows = ("10.1.1-16", "10.1.5-02", "10.1.6-04", "10.1.6-06", "10.1.6-07")
    tally = Tally()
    for seen in objects(session):
        _, kind, where, thing = tally.at(seen)
        types = thing.get("types")
        of_types = types if isinstance(types, list) else []
        if kind == "account" and "account_types" in thing:
            tally.judge("WG3-01-10.1.1-16", thing["account_types"], f"{where}: account_types is empty")
        if kind == "entity" and "iou" in of_types:
            tally.judge("WG3-01-10.1.5-02", "distributor" in of_types, f"{where} is iou alone")
        if kind != "account_contact":
            continue
        value = str(thing.get("value"))
        named = {"phone_number", "email"} & set(of_types)
        tally.judge("WG3-01-10.1.6-04", named, f"{where}: types is {shown(types)}")
        for name, pattern, row in (("phone_number", _E164, "10.1.6-06"), ("email", _ADDRESS, "10.1.6-07")):
            if name in of_types:
                fits = pattern.fullmatch(value) is not None
                tally.judge(f"WG3-01-{row}", fits, f"{where}: {shown(value)} is no {name}")
    yield from tally.findings(
        tuple(f"WG3-01-{row}" for row in rows), "no account that the test account shares shows this"
    )


@condition("WG3-01-10.1.9-03", "WG3-01-10.1.9-04", "WG3-01-10.2.6-03", "WG3-01-10.2.6-04", "WG3-01-10.2.6-05")
def balances(session: Session) -> Findings:
    """A balance of a program is absent when unknown, and never stands without its unit or currency."""
    tally = Tally()
    for seen in objects(session):
        _, kind, where, thing = tally.at(seen)
        if kind not in ("account_program", "service_program"):
            continue
        known = "balance" in thing
        fault = kind_fault(thing.get("balance"), "decimal") if known else ""
        row = "WG3-01-10.1.9-03" if kind == "account_program" else "WG3-01-10.2.6-03"
        tally.judge(row, not fault, f"{where}: balance {fault}")
        if not known:
            continue
        currency = kind_fault(thing.get("currency"), "currency")
        if kind == "account_program":
            tally.judge("WG3-01-10.1.9-04", not currency, f"{where}: currency {currency}")
            continue
        units = kind_fault(thing.get("units"), "one of UnitType")
        tally.judge("WG3-01-10.2.6-04", not units, f"{where}: units {units}")
        if thing.get("units") == "money":
            tally.judge("WG3-01-10.2.6-05", not currency, f"{where}: currency {currency}")
    rows = ("10.1.9-03", "10.1.9-04", "10.2.6-03", "10.2.6-04", "10.2.6-05")
    yield from tally.findings(
        tuple(f"WG3-01-{row}" for row in rows), "no program that the test account shares shows this"
    )
