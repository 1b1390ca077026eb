"""
The forms behind the links of requirements: whoever holds a link may open it, as often as it takes (CDS-WG1-02 3.6).

The link is the only key: it went to the Client in a Message, and the Client passes it on to whom it concerns.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from cdsc_server.domain.catalogue import CLIENT_ADMIN, Catalogue, Scope
from cdsc_server.domain.field_values import is_email
from cdsc_server.domain.letters import code_letter
from cdsc_server.domain.own_access import opened_by
from cdsc_server.domain.registration_fields import FieldType, RegistrationField
from cdsc_server.domain.requirements import RequirementStatus
from cdsc_server.domain.secrets import secret_hash
from cdsc_server.errors import InvalidRequest, NotFound
from cdsc_server.ports import Clock, Limits
from cdsc_server.services import mails, requirements
from cdsc_server.services.mails import Mailing
from cdsc_server.services.rate_limits import count_hourly
from cdsc_server.storage import clients, customers, reviews
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.reviews import EmailCodeRow, RequirementRow

CODE_LIFE: Final = timedelta(minutes=15)
_TRIES: Final = 5
_CODES_PER_HOUR: Final = 6
_LONGEST: Final = {"line": 300, "text": 5000}


class WrongAnswer(InvalidRequest):
    """What was filled in is not right; the form is shown again with the reason at the field."""


@dataclass(frozen=True)
class OpenForm:
    """
    A form as its page shows it.

    Args:
        addresses: to which a code may be sent.
        asked: the address that a code was sent to and still works.
        opens: the scopes by which the Client can read once a Customer has signed in and said yes; empty for none.
    """

    link: str
    field: RegistrationField
    status: RequirementStatus
    client_name: str
    addresses: tuple[str, ...] = ()
    asked: str | None = None
    opens: tuple[Scope, ...] = ()


def open_form(link: str, *, catalogue: Catalogue, clock: Clock) -> OpenForm:
    """
    What is at this link.

    Raises:
        NotFound: nothing, or a link that has been replaced by a fresh one.
    """
    with reading() as session:
        row, field = _found(session, link, catalogue, clock.now())
        admin = clients.admin_of(session, row.registration_id, CLIENT_ADMIN)
        code = session.get(EmailCodeRow, row.requirement_id)
    alive = code is not None and code.expires > clock.now() and code.failures < _TRIES
    return OpenForm(
        link=link,
        field=field,
        status=RequirementStatus(row.status),
        client_name=admin.client_name,
        addresses=tuple(each for each in admin.contacts if is_email(each)),
        asked=code.address if code is not None and alive else None,
        opens=opened_by(catalogue, field.id),
    )


def send_answers(link: str, answers: Mapping[str, str], *, catalogue: Catalogue, clock: Clock) -> bool:
    """
    Hand in an online form.

    Returns:
        False when it was handed in before.

    Raises:
        NotFound: nothing is at this link.
        WrongAnswer: a question is not answered; nothing is stored.
    """
    now = clock.now()
    with transaction() as session:
        row, field = _found(session, link, catalogue, now, FieldType.ONLINE_FORM)
        given = {question.id: answers.get(question.id, "").strip() for question in field.questions}
        for question in field.questions:
            if not given[question.id]:
                what = "tick it to go on" if question.kind == "tick" else "fill it in"
                raise WrongAnswer(f"{question.label}: {what}", field=question.id)
            if len(given[question.id]) > _LONGEST.get(question.kind, 10):
                raise WrongAnswer(f"{question.label}: make it shorter", field=question.id)
        labelled = {
            question.label: True if question.kind == "tick" else given[question.id] for question in field.questions
        }
        return requirements.hand_in(session, row, labelled, now=now)


def send_account(link: str, customer_id: str, *, catalogue: Catalogue, clock: Clock) -> bool:
    """
    Hand in the account that the person signed in with, and what they let the Client read of it.

    Returns:
        False when one was handed in before.

    Raises:
        NotFound: nothing is at this link, or there is no such account.
    """
    now = clock.now()
    with transaction() as session:
        row, field = _found(session, link, catalogue, now, FieldType.SSO_VERIFICATION)
        customer = customers.find_customer(session, customer_id)
        if customer is None:
            raise NotFound("There is no such account.")
        account = {"customer_id": customer.customer_id, "name": customer.display_name, "email": customer.email}
        opened = " ".join(scope.id for scope in opened_by(catalogue, field.id))
        if opened:
            account["permits"] = opened
        return requirements.hand_in(session, row, account, now=now)


def send_code(link: str, address: str, *, catalogue: Catalogue, limits: Limits, clock: Clock, mailing: Mailing) -> None:
    """
    Mail a fresh code to a contact of the registration; older codes stop working.

    Raises:
        NotFound: nothing is at this link.
        WrongAnswer: the address is not a contact, or it is verified already, or this server sends no mail.
        TooManyRequests: enough codes were sent in this hour.
    """
    form = open_form(link, catalogue=catalogue, clock=clock)
    if form.field.type is not FieldType.EMAIL_VERIFICATION or form.status is not RequirementStatus.OPEN:
        raise WrongAnswer("Address: it was verified already", field="address")
    if address not in form.addresses:
        raise WrongAnswer("Address: choose a contact of the registration", field="address")
    if not mailing.wanted:
        raise WrongAnswer("Address: we cannot send mail at the moment, call us instead", field="address")
    count_hourly("email_code", link, limit=_CODES_PER_HOUR, limits=limits, clock=clock)
    now, code = clock.now(), f"{secrets.randbelow(10**8):08}"
    with transaction() as session:
        row, _ = _found(session, link, catalogue, now)
        session.merge(
            EmailCodeRow(
                requirement_id=row.requirement_id,
                address=address,
                code_hash=_code_hash(row, code),
                failures=0,
                expires=now + CODE_LIFE,
            )
        )
        letter = code_letter(
            code=code,
            app=form.client_name,
            minutes=int(CODE_LIFE.total_seconds() // 60),
            link=f"{mailing.settings.base_url}{requirements.PATH}{link}",
        )
        mails.post(session, letter, to=address, mailing=mailing, now=now)


def enter_code(link: str, code: str, *, catalogue: Catalogue, clock: Clock) -> None:
    """
    Verify the address with the code that was mailed to it.

    Raises:
        NotFound: nothing is at this link.
        WrongAnswer: it is not the newest code, it is too old, or there were too many tries; a try is counted.
    """
    now = clock.now()
    with transaction() as session:
        row, _ = _found(session, link, catalogue, now, FieldType.EMAIL_VERIFICATION)
        kept = reviews.find_code(session, row.requirement_id)
        usable = kept is not None and kept.expires > now and kept.failures < _TRIES
        fits = kept is not None and usable and hmac.compare_digest(kept.code_hash, _code_hash(row, code))
        if kept is not None and fits:
            if row.status in (RequirementStatus.OPEN, RequirementStatus.SUBMITTED):
                row.answers = {"address": kept.address}
                session.flush()
                requirements.decide(session, row, accepted=True, description=f"{kept.address} is verified.", now=now)
            session.delete(kept)
        elif kept is not None and usable:
            kept.failures += 1
    # Raised only now, so that the try stays counted.
    if not fits:
        what = "it does not match. Check the newest email" if usable else "it does not work any more. Get a new code"
        raise WrongAnswer(f"Code: {what}", field="code")


def _code_hash(row: RequirementRow, code: str) -> str:
    return secret_hash(f"{row.requirement_id}:{''.join(code.split())}")


def _found(
    session: Session, link: str, catalogue: Catalogue, now: datetime, type: FieldType | None = None
) -> tuple[RequirementRow, RegistrationField]:
    row = reviews.by_link(session, link)
    field = None if row is None else catalogue.registration_fields.get(row.field_id)
    if row is None or field is None or field.type != row.type or type not in (None, field.type):
        raise NotFound("Nothing is at this address. Look for a newer link in your Messages.")
    if row.status == RequirementStatus.OPEN and row.link_expires is not None and row.link_expires <= now:
        raise NotFound("This link has run out. A fresh one is in your Messages in a moment.")
    return row, field
