"""Customers one after another, as far as a Client is permitted to read directly what belongs to their Accounts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

from sqlalchemy.orm import Session

from cdsc_server.domain.customer_graph import CustomerGraph, Kind
from cdsc_server.domain.direct_access import MATCHED, permitted
from cdsc_server.domain.disclosure import known_to
from cdsc_server.domain.usage import MIX
from cdsc_server.domain.usage_disclosure import shows
from cdsc_server.errors import InvalidRequest
from cdsc_server.services.customer_data import Access, DirectAccess
from cdsc_server.services.direct_objects import few_customers
from cdsc_server.storage.customer_graph import read_graph, read_graphs
from cdsc_server.storage.direct_rules import Reached
from cdsc_server.storage.direct_walk import account_groups
from cdsc_server.storage.permissions import permitted_accounts
from cdsc_server.storage.supply_mixes import has_mixes

#: Groups gone through for one page of little before a request counts as not specific enough.
MOST_GROUPS: Final = 40


@dataclass(frozen=True)
class LookedFor:
    """
    By what a caller filters, as far as Customers can be told apart by it.

    Args:
        related, numbers: ids and numbers of objects of each kind; only Customers who have any of them.
        closely: whether it filters by more, so that the way may be long.
    """

    related: Mapping[Kind, frozenset[str]] = field(default_factory=dict)
    numbers: Mapping[Kind, frozenset[str]] = field(default_factory=dict)
    closely: bool = False


@dataclass(frozen=True)
class Home:
    """
    One Customer whose data is read.

    Args:
        graph: of direct access, without what is not permitted.
        turn: of direct access, the numbers or ids of the Accounts whose turn it is.
        by_number: whether those are numbers.
        direct: whether an operator permits it, and no Customer agreed.
    """

    access: Access
    graph: CustomerGraph
    turn: Collection[str] | None = None
    by_number: bool = True
    direct: bool = False

    @property
    def customer_id(self) -> str:
        return self.access.customer_id

    def key(self, accounts: Collection[str]) -> str | None:
        """What decides whose turn something is that belongs to these Accounts: the lowest number or id of any."""
        known = self.graph.nodes[Kind.ACCOUNT]
        mine = [known[each] for each in accounts if each in self._reached]
        return min(((node.number or "") if self.by_number else node.id for node in mine), default=None)

    @cached_property
    def _reached(self) -> frozenset[str]:
        entries = self.access.entries
        graphs = (known_to(entry, self.graph, self.access.now)[1] for entry in entries)
        return frozenset[str]().union(*(graph.nodes[Kind.ACCOUNT] for graph in graphs))


def home_of(session: Session, access: Access) -> Home:
    """The one Customer who agreed."""
    return Home(access, read_graph(session, access.customer_id))


def homes(
    session: Session,
    access: DirectAccess,
    include: str,
    *,
    looked_for: LookedFor,
    start: str | None = None,
    backward: bool = False,
) -> Iterator[Sequence[Home]]:
    """
    The Customers who have any of what an include field opens, those of some account numbers at a time, in order.

    In each group stands all there is under its numbers; a Customer comes again with the numbers of other Accounts.

    Args:
        include: include_usage_segments or include_bill_sections.
        looked_for: by what the caller filters.
        start: the number, or id, to begin with.
        backward: in the opposite order.

    Raises:
        InvalidRequest: it is a long way, and the caller looks for little (CDS-WG3-01 6.2).
    """
    entries = tuple(entry for entry in access.entries if include in entry.opens)
    # Bill Sections show the number of their Account always; usage only where the Grant opens it.
    by_number = include == "include_bill_sections" or all(
        {"include_accounts", "include_account_numbers"} <= entry.opens for entry in entries
    )
    of_usage = include == "include_usage_segments"
    groups = account_groups(
        session,
        [Reached.by(entry, access.permission, now=access.now) for entry in entries],
        of_usage=of_usage,
        of_mixes=of_usage and shows(entries, MIX) and has_mixes(session),
        by_number=by_number,
        customer_ids=few_customers(session, access.permission),
        related=looked_for.related,
        numbers=looked_for.numbers,
        start=start,
        backward=backward,
    )
    for n, group in enumerate(groups):
        if looked_for.closely and n == MOST_GROUPS:
            raise InvalidRequest("this asks for too little of too much: name ids or numbers of what it belongs to")
        found = homes_of(session, access, group)
        yield [replace(home, turn=group[home.customer_id], by_number=by_number) for home in found]


def homes_of(session: Session, access: DirectAccess, customer_ids: Collection[str]) -> Sequence[Home]:
    """These Customers, of each what is permitted."""
    compared = {MATCHED[name][1] for entry in access.entries for name in entry.only or ()}
    may = permitted_accounts(session, access.permission, customer_ids)
    graphs = read_graphs(session, customer_ids, compared=compared)
    return [
        Home(
            Access(customer_id, access.entries, access.now),
            permitted(graphs[customer_id], may.get(customer_id, frozenset())),
            direct=True,
        )
        for customer_id in customer_ids
    ]
