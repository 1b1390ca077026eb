"""Usage Segments from within: columns, rows and what each type of value asks for (CDS-WG3-01 10.8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from cdsc_conformance import facts
from cdsc_conformance.condition import condition
from cdsc_conformance.conditions.customer_metadata import VALUE_TYPES
from cdsc_conformance.conditions.customer_objects import Tally, formats
from cdsc_conformance.customer_data import Thing
from cdsc_conformance.findings import Findings
from cdsc_conformance.kinds import is_datetime, is_number, read_datetime
from cdsc_conformance.session import Session
from cdsc_conformance.tables import member_faults, shown

#: By Value Type: the row that has its data in this shape only, those about units and their values, about a direction
#: that is known or not, and about a quality and meters that are not known.
_TYPES: Final = {
    "electric_usage": ("10.8.5.1-01", ("10.8.5.1.1-10",), ("Wh", "kWh", "MWh")),
    "electric_demand": ("10.8.5.2-01", ("10.8.5.2.1-11",), ("W", "kW", "MW")),
    "electric_supply_mix": ("10.8.5.3-01", (), ()),
    "water_usage": ("10.8.5.4-01", ("10.8.5.4.1-08",), ("m3", "L", "gal", "ft3", "CCF", "MCF", "MMCF")),
    "natural_gas_usage": ("10.8.5.5-01", ("10.8.5.5.1-08",), ("Btu", "therm", "Sm3", "scf")),
    "fuel_oil_usage": ("10.8.5.6-01", ("10.8.5.6.1-08",), ("L", "gal")),
    "cost": ("10.8.5.7-01", (), ()),
    "meter_readings": ("10.8.5.8-01", (), ()),
}

#: Members that are left out, never null, when there is nothing to tell; null has a meaning of its own elsewhere.
_ABSENT: Final = {
    ("electric_usage", "direction"): "10.8.5.1.1-11",
    ("electric_usage", "quality"): "10.8.5.1.1-19",
    ("electric_usage", "related_meterdevices"): "10.8.5.1.1-20",
    ("electric_demand", "direction"): "10.8.5.2.1-12",
    ("electric_demand", "quality"): "10.8.5.2.1-20",
    ("electric_demand", "related_meterdevices"): "10.8.5.2.1-21",
    ("water_usage", "quality"): "10.8.5.4.1-13",
    ("water_usage", "related_meterdevices"): "10.8.5.4.1-14",
    ("natural_gas_usage", "quality"): "10.8.5.5.1-13",
    ("natural_gas_usage", "related_meterdevices"): "10.8.5.5.1-14",
    ("fuel_oil_usage", "quality"): "10.8.5.6.1-13",
    ("fuel_oil_usage", "related_meterdevices"): "10.8.5.6.1-14",
    ("meter_readings", "related_meterdevice"): "10.8.5.8.1-06",
}

_NOTHING: Final = "the test account shares no usage of this kind"


def _segments(session: Session, tally: Tally) -> Iterator[tuple[str, Thing]]:
    """Every segment with words that point at it; the tally looks at its page."""
    for access in session.consents.open:
        for thing, page in access.sourced("usage_segments"):
            tally.look(page)
            yield f"{access}, {thing.get('cds_usagesegment_id')}", thing


def _values(segment: Thing) -> list[list[Any]]:
    value = segment.get("values")
    return [each for each in value if isinstance(each, list)] if isinstance(value, list) else []


def _kinds(value_format: Thing) -> tuple[str, str]:
    """The facts of a format and of its values."""
    kind = value_format.get("type")
    known = kind in facts.enum("ValueType")
    return (f"{kind}_value_format", f"{kind}_value_object") if known else ("value_format", "")


_FRAME: Final = tuple(
    f"WG3-01-10.8.{row}" for row in ("1-16", "1-17", "1-20", "2-03", "3-01", "3-02", "3-03", "3-04")
)  # fmt: skip


@condition(*_FRAME)
def frame(session: Session) -> Findings:
    """Rows follow each other without a gap from the start of a segment to its end, each with a cell for each column."""
    tally = Tally()
    for where, segment in _segments(session, tally):
        rows, columns = _values(segment), formats(segment)
        if not columns:
            continue
        narrow = [number for number, row in enumerate(rows) if len(row) != len(columns)]
        told = f"{where}: row {narrow[:1]} has not {len(columns)} cells"
        for row in ("2-03", "3-01", "3-02", "3-04"):
            tally.judge(f"WG3-01-10.8.{row}", not narrow, told)
        start, end, interval = (segment.get(name) for name in ("segment_start", "segment_end", "interval"))
        if not (is_datetime(start) and is_datetime(end) and is_number(interval) and rows):
            continue
        last = read_datetime(str(start)) + timedelta(seconds=float(str(interval)) * len(rows))
        told = f"{where}: {len(rows)} values of {interval} s from {start} end at {last.isoformat()}, not at {end}"
        for row in ("1-16", "1-17", "3-03"):
            tally.judge(f"WG3-01-10.8.{row}", last == read_datetime(str(end)), told)
        if len(rows) == 1:
            tally.judge("WG3-01-10.8.1-20", last == read_datetime(str(end)), told)
    yield from tally.findings(_FRAME, _NOTHING)


_MEMBERS: Final = tuple(
    field.row
    for kind in ("value_format", *(f"{kind}_value_{part}" for kind in _TYPES for part in ("format", "object")))
    for field in facts.fields(kind)
    if field.row
)


@condition(*_MEMBERS)
def members(session: Session) -> Findings:
    """Each format and each value has the members that its type asks for, each of its kind."""
    tally = Tally()
    for where, segment in _segments(session, tally):
        for column, value_format in enumerate(formats(segment)):
            base, value_object = _kinds(value_format)
            for kind in dict.fromkeys(("value_format", base)):
                for field in facts.fields(kind):
                    if field.required or field.name in value_format:
                        tally.note(field.row, *member_faults(field, value_format, f"{where}, format {column}"))
            for field in facts.fields(value_object) if value_object else ():
                for cell in _cells(segment, column):
                    if field.required or field.name in cell:
                        tally.note(field.row, *member_faults(field, cell, f"{where}, column {column}"))
    yield from tally.findings(_MEMBERS, _NOTHING)


def _cells(segment: Thing, column: int) -> list[Thing]:
    return [row[column] for row in _values(segment) if len(row) > column and isinstance(row[column], dict)]


_RULES: Final = tuple(
    f"WG3-01-{row}"
    for row in (
        *(row for every, units, _ in _TYPES.values() for row in (every, *units)),
        *_ABSENT.values(),
        "10.8.4-01", "10.8.5-01", "10.8.5-02", "10.8.5-04", "10.8.6-06", "10.8.5.1.1-12", "10.8.5.2.1-13",
        "10.8.5.3.2-04", "10.8.5.7.1-06", "10.8.5.8.2-02",
    )
)  # fmt: skip


@condition(*_RULES)
def types(session: Session) -> Findings:
    """Every value is of its format's type and no other; units, directions and shares are those the type knows."""
    tally = Tally()
    described = session.authorization_server.body.get(VALUE_TYPES)
    known = described if isinstance(described, dict) else {}
    for where, segment in _segments(session, tally):
        for column, value_format in enumerate(formats(segment)):
            kind = value_format.get("type")
            told = f"{where}, format {column}"
            fits = kind in _TYPES or kind in known
            tally.judge("WG3-01-10.8.5-01", fits, f"{told}: nothing defines type {shown(kind)}")
            if kind in _TYPES:
                _judge_type(tally, told, value_format, _cells(segment, column))
            else:
                for row in ("10.8.5-04", "10.8.6-06"):
                    tally.judge(f"WG3-01-{row}", kind in known, f"{told}: nothing describes type {shown(kind)}")
    yield from tally.findings(_RULES, _NOTHING)


