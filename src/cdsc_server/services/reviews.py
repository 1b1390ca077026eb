"""
What operators decide: requirements, production, Grants, changes, submissions (CDS-WG1-02 3.6, 5.5, 6.9).

Everything that waits is found by the id of its Message. A decision is one transaction: it is claimed first, so of two
reviewers one decides and the other is told; then it takes effect, the Client is told, and `noted` may write it down.
Console, command line and admin API call these functions and nothing below them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.letters import StoppedBy
from cdsc_server.domain.messages import MessageStatus, MessageType, RelatedTo, RelatedType
from cdsc_server.errors import Conflict, InvalidRequest, NotFound
from cdsc_server.ports import Clock, Ports
from cdsc_server.services import grant_changes, grant_reviews, own_access, requirements
from cdsc_server.services.client_changes import apply_changes
from cdsc_server.services.granting import create_grants
from cdsc_server.services.mails import Mailing
from cdsc_server.services.messages import reply
from cdsc_server.services.own_access import OwnAccess
from cdsc_server.services.production import add_production, production_case, see_met
from cdsc_server.services.review_cases import new_scopes
from cdsc_server.settings import Settings
from cdsc_server.storage import clients, messages, reviews
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import transaction
from cdsc_server.storage.messages import MessageRow

#: What changes Client Objects of a registration when it is accepted.
_OF_CLIENT_OBJECTS: Final = (MessageType.PRODUCTION_REQUEST, MessageType.FIELD_CHANGES)


@dataclass(frozen=True)
class Decision:
    """
    What was decided.

    Args:
        made: ids of what came into being: Client Object or Grants.
        access: what Client Objects may read from now on because they are the Customer; or no longer, when rejected.
    """

    id: str
    kind: str
    registration_id: str
    accepted: bool
    note: str
    made: tuple[str, ...] = ()
    access: tuple[OwnAccess, ...] = ()


@dataclass(frozen=True)
class Asked:
    """
    What was asked of a Client, or said to it, without a decision.

    Args:
        id: of the Message it is about.
        again: a requirement was asked for anew.
        sent: id of the new Message.
    """

    id: str
    registration_id: str
    again: bool
    text: str
    sent: str


#: Called in the transaction of what an operator does, for whoever keeps a record of it.
Noted = Callable[[Session, Decision | Asked], None]


def not_noted(session: Session, done: Decision | Asked) -> None:
    """A `Noted` for callers that keep no record."""


@dataclass(frozen=True)
class Desk:
    """
    What it takes to decide.

    Args:
        noted: writes down what is done, in its transaction.
    """

    catalogue: Catalogue
    settings: Settings
    ports: Ports
    noted: Noted = not_noted

    @property
    def clock(self) -> Clock:
        return self.ports.clock

    @property
    def mailing(self) -> Mailing:
        return Mailing(self.catalogue.utility, self.settings, self.ports.keys)


def accept(
    message_id: str, *, desk: Desk, note: str = "", override: bool = False, customer_id: str | None = None
) -> Decision:
    """
    Say yes.

    Args:
        note: the Client reads it in the answer; empty for our own words.
        override: for production, although not everything it needs is accepted.
        customer_id: for a grant_request: whose data the Grants open, where they open data of a Customer.

    Raises:
        NotFound: no such Message.
        Conflict: it is decided already, or something stands against it; nothing was changed.
        InvalidRequest: `customer_id` is missing, or does not fit.

    Spec: CDS-WG1-02 3.6, 5.5, 6.9.
    """
    now = desk.clock.now()
    with transaction() as session:
        requirement = reviews.by_message(session, message_id)
        if requirement is not None:
            registration_id = requirement.registration_id
            clients.lock_registration(session, registration_id)
            requirements.settle(session, requirement, accepted=True, description=note or "Accepted.", now=now)
            access = _own_access(session, registration_id, desk, now=now)
            decision = Decision(message_id, requirement.type, registration_id, accepted=True, note=note, access=access)
        else:
            message = _claimed(session, message_id, now=now)
            related, made = _take_effect(
                session, message, desk, note=note, override=override, customer_id=customer_id, now=now
            )
            reply(
                session,
                message,
                status=MessageStatus.COMPLETE,
                description=note or _yes(message),
                related=related,
                now=now,
            )
            access = ()
            if message.type in _OF_CLIENT_OBJECTS:
                access = _own_access(session, message.registration_id, desk, now=now)
            decision = Decision(
                message_id, message.type, message.registration_id, accepted=True, note=note, made=made, access=access
            )
        desk.noted(session, decision)
    return decision


def reject(message_id: str, *, desk: Desk, reason: str) -> Decision:
    """
    Say no.

    Args:
        reason: the Client reads it.

    Raises:
        InvalidRequest: no reason (CDS-WG1-02 6.3).
        NotFound: no such Message.
        Conflict: it is decided already, or a support_request, which is answered but never rejected.
    """
    if not reason.strip():
        raise InvalidRequest("reason: the Client must be told why", field="reason")
    now = desk.clock.now()
    with transaction() as session:
        requirement = reviews.by_message(session, message_id)
        if requirement is not None:
            registration_id = requirement.registration_id
            clients.lock_registration(session, registration_id)
            session.refresh(requirement)
            access: tuple[OwnAccess, ...] = ()
            if own_access.can_end(requirement, desk.catalogue):
                access = own_access.end(
                    session,
                    requirement.requirement_id,
                    why=reason,
                    by=StoppedBy.SERVER,
                    mailing=desk.mailing,
                    now=now,
                )
            else:
                requirements.settle(session, requirement, accepted=False, description=reason, now=now)
            decision = Decision(
                message_id, requirement.type, registration_id, accepted=False, note=reason, access=access
            )
        else:
            message = _claimed(session, message_id, now=now)
            if message.type == MessageType.SUPPORT_REQUEST:
                raise Conflict("a support_request is answered, not rejected")
            if grant_reviews.is_about_grant(message):
                grant_changes.reject_change(session, message, reason=reason, now=now)
            else:
                reply(session, message, status=MessageStatus.REJECTED, description=reason, now=now)
            decision = Decision(message_id, message.type, message.registration_id, accepted=False, note=reason)
        desk.noted(session, decision)
    return decision


def ask_question(message_id: str, *, desk: Desk, text: str) -> str:
    """
    Write to the Client about a Message, which stays as it is. Returns the id of the new Message.

    Raises:
        NotFound: no such Message.
        InvalidRequest: the text is empty.
    """
    if not text.strip():
        raise InvalidRequest("text: it is empty", field="text")
    with transaction() as session:
        message = messages.find_message(session, message_id)
        if message is None:
            raise NotFound("no Message has this id")
        asked = reply(
            session,
            message,
            type=MessageType.PRIVATE_MESSAGE,
            status=MessageStatus.COMPLETE,
            description=text,
            now=desk.clock.now(),
        )
        desk.noted(session, Asked(message_id, message.registration_id, again=False, text=text, sent=asked.message_id))
        return asked.message_id


def ask_again(message_id: str, *, desk: Desk, why: str) -> str:
    """
    Ask for a requirement anew, with a fresh link; returns the id of the new Message.

    Raises:
        InvalidRequest: it does not say why.
        NotFound: no requirement is asked for by this Message.
        Conflict: it is handed in or accepted.
    """
    if not why.strip():
        raise InvalidRequest("why: it is empty", field="why")
    with transaction() as session:
        row = reviews.by_message(session, message_id)
        if row is None:
            raise NotFound("no requirement is asked for by this Message")
        asked = requirements.ask_again(session, row, why=why, catalogue=desk.catalogue, now=desk.clock.now())
        desk.noted(session, Asked(message_id, row.registration_id, again=True, text=why, sent=asked.message_id))
        return asked.message_id


def approve_production(client_id: str, *, desk: Desk, override: bool = False, note: str = "") -> Decision:
    """
    Make a production Client Object that nobody has requested, equivalent to one in the sandbox.

    Args:
        override: although not everything it needs is accepted.
        note: why, for the audit trail.

    Raises:
        NotFound: no such Client Object.
        Conflict: it is not one of the sandbox, it has its equivalent, or something it needs is not accepted.

    Spec: CDS-WG1-02 4.2.
    """
    now = desk.clock.now()
    with transaction() as session:
        sandbox = clients.find_client(session, client_id)
        if sandbox is None:
            raise NotFound("no Client Object has this client_id")
        made = _add_production(session, sandbox, desk, override=override, why=note, now=now)
        decision = Decision(
            client_id,
            "production",
            made.registration_id,
            accepted=True,
            note=note,
            made=(made.client_id,),
            access=_own_access(session, made.registration_id, desk, now=now),
        )
        desk.noted(session, decision)
    return decision


def make_production(client_id: str, *, desk: Desk, override: bool = False, note: str = "") -> Decision:
    """
    Make the production Client Object of one in the sandbox: by accepting the request that waits, or unasked.

    Args:
        override: although not everything it needs is accepted.
        note: why; the Client reads it where it has asked.

    Raises:
        NotFound, Conflict: as `accept` and `approve_production`.
    """
    case = production_case(client_id, catalogue=desk.catalogue)
    if case.request is not None:
        return accept(case.request.message_id, desk=desk, note=note, override=override)
    return approve_production(client_id, desk=desk, override=override, note=note)


_YES: Final = {
    MessageType.PRODUCTION_REQUEST: "Your production Client Object is ready; its Credential is in the Credentials API.",
    MessageType.GRANT_REQUEST: "The Grants are there.",
    MessageType.FIELD_CHANGES: "The changes are made.",
    MessageType.SERVER_REQUEST: "Your submission is accepted.",
    MessageType.SUPPORT_REQUEST: "Your request is done.",
}


def _yes(message: MessageRow) -> str:
    if grant_reviews.is_about_grant(message):
        return "The change is accepted; the status of the Grant says what comes next."
    return _YES.get(MessageType(message.type), "Accepted.")


def _take_effect(
    session: Session,
    message: MessageRow,
    desk: Desk,
    *,
    note: str,
    override: bool,
    customer_id: str | None,
    now: datetime,
) -> tuple[RelatedTo | None, tuple[str, ...]]:
    """Do what was asked for; gives what the answer relates to, and the ids of what was made."""
    match message.type:
        case MessageType.PRODUCTION_REQUEST:
            sandbox = clients.find_client(session, str(message.related_key), registration_id=message.registration_id)
            if sandbox is None:
                raise Conflict("the Client Object is not there any more")
            made = _add_production(session, sandbox, desk, override=override, why=note, now=now)
            return RelatedTo(RelatedType.CLIENT, made.client_id), (made.client_id,)
        case MessageType.GRANT_REQUEST:
            grants = create_grants(
                session,
                message,
                customer_id=customer_id,
                catalogue=desk.catalogue,
                mailing=desk.mailing,
                now=now,
            )
            return RelatedTo(RelatedType.GRANT_LIST, f"grant_ids={'+'.join(grants)}"), tuple(grants)
        case MessageType.FIELD_CHANGES if grant_reviews.is_about_grant(message):
            grant_changes.accept_change(session, message, catalogue=desk.catalogue, now=now)
            return message.related, ()
        case MessageType.FIELD_CHANGES:
            client = clients.find_client(session, str(message.related_key))
            scopes = new_scopes(message, desk.catalogue)
            if client is not None and scopes:
                see_met(session, client, scopes, desk.catalogue, override=override, why=note, now=now)
            row = apply_changes(
                session,
                message,
                catalogue=desk.catalogue,
                settings=desk.settings,
                blobs=desk.ports.blobs,
                now=now,
            )
            return RelatedTo(RelatedType.CLIENT, row.client_id), ()
        case _:
            return None, ()


def _own_access(session: Session, registration_id: str, desk: Desk, *, now: datetime) -> tuple[OwnAccess, ...]:
    return own_access.settle(session, registration_id, catalogue=desk.catalogue, mailing=desk.mailing, now=now)


def _add_production(
    session: Session, sandbox: ClientRow, desk: Desk, *, override: bool, why: str, now: datetime
) -> ClientRow:
    return add_production(
        session, sandbox, override=override, why=why, catalogue=desk.catalogue, keys=desk.ports.keys, now=now
    )


def _claimed(session: Session, message_id: str, *, now: datetime) -> MessageRow:
    waiting = messages.find_message(session, message_id)
    if waiting is not None and waiting.type in _OF_CLIENT_OBJECTS:
        # Before the Message, as where a Client changes its Client Object: two who wait for each other wait for ever.
        clients.lock_registration(session, waiting.registration_id)
    grant_reviews.hold_grant_of(session, message_id)
    claimed = reviews.claim_message(session, message_id, now=now)
    if claimed is not None:
        return claimed
    message = messages.find_message(session, message_id)
    if message is None or message.type not in reviews.REVIEWED:
        raise NotFound("no Message that is decided here has this id")
    if message.status == MessageStatus.OPEN:
        raise Conflict("the Client has not answered it yet")
    raise Conflict(f"it is {message.status} already")
