"""
Whose Grant it is when somebody agreed without signing in (CDS-WG3-01 9.1.1, 9.2).

The proven address and the numbers may say so at once. Otherwise the Grant is pending and opens nothing until an
operator says who it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from cdsc_server.domain.clients import ClientStatus
from cdsc_server.domain.grants import GrantStatus, Selection
from cdsc_server.domain.stated import Stated, selections_of
from cdsc_server.errors import Conflict, InvalidRequest, NotFound
from cdsc_server.ports import Clock
from cdsc_server.services import changelog, loading
from cdsc_server.services.audit import record
from cdsc_server.services.server_grants import settle_parent
from cdsc_server.storage import clients, customers, grants, unidentified
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.keyset import Cursor, Page
from cdsc_server.storage.numbers import ids_by_number

#: About how long it takes an operator, where the configuration does not say.
_DAYS: Final = 3


@dataclass(frozen=True)
class Unidentified:
    """
    A Grant that waits to be known whose it is.

    Args:
        stated: the proven mail address as `contact`, and what was named as `selections`.
    """

    row: GrantRow
    client_name: str
    stated: Mapping[str, Any]


def list_unidentified(*, cursor: Cursor | None, size: int, clock: Clock) -> Page[Unidentified]:
    """What waits for an operator to say whose it is, the longest wait first; three statements, however much it is."""
    with reading() as session:
        page = unidentified.list_unidentified(session, cursor=cursor, size=size, now=clock.now())
        receipts = grants.receipts_of_grants(session, [row.grant_id for row in page.rows])
        names = clients.clients_by_id(session, {row.client_id for row in page.rows})
    stated = {receipt.grant_id: receipt.stated or {} for receipt in receipts}
    rows = [Unidentified(row, names[row.client_id].client_name, stated[row.grant_id]) for row in page.rows]
    return Page(rows, previous=page.previous, next=page.next)


def count_unidentified(*, clock: Clock) -> int:
    """How many Grants wait for an operator to say whose they are."""
    with reading() as session:
        return unidentified.count_unidentified(session, now=clock.now())


def settle(
    session: Session,
    grant: GrantRow,
    address: str,
    stated: Sequence[Stated],
    *,
    is_test: bool,
    days: int | None,
    now: datetime,
) -> None:
    """
    Let a new Grant open what it lists where it is clear whose it is, and wait for an operator where it is not.

    Args:
        address: proven.
        days: after so many an operator has probably looked at it.
    """
    known = known_by(session, address, stated, is_test=is_test, now=now)
    if known is not None:
        opened(grant, *known, now=now)
        loading.wait_for(session, grant)
        return
    grant.status, grant.eta = GrantStatus.PENDING, now + timedelta(days=days or _DAYS)
    grant.enabled_scope, grant.enabled_authorization_details = "", []


def known_by(
    session: Session, address: str, stated: Sequence[Stated], *, is_test: bool, now: datetime
) -> tuple[str, list[Selection]] | None:
    """
    The one Customer who has this address on file and everything that was named, with the selections that makes.

    Args:
        is_test: whether the Client meets fictional Customers only; no others are looked at.
    """
    found = []
    for row in customers.find_by_id_or_email(session, address):
        if row.is_test == is_test and (row.email or "").lower() == address.lower():
            selections = selections_of(stated, ids_by_number(session, row.customer_id, at=now))
            if selections is not None:
                found.append((row.customer_id, selections))
    return found[0] if len(found) == 1 else None


def identify(grant_id: str, customer_id: str, *, reason: str, actor: str, clock: Clock) -> None:
    """
    Say whose a Grant is that waits for that; it opens what was agreed to from the next request on.

    Args:
        reason: for the audit trail: how the person was recognised.

    Raises:
        InvalidRequest: no reason, or no Customer.
        NotFound: there is no such Grant or Customer.
        Conflict: it does not wait for that, or the Customer does not have what was named.
    """
    if not reason.strip():
        raise InvalidRequest("Reason: write why", field="reason")
    if not customer_id:
        raise InvalidRequest("Customer: choose one", field="customer_id")
    now = clock.now()
    with transaction() as session:
        grant = grants.lock_grant(session, grant_id)
        customer = customers.find_customer(session, customer_id)
        if grant is None or customer is None:
            raise NotFound("no Grant or no Customer has this id")
        receipt = grants.latest_receipt(session, grant_id)
        if grant.status != GrantStatus.PENDING or receipt is None or not receipt.unidentified:
            raise Conflict("The Grant does not wait for this: nothing was changed")
        client = clients.find_client(session, grant.client_id)
        if client is None or (client.status == ClientStatus.SANDBOX) != customer.is_test:
            raise Conflict("The Client and the Customer are not of one kind: nothing was changed")
        stated = {each["scope_id"]: Stated.from_stored(each) for each in (receipt.stated or {})["selections"]}
        wanted = [stated[entry["type"]] for entry in grant.authorization_details]
        selections = selections_of(wanted, ids_by_number(session, customer_id, at=now))
        if selections is None:
            raise Conflict("The Customer does not have what was named: nothing was changed")
        receipt.customer_id = customer_id
        opened(grant, customer_id, selections, now=now)
        loading.wait_for(session, grant)
        changelog.grant_changed(
            session,
            registration_id=grant.registration_id,
            grant_id=grant_id,
            what=f"It was pending and is {grant.status} now. It opens {grant.enabled_scope or 'nothing yet'}.",
            now=now,
        )
        settle_parent(session, grant, now=now)
        record(
            session,
            actor=actor,
            action="grant.identified",
            subject=f"grant:{grant_id}",
            detail={"reason": reason.strip(), "customer": customer_id, "registration": grant.registration_id},
            now=now,
        )


def opened(grant: GrantRow, customer_id: str, selections: Sequence[Selection], *, now: datetime) -> None:
    """Let a Grant open what it lists, now that it is known whose it is."""
    grant.customer_id, grant.status, grant.eta = customer_id, GrantStatus.ACTIVE, None
    grant.enabled_scope, grant.enabled_authorization_details = grant.scope, grant.authorization_details
    grant.selections = [selection.to_stored() for selection in selections]
    grant.modified = now
