"""Judgements that follow one pattern, driven by the tables in `facts`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from cdsc_conformance import facts
from cdsc_conformance.exchanges import Exchange
from cdsc_conformance.findings import Finding, Findings, Outcome, judge, skipped
from cdsc_conformance.kinds import KINDS

_ABSENT: Final = object()


def kind_fault(value: Any, kind: str, *, nullable: bool = False) -> str:
    """Why the value is not of this kind, in words that follow its name; empty when it is."""
    if value is None and nullable:
        return ""
    how, _, name = kind.partition(" of ")
    if how in ("one", "some"):
        allowed = facts.enum(name)
        values = value if how == "some" and isinstance(value, list) else [value]
        strange = [each for each in values if each not in allowed]
        if how == "some" and not isinstance(value, list):
            return f"is {shown(value)}, not an array"
        return f"is {shown(value)}; the standard defines {', '.join(allowed)}" if strange else ""
    holds, words = KINDS[how]
    return "" if holds(value) else f"is {shown(value)}, not {words}{' or null' if nullable else ''}"


def shown(value: Any) -> str:
    """A value short enough for a sentence."""
    text = "missing" if value is _ABSENT else repr(value) if not isinstance(value, str) else f'"{value}"'
    return text if len(text) <= 80 else f"{text[:77]}..."


def rows_of(name: str) -> tuple[str, ...]:
    """The rows that `members` judges for an object, each once."""
    return tuple(dict.fromkeys(field.row for field in facts.fields(name) if field.row))


def members(name: str, objects: Iterable[tuple[str, Mapping[str, Any]]], *evidence: Exchange) -> Findings:
    """
    Judge every required member of objects of one kind: present, of its kind, null only where allowed.

    Args:
        objects: each with the words that point at it, such as `scope usage`; none skips the rows.
    """
    listed = list(objects)
    if not listed:
        yield from skipped(rows_of(name), f"there is no {name.replace('_', ' ')} to look at")
        return
    faults: dict[str, list[str]] = {row: [] for row in rows_of(name)}
    for where, thing in listed:
        for field in facts.fields(name):
            if field.row:
                faults[field.row] += member_faults(field, thing, where)
    for row, found in faults.items():
        yield judge(row, not found, several(found), *evidence)


def member_faults(field: facts.Field, thing: Mapping[str, Any], where: str) -> list[str]:
    """What is wrong with one member of one object; nothing when it is right or need not be there."""
    value = thing.get(field.name, _ABSENT)
    if value is _ABSENT:
        return [f"{where}: {field.name} is missing"] if field.required else []
    fault = kind_fault(value, field.type, nullable=field.nullable)
    return [f"{where}: {field.name} {fault}"] if fault else []


def of_kind(name: str, kinds: Sequence[str], objects: Iterable[tuple[str, Mapping[str, Any]]]) -> list[str]:
    """What is wrong with the members of these kinds that are there: for rows about a kind, not a member."""
    wanted = [field for field in facts.fields(name) if field.type in kinds]
    return [
        fault
        for where, thing in objects
        for field in wanted
        if field.name in thing
        for fault in member_faults(field, thing, where)
    ]


def literals(name: str, thing: Mapping[str, Any], where: str, *evidence: Exchange) -> Findings:
    """Judge what the standard prescribes to the letter; `{id}` in the table stands for the scope's own id."""
    faults: dict[str, list[str]] = {}
    own = str(where.partition(" ")[2].partition(",")[0])
    for line in facts.literals(name):
        value = thing.get(line["member"], _ABSENT)
        found = faults.setdefault(line["row"], [])
        fault = _literal_fault(line, value, own)
        if fault:
            found.append(f"{where}: {line['member']} {fault}")
    for row, found in faults.items():
        yield judge(row, not found, several(found), *evidence)


def literal_rows(*names: str) -> tuple[str, ...]:
    """The rows that `literals` judges for these tables."""
    return tuple(dict.fromkeys(line["row"] for name in names for line in facts.literals(name)))


def several(faults: Sequence[str]) -> str:
    """Faults as one sentence; the first few say enough."""
    return "; ".join(faults[:4]) + (f"; and {len(faults) - 4} more" if len(faults) > 4 else "")


def merged(findings: Iterable[Finding]) -> Findings:
    """The worst finding of each row, in the order of first mention."""
    order = list(Outcome)
    worst: dict[str, Finding] = {}
    for finding in findings:
        known = worst.get(finding.row)
        if known is None or order.index(finding.outcome) > order.index(known.outcome):
            worst[finding.row] = finding
    yield from worst.values()


def _literal_fault(line: Mapping[str, Any], value: Any, own: str) -> str:
    if line.get("absent"):
        return "" if value is _ABSENT else f"is {shown(value)}, but must be absent"
    if "type" in line:
        return kind_fault(value, line["type"])
    allowed = [_filled(each, own) for each in line.get("one_of", [line.get("equals")])]
    # True equals 1 for Python, not for JSON.
    if any(value == each and type(value) is type(each) for each in allowed):
        return ""
    return f"is {shown(value)}; the standard prescribes {' or '.join(shown(each) for each in allowed)}"


def _filled(value: Any, own: str) -> Any:
    return [own if each == "{id}" else each for each in value] if isinstance(value, list) else value
