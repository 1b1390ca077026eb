"""
Customer data as far as a Grant opens it: objects in pages, each with what may be seen of it.

Filters are judged on what the Client would be shown, so they cannot tell it more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final, Generic, TypeVar

from sqlalchemy.orm import InstrumentedAttribute, Session

from cdsc_server.domain.access_tokens import GrantView
from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.direct_access import Permission
from cdsc_server.domain.disclosure import OPENED_BY, View, earliest, view_of
from cdsc_server.domain.grants import GrantedEntry, GroupEntry, read_all_granted, read_grouped
from cdsc_server.errors import InsufficientScope
from cdsc_server.services.direct_objects import seen_objects
from cdsc_server.services.seen_objects import SeenObject
from cdsc_server.storage.accounts import AccountRow
from cdsc_server.storage.customer_graph import read_graph
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.db import reading
from cdsc_server.storage.direct_listing import Asked
from cdsc_server.storage.listing import Place, newest_first
from cdsc_server.storage.meter_devices import MeterDeviceRow
from cdsc_server.storage.service_contracts import ServiceContractRow
from cdsc_server.storage.service_points import ServicePointRow
from cdsc_server.storage.versions import AS_THEY_ARE, Versions, read_versions

#: Objects of a page: lists of up to this many are never cut (CDS-WG3-01 10).
PAGE: Final = 100

_TABLES: Final[Mapping[Kind, tuple[type[Any], InstrumentedAttribute[str]]]] = {
    Kind.ACCOUNT: (AccountRow, AccountRow.account_id),
    Kind.SERVICE_CONTRACT: (ServiceContractRow, ServiceContractRow.contract_id),
    Kind.SERVICE_POINT: (ServicePointRow, ServicePointRow.service_point_id),
    Kind.METER_DEVICE: (MeterDeviceRow, MeterDeviceRow.meter_device_id),
}

Shown = TypeVar("Shown")
Found = TypeVar("Found")


@dataclass(frozen=True)
class Access:
    """What one request may read: the entries of a Grant over one Customer, at one instant."""

    customer_id: str
    entries: tuple[GrantedEntry, ...]
    now: datetime


@dataclass(frozen=True)
class DirectAccess:
    """
    What one request may read of whichever Customers an operator permits, at one instant (CDS-WG3-01 6.2).

    Args:
        groups: entries that open the members of groups instead, whoever has these (CDS-WG3-01 4.11).
    """

    permission: Permission
    entries: tuple[GrantedEntry, ...]
    now: datetime
    groups: tuple[GroupEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: right after the object named, or read backward right before it."""

    kind: Kind
    modified: datetime
    id: str
    backward: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[Shown]):
    """Up to 100 objects as they are shown, and where the pages beside this one begin; None when there is none."""

    objects: Sequence[tuple[Kind, Shown]]
    following: Cursor | None
    preceding: Cursor | None


def access_of(
    catalogue: Catalogue,
    grant: GrantView | None,
    *,
    now: datetime,
    scope_id: str | None = None,
    with_groups: bool = False,
) -> Access | DirectAccess:
    """
    What a token's Grant opens.

    Args:
        scope_id: only what entries of this scope open.
        with_groups: entries that open members of groups count, too; the listings of objects alone read these.

    Raises:
        InsufficientScope: the Grant has no such entry, or none about a Customer.
    """
    entries: list[GrantedEntry] = []
    if grant is not None:
        opened = read_all_granted(catalogue, grant.enabled_authorization_details, grant.selections)
        entries = [entry for entry in opened if scope_id in (None, entry.scope_id)]
    if grant is not None and grant.customer_id is not None and entries:
        return Access(grant.customer_id, tuple(entries), now)
    direct = tuple(entry for entry in entries if entry.only is not None)
    groups = _groups(catalogue, grant, scope_id) if with_groups and grant is not None else ()
    if grant is not None and grant.permission is not None and (direct or groups):
        return DirectAccess(grant.permission, direct, now, groups)
    what = "customer data" if scope_id is None else scope_id
    raise InsufficientScope(f"this access token does not open {what}")


def _groups(catalogue: Catalogue, grant: GrantView, scope_id: str | None) -> tuple[GroupEntry, ...]:
    found = (read_grouped(catalogue, details) for details in grant.enabled_authorization_details)
    return tuple(entry for entry in found if entry is not None and scope_id in (None, entry.scope_id))


