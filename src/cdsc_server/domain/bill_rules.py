"""
What a bill must keep to before it is stored: CDS-WG3-01 10.5.1 to 10.5.3 and 10.6.1 to 10.6.8.

First that every object has its members, each of its type; then what members say of each other. Whether what a bill
names is there at all, and whose it is, needs the Customer's objects: see `services/bill_places.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from cdsc_server.domain.bill_shapes import BILLS, DIFFERENCE, MEASURED
from cdsc_server.domain.bills import missing, total
from cdsc_server.domain.shapes import Fault, is_number, under

Object = Mapping[str, Any]

#: Who is named for the charges of these sections (10.6.2).
_ENTITIES: Final = {"distribution": "distribution_entity", "supply": "supply_entity"}
#: What goes to the utility; a tax goes to government alone (10.6.6, 10.6.8).
_OF_UTILITY: Final = {"tax": {"fixed_charge", "usage_charge"}, "taxes": {"fixed_charges", "usage_charges"}}


def bill_faults(document: Any) -> list[Fault]:
    """Everything that is wrong with bills as they are handed in (`bill_shapes.BILLS`); empty where nothing is."""
    if faults := list(BILLS.faults(document)):
        # What members say of each other can only be judged where they are there.
        return faults
    statements = document["bill_statements"]
    for number, statement in enumerate(statements):
        faults += under(f"bill_statements[{number}]", _statement_faults(statement))
    return faults


def _statement_faults(statement: Object) -> Iterator[Fault]:
    charges, sections = statement["new_charges"], statement.get("bill_sections", [])
    if statement["shutoff_prevention_minimum_due"] is None and statement["shutoff_prevention_date"] is not None:
        yield Fault("shutoff_prevention_date", "must be null where shutoff_prevention_minimum_due is null")
    if "file_mimetype" in statement and "file" not in statement:
        yield Fault("file_mimetype", "must not be given without a file")
    yield from _repeated("new_charges", charges, "id")
    yield from _repeated("bill_sections", sections, "section_number")
    yield from _sum_faults(statement)
    known = {section["section_number"] for section in sections}
    for number, charge in enumerate(charges):
        place = f"new_charges[{number}].related_billsections"
        yield from _strangers(place, charge.get("related_billsections", ()), known, "a section_number of this bill")
    for number, section in enumerate(sections):
        yield from under(f"bill_sections[{number}]", _section_faults(section))


def _sum_faults(statement: Object) -> Iterator[Fault]:
    """A bill that does not add up gets a charge of ours; one that has such a charge must add up with it."""
    charges = statement["new_charges"]
    places = [number for number, charge in enumerate(charges) if DIFFERENCE in charge["types"]]
    if len(places) > 1:
        yield Fault(f"new_charges[{places[1]}].types", f"must not be a second {DIFFERENCE}")
    elif places:
        place, charge = f"new_charges[{places[0]}]", charges[places[0]]
        lacks = missing(charges, unpaid=statement["previous_balance_unpaid"], due=statement["amount_due"])
        if not charge["included_in_amount_due"]:
            yield Fault(f"{place}.included_in_amount_due", f"must be true for {DIFFERENCE}")
        elif lacks:
            right = format(total([charge["amount"], lacks]), "f")
            yield Fault(f"{place}.amount", f"must be {right}, which is what the other charges lack to amount_due")


def _section_faults(section: Object) -> Iterator[Fault]:
    types = set(section["section_types"])
    yield from _order_faults(section)
    yield from _entity_faults(section, types)
    contracts = bool(section["related_servicecontracts"])
    if "service_contract" in types and not contracts:
        yield Fault("related_servicecontracts", "must not be empty for a section of type service_contract")
    if "other_section" in types and (contracts or types & {"service_contract", "sub_account"}):
        yield Fault("section_types", "must not hold other_section beside a Service Contract or a sub-account")
    if "sub_account" in types and "account_number" not in section:
        yield Fault("account_number", "is missing: type sub_account needs that of the sub-account")
    yield from _detail_faults(section)


def _entity_faults(section: Object, types: set[str]) -> Iterator[Fault]:
    for each, name in _ENTITIES.items():
        if each in types and section[name] is None:
            yield Fault(name, f"must not be null for a section of type {each}")
    distribution, supply = (section[name] for name in _ENTITIES.values())
    if distribution and supply and distribution["id"] == supply["id"] and distribution != supply:
        yield Fault("supply_entity", "must be the same as distribution_entity, which has the same id")


def _detail_faults(section: Object) -> Iterator[Fault]:
    usage, costs, lines = section["usage_details"], section["cost_details"], section["line_items"]
    for name, details in (("usage_details", usage), ("cost_details", costs), ("line_items", lines)):
        yield from _repeated(name, details, "id")
    for number, detail in enumerate(usage):
        yield from under(f"usage_details[{number}]", _usage_faults(detail))
    for number, detail in enumerate(costs):
        yield from under(f"cost_details[{number}]", _cost_faults(detail, lines))
    totals = [number for number, detail in enumerate(costs) if "overall_total" in detail["types"]]
    yield from (
        Fault(f"cost_details[{number}].types", "must not be a second overall_total: a bill has one")
        for number in totals[1:]
    )
    for number, line in enumerate(lines):
        yield from under(f"line_items[{number}]", _line_faults(line, usage, costs))
    named = [(line.get("heading"), line["name"], line["start_date"], line["end_date"]) for line in lines]
    for number, each in enumerate(named):
        if each in named[:number]:
            yield Fault(f"line_items[{number}].name", "must tell the line apart from one before: give it a heading")


def _usage_faults(detail: Object) -> Iterator[Fault]:
    yield from _order_faults(detail)
    measured = [each for each in detail["types"] if each in MEASURED]
    if measured and not is_number(detail["value"]):
        yield Fault("value", f"must be a number for type {measured[0]}")
    yield from _unit_faults(detail)


def _cost_faults(detail: Object, lines: Sequence[Object]) -> Iterator[Fault]:
    types = set(detail["types"])
    if types == {"subtotal"}:
        yield Fault("types", "must name beside subtotal what it is the total of")
    yield from _tax_faults(types)
    inside = [each["cost"] for each in lines if _counted(each, detail)]
    if "overall_total" in types and inside and len(inside) == len(lines) and total(inside) != detail["cost"]:
        # Where a line is not in it, such as one whose place nobody knows, there is nothing to compare with.
        yield Fault("cost", f"must be {total(inside):f}, which is what the lines in it make")
    if "taxes" in types and (wrong := [each["name"] for each in lines if _counted(each, detail) and not _is_tax(each)]):
        yield Fault("types", f"must not hold taxes where a line in it is no tax: {wrong[0]}")


def _counted(line: Object, detail: Object) -> bool:
    return detail["id"] in line["related_cost_details"]


def _is_tax(line: Object) -> bool:
    return "tax" in line["types"]


def _line_faults(line: Object, usage: Sequence[Object], costs: Sequence[Object]) -> Iterator[Fault]:
    yield from _order_faults(line)
    yield from _unit_faults(line)
    yield from _tax_faults(set(line["types"]))
    value, rate, cost = line["value"], line["rate"], line["cost"]
    if value and rate and cost and (cost > 0) != ((value > 0) == (rate > 0)):
        yield Fault("cost", "must have the sign of value times rate: a credit is negative, and so is its rate")
    for name, known in (("usage", usage), ("cost", costs)):
        ids, member = {each["id"] for each in known}, f"related_{name}_details"
        yield from _strangers(member, line[member], ids, f"an id of {name}_details")


def _order_faults(value: Object) -> Iterator[Fault]:
    # Written as 2026-05-31, the order of the texts is that of the days.
    if "start_date" in value and "end_date" in value and value["end_date"] < value["start_date"]:
        yield Fault("end_date", "must not be before start_date")


def _unit_faults(value: Object) -> Iterator[Fault]:
    if is_number(value["value"]) and "units" not in value:
        yield Fault("units", "is missing: a number needs its unit")


def _tax_faults(types: set[str]) -> Iterator[Fault]:
    for tax, others in _OF_UTILITY.items():
        if tax in types and (wrong := sorted(others & types)):
            yield Fault("types", f"must not hold {tax} beside {wrong[0]}: a tax goes to government alone")


def _repeated(name: str, objects: Sequence[Object], member: str) -> Iterator[Fault]:
    seen: set[str] = set()
    for number, each in enumerate(objects):
        if each[member] in seen:
            yield Fault(f"{name}[{number}].{member}", f"must not be that of one before: {each[member]}")
        seen.add(each[member])


def _strangers(place: str, ids: Sequence[str], known: set[str], what: str) -> Iterator[Fault]:
    yield from (Fault(f"{place}[{n}]", f"must be {what}") for n, each in enumerate(ids) if each not in known)
