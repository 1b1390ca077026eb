"""What the authorization server metadata adds for Customer Data (CDS-WG3-01 5, 10.8.6, 10.9.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cdsc_conformance import facts
from cdsc_conformance.condition import condition
from cdsc_conformance.conditions.asking import fields
from cdsc_conformance.findings import Findings, judge, skipped
from cdsc_conformance.session import Session
from cdsc_conformance.tables import kind_fault, members, rows_of, several, shown

VALUE_TYPES: Final = "cds_usagesegments_additional_value_types"


@dataclass(frozen=True)
class Described:
    """A map of descriptions: the listing that wants it, its key, its facts, and the rows it must hold as a whole."""

    api: str
    member: str
    key: str
    table: str
    present: str
    keyed: str


DESCRIPTIONS: Final = (
    Described("cds_usagesegments_api", VALUE_TYPES, "type", "value_type_description", "WG3-01-5-20", "WG3-01-5-21"),
    Described("cds_eacs_api", "cds_eac_formats", "id", "eac_data_format_description", "WG3-01-5-23", "WG3-01-5-24"),
)

#: Member with the address, the field that gives access, the row about offering it, the row about implying it.
APIS: Final = tuple(
    (f"cds_{name}_api", f"include_{field}", f"WG3-01-5-{number:02}", f"WG3-01-5-{number + 1:02}")
    for number, name, field in (
        (2, "accounts", "accounts"),
        (4, "servicecontracts", "service_contracts"),
        (6, "servicepoints", "service_points"),
        (8, "meterdevices", "meter_devices"),
        (10, "billstatement", "bill_statements"),
        (12, "billsection", "bill_sections"),
        (14, "aggregations", "aggregations"),
        (16, "usagesegments", "usage_segments"),
        (18, "eacs", "eacs"),
    )
)


@condition("WG3-01-5-01", "WG3-01-3-02")
def version(session: Session) -> Findings:
    """The metadata names the version of the standard."""
    value = session.authorization_server.body.get("cds_customerdata_version")
    for row in ("WG3-01-5-01", "WG3-01-3-02"):
        yield judge(
            row, value == "v1", f"cds_customerdata_version is {shown(value)}", session.authorization_server.exchange
        )


@condition(*(row for _, _, *rows in APIS for row in rows))
def apis(session: Session) -> Findings:
    """Each listing that a scope gives access to, when asked or by itself, has an address."""
    body, shown_by = session.authorization_server.body, session.authorization_server.exchange
    offered = {field.get("id") for _, scope in session.scopes for field in fields(scope)}
    default = {name for _, scope in session.scopes for name in facts.access(scope.get("type")).get("implied", ())}
    for member, include, when_offered, when_implied in APIS:
        fault = kind_fault(body.get(member), "url")
        for row, names, verb in ((when_offered, offered, "offers"), (when_implied, default, "implies")):
            if include in names:
                yield judge(row, not fault, f"a scope {verb} {include}, and {member} {fault}", shown_by)
            else:
                yield from skipped(row, f"no scope {verb} {include}")


@condition(
    "WG3-01-5-20", "WG3-01-5-21", "WG3-01-5-22", "WG3-01-5-23", "WG3-01-5-24",
    *rows_of("value_type_description"),
    *rows_of("eac_data_format_description"),
)  # fmt: skip
def descriptions(session: Session) -> Findings:
    """Value types and certificate formats beyond the standard's own are described, each under its own id."""
    for described in DESCRIPTIONS:
        yield from _described(session, described)
    table = session.authorization_server.body.get(VALUE_TYPES)
    if not isinstance(table, dict):
        yield from skipped("WG3-01-5-22", f"the metadata has no {VALUE_TYPES}")
        return
    own = [name for name in table if name in facts.enum("ValueType")]
    yield judge(
        "WG3-01-5-22",
        not own,
        f"{VALUE_TYPES} describes {several(own)}, which the standard does",
        session.authorization_server.exchange,
    )


def _described(session: Session, it: Described) -> Findings:
    body, shown_by = session.authorization_server.body, session.authorization_server.exchange
    table = body.get(it.member)
    if it.api in body:
        fault = kind_fault(table, "object")
        yield judge(it.present, not fault, f"there is {it.api}, and {it.member} {fault}", shown_by)
    else:
        yield from skipped(it.present, f"the metadata has no {it.api}")
    entries = table if isinstance(table, dict) else {}
    found = {name: each for name, each in entries.items() if isinstance(each, dict)}
    if found:
        odd = [
            f"{name}: {it.key} is {shown(each.get(it.key))}" for name, each in found.items() if each.get(it.key) != name
        ]
        yield judge(it.keyed, not odd, several(odd), shown_by)
    else:
        yield from skipped(it.keyed, f"{it.member} describes nothing")
    yield from members(it.table, [(f"{it.member} {name}", each) for name, each in found.items()], shown_by)