def list_objects(
    access: Access | DirectAccess,
    kinds: Sequence[Kind],
    *,
    show: Callable[[SeenObject], Shown | None],
    asked: Asked,
    cursor: Cursor | None = None,
) -> Page[Shown]:
    """
    A page of the visible objects of these kinds, kind after kind, the last modified first.

    Args:
        show: the object as the Client is shown it; None when a filter leaves it out.
        asked: the filters that `show` judges, by parameter; without any it leaves nothing out.
        cursor: from a page beside this one; None begins at the front.

    Raises:
        InsufficientScope: the Grant opens no object of these kinds.
    """
    entries = access.entries if isinstance(access, Access) else (*access.entries, *access.groups)
    opened = {kind for entry in entries for kind in kinds if OPENED_BY[kind] in entry.opens}
    if not opened:
        raise InsufficientScope(f"this access token does not open any {' or '.join(kinds)}")
    backward = cursor is not None and cursor.backward
    with reading() as session:
        walk = _walk(session, access, [kind for kind in kinds if kind in opened], asked=asked, cursor=cursor)
        shown = ((seen, one) for seen in walk if (one := show(seen)) is not None)
        page, goes_on, began = cut(shown, begun=cursor is not None, backward=backward)
    return Page(
        [(seen.kind, one) for seen, one in page],
        following=_cursor(page[-1][0]) if goes_on else None,
        preceding=_cursor(page[0][0], backward=True) if began else None,
    )


def cut(found: Iterator[Found], *, begun: bool, backward: bool) -> tuple[list[Found], bool, bool]:
    """
    One page of what is found, in the order of the listing, and whether there is more after it and before it.

    Args:
        found: read no further than needed.
        begun: whether the page begins at a place inside the listing.
        backward: whether things are found in the opposite order.
    """
    page = list(islice(found, PAGE + 1))
    more = len(page) > PAGE
    del page[PAGE:]
    if backward:
        page.reverse()
    return page, bool(page) and (more or backward), bool(page) and (more if backward else begun)


def _walk(
    session: Session, access: Access | DirectAccess, kinds: Sequence[Kind], *, asked: Asked, cursor: Cursor | None
) -> Iterator[SeenObject]:
    backward = cursor is not None and cursor.backward
    order = list(reversed(kinds)) if backward else list(kinds)
    if cursor is not None and cursor.kind in order:
        order = order[order.index(cursor.kind) :]
    view, versions = None, AS_THEY_ARE
    if isinstance(access, Access):
        frozen = earliest(access.entries, now=access.now)
        if frozen is not None:
            versions = read_versions(session, [customer_key_of(access.customer_id)], since=frozen)
        view = view_of(access.entries, read_graph(session, access.customer_id), now=access.now)
    for kind in order:
        place = Place(cursor.modified, cursor.id) if cursor is not None and cursor.kind is kind else None
        if isinstance(access, DirectAccess):
            yield from seen_objects(
                session,
                access.entries,
                access.permission,
                kind,
                groups=access.groups,
                now=access.now,
                asked=asked,
                place=place,
                backward=backward,
            )
        elif view is not None:
            limit = None if asked else PAGE + 1
            customer_id = access.customer_id
            for row in _rows(session, customer_id, view, kind, place=place, backward=backward, limit=limit):
                yield _seen(view, kind, row, versions)


def _rows(
    session: Session,
    customer_id: str,
    view: View,
    kind: Kind,
    *,
    place: Place | None,
    backward: bool,
    limit: int | None,
) -> Iterator[Any]:
    row, row_id = _TABLES[kind]
    ids = view.seen[kind].keys()
    return newest_first(
        session, row, row_id, customer_id=customer_id, ids=ids, place=place, backward=backward, limit=limit
    )


def _seen(view: View, kind: Kind, row: Any, versions: Versions) -> SeenObject:
    object_id, listed = getattr(row, _TABLES[kind][1].key), row.modified
    sight = view.seen[kind][object_id]
    row = versions.at(row, sight.as_of, kind=_TABLES[kind][0])
    if kind is Kind.ACCOUNT:
        parent = row.parent_id if view.sees(kind, row.parent_id) else None
        return SeenObject(kind, row, listed, sight.fields, programs_named=sight.programs, parent_id=parent)
    if kind is Kind.SERVICE_CONTRACT:
        account = view.graph.nodes[Kind.ACCOUNT].get(row.account_id)
        then = versions.find(AccountRow, row.customer_key, row.account_id, sight.as_of)
        number = then.account_number if then is not None else None if account is None else account.number
        return SeenObject(kind, row, listed, sight.fields, programs_named=sight.programs, account_number=number)
    if kind is Kind.SERVICE_POINT:
        current, previous = view.contracts_at(object_id)
    else:
        current, previous = view.service_points_of(object_id)
    return SeenObject(kind, row, listed, sight.fields, current=current, previous=previous)


def _cursor(seen: SeenObject, *, backward: bool = False) -> Cursor:
    object_id = getattr(seen.row, _TABLES[seen.kind][1].key)
    return Cursor(seen.kind, seen.listed, object_id, backward)
