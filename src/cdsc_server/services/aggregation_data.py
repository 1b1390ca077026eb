"""
Aggregations as far as a Grant opens them, in pages, the last modified first (CDS-WG3-01 10.7, 7.2.7).

A Client never learns of a group that is not open for it. Direct access then sees every group that it asks for; a
Customer's Grant opens the groups that something shared belongs to.

What a group is made of is told to direct access only where an operator opened the members, too; of a Customer's Grant
as far as it opens them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from cdsc_server.domain.access_tokens import AccessToken
from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.direct_access import filter_of
from cdsc_server.domain.disclosure import OPENED_BY, View, view_of
from cdsc_server.domain.grants import GrantedEntry, Selection, opened, read_granted
from cdsc_server.domain.group_scopes import NUMBERS, USAGE_QUERY
from cdsc_server.errors import InsufficientScope, NotFound
from cdsc_server.services.customer_data import PAGE, cut
from cdsc_server.services.known_groups import known_to
from cdsc_server.storage import aggregations
from cdsc_server.storage.aggregations import AggregationRow, Known
from cdsc_server.storage.customer_graph import read_graph
from cdsc_server.storage.db import reading
from cdsc_server.storage.listing import Place

#: The include field that opens Aggregations.
INCLUDE: Final = "include_aggregations"
#: Their one optional field, with the include field that opens it.
ADDRESSES: Final = ("grouped_addresses", "include_aggregation_addresses")


@dataclass(frozen=True, slots=True)
class SeenAggregation:
    """
    A group with what may be told of it.

    Args:
        fields: the open optional fields, by their names in the standard.
        members: ids of each kind that may be told.
        addresses: those that may be told.
        parts: ids of the groups it was cut into.
        scope, details: what opens its sums; empty where it has none.
        need: whether its Customers must consent first.
    """

    row: AggregationRow
    fields: frozenset[str]
    members: Mapping[Kind, Sequence[str]]
    addresses: Sequence[str]
    parts: Sequence[str]
    scope: str
    details: Sequence[Mapping[str, Any]]
    need: str


@dataclass(frozen=True)
class _Direct:
    """
    Groups that direct access asks for.

    Args:
        numbers: of the groups; None for all.
        members: ids of what it asks for, of each kind that it filters.
    """

    numbers: frozenset[str] | None
    opens: frozenset[str]
    members: Mapping[Kind, frozenset[str]] = field(default_factory=dict)

    def reaches(self, row: AggregationRow) -> bool:
        return self.numbers is None or row.aggregation_number in self.numbers

    def sees(self, kind: Kind, object_id: str, *, members_open: bool) -> bool:
        asked = kind not in self.members or object_id in self.members[kind]
        return members_open and asked and OPENED_BY[kind] in self.opens

    def sees_addresses(self, row: AggregationRow, *, members_open: bool) -> bool:
        # Where a confidential group lies says who is in it.
        return members_open or not row.confidential


@dataclass(frozen=True)
class _Shared:
    """Groups that something belongs to which a Customer shares."""

    ids: frozenset[str]
    opens: frozenset[str]
    view: View

    def reaches(self, row: AggregationRow) -> bool:
        return row.aggregation_id in self.ids or row.parent_id in self.ids

    def sees(self, kind: Kind, object_id: str, *, members_open: bool) -> bool:  # noqa: ARG002 - a Customer opened them
        return self.view.sees(kind, object_id)

    def sees_addresses(self, row: AggregationRow, *, members_open: bool) -> bool:  # noqa: ARG002 - a Customer lives there
        return True


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: right after the group named, or read backward right before it."""

    modified: datetime
    id: str
    backward: bool = False


@dataclass(frozen=True)
class AggregationPage:
    """Up to 100 groups as they are shown, and where the pages beside this one begin; None when there is none."""

    shown: Sequence[Mapping[str, Any]]
    following: Cursor | None
    preceding: Cursor | None


def list_aggregations(
    token: AccessToken,
    *,
    show: Callable[[SeenAggregation], Mapping[str, Any] | None],
    catalogue: Catalogue,
    now: datetime,
    scope_id: str | None = None,
    cursor: Cursor | None = None,
) -> AggregationPage:
    """
    A page of the visible Aggregations, the last modified first.

    Args:
        show: the group as the Client is shown it; None when a filter leaves it out.
        scope_id: only what entries of this scope open.

    Raises:
        InsufficientScope: the Grant opens no Aggregations.
    """
    backward = cursor is not None and cursor.backward
    with reading() as session:
        found = _visible(session, token, catalogue=catalogue, now=now, scope_id=scope_id, cursor=cursor)
        shown = ((seen, one) for seen in found if (one := show(seen)) is not None)
        page, goes_on, began = cut(shown, begun=cursor is not None, backward=backward)
    return AggregationPage(
        [one for _, one in page],
        following=_cursor(page[-1][0]) if goes_on else None,
        preceding=_cursor(page[0][0], backward=True) if began else None,
    )


def region_of(
    token: AccessToken, aggregation_id: str, region_id: str, *, catalogue: Catalogue, now: datetime
) -> Mapping[str, Any]:
    """
    The GeoJSON of a region of a visible Aggregation (10.7.4).

    Raises:
        InsufficientScope: the Grant opens no Aggregations.
        NotFound: no such group, none that this token sees, or no such region in it.
    """
    with reading() as session:
        reaches = _reaches(session, token, catalogue=catalogue, now=now, scope_id=None)
        row = aggregations.find_known(session, aggregation_id, known_to(session, token))
    for region in [] if row is None or not any(each.reaches(row) for each in reaches) else row.regions:
        if region["id"] == region_id and "geojson" in region:
            geojson: Mapping[str, Any] = region["geojson"]
            return geojson
    raise NotFound("There is no such region.")


