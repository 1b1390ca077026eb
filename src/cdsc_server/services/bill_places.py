"""Whose bills are, and what they are about: Accounts and services that a bill names by their ids or their numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from cdsc_server.domain.customer_graph import CustomerGraph, Kind
from cdsc_server.domain.shapes import Fault
from cdsc_server.storage.accounts import named_accounts
from cdsc_server.storage.customer_graph import read_graph

Object = Mapping[str, Any]

_RELATED: Final = {
    Kind.SERVICE_CONTRACT: "related_servicecontracts",
    Kind.SERVICE_POINT: "related_servicepoints",
    Kind.METER_DEVICE: "related_meterdevices",
}
_NOUNS: Final = {
    Kind.ACCOUNT: "Account",
    Kind.SERVICE_CONTRACT: "Service Contract",
    Kind.SERVICE_POINT: "Service Point",
    Kind.METER_DEVICE: "Meter Device",
}


@dataclass(frozen=True, slots=True)
class SectionPlace:
    """The Account that a Bill Section is about, and the ids of the objects of each kind it covers."""

    account_id: str
    related: Mapping[Kind, Sequence[str]]


@dataclass(frozen=True, slots=True)
class BillPlace:
    """Whose a Bill Statement is, with the places of its sections in their order."""

    customer_id: str
    account_id: str
    sections: Sequence[SectionPlace]


def places_of(
    session: Session, statements: Sequence[Object], *, customer_id: str | None, faults: list[Fault]
) -> Sequence[BillPlace]:
    """
    Where these statements belong; those are left out that a fault is added for.

    Args:
        statements: sound as they were handed in.
        customer_id: whose they are; None where their Accounts tell.

    Spec: CDS-WG3-01 10.6.2 (sub_account).
    """
    known = named_accounts(session, {_account_named(each) for each in statements}, customer_id=customer_id)
    graphs: dict[str, CustomerGraph] = {}
    places = []
    for number, statement in enumerate(statements):
        at, name = f"bill_statements[{number}]", _account_named(statement)
        found = [each for each in known if name in (each.account_id, each.account_number)]
        if len(found) != 1:
            member = "cds_account_id" if "cds_account_id" in statement else "account_number"
            faults.append(unclear(f"{at}.{member}", Kind.ACCOUNT, [each.account_id for each in found]))
            continue
        (account,) = found
        graph = graphs.get(account.customer_id) or read_graph(session, account.customer_id)
        graphs[account.customer_id] = graph
        search = _Search(graph, account.account_id, faults)
        sections = [
            search.section(f"{at}.bill_sections[{position}]", section)
            for position, section in enumerate(statement.get("bill_sections", []))
        ]
        places.append(BillPlace(account.customer_id, account.account_id, sections))
    return places


def _account_named(statement: Object) -> str:
    name: str = statement.get("cds_account_id", statement["account_number"])
    return name


@dataclass(frozen=True, slots=True)
class _Search:
    """Finds what the sections of a statement name among the objects of its Customer."""

    graph: CustomerGraph
    billed_to: str
    faults: list[Fault]

    def section(self, at: str, section: Object) -> SectionPlace:
        related = {
            kind: [self._one(f"{at}.{member}[{n}]", kind, name) for n, name in enumerate(section[member])]
            for kind, member in _RELATED.items()
        }
        return SectionPlace(self._account(at, section), related)

    def _account(self, at: str, section: Object) -> str:
        member = next((each for each in ("cds_account_id", "account_number") if each in section), None)
        if member is None:
            return self.billed_to
        account_id = self._one(f"{at}.{member}", Kind.ACCOUNT, section[member])
        below = self.billed_to in self._above(account_id)
        if "sub_account" in section["section_types"] and not below:
            self.faults.append(Fault(f"{at}.{member}", "must be of an Account below that of the statement"))
        elif "sub_account" not in section["section_types"] and account_id not in ("", self.billed_to):
            self.faults.append(Fault(f"{at}.{member}", "must be of the statement's Account, but for type sub_account"))
        return account_id

    def _above(self, account_id: str) -> Iterator[str]:
        """The parents of an Account, each once even where somebody made a ring of them."""
        nodes, seen = self.graph.nodes[Kind.ACCOUNT], {account_id}
        node = nodes.get(account_id)
        while node is not None and node.above is not None and node.above not in seen:
            seen.add(node.above)
            yield node.above
            node = nodes.get(node.above)

    def _one(self, at: str, kind: Kind, name: str) -> str:
        """The id of the one object that has this id or number; empty with a fault added where there is not one."""
        found = [node.id for node in self.graph.nodes[kind].values() if name in (node.id, node.number)]
        if len(found) == 1:
            return found[0]
        self.faults.append(unclear(at, kind, found))
        return ""


def unclear(at: str, kind: Kind, found: Sequence[str]) -> Fault:
    """What is wrong with a name that all of these objects have, or none."""
    if not found:
        return Fault(at, f"names no {_NOUNS[kind]} that is here")
    return Fault(at, f"names {len(found)} {_NOUNS[kind]}s: give an id")
