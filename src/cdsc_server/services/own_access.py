"""
A Client that has shown that it is a Customer reads that Customer's data (CDS-WG3-01 4.1 to 4.3).

The permission stands on the accepted step and ends with it: the Customer, or an operator, takes back both at once.
Functions that take a session are for other use cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.clients import ClientStatus
from cdsc_server.domain.direct_access import Reach
from cdsc_server.domain.letters import StoppedBy
from cdsc_server.domain.messages import MessageStatus, MessageType
from cdsc_server.domain.news import NewsKind
from cdsc_server.domain.own_access import meets, opened_by
from cdsc_server.domain.requirements import RequirementStatus
from cdsc_server.domain.wording import direct_words
from cdsc_server.services.access_mails import tell_of_access_ended, tell_of_own_app
from cdsc_server.services.mails import Mailing
from cdsc_server.services.messages import reply
from cdsc_server.storage import clients, customers, grant_reads, permissions, reviews
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import reading
from cdsc_server.storage.messages import MessageRow
from cdsc_server.storage.permissions import EVERY, PermittedAccountRow
from cdsc_server.storage.reviews import RequirementRow


@dataclass(frozen=True)
class OwnAccess:
    """That a Client Object was permitted a Customer by a step, or is no longer."""

    client_id: str
    customer_id: str
    field_id: str


@dataclass(frozen=True)
class OwnApp:
    """
    A Client Object that reads the data of the Customer it belongs to, as this Customer sees it.

    Args:
        titles: of what it can read.
        last_read: None when it has read nothing, or may read of others too.
    """

    client_id: str
    client_name: str
    titles: Sequence[str]
    since: datetime
    last_read: datetime | None


def settle(
    session: Session, registration_id: str, *, catalogue: Catalogue, mailing: Mailing, now: datetime
) -> tuple[OwnAccess, ...]:
    """
    Permit what the accepted steps of a registration open, and tell whose it is; the caller has locked the registration.

    A Client Object of the sandbox gets fictional Customers only, one in production real ones only.
    What an operator has permitted by hand stays as it is.

    Returns:
        What was not permitted before.
    """
    made = []
    for step in reviews.requirements_of(session, registration_id):
        opened = {scope.id for scope in opened_by(catalogue, step.field_id)}
        customer_id = step.answers.get("customer_id")
        customer = None if customer_id is None else customers.find_customer(session, customer_id)
        if step.status != RequirementStatus.ACCEPTED or not opened or customer is None:
            continue
        for client in clients.clients_of(session, registration_id):
            fits = meets(client.status, is_test=customer.is_test) and opened & set(client.scope.split())
            if not fits or permissions.find_permission(session, client.client_id, customer.customer_id) is not None:
                continue
            session.add(
                PermittedAccountRow(
                    client_id=client.client_id,
                    customer_id=customer.customer_id,
                    account_id=EVERY,
                    created=now,
                    requirement_id=step.requirement_id,
                )
            )
            tell_of_own_app(
                session,
                client,
                customer.customer_id,
                titles=partial(_titles, client, step, catalogue),
                mailing=mailing,
                now=now,
            )
            made.append(OwnAccess(client.client_id, customer.customer_id, step.field_id))
    session.flush()
    return tuple(made)


def end(
    session: Session, requirement_id: str, *, why: str, by: StoppedBy, mailing: Mailing, now: datetime
) -> tuple[OwnAccess, ...]:
    """
    Take back all that an accepted step has permitted, and the step; the Client is told, and can be asked again.

    The Customer is told, too.

    Args:
        why: the Client reads it.
        by: who ends it, as the Customer reads it.

    Returns:
        What was permitted by it.
    """
    step = reviews.move_requirement(
        session,
        requirement_id,
        current=(RequirementStatus.ACCEPTED,),
        following=RequirementStatus.REJECTED,
        now=now,
    )
    if step is None:
        return ()
    gone = permissions.take_back_all(session, requirement_id)
    for client_id, customer_id in gone:
        client = session.get_one(ClientRow, client_id)
        tell_of_access_ended(session, client, customer_id, NewsKind.OWN_ENDED, by=by, mailing=mailing, now=now)
    # The request itself is complete, and stays so: what is decided is not told in another way later.
    reply(
        session,
        session.get_one(MessageRow, step.message_id),
        type=MessageType.PRIVATE_MESSAGE,
        status=MessageStatus.COMPLETE,
        description=f"{why} Your Client Objects cannot read the data of this Customer any more.",
        now=now,
    )
    return tuple(OwnAccess(client_id, customer_id, step.field_id) for client_id, customer_id in gone)


def can_end(row: RequirementRow, catalogue: Catalogue) -> bool:
    """Whether an accepted step permits something that ends with it."""
    return row.status == RequirementStatus.ACCEPTED and bool(opened_by(catalogue, row.field_id))


def apps_of(customer_id: str, *, catalogue: Catalogue) -> list[OwnApp]:
    """The Client Objects that read a Customer's data because they are this Customer's own, the oldest first."""
    with reading() as session:
        return [
            OwnApp(
                client_id=client.client_id,
                client_name=client.client_name,
                titles=_titles(client, step, catalogue),
                since=row.created,
                last_read=_last_read(session, row, client.reach),
            )
            for row, step, client in permissions.own_of(session, customer_id)
            if client.status != ClientStatus.DISABLED
        ]


def _titles(client: ClientRow, step: RequirementRow, catalogue: Catalogue) -> list[str]:
    """What a step opens to a Client Object."""
    opened = [scope for scope in opened_by(catalogue, step.field_id) if scope.id in client.scope.split()]
    return [words.title for words in direct_words(opened)]


def _last_read(session: Session, row: PermittedAccountRow, reach: str) -> datetime | None:
    if reach != Reach.NAMED or len(permissions.named_customers(session, row.client_id, limit=2)) > 1:
        return None
    return grant_reads.last_read_by(session, row.client_id, after=row.created)
