"""What a request fills in on the form: the person agrees to it as it is, and the token shows it (CDS-WG3-01 7.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cdsc_conformance import facts
from cdsc_conformance.condition import condition
from cdsc_conformance.conditions.asking import fields
from cdsc_conformance.conditions.customer_objects import Tally
from cdsc_conformance.customer_data import SELECTION, TARGETS, Access, Thing, ids, reached
from cdsc_conformance.findings import Findings, Unmet
from cdsc_conformance.session import Session
from cdsc_conformance.tables import shown

TABLE: Final = "customer_preselections"
ALL: Final = "_all"

Line = Mapping[str, Any]
World = dict[str, dict[str, Thing]]


@dataclass(frozen=True)
class Form:
    """A form to fill in: the agreement to all of its scope, its selection, and the row that shows what was chosen."""

    whole: Access
    selection: str
    decides: Line

    def chosen(self, access: Access) -> set[Any]:
        """The ids of what was chosen on this form, by what a token reads."""
        return {
            object_id
            for thing in access.objects(self.decides["listing"])
            for object_id in reached(access, thing, self.decides["path"]) - {None}
        }


_ROWS: Final = tuple(line["row"] for lines in facts.rules(TABLE).values() for line in lines)
_ALL: Final = tuple(line["all"] for lines in facts.rules(TABLE).values() for line in lines if "all" in line)


def world(session: Session) -> World:
    """Every object that any token sees, with every member that any of them sees, by listing and id."""
    found: World = {}
    for name in facts.listings():
        merged = found.setdefault(name, {})
        for access in session.consents.open:
            for object_id, thing in zip(ids(name, access.objects(name)), access.objects(name), strict=True):
                merged[object_id] = {**merged.get(object_id, {}), **thing}
    return found


def led_to(known: World, thing: Thing, path: Sequence[str]) -> set[Any]:
    """What a path leads to: through ids of other objects, or through objects that stand within."""
    first, *rest = path
    value = thing.get(first)
    found: set[Any] = set()
    for each in value if isinstance(value, list) else [value]:
        if not rest:
            found |= set() if each is None else {each}
        elif isinstance(each, dict):
            found |= led_to(known, each, rest)
        elif (target := known.get(TARGETS.get(first, ""), {}).get(str(each))) is not None:
            found |= led_to(known, target, rest)
    return found


def matched(known: World, line: Line, values: Sequence[str]) -> set[Any]:
    """The ids of what these values of a field preselect."""
    return {
        object_id
        for thing in known[line["listing"]].values()
        if led_to(known, thing, line["match"]) & set(values)
        for object_id in led_to(known, thing, line["path"])
    }


@condition(*_ROWS)
def preselected(session: Session) -> Findings:
    """A value of a field fills in what it is about, and nothing else."""
    tally, known = Tally(), world(session)
    for field, lines in facts.rules(TABLE).items():
        for line in lines:
            for form in _forms(session, field, line):
                value = _telling(known, form, field, line)
                if value is not None:
                    wanted = matched(known, line, [value]) & form.chosen(form.whole)
                    _judge(tally, line["row"], form, {field: [value]}, wanted)
                    break
    yield from tally.findings(_ROWS, "no form of the test account can show this")


@condition(*_ALL)
def everything(session: Session) -> Findings:
    """_all fills in every entry."""
    tally = Tally()
    for field, lines in facts.rules(TABLE).items():
        for line in (each for each in lines if "all" in each):
            for form in _forms(session, field, line):
                wanted = form.chosen(form.whole)
                if len(wanted) > 1 and not _choices(form.whole, field):
                    _judge(tally, line["all"], form, {field: [ALL]}, wanted)
                    break
    yield from tally.findings(_ALL, "no form of the test account can show this")


@condition("WG3-01-7.1-04", "WG3-01-7.1-05")
def together(session: Session) -> Findings:
    """Several fields fill in what all of them match; nothing, when that is nothing."""
    tally, known = Tally(), world(session)
    lines = {line["selection"]: line for line in facts.rules(TABLE)["contract_numbers"]}
    line = lines["service_contract_selection"]
    types = next(each for each in facts.rules(TABLE)["service_types"] if each["selection"] == line["selection"])
    for form in _forms(session, "contract_numbers", line):
        every = form.chosen(form.whole)
        contracts = [each for key, each in known["service_contracts"].items() if key in every]
        numbers = [str(each["contract_number"]) for each in contracts if each.get("contract_number")]
        parts = {kind: matched(known, types, [kind]) & every for kind in _choices(form.whole, "service_types")}
        kind = next((kind for kind, part in parts.items() if part and part != every), None)
        if kind is None:
            continue
        values = {"contract_numbers": numbers, "service_types": [kind]}
        _judge(tally, "WG3-01-7.1-04", form, values, parts[kind])
        other = [each for each in numbers if not matched(known, line, [each]) & parts[kind]]
        if other:
            _judge(tally, "WG3-01-7.1-05", form, {**values, "contract_numbers": other[:1]}, set())
        break
    yield from tally.findings(("WG3-01-7.1-04", "WG3-01-7.1-05"), "no form of the test account can show this")


def _forms(session: Session, field: str, line: Line) -> Iterator[Form]:
    """The forms that offer a field and a selection, and that something is read by."""
    for whole in session.consents.open:
        offered = any(each.get("id") == field for each in fields(whole.scope))
        shows = facts.access(whole.type)["selected"].get(line["selection"], [])
        decides = next((each for each in shows if whole.objects(each["listing"])), None)
        if offered and line["selection"] in _choices(whole, SELECTION) and decides is not None:
            yield Form(whole, line["selection"], decides)


def _choices(access: Access, field: str) -> list[str]:
    described = next((each for each in fields(access.scope) if each.get("id") == field), {})
    return [str(each.get("id")) for each in described.get("choices") or [] if isinstance(each, dict)]


def _telling(known: World, form: Form, field: str, line: Line) -> str | None:
    """A value that preselects something and not all of it; one from the choices, when there are any."""
    every, choices = form.chosen(form.whole), _choices(form.whole, field)
    seen = {str(value) for thing in known[line["listing"]].values() for value in led_to(known, thing, line["match"])}
    for value in sorted(seen):
        wanted = matched(known, line, [value]) & every
        if wanted and wanted != every and (not choices or value in choices):
            return value
    return None


def _judge(tally: Tally, row: str, form: Form, values: dict[str, list[str]], wanted: set[Any]) -> None:
    """Agree to a form as a request fills it in, and see what was chosen."""
    whole = form.whole
    try:
        one = whole.session.consents.variant(whole.scope, {SELECTION: form.selection, **values})
    except Unmet:
        return
    tally.look(one.flow.arrived.exchange)
    told = f"{whole}, {form.selection}, {shown(values)}:"
    if one.flow.arrived.ticked or not wanted:
        none = one.flow.arrived.ticked and not wanted
        tally.judge(row, none, f"{told} nothing was preselected, or all; it should be {shown(sorted(wanted))}")
        return
    # A parent Account comes with its own (7.2.1).
    parents = {each.get("cds_account_parent") for each in one.objects("accounts")}
    found = form.chosen(one)
    fits = wanted <= found and not found - wanted - parents
    tally.judge(row, fits, f"{told} {shown(sorted(found))} was preselected, not {shown(sorted(wanted))}")