def _visible(
    session: Session,
    token: AccessToken,
    *,
    catalogue: Catalogue,
    now: datetime,
    scope_id: str | None,
    cursor: Cursor | None,
) -> Iterator[SeenAggregation]:
    reaches = _reaches(session, token, catalogue=catalogue, now=now, scope_id=scope_id)
    known = known_to(session, token)
    place = None if cursor is None else Place(cursor.modified, cursor.id)
    backward = cursor is not None and cursor.backward
    while True:
        rows = aggregations.newest_known(session, known, place=place, backward=backward, limit=PAGE + 1)
        by_row = {row.aggregation_id: [each for each in reaches if each.reaches(row)] for row in rows}
        seen = [row for row in rows if by_row[row.aggregation_id]]
        yield from _seen(session, seen, by_row, catalogue, known=known, now=now)
        if len(rows) <= PAGE:
            return
        place = Place(rows[-1].modified, rows[-1].aggregation_id)


def _seen(
    session: Session,
    rows: Sequence[AggregationRow],
    by_row: Mapping[str, Sequence[_Direct | _Shared]],
    catalogue: Catalogue,
    *,
    known: Known,
    now: datetime,
) -> Iterator[SeenAggregation]:
    opens = {key: frozenset[str]().union(*(each.opens for each in reaches)) for key, reaches in by_row.items()}
    kinds = [kind for kind, include in OPENED_BY.items() if any(include in each for each in opens.values())]
    ids = [row.aggregation_id for row in rows]
    parts = aggregations.parts_in_use(session, ids)
    members = aggregations.member_ids(session, [each for each in ids if each not in parts], kinds=kinds, at=now)
    reading_scopes = (
        scope.id for scope in catalogue.scopes.values() if scope.type.id == USAGE_QUERY and NUMBERS in scope.fields
    )
    usage = next(reading_scopes, None)
    members_opened = aggregations.with_open_members(session, known, rows)
    for row in rows:
        reaches, members_open = by_row[row.aggregation_id], row.aggregation_id in members_opened
        # A part has no data of its own: cutting a list must not make a smaller group that can be asked for.
        has_data = usage is not None and row.parent_id is None
        yield SeenAggregation(
            row,
            fields=frozenset({ADDRESSES[0]} if ADDRESSES[1] in opens[row.aggregation_id] else ()),
            members={
                kind: [
                    one
                    for one in members.get((row.aggregation_id, kind), ())
                    if any(each.sees(kind, one, members_open=members_open) for each in reaches)
                ]
                for kind in Kind
            },
            addresses=row.addresses
            if any(each.sees_addresses(row, members_open=members_open) for each in reaches)
            else [],
            parts=[] if all(_numbered(each) for each in reaches) else parts.get(row.aggregation_id, ()),
            scope=str(usage) if has_data else "",
            details=[{"type": usage, NUMBERS: [row.aggregation_number]}] if has_data else [],
            need=catalogue.sum_rule.need(row.customers),
        )


def _numbered(reach: _Direct | _Shared) -> bool:
    """Whether it asks for groups by number, which parts have none of (7.1.12)."""
    return isinstance(reach, _Direct) and reach.numbers is not None


def _reaches(
    session: Session, token: AccessToken, *, catalogue: Catalogue, now: datetime, scope_id: str | None
) -> list[_Direct | _Shared]:
    grant = token.grant
    customer_id = None if grant is None else grant.customer_id
    found: list[_Direct | _Shared] = []
    shared: list[GrantedEntry] = []
    for place, details in enumerate(() if grant is None else grant.enabled_authorization_details):
        scope = catalogue.scope(details["type"])
        if scope is None or scope_id not in (None, scope.id) or INCLUDE not in opened(scope, details):
            continue
        if scope.type.consent and grant is not None and customer_id is not None:
            entry = read_granted(catalogue, details, Selection.from_stored(grant.selections[place]))
            shared += [] if entry is None else [entry]
        elif not scope.type.consent and customer_id is None:
            numbers = details.get(NUMBERS)
            found.append(
                _Direct(
                    None if numbers is None else frozenset(numbers),
                    opened(scope, details),
                    aggregations.members_matching(session, filter_of(details), at=now),
                )
            )
    if not found and not shared:
        raise InsufficientScope("this access token does not open any aggregations")
    return [*found, *_shared(session, customer_id, shared, now=now)]


def _shared(
    session: Session, customer_id: str | None, entries: Sequence[GrantedEntry], *, now: datetime
) -> Iterator[_Shared]:
    if customer_id is None or not entries:
        return
    graph = read_graph(session, customer_id)
    belongs = aggregations.members_of_customer(session, customer_id, at=now)
    for entry in entries:
        view = view_of([entry], graph, now=now)
        ids = {row.aggregation_id for row, kind, one in belongs if view.sees(kind, one)}
        if entry.selection.kind == "aggregation_selection":
            ids |= entry.selection.ids & {row.aggregation_id for row, _, _ in belongs}
        yield _Shared(frozenset(ids), entry.opens, view)


def _cursor(seen: SeenAggregation, *, backward: bool = False) -> Cursor:
    return Cursor(seen.row.modified, seen.row.aggregation_id, backward)
