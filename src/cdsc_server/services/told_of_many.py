"""
What changes once for many Customers, noted for the Clients that read it: a tariff, a supply mix.

Only Customers are looked at over whom Clients with a webhook have Grants, a few at a time. Functions that take a
session are for other use cases.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from cdsc_server.domain.supply_mixes import Scope
from cdsc_server.domain.usage import MIX
from cdsc_server.services.costing import COST
from cdsc_server.services.supply_mixes import grid_regions
from cdsc_server.storage.arrivals import Arrived, customers_told, is_anybody_told, note_arrivals
from cdsc_server.storage.service_points import points_numbered
from cdsc_server.storage.supply_mixes import has_mixes
from cdsc_server.storage.tariffs import assignments_known

#: Customers that are looked at together.
_TOGETHER: Final = 500


def note_tariffs(session: Session, tariff_ids: Collection[str], *, at: datetime) -> None:
    """Note that these tariffs are others now, for everybody who is or was on one."""
    if not tariff_ids or not is_anybody_told(session):
        return
    arrived = _of_tariffs(session, at)
    for customers in _told(session):
        note_arrivals(session, _on(session, customers, tariff_ids), arrived)


def note_assignments(session: Session, customer_ids: Collection[str], *, at: datetime) -> None:
    """Note that contracts of these Customers are on other tariffs now."""
    if customer_ids and is_anybody_told(session):
        note_arrivals(session, customer_ids, _of_tariffs(session, at))


def note_mixes(session: Session, scopes: Collection[Scope], *, at: datetime) -> None:
    """Note that the supply mixes of these tariffs and grids are others now."""
    if not scopes or not is_anybody_told(session):
        return
    tariff_ids = {each.tariff_id for each in scopes if each.tariff_id is not None}
    regions = {each.grid_region for each in scopes if each.tariff_id is None}
    for customers in _told(session):
        concerned = _on(session, customers, tariff_ids) if tariff_ids else set()
        concerned |= _in(session, customers, regions) if regions else set()
        note_arrivals(session, concerned, [Arrived(MIX, at)])


def _of_tariffs(session: Session, at: datetime) -> list[Arrived]:
    """What is worked out by tariffs: costs, and when a supply mix holds."""
    return [Arrived(COST, at), *([Arrived(MIX, at)] if has_mixes(session) else [])]


def _told(session: Session) -> Iterator[Sequence[str]]:
    reached = ""
    while customers := customers_told(session, after=reached, limit=_TOGETHER):
        yield customers
        reached = customers[-1]


def _on(session: Session, customer_ids: Sequence[str], tariff_ids: Collection[str]) -> set[str]:
    """Those of these Customers who are or were on one of these tariffs."""
    return {
        row.customer_id
        for row in assignments_known(session, customer_ids)
        if any(each["external_tariff_id"] in tariff_ids for each in row.tariffs)
    }


def _in(session: Session, customer_ids: Sequence[str], regions: Collection[str | None]) -> set[str]:
    """Those of these Customers who have a place in one of these grids; None stands for places that name none."""
    numbers = points_numbered(session, customer_ids)
    known = grid_regions(session, {each for some in numbers.values() for each in some if each is not None})
    # Who has no place that is known of is nowhere in particular.
    return {
        customer_id
        for customer_id in customer_ids
        if any(known.get(number or "") in regions for number in numbers.get(customer_id, (None,)))
    }
