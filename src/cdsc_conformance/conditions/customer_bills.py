"""Bills from within: what is due, the file, and what each type of detail asks for (CDS-WG3-01 10.5, 10.6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdsc_conformance.condition import condition
from cdsc_conformance.conditions.customer_listings import REFUSALS
from cdsc_conformance.conditions.customer_objects import Seen, Tally, objects
from cdsc_conformance.customer_data import Thing
from cdsc_conformance.findings import Findings
from cdsc_conformance.kinds import is_number, is_url
from cdsc_conformance.session import Session
from cdsc_conformance.tables import kind_fault, shown

_AMOUNTS: Final = ("WG3-01-10.5.1-27", "WG3-01-10.5.1-29")


@condition(*_AMOUNTS)
def amounts(session: Session) -> Findings:
    """What was left and the charges that count make what is due; a date to prevent a shutoff needs an amount."""
    tally = Tally()
    for seen in _statements(session):
        _, _, where, statement = tally.at(seen)
        if statement.get("shutoff_prevention_minimum_due", 0) is None:
            day = statement.get("shutoff_prevention_date")
            tally.judge("WG3-01-10.5.1-29", day is None, f"{where}: shutoff_prevention_date is {shown(day)}")
        charges, left, due = (statement.get(name) for name in ("new_charges", "previous_balance_unpaid", "amount_due"))
        if isinstance(charges, list) and is_number(left) and is_number(due):
            counted = [
                each["amount"] for each in charges if each.get("included_in_amount_due") and is_number(each["amount"])
            ]
            # What JSON writes as 5 and as 5.00 is the same amount.
            total = sum(counted, left or 0)
            tally.judge("WG3-01-10.5.1-27", total == due, f"{where}: {total} is due by its lines, amount_due is {due}")
    yield from tally.findings(_AMOUNTS, "the test account shares no bill that shows this")


def _statements(session: Session) -> Iterator[Seen]:
    return (seen for seen in objects(session) if seen.kind == "bill_statement")


_FILES: Final = ("WG3-01-10.5.1-24", "WG3-01-10.5.1-26")


@condition(*_FILES)
def files(session: Session) -> Findings:
    """The file of a bill opens with the token of the bill and with nothing less, as the type that the bill names."""
    tally = Tally()
    for seen in _statements(session):
        access, _, where, statement = tally.at(seen)
        if not is_url(statement.get("file_uri")):
            continue
        url, kind = str(statement["file_uri"]), statement.get("file_mimetype")
        opened = session.http.send("GET", url, bearer=access.flow.access_token)
        shut = session.http.send("GET", url)
        tally.look(opened if opened.status != 200 else shut)
        told = f"{where}: its file answered {opened.status}, and {shut.status} without a token"
        tally.judge("WG3-01-10.5.1-24", opened.status == 200 and shut.status in REFUSALS, told)
        tally.look(opened)
        told = f"{where}: file_mimetype is {shown(kind)}, the file is {opened.media_type}"
        tally.judge("WG3-01-10.5.1-26", opened.media_type == kind, told)
    yield from tally.findings(_FILES, "no bill that the test account shares has a file")


#: What a usage detail of a type has: the rows about its value and dates, and each member it adds with kind and row.
_DATED: Final = {
    "electric_usage": ("02", "03"),
    "water_usage": ("04", "05"),
    "natural_gas_usage": ("06", "07"),
    "fuel_oil_usage": ("08", "09"),
    "electric_demand": ("10", "11"),
}
_ADDED: Final = {
    "electric_demand": ("demand_type", "DemandType", "12"),
    "time_of_use": ("tou", "TimeOfUseType", "13"),
    "tiered": ("tier", "TierType", "14"),
    "directional": ("direction", "DirectionType", "15"),
    "seasonal": ("season", "SeasonType", "16"),
}
_READ: Final = {"amr_reading": ("17", "18"), "analog_meter": ("19", "20"), "customer_provided": ("21", "22")}
_DETAILS: Final = (
    *(f"WG3-01-10.6.4-{number:02}" for number in range(2, 23)),
    "WG3-01-10.6.3-09",
    "WG3-01-10.6.7-14",
    "WG3-01-10.6.1-24",
)


@condition(*_DETAILS)
def details(session: Session) -> Findings:
    """Usage details have what their types ask for, a number has its unit, and one entity is told in one way."""
    tally = Tally()
    for seen in objects(session):
        _, kind, where, thing = tally.at(seen)
        if kind == "bill_section_usage_detail":
            _judge_detail(tally, f"{where} {thing.get('id')}", thing)
        elif kind == "bill_section_line_item" and is_number(thing.get("value")):
            tally.judge("WG3-01-10.6.7-14", "units" in thing, f"{where} {thing.get('id')}: units is missing")
        elif kind == "bill_section":
            one, other = thing.get("distribution_entity"), thing.get("supply_entity")
            if isinstance(one, dict) and isinstance(other, dict) and one.get("id") == other.get("id"):
                tally.judge("WG3-01-10.6.1-24", one == other, f"{where}: one entity is told in two ways")
    yield from tally.findings(_DETAILS, "no bill that the test account shares shows this")


def _judge_detail(tally: Tally, where: str, thing: Thing) -> None:
    types = thing.get("types")
    if is_number(thing.get("value")):
        tally.judge("WG3-01-10.6.3-09", "units" in thing, f"{where}: units is missing")
    for each in types if isinstance(types, list) else []:
        if each in _DATED:
            value, dated = _DATED[each]
            tally.judge(f"WG3-01-10.6.4-{value}", is_number(thing.get("value")), f"{where}: value is no number")
            there = {"start_date", "end_date"} <= set(thing)
            tally.judge(f"WG3-01-10.6.4-{dated}", there, f"{where}: start_date or end_date is missing")
        if each in _ADDED:
            member, enum, row = _ADDED[each]
            fault = kind_fault(thing.get(member), f"one of {enum}")
            tally.judge(f"WG3-01-10.6.4-{row}", not fault, f"{where}: {member} {fault}")
        if each in _READ:
            present, numbers = _READ[each]
            reads = [thing.get(name) for name in ("start_read", "end_read", "multiplier")]
            told = f"{where}: start_read, end_read and multiplier are {shown(reads)}"
            tally.judge(f"WG3-01-10.6.4-{present}", None not in reads, told)
            tally.judge(f"WG3-01-10.6.4-{numbers}", all(map(is_number, reads)), told)