def _judge_type(tally: Tally, where: str, value_format: Thing, cells: list[Thing]) -> None:
    kind = str(value_format["type"])
    every, unit_rows, units = _TYPES[kind]
    names = {field.name for field in facts.fields(f"{kind}_value_object")}
    strange = [each for each in cells if not names & set(each)]
    for row in (every, "10.8.4-01", "10.8.5-02"):
        tally.judge(f"WG3-01-{row}", not strange, f"{where}: {shown(strange[:1])} is no value of {kind}")
    for row in unit_rows:
        unit = value_format.get("units")
        tally.judge(f"WG3-01-{row}", unit in units, f"{where}: units is {shown(unit)}")
    for (of_kind, member), row in _ABSENT.items():
        if of_kind == kind:
            null = member in value_format and value_format[member] is None
            tally.judge(f"WG3-01-{row}", not null, f"{where}: {member} is null")
    _judge_particulars(tally, where, value_format, cells)


def _judge_particulars(tally: Tally, where: str, value_format: Mapping[str, Any], cells: list[Thing]) -> None:
    """What only one type of value asks for."""
    kind, direction = value_format["type"], value_format.get("direction")
    known = {"electric_usage": "10.8.5.1.1-12", "electric_demand": "10.8.5.2.1-13"}.get(str(kind))
    if known and direction is not None:
        told = f"{where}: direction is {shown(direction)}"
        tally.judge(f"WG3-01-{known}", direction in facts.enum("DirectionType"), told)
    if kind == "electric_supply_mix":
        far = [each["sm"] for each in cells if is_number(each.get("sm")) and not 0 <= each["sm"] <= 1]
        tally.judge("WG3-01-10.8.5.3.2-04", not far, f"{where}: sm is {far[:1]}")
    if kind == "cost":
        currency = value_format.get("currency")
        fits = isinstance(currency, str) and len(currency) == 3 and currency.isupper()
        tally.judge("WG3-01-10.8.5.7.1-06", fits, f"{where}: currency is {shown(currency)}")
    if kind == "meter_readings":
        odd = [each["r"] for each in cells if "r" in each and not isinstance(each["r"], str)]
        tally.judge("WG3-01-10.8.5.8.2-02", not odd, f"{where}: r is {odd[:1]}")
