"""
What registrations have to do before production: asked for at registration, handed in, decided (CDS-WG1-02 3.6).

Every step is told by a Message in its own transaction. Functions that take a session are for other use cases.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from cdsc_server.domain.catalogue import Catalogue, Scope
from cdsc_server.domain.messages import MessageStatus, MessageType, RelatedTo
from cdsc_server.domain.payments import PaymentStatus
from cdsc_server.domain.registration_fields import FieldType, RegistrationField
from cdsc_server.domain.requirements import ASKING, MET, UNDECIDED, RequirementStatus
from cdsc_server.domain.submitted_fields import needed_fields
from cdsc_server.errors import Conflict
from cdsc_server.ports import Clock
from cdsc_server.services import payments
from cdsc_server.services.messages import add_message, reply
from cdsc_server.storage import reviews
from cdsc_server.storage.clients import lock_registration
from cdsc_server.storage.db import transaction
from cdsc_server.storage.messages import MessageRow
from cdsc_server.storage.payments import PaymentRow, find_payment
from cdsc_server.storage.reviews import RequirementRow

log = logging.getLogger(__name__)

#: Where forms stand; the link follows.
PATH: Final = "/requirements/"
_BATCH: Final = 100
_PURPOSE: Final = "requirement:"
#: Links of these types run out; a blank PDF stays where it is.
_EXPIRING: Final = frozenset(
    {FieldType.ONLINE_FORM, FieldType.EMAIL_VERIFICATION, FieldType.SSO_VERIFICATION, FieldType.PAYMENT_REQUIRED}
)


def blank_form_path(field_id: str) -> str:
    """Where the blank PDF of a field can be downloaded."""
    return f"/register/fields/{field_id}/form.pdf"


def ask(
    session: Session, *, registration_id: str, scopes: Iterable[Scope], catalogue: Catalogue, now: datetime
) -> None:
    """
    Ask a registration for everything its scopes need and that it was not asked for before, one Message each.

    Spec: CDS-WG1-02 3.4 (registration_requirements), 3.6.
    """
    scopes = tuple(scopes)
    needed = [field for field in needed_fields(catalogue, scopes).values() if not field.submitted]
    if not needed:
        return
    # Two changes at once that need the same ask for it once.
    lock_registration(session, registration_id)
    known = {row.field_id for row in reviews.requirements_of(session, registration_id)}
    for field in needed:
        if field.id in known:
            continue
        needing = [scope.name for scope in scopes if field.id in scope.registration_requirements]
        link, payment = secrets.token_urlsafe(24), None
        if field.type is FieldType.PAYMENT_REQUIRED:
            payment = _start_payment(session, registration_id, field, now=now)
        message = add_message(
            session,
            registration_id=registration_id,
            type=ASKING[field.type].type,
            status=_first_status(field.type),
            name=ASKING[field.type].name,
            description=f"{field.description}\n\n{ASKING[field.type].steps} Needed for: {', '.join(needing)}.",
            related=_related(field, link, payment),
            amount=field.amount,
            currency=field.currency,
            now=now,
        )
        session.add(
            RequirementRow(
                requirement_id=secrets.token_hex(12),
                registration_id=registration_id,
                field_id=field.id,
                type=field.type,
                status=RequirementStatus.OPEN,
                message_id=message.message_id,
                link=link,
                link_expires=_link_end(field.type, catalogue, now),
                payment_id=None if payment is None else payment.payment_id,
                created=now,
                modified=now,
            )
        )
    session.flush()


def ask_again(
    session: Session, row: RequirementRow, *, why: str, catalogue: Catalogue, now: datetime
) -> RequirementRow:
    """
    Ask anew, in a reply with a fresh link: because the old one ran out, or after a rejection.

    Raises:
        Conflict: it is accepted or handed in, or the catalogue asks for it no more.

    Spec: CDS-WG1-02 3.6 ("If the link expires").
    """
    field = catalogue.registration_fields.get(row.field_id)
    if field is None or field.type != row.type or field.type is FieldType.INTERNAL_REVIEW:
        raise Conflict("this cannot be asked for again")
    payment = None
    if field.type is FieldType.PAYMENT_REQUIRED:
        if row.payment_id is not None:
            payments.expire(session, row.payment_id, now=now)
        payment = _start_payment(session, row.registration_id, field, now=now)
    link = secrets.token_urlsafe(24)
    moved = reviews.move_requirement(
        session,
        row.requirement_id,
        current=(RequirementStatus.OPEN, RequirementStatus.REJECTED),
        following=RequirementStatus.OPEN,
        now=now,
        link=link,
        link_expires=_link_end(field.type, catalogue, now),
        payment_id=None if payment is None else payment.payment_id,
        answers={},
    )
    if moved is None:
        raise Conflict("it is handed in or accepted already")
    previous = session.get_one(MessageRow, moved.message_id)
    message = reply(
        session,
        previous,
        type=ASKING[field.type].type,
        status=MessageStatus.OPEN,
        name=ASKING[field.type].name,
        description=f"{why}\n\n{field.description}\n\n{ASKING[field.type].steps}",
        related=_related(field, link, payment),
        # The request with the old link would stay outstanding for ever.
        original=MessageStatus.REJECTED if previous.status == MessageStatus.OPEN else None,
        amount=field.amount,
        currency=field.currency,
        now=now,
    )
    moved.message_id = message.message_id
    return moved


def renew_links(*, catalogue: Catalogue, clock: Clock) -> int:
    """Give every form and payment whose link ran out a fresh one, told by a reply; returns how many."""
    now = clock.now()
    with transaction() as session:
        rows = reviews.overdue_links(session, now=now, limit=_BATCH)
        renewed = 0
        for row in rows:
            try:
                ask_again(
                    session,
                    row,
                    why="The link ran out; here is a fresh one.",
                    catalogue=catalogue,
                    now=now,
                )
            except Conflict:
                # The catalogue asks for it no more: the old link keeps working.
                row.link_expires = None
            else:
                renewed += 1
    return renewed


def hand_in(session: Session, row: RequirementRow, answers: Mapping[str, Any], *, now: datetime) -> bool:
    """
    Take what was filled in; the review can begin.

    Returns:
        False when it was handed in or decided before; nothing changes then.

    Spec: CDS-WG1-02 3.6 (pending).
    """
    moved = reviews.move_requirement(
        session,
        row.requirement_id,
        current=(RequirementStatus.OPEN,),
        following=RequirementStatus.SUBMITTED,
        now=now,
        answers=dict(answers),
    )
    if moved is None:
        return False
    _tell(session, moved, MessageStatus.PENDING, ASKING[FieldType(moved.type)].submitted, now=now)
    return True


def pdf_arrived(session: Session, message_id: str, *, now: datetime) -> None:
    """Note that a filled-in PDF form came as a client_submission; a newer one takes the place of an older one."""
    row = reviews.by_message(session, message_id)
    if row is not None:
        reviews.move_requirement(
            session, row.requirement_id, current=UNDECIDED, following=RequirementStatus.SUBMITTED, now=now
        )


def payment_changed(session: Session, payment: PaymentRow) -> None:
    """
    What follows from each step of a payment: the `OnChange` of payments.

    Spec: CDS-WG1-02 3.6 (payment_required), 6.3 (payment_receipt).
    """
    row = reviews.by_payment(session, payment.payment_id) or _paid_late(session, payment)
    if row is None or row.status == RequirementStatus.WAIVED:
        return
    status, now = PaymentStatus(payment.status), payment.modified
    if status is PaymentStatus.SUBMITTED:
        hand_in(session, row, {"payment_id": payment.payment_id}, now=now)
    elif status is PaymentStatus.ACCEPTED:
        decide(session, row, accepted=True, description="Your payment was received.", now=now)
    elif status is PaymentStatus.REJECTED:
        decide(session, row, accepted=False, description="The payment did not go through; nothing was paid.", now=now)


def _paid_late(session: Session, payment: PaymentRow) -> RequirementRow | None:
    """The requirement of a payment whose link had run out; from now on it is this payment that it waits for."""
    field_id = payment.purpose.removeprefix(_PURPOSE)
    rows = reviews.requirements_of(session, payment.registration_id)
    row = next((row for row in rows if row.field_id == field_id and row.payment_id is not None), None)
    if row is None or row.status != RequirementStatus.OPEN or payment.status != PaymentStatus.SUBMITTED:
        log.warning("payment %s is %s, and nobody waits for it", payment.payment_id, payment.status)
        return None
    payments.expire(session, str(row.payment_id), now=payment.modified)
    row.payment_id = payment.payment_id
    session.flush()
    return row


def settle(session: Session, row: RequirementRow, *, accepted: bool, description: str, now: datetime) -> None:
    """
    An operator's decision, at any point, whatever the Client has done of it; a payment is settled along with it.

    Raises:
        Conflict: it is decided already.

    Spec: CDS-WG1-02 3.6 ("Servers MAY approve the Client ... at any point").
    """
    payment = None if row.payment_id is None else find_payment(session, row.payment_id)
    if payment is None:
        decide(session, row, accepted=accepted, description=description, now=now)
        return
    if row.status not in UNDECIDED:
        raise Conflict(f"it is {row.status} already")

    done = False

    def follow(session: Session, changed: PaymentRow) -> None:
        nonlocal done
        # Nothing has arrived when an operator was paid in another way, so the step between is not told.
        if changed.status != PaymentStatus.SUBMITTED:
            decide(session, row, accepted=accepted, description=description, now=now)
            done = True

    wanted = PaymentStatus.ACCEPTED if accepted else PaymentStatus.REJECTED
    payments.change(session, payment, wanted, now=now, on_change=follow)
    if not done:
        # The provider, or another operator, came first.
        raise Conflict("the payment is settled already")


def decide(session: Session, row: RequirementRow, *, accepted: bool, description: str, now: datetime) -> None:
    """
    Accept or reject a requirement, and tell the Client.

    Raises:
        Conflict: it is decided already.
    """
    following = RequirementStatus.ACCEPTED if accepted else RequirementStatus.REJECTED
    moved = reviews.move_requirement(session, row.requirement_id, current=UNDECIDED, following=following, now=now)
    if moved is None:
        session.refresh(row)
        raise Conflict(f"it is {row.status} already")
    _tell(session, moved, MessageStatus.COMPLETE if accepted else MessageStatus.REJECTED, description, now=now)


def waive(session: Session, row: RequirementRow, *, reason: str, now: datetime) -> bool:
    """
    Do without a requirement, whatever the Client has done of it, and tell why; the record stays.

    What was to be paid is not asked for any more; a payment that is on its way is left to its provider.

    Returns:
        False when it was accepted or waived meanwhile; nothing changes then.

    Spec: CDS-WG1-02 3.6 ("Servers MAY approve the Client ... at any point").
    """
    moved = reviews.move_requirement(
        session,
        row.requirement_id,
        current=(*UNDECIDED, RequirementStatus.REJECTED),
        following=RequirementStatus.WAIVED,
        now=now,
        waived_because=reason,
    )
    if moved is None:
        return False
    payment = None if row.payment_id is None else find_payment(session, row.payment_id)
    if payment is not None and payment.status == PaymentStatus.OPEN:
        payments.change(session, payment, PaymentStatus.REJECTED, now=now, on_change=lambda _session, _payment: None)
    # A request for a payment is complete with a receipt only, and there is none (CDS-WG1-02 6.3).
    status = MessageStatus.COMPLETE if payment is None else MessageStatus.REJECTED
    _tell(session, moved, status, f"We do without this. {reason}", now=now)
    return True


def waive_unmet(
    session: Session, registration_id: str, scopes: Iterable[Scope], catalogue: Catalogue, *, reason: str, now: datetime
) -> None:
    """Do without everything these scopes need before production and that is not accepted."""
    left = unmet(session, registration_id, scopes, catalogue)
    for row in reviews.requirements_of(session, registration_id):
        if row.field_id in left:
            waive(session, row, reason=reason, now=now)


def unmet(session: Session, registration_id: str, scopes: Iterable[Scope], catalogue: Catalogue) -> dict[str, str]:
    """What these scopes need before production and is not met: where each field stands, or "not asked for"."""
    rows = {row.field_id: row.status for row in reviews.requirements_of(session, registration_id)}
    needed = [field.id for field in needed_fields(catalogue, scopes).values() if not field.submitted]
    stand = {name: rows.get(name, "not asked for") for name in needed}
    return {name: status for name, status in stand.items() if status not in MET}


def _tell(session: Session, row: RequirementRow, status: MessageStatus, description: str, *, now: datetime) -> None:
    message = session.get_one(MessageRow, row.message_id)
    related = None
    if row.type == FieldType.PAYMENT_REQUIRED and status is MessageStatus.COMPLETE:
        related = RelatedTo("payment_receipt", payments.PATH + str(row.payment_id))
    review = row.type == FieldType.INTERNAL_REVIEW
    reply(
        session,
        message,
        type=MessageType.PRIVATE_MESSAGE if review else MessageType.REQUEST_UPDATE,
        status=MessageStatus.COMPLETE if review else status,
        name=("Your registration was reviewed" if review else None),
        description=description,
        related=related,
        now=now,
    )


def _start_payment(session: Session, registration_id: str, field: RegistrationField, *, now: datetime) -> PaymentRow:
    if field.amount is None or field.currency is None:
        raise Conflict("the catalogue names no amount")
    return payments.start_payment(
        session,
        registration_id=registration_id,
        purpose=f"{_PURPOSE}{field.id}",
        description=field.description,
        amount=field.amount,
        currency=field.currency,
        now=now,
    )


def _first_status(type: FieldType) -> MessageStatus:
    return MessageStatus.COMPLETE if type is FieldType.INTERNAL_REVIEW else MessageStatus.OPEN


def _related(field: RegistrationField, link: str, payment: PaymentRow | None) -> RelatedTo | None:
    kind = ASKING[field.type].related
    if kind is None:
        return None
    if payment is not None:
        return RelatedTo(kind, payments.PATH + payment.payment_id)
    return RelatedTo(kind, blank_form_path(field.id) if field.type is FieldType.PDF_FORM else PATH + link)


def _link_end(type: FieldType, catalogue: Catalogue, now: datetime) -> datetime | None:
    days = catalogue.review.link_days
    return None if days is None or type not in _EXPIRING else now + timedelta(days=days)
