"""Bill Sections as far as a Grant opens them, in pages: found by their keys, and only those of a page are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, TypeAlias

from sqlalchemy.orm import Session

from cdsc_server.domain.bill_disclosure import billings
from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.detail_fields import optional_fields
from cdsc_server.domain.disclosure import View, earliest, view_of
from cdsc_server.errors import InsufficientScope
from cdsc_server.services.customer_data import Access, DirectAccess, cut
from cdsc_server.services.homes import Home, LookedFor, home_of, homes
from cdsc_server.services.opened_sections import OpenedSections, opened_sections
from cdsc_server.storage.bill_sections import BillSectionRow, SectionKey, find_sections
from cdsc_server.storage.bill_statements import find_days
from cdsc_server.storage.db import reading
from cdsc_server.storage.versions import AS_THEY_ARE, Versions, read_versions

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
        contracts, service_points, meter_devices: ids of those related that may be told.
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


def list_sections(
    access: Access | DirectAccess, wanted: Wanted, *, place: Place | None = None, backward: bool = False
) -> SectionPage:
    """
    A page of the visible Bill Sections, in the order of CDS-WG3-01 10.6.9.

    Args:
        place: the page begins right after it, or when read backward ends right before it.

    Raises:
        InsufficientScope: the Grant opens no Bill Sections.
        InvalidRequest: direct access is asked for next to nothing of very many Customers.
    """
    if not any("include_bill_sections" in entry.opens for entry in access.entries):
        raise InsufficientScope("this access token does not open any bill sections")
    with reading() as session:
        found = _found(session, access, wanted, place=place, backward=backward)
        page, goes_on, began = cut(found, begun=place is not None, backward=backward)
        rows = find_sections(session, [(of.customer_id, each[-1]) for of, each in page])
        visible = _visible_statements(
            session, {of.customer_id: of for of, _ in page}, [row.bill_statement_id for row in rows.values()]
        )
        frozen = earliest(access.entries, now=access.now)
        versions = AS_THEY_ARE
        if frozen is not None:
            keys = [row.customer_key for row in rows.values()]
            versions = read_versions(session, keys, since=frozen, ids=[section_id for _, section_id in rows])
        sections = [_seen(rows[of.customer_id, each[-1]], of, visible, versions) for of, each in page]
    return SectionPage(
        sections,
        following=page[-1][1] if goes_on else None,
        preceding=page[0][1] if began else None,
    )


@dataclass(frozen=True)
class _Sections:
    """The Bill Sections of one Customer that any entry opens."""

    home: Home
    view: View
    opened: OpenedSections

    @property
    def customer_id(self) -> str:
        return self.home.customer_id


def _found(
    session: Session, access: Access | DirectAccess, wanted: Wanted, *, place: Place | None, backward: bool
) -> Iterator[tuple[_Sections, Place]]:
    """What passes the filters, one after another from a place on."""
    beyond = None if place is None else _order(place)
    for group in _groups(session, access, wanted, start=None if place is None else place[0], backward=backward):
        each = _sections(session, group)
        if wanted.statements is not None:
            told = _visible_statements(session, {of.customer_id: of for of in each}, wanted.statements)
        else:
            told = None
        places = [
            (of, _place(key, of))
            for of in each
            for key, _, _ in of.opened.values()
            if _fits(key, of.view, wanted)
            and (told is None or (of.customer_id, key.statement_id) in told)
            and (of.home.turn is None or of.home.key({key.account_id}) in of.home.turn)
        ]
        places.sort(key=lambda found: _order(found[1]), reverse=backward)
        for of, here in places:
            if beyond is None or (_order(here) < beyond if backward else _order(here) > beyond):
                yield of, here


def _groups(
    session: Session, access: Access | DirectAccess, wanted: Wanted, *, start: str | None, backward: bool
) -> Iterator[Sequence[Home]]:
    if isinstance(access, DirectAccess):
        return homes(
            session,
            access,
            "include_bill_sections",
            looked_for=_looked_for(wanted),
            start=start,
            backward=backward,
        )
    return iter([[home_of(session, access)]])


def _looked_for(wanted: Wanted) -> LookedFor:
    ids = {Kind.ACCOUNT: wanted.accounts, Kind.SERVICE_CONTRACT: wanted.contracts}
    numbers = {Kind.ACCOUNT: wanted.account_numbers, Kind.SERVICE_CONTRACT: wanted.contract_numbers}
    return LookedFor(
        related={kind: values for kind, values in ids.items() if values is not None},
        numbers={kind: values for kind, values in numbers.items() if values is not None},
        closely=wanted.ids is not None or wanted.statements is not None,
    )


def _sections(session: Session, group: Sequence[Home]) -> list[_Sections]:
    opened = opened_sections(session, group)
    views = (view_of(home.access.entries, home.graph, now=home.access.now) for home in group)
    return [_Sections(home, view, opened[home.customer_id]) for home, view in zip(group, views, strict=True)]


def _visible_statements(
    session: Session, of: Mapping[str, _Sections], ids: Iterable[str | None]
) -> frozenset[tuple[str, str | None]]:
    """Which of these Bill Statements may be seen, each with the Customer whose it is."""
    opened = {
        customer_id: billings(each.home.access.entries, each.home.graph, now=each.home.access.now)
        for customer_id, each in of.items()
    }
    wanted = {each for each in ids if each is not None}
    if not wanted or not any(opened.values()):
        return frozenset()
    days = find_days(session, list(of), wanted)
    return frozenset(key for key, facts in days.items() if any(each.holds(*facts) for each in opened[key[0]]))


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


def _seen(
    row: BillSectionRow, of: _Sections, statements: frozenset[tuple[str, str | None]], versions: Versions
) -> SeenSection:
    _, opens, as_of = of.opened[row.bill_section_id]
    row = versions.at(row, as_of)

    def told(kind: Kind, ids: Sequence[str]) -> list[str]:
        return [each for each in ids if of.view.sees(kind, each)]

    return SeenSection(
        row,
        fields=frozenset(name for name, by in OPTIONAL.items() if by in opens),
        statement_id=row.bill_statement_id if (of.customer_id, row.bill_statement_id) in statements else None,
        contracts=told(Kind.SERVICE_CONTRACT, row.contracts),
        service_points=told(Kind.SERVICE_POINT, row.service_points),
        meter_devices=told(Kind.METER_DEVICE, row.meter_devices),
        siblings=[each for each in row.bill_sections if each in of.opened],
    )


def _place(key: SectionKey, of: _Sections) -> Place:
    modified = (key.modified - _EPOCH) // timedelta(microseconds=1)
    # Of direct access the number by which Customers are gone through.
    account = key.account_number if of.home.turn is None else of.home.key({key.account_id}) or ""
    return account, min(_numbers(key, of.view), default=None), key.start.isoformat(), -modified, key.id


def _order(place: Place) -> tuple[Any, ...]:
    account, contract, start, modified, section_id = place
    return account, contract is not None, contract or "", start, modified, section_id
