"""How a payment moves: open, perhaps expired, submitted by who pays, then accepted or rejected for good."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final


class PaymentStatus(StrEnum):
    """Where a payment stands; Messages about it say open, pending, complete and rejected (CDS-WG1-02 6.3)."""

    OPEN = "open"
    #: Its address ran out and another payment was asked for in its place; what is paid all the same still counts.
    EXPIRED = "expired"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True)
class PaymentNews:
    """
    What a payment provider tells about one payment; proven to come from it.

    Args:
        status: submitted, accepted or rejected.
        amount: what was paid, in `currency` (ISO 4217).
        receipt_url: the provider's own receipt; None when it gives none.
    """

    payment_id: str
    status: PaymentStatus
    amount: Decimal
    currency: str
    receipt_url: str | None = None


def steps(current: PaymentStatus, told: PaymentStatus) -> tuple[PaymentStatus, ...]:
    """
    The statuses a payment goes through on this news, in order; none when the news is old.

    Callbacks may come twice and out of order.
    An acceptance that overtakes its submission brings both, and what was accepted or rejected stays so.
    """
    if told in _UNPAID:
        return ()
    if current in _UNPAID:
        outcome = () if told is PaymentStatus.SUBMITTED else (told,)
        return (PaymentStatus.SUBMITTED, *outcome)
    if current is PaymentStatus.SUBMITTED and told is not PaymentStatus.SUBMITTED:
        return (told,)
    return ()


_UNPAID: Final = frozenset({PaymentStatus.OPEN, PaymentStatus.EXPIRED})
