"""
Direct access: what a Client sees that comes for itself, as far as an operator permits (CDS-WG3-01 6.2, 7.1).

Preselection fields tick nothing here; they are a filter on every answer. An object that does not match is not there,
and neither is what hangs on it: without a contract its Service Points, their meters, its bills and its usage are gone.
What is left is followed by the rules that hold for what a Customer chose.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from cdsc_server.domain.choosing import ALL, FUTURE
from cdsc_server.domain.customer_graph import SELECTED_KIND, CustomerGraph, Kind, Node


class Reach(StrEnum):
    """Whose data a Client Object is permitted to read directly."""

    NAMED = "named"
    CUSTOMERS = "customers"
    TEST_CUSTOMERS = "test_customers"


@dataclass(frozen=True)
class Permission:
    """
    What an operator permits a Client Object.

    Args:
        reach: those that are named to it, every Customer, or every fictional one.
    """

    client_id: str
    reach: Reach


#: Field: the kind of objects it filters, and the member of them that it is compared with.
MATCHED: Final[Mapping[str, tuple[Kind, str]]] = {
    "account_numbers": (Kind.ACCOUNT, "account_number"),
    "account_programs": (Kind.ACCOUNT, "account_programs[].program_number"),
    "contract_numbers": (Kind.SERVICE_CONTRACT, "contract_number"),
    "service_types": (Kind.SERVICE_CONTRACT, "service_types[]"),
    "service_programs": (Kind.SERVICE_CONTRACT, "service_programs[].program_number"),
    "servicepoint_numbers": (Kind.SERVICE_POINT, "servicepoint_number"),
    "servicepoint_types": (Kind.SERVICE_POINT, "servicepoint_types[]"),
    "premise_numbers": (Kind.SERVICE_POINT, "premises[].premise_number"),
    "meter_numbers": (Kind.METER_DEVICE, "meter_number"),
    "meter_types": (Kind.METER_DEVICE, "meter_types[]"),
    "meter_apps": (Kind.METER_DEVICE, "meter_apps[].app_number"),
}

#: Values that each preselection field must be among; a field that filters nothing is not there.
Filter = Mapping[str, frozenset[str]]


def filter_of(details: Mapping[str, Any]) -> Filter:
    """The preselection of an entry as a filter; null and `_all` filter nothing."""
    wanted = {name: details[name] for name in MATCHED if details.get(name) is not None}
    return {name: frozenset(values) - {FUTURE} for name, values in wanted.items() if ALL not in values}


def base_of(lists: str | None, only: Filter) -> Kind:
    """
    The kind of objects from which the others are reached.

    Args:
        lists: the Selection Type of the kind that a scope lists; None for bills and usage, which belong to whatever
            lowest kind the filter names, and to Accounts without one.
    """
    if lists is not None:
        return SELECTED_KIND[lists]
    order = list(Kind)
    return max((MATCHED[name][0] for name in only), key=order.index, default=Kind.ACCOUNT)


def matches(only: Filter, kind: Kind, node: Node) -> bool:
    """Whether an object passes the fields that filter its kind."""
    return all(
        not values.isdisjoint(node.told(MATCHED[name][1])) for name, values in only.items() if MATCHED[name][0] is kind
    )


def matching(graph: CustomerGraph, only: Filter) -> CustomerGraph:
    """The part of a Customer's objects that a filter leaves."""
    return graph.narrowed(lambda kind, node: matches(only, kind, node))


def permitted(graph: CustomerGraph, accounts: Collection[str] | None) -> CustomerGraph:
    """The part of a Customer's objects that hangs on these Accounts; all that hangs on any for None."""
    return graph.narrowed(lambda kind, node: kind is not Kind.ACCOUNT or accounts is None or node.id in accounts)
