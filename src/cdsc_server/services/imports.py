"""Take in files of usage data: each file whole or not at all, and the same file again without a trace."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from cdsc_server.domain.espi import Feed
from cdsc_server.errors import InvalidRequest
from cdsc_server.ports import Clock
from cdsc_server.services import import_places
from cdsc_server.services.import_usage import UsageWriter
from cdsc_server.storage import customers
from cdsc_server.storage.db import transaction
from cdsc_server.storage.usage_blocks import Written


@dataclass(frozen=True, slots=True)
class Imported:
    """
    What became of a file.

    Attributes:
        customer_ids: whose data it was, in the order of the file.
        new_customers: how many of them were made.
        accounts: found or made, as are the meters.
        readings: values and costs of the file.
        blocks: stored rows of readings: new, corrected and unchanged ones.
        skipped: titles of what CDS has no Value Type for, each with the reason.
        intervals: seconds of its readings; 0 for periods with lengths of their own.
        price_plans: whether it says which price plan a contract has.
    """

    customer_ids: tuple[str, ...]
    new_customers: int
    accounts: int
    meters: int
    readings: int
    blocks: Written
    skipped: tuple[str, ...]
    intervals: frozenset[int]
    price_plans: bool


def import_green_button(feed: Feed, *, clock: Clock, customer: str | None = None) -> Imported:
    """
    Store everything a Green Button file holds, in one transaction.

    Ids are derived from the file's own addresses and ids, so a second import finds what the first one made. What is
    unchanged keeps its `modified`; a corrected reading replaces the one before, which is kept as a past version.

    Args:
        feed: read to its end and found sound.
        customer: e-mail address or id of the Customer the data is attached to; None makes one, without a login, for
            each RetailCustomer of the file.

    Raises:
        InvalidRequest: no such Customer, or more than one with this e-mail address.

    Spec: WG3-01 10.1 to 10.4, 10.8.
    """
    now = clock.now()
    with transaction() as session:
        owner = None if customer is None else existing_customer(session, customer)
        places = {point.key: import_places.store(session, point, owner=owner, at=now) for point in feed.usage_points}
        writer = UsageWriter(session, feed, places, at=now)
        for some in feed.intervals():
            writer.take(some)
        writer.finish()
        for point in feed.usage_points:
            import_places.began(session, places[point.key], writer.first(point), point.timezone, at=now)
    return Imported(
        customer_ids=tuple(dict.fromkeys(place.customer_id for place in places.values())),
        new_customers=len({place.customer_id for place in places.values() if place.new_customer}),
        accounts=len({(place.customer_id, place.account_id) for place in places.values()}),
        meters=len(places),
        readings=writer.readings,
        blocks=writer.blocks,
        skipped=tuple(feed.skipped),
        intervals=frozenset(writer.intervals),
        price_plans=any(point.tariff for point in feed.usage_points),
    )


def existing_customer(session: Session, customer: str) -> str:
    """
    The id of the Customer with this id or e-mail address.

    Raises:
        InvalidRequest: there is none, or more than one.
    """
    found = customers.find_by_id_or_email(session, customer)
    if not found:
        raise InvalidRequest(f"there is no Customer {customer}", field="customer")
    if len(found) > 1:
        raise InvalidRequest(f"several Customers have the e-mail address {customer}: give an id", field="customer")
    return found[0].customer_id
