"""Accounts, contracts, Service Points and meters of whichever Customers a Client is permitted to read directly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final

from sqlalchemy.orm import Session

from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.direct_access import Permission, Reach
from cdsc_server.domain.disclosure import Sight, now_and_once, open_fields, united
from cdsc_server.domain.grants import GrantedEntry
from cdsc_server.errors import InvalidRequest
from cdsc_server.services.seen_objects import SeenObject
from cdsc_server.storage import direct_listing, permissions
from cdsc_server.storage.direct_listing import Asked, Found, Key
from cdsc_server.storage.direct_rules import Reached
from cdsc_server.storage.listing import Place

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
    now: datetime,
    asked: Asked,
    place: Place | None,
    backward: bool,
) -> Iterator[SeenObject]:
    """
    The visible objects of a kind, the last modified first, one after another from a place on.

    Args:
        asked: filters of the request, which the caller judges again on what is shown.

    Raises:
        InvalidRequest: the filters fit next to nothing of very many objects.
    """
    every = [Reached.by(entry, permission, now=now) for entry in entries]
    reached = [each for each in every if each.opens(kind)]
    found = direct_listing.objects(
        session,
        kind,
        reached,
        customer_ids=few_customers(session, permission),
        asked=asked,
        place=place,
        backward=backward,
        limit=_TOGETHER,
    )
    for _ in range(0, MOST_LOOKED_AT, _TOGETHER):
        together = list(islice(found, _TOGETHER))
        yield from _told(session, every, reached, kind, together)
        if len(together) < _TOGETHER:
            return
    raise InvalidRequest("this asks for too little of too much: name ids or numbers to look for")


def few_customers(session: Session, permission: Permission) -> Sequence[str] | None:
    """The Customers that are named to a Client Object; None when they are many, or all."""
    if permission.reach is not Reach.NAMED:
        return None
    named = permissions.named_customers(session, permission.client_id, limit=FEW + 1)
    return None if len(named) > FEW else named


def _told(
    session: Session, every: Sequence[Reached], reached: Sequence[Reached], kind: Kind, found: Sequence[Found]
) -> Iterator[SeenObject]:
    """What is found with what may be told of it; one more statement, however much it is."""
    sights = [_sight(kind, reached, each) for each in found]
    rows = [each.row for each in found]
    if kind is Kind.ACCOUNT:
        parents = direct_listing.parents_told(
            session, every, [(row.customer_key, row.parent_id) for row in rows if row.parent_id is not None]
        )
        for row, sight in zip(rows, sights, strict=True):
            parent = row.parent_id if (row.customer_key, row.parent_id) in parents else None
            yield SeenObject(kind, row, sight.fields, parent_id=parent)
    elif kind is Kind.SERVICE_CONTRACT:
        numbers = direct_listing.account_numbers(session, [(row.customer_key, row.account_id) for row in rows])
        for row, sight in zip(rows, sights, strict=True):
            number = numbers.get((row.customer_key, row.account_id))
            yield SeenObject(kind, row, sight.fields, account_number=number)
    elif kind is Kind.SERVICE_POINT:
        keys = [(row.customer_key, row.service_point_id) for row in rows]
        yield from _linked(kind, rows, sights, keys, direct_listing.contracts_served(session, every, keys))
    else:
        keys = [(row.customer_key, row.meter_device_id) for row in rows]
        yield from _linked(kind, rows, sights, keys, direct_listing.points_of_meters(session, every, keys))


def _linked(
    kind: Kind,
    rows: Sequence[Any],
    sights: Sequence[Sight],
    keys: Sequence[Key],
    links: Mapping[Key, Sequence[tuple[str, datetime, datetime | None]]],
) -> Iterator[SeenObject]:
    for row, sight, key in zip(rows, sights, keys, strict=True):
        current, previous = now_and_once(links.get(key, ()), sight.as_of)
        yield SeenObject(kind, row, sight.fields, current=current, previous=previous)


def _sight(kind: Kind, reached: Sequence[Reached], found: Found) -> Sight:
    sight: Sight | None = None
    for each, does in zip(reached, found.by, strict=True):
        if does:
            sight = united(sight, Sight(open_fields(kind, each.entry.opens), each.at))
    return sight or Sight(frozenset(), reached[0].at)
