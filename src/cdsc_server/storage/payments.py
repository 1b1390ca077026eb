"""Payments that Clients owe before they may go live (CDS-WG1-02 3.6)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, String, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.domain.payments import PaymentStatus
from cdsc_server.storage.db import DataBase
from cdsc_server.storage.types import ExactDecimal, UtcDateTime


class PaymentRow(DataBase):
    """
    One payment.

    The id is random and stands in a public address: whoever holds it may pay, and sees amount and status.
    """

    __tablename__ = "payments"
    __table_args__ = (Index(None, "registration_id", "created"),)

    payment_id: Mapped[str] = mapped_column(String, primary_key=True)
    registration_id: Mapped[str] = mapped_column(ForeignKey("registrations.registration_id"))
    #: What it pays for, in the words of whoever started it: a registration field, for one. Not shown.
    purpose: Mapped[str] = mapped_column(String)
    #: What it pays for, as the payer reads it.
    description: Mapped[str] = mapped_column(String)
    amount: Mapped[Decimal] = mapped_column(ExactDecimal)
    currency: Mapped[str] = mapped_column(String)
    status: Mapped[str] = mapped_column(String)
    #: The provider's own receipt.
    receipt_url: Mapped[str | None] = mapped_column(String, default=None)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    modified: Mapped[datetime] = mapped_column(UtcDateTime)


def find_payment(session: Session, payment_id: str) -> PaymentRow | None:
    """The payment of this id."""
    return session.get(PaymentRow, payment_id)


def move_payment(
    session: Session,
    payment_id: str,
    *,
    current: PaymentStatus,
    following: PaymentStatus,
    receipt_url: str | None,
    now: datetime,
) -> PaymentRow | None:
    """The payment after a step; None when somebody else took a step meanwhile, or there is no such payment."""
    return session.scalars(
        update(PaymentRow)
        .where(PaymentRow.payment_id == payment_id, PaymentRow.status == current)
        .values(status=following, receipt_url=receipt_url, modified=now)
        .returning(PaymentRow)
        .execution_options(synchronize_session=False, populate_existing=True)
    ).one_or_none()
