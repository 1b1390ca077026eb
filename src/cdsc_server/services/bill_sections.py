"""Bill Sections as far as a Grant opens them, in pages: found by their keys, and only those of a page are read."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, TypeAlias

from sqlalchemy.orm import Session

from cdsc_server.domain.bill_disclosure import billings
from cdsc_server.domain.customer_graph import CustomerGraph, Kind
from cdsc_server.domain.detail_fields import optional_fields
from cdsc_server.domain.disclosure import View, view_of
from cdsc_server.errors import InsufficientScope
from cdsc_server.services.customer_data import PAGE, Access
from cdsc_server.services.opened_sections import OpenedSections, opened_sections
from cdsc_server.storage.bill_sections import BillSectionRow, SectionKey, find_sections
from cdsc_server.storage.bill_statements import find_days
from cdsc_server.storage.customer_graph import read_graph
from cdsc_server.storage.db import reading

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: The optional fields with the include field that opens each.
OPTIONAL: Final[Mapping[str, str]] = optional_fields("bill_section")

#: Where a section stands: account number, contract number, first day, modified (newest first), id.
Place: TypeAlias = tuple[str, str | None, str, int, str]


@dataclass(frozen=True)
class Wanted:
    """
    Filters of a listing; None does not filter.

    Args:
        starts_by: first day of service on this day or before.
        ends_from: last day of service on this day or after.
        contracts, contract_numbers: any of which must be related, as far as they may be told.
    """

    ids: frozenset[str] | None = None
    starts_by: date | None = None
    ends_from: date | None = None
    statements: frozenset[str] | None = None
    accounts: frozenset[str] | None = None
    account_numbers: frozenset[str] | None = None
    contracts: frozenset[str] | None = None
    contract_numbers: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class SeenSection:
    """
    A Bill Section with what may be told of it.

    Args:
        fields: the open optional fields, by their names in the standard.
        statement_id: of its Bill Statement, None when that may not be seen.
        related: ids of each kind that may be told.
        siblings: ids of related Bill Sections that may be seen.
    """

    row: BillSectionRow
    fields: frozenset[str]
    statement_id: str | None
    contracts: Sequence[str]
    service_points: Sequence[str]
    meter_devices: Sequence[str]
    siblings: Sequence[str]


@dataclass(frozen=True, slots=True)
class SectionPage:
    """Up to 100 sections, and where the pages beside this one begin; None when there is none."""

    sections: Sequence[SeenSection]
    following: Place | None
    preceding: Place | None


def list_sections(access: Access, wanted: Wanted, *, place: Place | None = None, backward: bool = False) -> SectionPage:
    """
    A page of the visible Bill Sections, in the order of CDS-WG3-01 10.6.9.

    Args:
        place: the page begins right after it, or when read backward ends right before it.

    Raises:
        InsufficientScope: the Grant opens no Bill Sections.
    """
    if not any("include_bill_sections" in entry.opens for entry in access.entries):
        raise InsufficientScope("this access token does not open any bill sections")
    with reading() as session:
        graph = read_graph(session, access.customer_id)
        view = view_of(access.entries, graph, now=access.now)
        opened = opened_sections(session, access, graph)
        visible = _visible_statements(session, access, graph)
        shown = [key for key, _ in opened.values()]
        if wanted.statements is not None:
            told = visible(wanted.statements)
            shown = [key for key in shown if key.statement_id in told]
        places = sorted((_place(key, view) for key in shown if _fits(key, view, wanted)), key=_order)
        first, last = 0, len(places)
        if place is not None and backward:
            last = bisect_left(places, _order(place), key=_order)
            first = max(0, last - PAGE)
        elif place is not None:
            first = bisect_right(places, _order(place), key=_order)
        page = places[first : min(last, first + PAGE)]
        rows = find_sections(session, access.customer_id, [each[-1] for each in page])
        statements = visible({row.bill_statement_id for row in rows.values() if row.bill_statement_id})
        sections = [_seen(rows[each[-1]], opened, view, statements) for each in page]
    return SectionPage(
        sections,
        following=page[-1] if page and first + len(page) < len(places) else None,
        preceding=page[0] if page and first > 0 else None,
    )


def _visible_statements(
    session: Session, access: Access, graph: CustomerGraph
) -> Callable[[Collection[str]], frozenset[str]]:
    opened = billings(access.entries, graph, now=access.now)

    def visible(ids: Collection[str]) -> frozenset[str]:
        days = find_days(session, access.customer_id, ids) if opened else {}
        return frozenset(each for each, facts in days.items() if any(billing.holds(*facts) for billing in opened))

    return visible


def _fits(key: SectionKey, view: View, wanted: Wanted) -> bool:
    contracts = [each for each in key.contracts if view.sees(Kind.SERVICE_CONTRACT, each)]
    return (
        (wanted.ids is None or key.id in wanted.ids)
        and (wanted.starts_by is None or key.start <= wanted.starts_by)
        and (wanted.ends_from is None or key.end >= wanted.ends_from)
        and (wanted.accounts is None or key.account_id in wanted.accounts)
        and (wanted.account_numbers is None or key.account_number in wanted.account_numbers)
        and (wanted.contracts is None or not wanted.contracts.isdisjoint(contracts))
        and (wanted.contract_numbers is None or not wanted.contract_numbers.isdisjoint(_numbers(key, view)))
    )


def _numbers(key: SectionKey, view: View) -> list[str]:
    """The numbers of its contracts that may be told."""
    nodes = view.graph.nodes[Kind.SERVICE_CONTRACT]
    return [
        number
        for each in key.contracts
        if view.shows(Kind.SERVICE_CONTRACT, each, "contract_number") and (number := nodes[each].number) is not None
    ]


def _seen(row: BillSectionRow, opened: OpenedSections, view: View, statements: frozenset[str]) -> SeenSection:
    _, opens = opened[row.bill_section_id]

    def told(kind: Kind, ids: Sequence[str]) -> list[str]:
        return [each for each in ids if view.sees(kind, each)]

    return SeenSection(
        row,
        fields=frozenset(name for name, by in OPTIONAL.items() if by in opens),
        statement_id=row.bill_statement_id if row.bill_statement_id in statements else None,
        contracts=told(Kind.SERVICE_CONTRACT, row.contracts),
        service_points=told(Kind.SERVICE_POINT, row.service_points),
        meter_devices=told(Kind.METER_DEVICE, row.meter_devices),
        siblings=[each for each in row.bill_sections if each in opened],
    )


def _place(key: SectionKey, view: View) -> Place:
    modified = (key.modified - _EPOCH) // timedelta(microseconds=1)
    number = min(_numbers(key, view), default=None)
    return key.account_number, number, key.start.isoformat(), -modified, key.id


def _order(place: Place) -> tuple[Any, ...]:
    account, contract, start, modified, section_id = place
    return account, contract is not None, contract or "", start, modified, section_id
