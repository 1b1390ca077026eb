"""What operators see and do besides deciding: the queue, Clients with all they hold, Messages, Grants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cdsc_server.domain.catalogue import CLIENT_ADMIN
from cdsc_server.domain.clients import ClientStatus
from cdsc_server.domain.grant_steps import GrantStep, steps_from
from cdsc_server.domain.grants import GrantStatus
from cdsc_server.errors import NotFound
from cdsc_server.ports import Clock
from cdsc_server.services.grants import status_of
from cdsc_server.services.review_cases import Waiting, as_waiting
from cdsc_server.storage import clients, console, customers, grants, messages, reviews
from cdsc_server.storage.clients import ClientRow, CredentialRow, RegistrationRow
from cdsc_server.storage.customers import CustomerRow
from cdsc_server.storage.db import reading
from cdsc_server.storage.grant_reads import last_reads
from cdsc_server.storage.grants import GrantRow, Relatives
from cdsc_server.storage.keyset import Cursor, Page
from cdsc_server.storage.messages import AttachmentRow, MessageRow
from cdsc_server.storage.reviews import RequirementRow

#: How much of a long list the page of a Client shows.
_GLANCE = 8


@dataclass(frozen=True)
class Queue:
    """
    A page of what waits.

    Args:
        total: how much waits in all.
        next: where the next page begins; None at the end.
    """

    items: Sequence[Waiting]
    total: int
    next: tuple[datetime, str] | None


@dataclass(frozen=True)
class Registrations:
    """A page of registrations, with their Client Objects by registration."""

    page: Page[RegistrationRow]
    total: int
    clients: Mapping[str, Sequence[ClientRow]]


@dataclass(frozen=True)
class Registration:
    """A registration with all it holds; of Grants and Messages the latest few, and how many there are."""

    row: RegistrationRow
    name: str
    clients: Sequence[ClientRow]
    credentials: Sequence[CredentialRow]
    requirements: Sequence[RequirementRow]
    grants: Page[GrantRow]
    grants_total: int
    messages: Page[MessageRow]
    messages_total: int


@dataclass(frozen=True)
class Grant:
    """
    A Grant with what stands around it.

    Args:
        status: as it is now.
        steps: what an operator may do with it now.
        customer: whose data it opens; None where the Server gave it without one.
        stated: of somebody who agreed without signing in, until it is known who that was: the proven mail address
            and what was named.
    """

    row: GrantRow
    status: GrantStatus
    steps: Sequence[GrantStep]
    client: ClientRow
    customer: CustomerRow | None
    relatives: Relatives
    last_read: datetime | None
    stated: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Thread:
    """A Message that nobody decides, with what was answered."""

    message: MessageRow
    name: str
    replies: Sequence[MessageRow]
    attachments: Sequence[AttachmentRow]


def queue(*, after: tuple[datetime, str] | None, size: int) -> Queue:
    """What waits for an operator, the longest wait first; three statements, however much it is."""
    with reading() as session:
        found = reviews.waiting(session, limit=size + 1, after=after)
        total = reviews.count_waiting(session)
        names = clients.admin_names(session, {message.registration_id for message, _ in found}, CLIENT_ADMIN)
    shown = found[:size]
    last = shown[-1][0] if len(found) > size else None
    return Queue(
        [as_waiting(message, requirement, names.get(message.registration_id, "")) for message, requirement in shown],
        total,
        None if last is None else (last.modified, last.message_id),
    )


def count_waiting() -> int:
    """How much waits for an operator."""
    with reading() as session:
        return reviews.count_waiting(session)


def registrations(*, sought: str, cursor: Cursor | None, size: int) -> Registrations:
    """A page of registrations, the newest first; `sought` as in storage.console.list_registrations."""
    with reading() as session:
        rows, total = console.list_registrations(session, sought=sought, cursor=cursor, size=size)
        own = console.clients_of_all(session, [row.registration_id for row in rows.rows])
    return Registrations(rows, total, own)


def registration(
    registration_id: str,
    *,
    grants_cursor: Cursor | None = None,
    messages_cursor: Cursor | None = None,
    size: int = _GLANCE,
) -> Registration:
    """
    A registration with all it holds.

    Raises:
        NotFound: there is no such registration.
    """
    with reading() as session:
        row = console.find_registration(session, registration_id)
        if row is None:
            raise NotFound("no registration has this id")
        own = clients.clients_of(session, registration_id)
        found, grants_total = console.grants_of(session, registration_id, cursor=grants_cursor, size=size)
        told, messages_total = console.messages_of(session, registration_id, cursor=messages_cursor, size=size)
        return Registration(
            row=row,
            name=_name(own),
            clients=own,
            credentials=console.credentials_of(session, registration_id),
            requirements=reviews.requirements_of(session, registration_id),
            grants=found,
            grants_total=grants_total,
            messages=told,
            messages_total=messages_total,
        )


def client_object(client_id: str) -> tuple[ClientRow, str]:
    """
    A Client Object, and how its Client is called.

    Raises:
        NotFound: there is none.
    """
    with reading() as session:
        row = clients.find_client(session, client_id)
        if row is None:
            raise NotFound("no Client Object has this client_id")
        return row, _name(clients.clients_of(session, row.registration_id))


def thread(message_id: str) -> Thread:
    """
    A Message and what was answered.

    Raises:
        NotFound: there is no such Message.
    """
    with reading() as session:
        message = messages.find_message(session, message_id)
        if message is None:
            raise NotFound("no Message has this id")
        return Thread(
            message,
            _name(clients.clients_of(session, message.registration_id)),
            messages.replies_to(session, message_id),
            messages.attachments_of(session, [message_id]).get(message_id, ()),
        )


def attachment(message_id: str, position: int) -> AttachmentRow:
    """
    A file attached to a Message.

    Raises:
        NotFound: there is none at this position.
    """
    with reading() as session:
        found = messages.attachments_of(session, [message_id]).get(message_id, [])
    for row in found:
        if row.position == position:
            return row
    raise NotFound("no such file is attached to this Message")


def grant(grant_id: str, *, clock: Clock) -> Grant:
    """
    A Grant with what stands around it.

    Raises:
        NotFound: there is no such Grant.
    """
    with reading() as session:
        row = session.get(GrantRow, grant_id)
        if row is None:
            raise NotFound("no Grant has this id")
        status = status_of(row, now=clock.now())
        receipt = grants.latest_receipt(session, grant_id)
        unidentified = receipt is not None and receipt.unidentified
        return Grant(
            row=row,
            status=status,
            steps=steps_from(
                status,
                of_customer=row.customer_id is not None,
                in_review=row.review is not None,
                paused=row.paused,
                unidentified=unidentified,
                unanswered=not row.selections,
            ),
            client=clients.clients_by_id(session, [row.client_id])[row.client_id],
            customer=None if row.customer_id is None else customers.find_customer(session, row.customer_id),
            relatives=grants.relatives_of(session, [grant_id])[grant_id],
            last_read=last_reads(session, [grant_id]).get(grant_id),
            stated=receipt.stated if unidentified and receipt is not None else None,
        )


def is_sandbox(client_id: str) -> bool:
    """Whether this is a Client Object of the sandbox, which meets test Customers only; not so when there is none."""
    with reading() as session:
        row = clients.find_client(session, client_id)
    return row is not None and row.status == ClientStatus.SANDBOX


def _name(own: Sequence[ClientRow]) -> str:
    return next((client.client_name for client in own if client.scope == CLIENT_ADMIN), "")
