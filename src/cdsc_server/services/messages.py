"""
Messages that the Server sends: written in the transaction of the change they tell of (CDS-WG1-02 6).

`add_message` and `reply` take a session and are for other use cases; what the Messages API does with Messages is in
services/message_box and services/message_posts.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from cdsc_server.domain.messages import (
    DECIDED,
    OUTSTANDING,
    RELATED_WHEN_COMPLETE,
    TELLING,
    MessageStatus,
    MessageType,
    RelatedTo,
    message_faults,
)
from cdsc_server.domain.webhooks import EventKind
from cdsc_server.errors import Conflict
from cdsc_server.services.webhook_events import tell
from cdsc_server.storage import messages
from cdsc_server.storage.messages import MessageRow


def new_message_id() -> str:
    """Unique and without spaces, because filters are separated by them."""
    return secrets.token_hex(12)


def add_message(
    session: Session,
    *,
    registration_id: str,
    type: str,
    name: str,
    description: str,
    status: str,
    now: datetime,
    previous: MessageRow | None = None,
    related: RelatedTo | None = None,
    updates_requested: Sequence[dict[str, Any]] | None = None,
    grants_requested: Sequence[dict[str, Any]] | None = None,
    amount: Decimal | None = None,
    currency: str | None = None,
) -> MessageRow:
    """
    A Message from the Server to a registration, unread.

    Args:
        session: of the change it tells of.
        previous: the Message it answers, of the same registration.
        related: what it is about; needed for most types that ask something of the Client.

    Raises:
        ValueError: the Message would break a rule of CDS-WG1-02 6.1 to 6.5; it names every rule.

    Spec: CDS-WG1-02 6.1.
    """
    faults = message_faults(
        MessageType(type),
        MessageStatus(status),
        description=description,
        related=related,
        has_previous=previous is not None,
        updates_requested=updates_requested,
        grants_requested=grants_requested,
        amount=amount,
        currency=currency,
    )
    if previous is not None and previous.registration_id != registration_id:
        faults.append("a Message answers only Messages of its registration")
    if faults:
        raise ValueError("; ".join(faults))
    row = MessageRow(
        message_id=new_message_id(),
        registration_id=registration_id,
        previous_id=None if previous is None else previous.message_id,
        type=MessageType(type).value,
        status=MessageStatus(status).value,
        read=False,
        name=name,
        description=description,
        updates_requested=None if updates_requested is None else list(updates_requested),
        grants_requested=None if grants_requested is None else list(grants_requested),
        amount=amount,
        currency=currency,
        created=now,
        modified=now,
    )
    row.related = related
    session.add(row)
    tell(session, registration_id, EventKind.MESSAGE_ADDED, message_id=row.message_id, now=now)
    return row


def reply(
    session: Session,
    message: MessageRow,
    *,
    status: str,
    description: str,
    now: datetime,
    name: str | None = None,
    related: RelatedTo | None = None,
    type: str = MessageType.REQUEST_UPDATE,
    original: str | None = None,
    amount: Decimal | None = None,
    currency: str | None = None,
) -> MessageRow:
    """
    The Server's answer to a Message; an answer of type request_update moves the Message itself to the same status.

    The Message is locked first, so of two decisions at once the second sees the first.

    Args:
        message: answered; of any type.
        status: of the answer.
        type: request_update for a decision or progress; private_message for a question; the type of the Message for
            the same request anew, such as a payment_request with a fresh link.
        related: what a decision made: the production Client Object, the list of Grants, the receipt of a payment.
            A complete production_request or grant_request relates to it too from then on.
        original: the status that `message` gets; when left out, that of a request_update, and no new one otherwise.

    Raises:
        Conflict: the Message is decided already, and not in this way.
        ValueError: the answer, or the Message after it, would break a rule of CDS-WG1-02 6.1 to 6.5.

    Spec: CDS-WG1-02 6.2, 6.3, 6.9.
    """
    session.flush()
    session.refresh(message, with_for_update=True)
    wanted = RELATED_WHEN_COMPLETE.get(MessageType(message.type))
    decides = type == MessageType.REQUEST_UPDATE
    completes = decides and status == MessageStatus.COMPLETE and wanted is not None
    if completes and (related is None or related.type != wanted):
        raise ValueError(f"what completes a {message.type} relates to a {wanted}")
    becomes = original or (status if decides else None)
    # What only tells something is complete and stays so, whatever is said of it later.
    if becomes == message.status or message.type in TELLING:
        becomes = None
    if becomes is not None and message.status in DECIDED:
        raise Conflict(f"the Message is {message.status} already")
    answer = add_message(
        session,
        registration_id=message.registration_id,
        type=type,
        name=name or (f"Re: {message.name}" if message.name else "Re: your submission"),
        description=description,
        status=status,
        now=now,
        previous=message,
        related=related,
        amount=amount,
        currency=currency,
    )
    if becomes is not None:
        _move(session, message, MessageStatus(becomes), now=now)
    if decides and status not in OUTSTANDING:
        _settle_progress(session, answer)
    # The related_uri of a payment_request stays the way to the payment; its receipt is the answer's.
    if completes and message.type != MessageType.PAYMENT_REQUEST:
        message.related, message.modified = related, now
    return answer


def _settle_progress(session: Session, decision: MessageRow) -> None:
    """What only reported progress takes over the decision, so that nothing about it stays outstanding."""
    for report in messages.outstanding_updates(session, str(decision.previous_id)):
        report.status, report.related, report.modified = decision.status, decision.related, decision.modified
        report.description = f"{report.description}\n\n{decision.description}"


def _move(session: Session, message: MessageRow, status: MessageStatus, *, now: datetime) -> None:
    """Give a Message and, when it is a support request, what amends it another status, as far as its type knows it."""
    faults = message_faults(
        MessageType(message.type),
        status,
        description=message.description or "-",
        related=message.related,
        has_previous=True,
        updates_requested=message.updates_requested,
        grants_requested=message.grants_requested,
        amount=message.amount,
        currency=message.currency,
    )
    if faults:
        raise ValueError("; ".join(faults))
    message.status, message.modified = status, now
    if message.type == MessageType.SUPPORT_REQUEST:
        for amendment in messages.pending_amendments(session, message.message_id):
            amendment.status, amendment.modified = status, now
