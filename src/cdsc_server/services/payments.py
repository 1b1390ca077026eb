"""
Payments: start one, show it, and settle it exactly once, however often the provider says so.

What follows from a change is the business of who started the payment: `on_change` runs in the same transaction.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy.orm import Session

from cdsc_server.domain.payments import PaymentNews, PaymentStatus, steps
from cdsc_server.errors import Conflict, NotFound
from cdsc_server.ports import Clock, PaymentProvider
from cdsc_server.storage import payments
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.payments import PaymentRow

log = logging.getLogger(__name__)

#: Called once for each status a payment enters after open, in order, with the row as it is then.
OnChange = Callable[[Session, PaymentRow], None]

#: Where a payer finds a payment; it stays the same until the payment is done, and shows the receipt after that.
PATH: Final = "/payments/"


@dataclass(frozen=True)
class Payment:
    """A payment as its payer sees it; `checkout_url` only while there is something to pay and somewhere to pay it."""

    payment_id: str
    description: str
    amount: Decimal
    currency: str
    status: PaymentStatus
    created: datetime
    modified: datetime
    receipt_url: str | None
    checkout_url: str | None

    @property
    def amount_text(self) -> str:
        """The amount with its digits, and no exponent."""
        return format(self.amount, "f")


def start_payment(
    session: Session,
    *,
    registration_id: str,
    purpose: str,
    description: str,
    amount: Decimal,
    currency: str,
    now: datetime,
) -> PaymentRow:
    """
    Open a payment, in the transaction of what asks for it.

    Args:
        purpose: a key of the caller's own, to find the payment by.
        description: what the payer reads.
        amount: above 0, in `currency` (ISO 4217).

    Returns:
        The payment; its page is at `payment_url`.

    Spec: CDS-WG1-02 3.6 (payment_required).
    """
    row = PaymentRow(
        payment_id=secrets.token_urlsafe(24),
        registration_id=registration_id,
        purpose=purpose,
        description=description,
        amount=amount,
        currency=currency,
        status=PaymentStatus.OPEN,
        created=now,
        modified=now,
    )
    session.add(row)
    session.flush()
    return row


def expire(session: Session, payment_id: str, *, now: datetime) -> None:
    """Let the address of a payment run out, for another one in its place; one that was paid stays as it is."""
    payments.move_payment(
        session,
        payment_id,
        current=PaymentStatus.OPEN,
        following=PaymentStatus.EXPIRED,
        receipt_url=None,
        now=now,
    )


def payment_url(payment_id: str, *, base_url: str) -> str:
    """The address of a payment's page: where to pay it, as often as it takes, and its receipt afterwards."""
    return f"{base_url}{PATH}{payment_id}"


def show(payment_id: str, *, base_url: str, provider: PaymentProvider | None) -> Payment:
    """
    A payment, for whoever holds its address.

    Raises:
        NotFound: there is none.
    """
    with reading() as session:
        row = payments.find_payment(session, payment_id)
    if row is None:
        raise NotFound("There is no payment at this address.")
    checkout = None
    if row.status == PaymentStatus.OPEN and provider is not None:
        back = payment_url(payment_id, base_url=base_url)
        checkout = provider.checkout_url(payment_id, row.amount, row.currency, back)
    return Payment(
        payment_id=row.payment_id,
        description=row.description,
        amount=row.amount,
        currency=row.currency,
        status=PaymentStatus(row.status),
        created=row.created,
        modified=row.modified,
        receipt_url=row.receipt_url,
        checkout_url=checkout,
    )


def settle(news: PaymentNews, *, clock: Clock, on_change: OnChange) -> PaymentStatus:
    """
    Take what the provider tells.

    Returns:
        Where the payment stands now; old news changes nothing.

    Raises:
        NotFound: there is no such payment.
        Conflict: another sum was paid than the one asked for; nothing was changed.

    Spec: CDS-WG1-02 3.6 (payment_required), 6.3.
    """
    with transaction() as session:
        row = payments.find_payment(session, news.payment_id)
        if row is None:
            raise NotFound("there is no such payment")
        if (news.amount, news.currency) != (row.amount, row.currency):
            raise Conflict(
                "another sum than the one asked for", detail=f"{news.amount} {news.currency} for {news.payment_id}"
            )
        return change(session, row, news.status, receipt_url=news.receipt_url, now=clock.now(), on_change=on_change)


def change(
    session: Session,
    row: PaymentRow,
    status: PaymentStatus,
    *,
    now: datetime,
    on_change: OnChange,
    receipt_url: str | None = None,
) -> PaymentStatus:
    """
    Move a payment to a status: told by its provider, or by an operator who was paid in another way.

    Of two changes at once one wins; the other finds it done.

    Returns:
        Where the payment stands now.

    Spec: CDS-WG1-02 3.6 (payment without the online form).
    """
    current = PaymentStatus(row.status)
    for following in steps(current, status):
        moved = payments.move_payment(
            session,
            row.payment_id,
            current=current,
            following=following,
            receipt_url=receipt_url or row.receipt_url,
            now=now,
        )
        if moved is None:
            return _meanwhile(session, row)
        log.info("payment %s is %s", moved.payment_id, following)
        on_change(session, moved)
        row, current = moved, following
    return current


def _meanwhile(session: Session, row: PaymentRow) -> PaymentStatus:
    session.refresh(row)
    return PaymentStatus(row.status)
