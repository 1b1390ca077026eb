"""
Data that comes late (CDS-WG3-01 6).

Whoever brings data into this Server says what is late before a Customer agrees, and that it is there once it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.errors import InvalidRequest, NotFound
from cdsc_server.ports import Clock
from cdsc_server.services import loading
from cdsc_server.services.audit import record
from cdsc_server.storage import customers, grants, late_data
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.late_data import LateDataRow


def list_late() -> Sequence[LateDataRow]:
    """All that is late, what is expected first in front."""
    with reading() as session:
        return late_data.every_late(session)


def announce(customer_id: str, scope: str, eta: datetime, *, actor: str, catalogue: Catalogue, clock: Clock) -> None:
    """
    Say that what a scope opens of a Customer is late, or expected at another time than was said before.

    Grants that come from now on wait for it; those that wait already show the new time. What is open stays open.

    Raises:
        InvalidRequest: no scope that Customers agree to, no such Customer, or the time is over.
    """
    now = clock.now()
    described = catalogue.scope(scope)
    if described is None or not described.type.consent:
        raise InvalidRequest(f"scope: {scope!r} opens no data of Customers who agree", field="scope")
    if eta <= now:
        raise InvalidRequest("eta: it must lie in the future", field="eta")
    with transaction() as session:
        if customers.find_customer(session, customer_id) is None:
            raise InvalidRequest("customer: there is none with this id", field="customer_id")
        late_data.set_late(session, customer_id, described.id, eta.replace(microsecond=0))
        late = late_data.late_of(session, customer_id)
        for grant in grants.loading_grants(session, customer_id):
            loading.expect(session, grant, late, now=now)
        _record(session, "data.late", customer_id, described.id, actor=actor, now=now)


def arrived(
    customer_id: str, scope: str, *, complete: bool = True, actor: str, catalogue: Catalogue, clock: Clock
) -> list[str]:
    """
    Say that late data of a Customer is there, or that it will never be; Grants that wait for it go on.

    Args:
        complete: False when there is nothing to wait for any more although the data never came. Grants open what else
            they list then, and are `errored`.

    Returns:
        The ids of those Grants.

    Raises:
        NotFound: nobody said that it was late.
    """
    now = clock.now()
    described = catalogue.scope(scope)
    word = scope if described is None else described.id
    with transaction() as session:
        if not late_data.clear_late(session, customer_id, word):
            raise NotFound(f"{word} of {customer_id} is not late")
        late = late_data.late_of(session, customer_id)
        gone_on = []
        for grant in grants.loading_grants(session, customer_id):
            if any(each["entry"]["type"] not in late for each in grant.loading or ()):
                loading.go_on(session, grant, late, without=None if complete else word, now=now)
                gone_on.append(grant.grant_id)
        _record(session, "data.arrived" if complete else "data.lost", customer_id, word, actor=actor, now=now)
        return gone_on


def open_what_is_there(*, clock: Clock) -> int:
    """Let Grants that wait open what was there from the beginning; how many did."""
    now = clock.now()
    opened = 0
    with transaction() as session:
        for grant in grants.loading_grants(session):
            late = late_data.late_of(session, str(grant.customer_id))
            if any(each["entry"]["type"] not in late for each in grant.loading or ()):
                loading.go_on(session, grant, late, now=now)
                opened += 1
    return opened


def _record(session: Session, action: str, customer_id: str, scope: str, *, actor: str, now: datetime) -> None:
    record(session, actor=actor, action=action, subject=f"customer:{customer_id}", detail={"scope": scope}, now=now)
