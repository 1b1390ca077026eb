"""Accounts, contracts, Service Points and meters of whichever Customers a Client is permitted to read directly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

from sqlalchemy.orm import Session

from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.direct_access import Permission, Reach
from cdsc_server.domain.disclosure import Sight, earliest, now_and_once, open_fields, united
from cdsc_server.domain.grants import GrantedEntry, GroupEntry
from cdsc_server.errors import InvalidRequest
from cdsc_server.services.known_groups import known_as
from cdsc_server.services.seen_objects import SeenObject
from cdsc_server.storage import clients, direct_listing, permissions
from cdsc_server.storage.accounts import AccountRow
from cdsc_server.storage.direct_listing import Asked, Found
from cdsc_server.storage.direct_rules import Reached
from cdsc_server.storage.group_rules import InGroups
from cdsc_server.storage.listing import Place
from cdsc_server.storage.versions import AS_THEY_ARE, Versions, read_versions

#: Of so few Customers the objects are looked up; of more those last modified are gone through.
FEW: Final = 50
#: Objects whose relations are read at once.
_TOGETHER: Final = 101
#: Objects looked at for one page before a request counts as not specific enough (CDS-WG3-01 6.2).
MOST_LOOKED_AT: Final = 20_000


def seen_objects(
    session: Session,
    entries: Sequence[GrantedEntry],
    permission: Permission,
    kind: Kind,
    *,
    groups: Sequence[GroupEntry] = (),
    now: datetime,
    asked: Asked,
    place: Place | None,
    backward: bool,
) -> Iterator[SeenObject]:
    """
    The visible objects of a kind, the last modified first, one after another from a place on.

    Args:
        groups: entries that open members of groups, whoever has these.
        asked: filters of the request, which the caller judges again on what is shown.

    Raises:
        InvalidRequest: the filters fit next to nothing of very many objects.
    """
    every = [Reached.by(entry, permission, now=now) for entry in entries]
    if groups:
        client = clients.find_client(session, permission.client_id)
        known = known_as("" if client is None else client.registration_id, client)
        every += [InGroups.of(entry, permission, known, now=now) for entry in groups]
    reached = [each for each in every if each.opens(kind)]
    frozen = earliest([*entries, *groups], now=now)
    found = direct_listing.objects(
        session,
        kind,
        reached,
        customer_ids=None if groups else few_customers(session, permission),
        # What an object was called before is not in its table.
        asked={} if frozen is not None else asked,
        place=place,
        backward=backward,
        limit=_TOGETHER,
    )
    for _ in range(0, MOST_LOOKED_AT, _TOGETHER):
        together = list(islice(found, _TOGETHER))
        versions = AS_THEY_ARE if frozen is None else _versions(session, kind, together, frozen)
        shown = [_shown(kind, reached, each, versions) for each in together]
        yield from _told(session, every, kind, shown, versions)
        if len(together) < _TOGETHER:
            return
    raise InvalidRequest("this asks for too little of too much: name ids or numbers to look for")


def few_customers(session: Session, permission: Permission) -> Sequence[str] | None:
    """The Customers that are named to a Client Object; None when they are many, or all."""
    if permission.reach is not Reach.NAMED:
        return None
    named = permissions.named_customers(session, permission.client_id, limit=FEW + 1)
    return None if len(named) > FEW else named


def _versions(session: Session, kind: Kind, found: Sequence[Found], since: datetime) -> Versions:
    """What was found as it was before, and the Accounts of contracts."""
    rows = [each.row for each in found]
    ids = {getattr(row, direct_listing.id_of(kind)) for row in rows}
    if kind is Kind.SERVICE_CONTRACT:
        ids |= {row.account_id for row in rows}
    return read_versions(session, [row.customer_key for row in rows], since=since, ids=ids)


@dataclass(frozen=True, slots=True)
class _Shown:
    """
    An object as it is shown.

    Args:
        row: as it is now, or was when its Grant froze.
        listed: its `modified` as it is now.
    """

    row: Any
    listed: datetime
    sight: Sight


def _shown(kind: Kind, reached: Sequence[Reached], found: Found, versions: Versions) -> _Shown:
    sight = _sight(kind, reached, found)
    return _Shown(versions.at(found.row, sight.as_of), found.row.modified, sight)


def _told(
    session: Session, every: Sequence[Reached], kind: Kind, shown: Sequence[_Shown], versions: Versions
) -> Iterator[SeenObject]:
    """What is shown with what may be told of it; one more statement, however much it is."""
    rows = [each.row for each in shown]
    if kind is Kind.ACCOUNT:
        above = [(row.customer_key, row.parent_id) for row in rows if row.parent_id is not None]
        parents = direct_listing.parents_told(session, every, above)
        for each in shown:
            parent = each.row.parent_id if (each.row.customer_key, each.row.parent_id) in parents else None
            yield SeenObject(kind, each.row, each.listed, each.sight.fields, parent_id=parent)
    elif kind is Kind.SERVICE_CONTRACT:
        numbers = direct_listing.account_numbers(session, [(row.customer_key, row.account_id) for row in rows])
        for each in shown:
            key = each.row.customer_key, each.row.account_id
            then = versions.find(AccountRow, *key, each.sight.as_of)
            number = numbers.get(key) if then is None else then.account_number
            yield SeenObject(kind, each.row, each.listed, each.sight.fields, account_number=number)
    else:
        keys = [(row.customer_key, getattr(row, direct_listing.id_of(kind))) for row in rows]
        related = direct_listing.contracts_served if kind is Kind.SERVICE_POINT else direct_listing.points_of_meters
        links = related(session, every, keys)
        for each, key in zip(shown, keys, strict=True):
            current, previous = now_and_once(links.get(key, ()), each.sight.as_of)
            yield SeenObject(kind, each.row, each.listed, each.sight.fields, current=current, previous=previous)


def _sight(kind: Kind, reached: Sequence[Reached], found: Found) -> Sight:
    sight: Sight | None = None
    for each, does in zip(reached, found.by, strict=True):
        if does:
            sight = united(sight, Sight(open_fields(kind, each.entry.opens), each.at))
    return sight or Sight(frozenset(), reached[0].at)
