"""What operators decide by: the Messages that wait, and all that bears on one of them (CDS-WG1-02 3.6, 5.5, 6.9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cdsc_server.domain.catalogue import CLIENT_ADMIN, Catalogue, Scope
from cdsc_server.domain.messages import MessageType
from cdsc_server.domain.requirements import RequirementStatus
from cdsc_server.errors import NotFound
from cdsc_server.services import grant_reviews, requirements
from cdsc_server.storage import clients, messages, reviews
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import reading
from cdsc_server.storage.messages import AttachmentRow, MessageRow
from cdsc_server.storage.reviews import RequirementRow

_MOST: Final = 500


@dataclass(frozen=True)
class Waiting:
    """
    Something that waits for an operator.

    Args:
        id: of its Message.
        kind: the type of the Message, or of the registration field that asks for it.
        since: when the Client did its part.
    """

    id: str
    kind: str
    registration_id: str
    client_name: str
    title: str
    status: str
    since: datetime


@dataclass(frozen=True)
class Case:
    """
    Everything to decide by.

    Args:
        requirement: when the Message asks for one.
        submission: the newest answer of the Client to a request of ours.
        thread: answers to the Message, the oldest first.
        clients: every Client Object of the registration.
        unmet: what stands against production, or against new scopes there: what they need and is not accepted, with
            where each stands.
    """

    waiting: Waiting
    message: MessageRow
    requirement: RequirementRow | None
    submission: MessageRow | None
    attachments: Sequence[AttachmentRow]
    thread: Sequence[MessageRow]
    clients: Sequence[ClientRow]
    requirements: Sequence[RequirementRow]
    unmet: Mapping[str, str]


def list_waiting(*, limit: int = _MOST, registration_id: str | None = None) -> list[Waiting]:
    """What waits for an operator, the longest wait first."""
    with reading() as session:
        found = reviews.waiting(session, limit=limit, registration_id=registration_id)
        names = clients.admin_names(session, {message.registration_id for message, _ in found}, CLIENT_ADMIN)
    return [as_waiting(message, requirement, names.get(message.registration_id, "")) for message, requirement in found]


def show(message_id: str, *, catalogue: Catalogue) -> Case:
    """
    One thing to decide, decided or not.

    Raises:
        NotFound: no Message that an operator decides has this id.
    """
    with reading() as session:
        message = messages.find_message(session, message_id)
        requirement = None if message is None else reviews.by_message(session, message_id)
        if message is None or (requirement is None and message.type not in reviews.REVIEWED):
            raise NotFound("no Message that is decided here has this id")
        submission = messages.latest_submission(session, message_id)
        source = message_id if submission is None else submission.message_id
        unmet: Mapping[str, str] = {}
        if message.type == MessageType.PRODUCTION_REQUEST:
            sandbox = clients.find_client(session, str(message.related_key))
            scopes = [] if sandbox is None else catalogue.scopes_of(sandbox.scope.split())
            unmet = requirements.unmet(session, message.registration_id, scopes, catalogue)
        elif message.type == MessageType.FIELD_CHANGES and not grant_reviews.is_about_grant(message):
            unmet = requirements.unmet(session, message.registration_id, new_scopes(message, catalogue), catalogue)
        own = clients.clients_of(session, message.registration_id)
        return Case(
            waiting=as_waiting(message, requirement, _admin_name(own)),
            message=message,
            requirement=requirement,
            submission=submission,
            attachments=messages.attachments_of(session, [source]).get(source, ()),
            thread=messages.replies_to(session, message_id),
            clients=own,
            requirements=reviews.requirements_of(session, message.registration_id),
            unmet=unmet,
        )


def new_scopes(message: MessageRow, catalogue: Catalogue) -> list[Scope]:
    """The scopes that a Client asks to add to a Client Object."""
    words = {word for each in message.updates_requested or () for word in _new_words(each)}
    return catalogue.scopes_of(sorted(words))


def _new_words(update: dict[str, Any]) -> set[str]:
    """The scopes that a change adds."""
    if update["field"] != "scope":
        return set()
    return set(update["new_value"].split()) - set(update["previous_value"].split())


def as_waiting(message: MessageRow, requirement: RequirementRow | None, client_name: str) -> Waiting:
    """The Message as a line of the queue."""
    return Waiting(
        id=message.message_id,
        kind=message.type if requirement is None else requirement.type,
        registration_id=message.registration_id,
        client_name=client_name,
        title=message.name,
        status=message.status if requirement is None else RequirementStatus(requirement.status).value,
        since=message.modified if requirement is None else requirement.modified,
    )


def _admin_name(own: Sequence[ClientRow]) -> str:
    return next((client.client_name for client in own if client.scope == CLIENT_ADMIN), "")
