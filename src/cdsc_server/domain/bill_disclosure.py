"""
Which Bill Statements and Bill Sections a Grant opens, and which optional fields of each.

A statement belongs to an Account and has a day; a section belongs to an Account, lists contracts and covers days.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from cdsc_server.domain.customer_graph import SELECTED_KIND, CustomerGraph, Kind
from cdsc_server.domain.disclosure import chosen, known_to
from cdsc_server.domain.grants import GrantedEntry

#: Account, day and creation of a Bill Statement.
Statement: TypeAlias = tuple[str, date, datetime]


@dataclass(frozen=True, slots=True)
class Billing:
    """
    Bill Statements of some Accounts that one entry opens.

    Args:
        first, last: days of the oldest and of the newest; None has no bound.
        opens: the entry's include fields.
        as_of: statements that came later are not there.
    """

    accounts: frozenset[str]
    first: date | None
    last: date | None
    opens: frozenset[str]
    as_of: datetime

    def holds(self, account_id: str, day: date, known: datetime) -> bool:
        """Whether a statement is among them."""
        return (
            account_id in self.accounts
            and (self.first is None or self.first <= day)
            and (self.last is None or day <= self.last)
            and known <= self.as_of
        )


def billings(entries: Sequence[GrantedEntry], graph: CustomerGraph, *, now: datetime) -> list[Billing]:
    """
    What the entries of a Grant open of a Customer's bills, entry by entry.

    Those of the Accounts that were chosen, or that what was chosen is billed to; although their parents may be seen,
    the bills of a parent are not: nobody chose what stands on them.

    Spec: CDS-WG3-01 6.1.7, 7.2.5, 7.3.2, 7.3.3.
    """
    return [found for entry in entries if (found := _billing(entry, graph, now)) is not None]


def _billing(entry: GrantedEntry, graph: CustomerGraph, now: datetime) -> Billing | None:
    kind = SELECTED_KIND.get(entry.selection.kind)
    if kind is None or "include_bill_statements" not in entry.opens:
        return None
    as_of, known = known_to(entry, graph, now)
    ids = chosen(entry.selection, known, kind)
    return Billing(_billed(known, kind, ids), entry.first_bill, entry.last_bill, entry.opens, as_of)


def _billed(graph: CustomerGraph, kind: Kind, ids: frozenset[str]) -> frozenset[str]:
    """The Accounts that were chosen, or those of the contracts that hang on what was; without their parents."""
    if kind is Kind.ACCOUNT:
        return ids
    contracts = graph.nodes[Kind.SERVICE_CONTRACT]
    above = (contracts[each].above for each in graph.related(kind, ids)[Kind.SERVICE_CONTRACT])
    return frozenset(account for account in above if account is not None)


@dataclass(frozen=True, slots=True)
class Charging:
    """
    Bill Sections of some Accounts and contracts that one entry opens.

    Args:
        contracts: one of which a section must list; None where the Account alone decides.
        charged: the bills whose charges the entry opens too, and with them the sections these name; None for none.
        first, last: the earliest first day of service and the latest last one; None has no bound.
        opens: the entry's include fields.
        as_of: sections that came later are not there.
    """

    accounts: frozenset[str]
    contracts: frozenset[str] | None
    charged: Billing | None
    first: date | None
    last: date | None
    opens: frozenset[str]
    as_of: datetime

    def holds(
        self,
        account_id: str,
        contracts: Collection[str],
        start: date,
        end: date,
        known: datetime,
        *,
        named_on: Collection[Statement] = (),
    ) -> bool:
        """
        Whether a section is among them.

        Args:
            named_on: the statements a charge of which names it.
        """
        return (
            (self._reaches(account_id, contracts) or self._charges(contracts, named_on))
            and (self.first is None or self.first <= start)
            and (self.last is None or end <= self.last)
            and known <= self.as_of
        )

    def _reaches(self, account_id: str, contracts: Collection[str]) -> bool:
        return account_id in self.accounts and (self.contracts is None or not self.contracts.isdisjoint(contracts))

    def _charges(self, contracts: Collection[str], named_on: Collection[Statement]) -> bool:
        # A charge never brings a contract that was not ticked beside one that was.
        ticked = self.contracts is None or not contracts or not self.contracts.isdisjoint(contracts)
        return self.charged is not None and ticked and any(self.charged.holds(*each) for each in named_on)


def chargings(entries: Sequence[GrantedEntry], graph: CustomerGraph, *, now: datetime) -> list[Charging]:
    """
    What the entries of a Grant open of a Customer's Bill Sections, entry by entry.

    Where Accounts were chosen, theirs and not their parents'; else those that list a contract of what was chosen and
    are billed to its Account. Besides, those that charges name which the entry opens.

    Spec: CDS-WG3-01 6.1.8, 7.2.6, 7.3.4, 7.3.5.
    """
    found = []
    for entry in entries:
        kind = SELECTED_KIND.get(entry.selection.kind)
        if kind is None or "include_bill_sections" not in entry.opens:
            continue
        as_of, known = known_to(entry, graph, now)
        ids = chosen(entry.selection, known, kind)
        reached = known.related(kind, ids)
        by_account = kind is Kind.ACCOUNT
        found.append(
            Charging(
                accounts=ids if by_account else frozenset(reached[Kind.ACCOUNT]),
                contracts=None if by_account else frozenset(reached[Kind.SERVICE_CONTRACT]),
                charged=_billing(entry, graph, now) if "include_bill_statement_charges" in entry.opens else None,
                first=entry.first_service,
                last=entry.last_service,
                opens=entry.opens,
                as_of=as_of,
            )
        )
    return found
