"""
Listings of Accounts, Service Contracts, Service Points and Meter Devices: CDS-WG3-01 10.1 to 10.4.

Called by a Client with the access token of a Customer's Grant. A stranger learns nothing;
a Client learns what the Grant opens, and an id of somebody else looks like one that does not exist.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from flask import g
from marshmallow import Schema

from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.disclosure import OPTIONAL
from cdsc_server.errors import InvalidRequest
from cdsc_server.schemas.accounts import AccountFilters, AccountSchema
from cdsc_server.schemas.listing_filters import Filters, keeps
from cdsc_server.schemas.meter_devices import MeterDeviceFilters, MeterDeviceSchema
from cdsc_server.schemas.service_contracts import ServiceContractFilters, ServiceContractSchema
from cdsc_server.schemas.service_points import ServicePointFilters, ServicePointSchema
from cdsc_server.services.customer_data import Cursor, access_of, list_objects
from cdsc_server.services.seen_objects import SeenObject
from cdsc_server.web.context import catalogue, ports
from cdsc_server.web.customer_data.blueprint import tell_read
from cdsc_server.web.customer_data.filters import asked_filters
from cdsc_server.web.paging import PARAMETER, asked_place, page_url

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

#: The list that holds the objects of each kind, what they look like, and how they are filtered.
_LISTINGS: Final[Mapping[Kind, tuple[str, type[Schema], type[Filters]]]] = {
    Kind.ACCOUNT: ("accounts", AccountSchema, AccountFilters),
    Kind.SERVICE_CONTRACT: ("service_contracts", ServiceContractSchema, ServiceContractFilters),
    Kind.SERVICE_POINT: ("service_points", ServicePointSchema, ServicePointFilters),
    Kind.METER_DEVICE: ("meter_devices", MeterDeviceSchema, MeterDeviceFilters),
}


def answer_listing(kinds: Sequence[Kind], *, scope_id: str | None = None) -> dict[str, Any]:
    """
    The page of these kinds that the request asks for, with a list for each kind, `next` and `previous`.

    Args:
        scope_id: only what entries of this scope open.

    Raises:
        InsufficientScope: the token's Grant opens none of these kinds.
        InvalidRequest: a malformed parameter.
    """
    asked = {name: value for kind in kinds for name, value in asked_filters(_filters(kind)).items()}

    def show(seen: SeenObject) -> dict[str, Any] | None:
        filters = _filters(seen.kind)
        # Of two kinds in one listing, a filter that one does not have leaves that one out.
        if not asked.keys() <= filters.fields.keys():
            return None
        shown: dict[str, Any] = shape(_LISTINGS[seen.kind][1], seen.fields, frozenset(OPTIONAL[seen.kind])).dump(seen)
        return shown if keeps(filters, asked, shown) else None

    access = access_of(catalogue(), g.token.grant, now=ports().clock.now(), scope_id=scope_id, with_groups=True)
    page = list_objects(access, kinds, show=show, asked=asked, cursor=_asked_cursor(kinds))
    lists = {_LISTINGS[kind][0]: [shown for of, shown in page.objects if of is kind] for kind in kinds}
    for name, shown in lists.items():
        tell_read(name, len(shown))
    return {
        **lists,
        "next": page_url(_place(page.following)),
        "previous": page_url(_place(page.preceding)),
    }


@cache
def _filters(kind: Kind) -> Filters:
    return _LISTINGS[kind][2]()


@cache
def shape(schema: type[Schema], opened: frozenset[str], optional: frozenset[str]) -> Schema:
    """The wire shape of an object without the optional fields that are not open."""
    return schema(exclude=optional - opened)


def _place(cursor: Cursor | None) -> list[Any] | None:
    if cursor is None:
        return None
    microseconds = (cursor.modified - _EPOCH) // timedelta(microseconds=1)
    return [str(cursor.kind), microseconds, cursor.id, cursor.backward]


def _asked_cursor(kinds: Sequence[Kind]) -> Cursor | None:
    place = asked_place((str, int, str, bool))
    if place is None:
        return None
    kind, microseconds, object_id, backward = place
    try:
        modified = _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError as fault:
        raise InvalidRequest(f"{PARAMETER} is not a place in this listing", field=PARAMETER) from fault
    if kind not in kinds or "\0" in object_id:
        raise InvalidRequest(f"{PARAMETER} is not a place in this listing", field=PARAMETER)
    return Cursor(Kind(kind), modified, object_id, backward)
