"""
Messages that tell a Client what became of its objects after registration (CDS-WG1-02 5.3, 6, 7.3).

Each is written in the transaction of the change, whoever made it: the Client, a Customer, an operator or time.
Webhooks are told of Grants in the same transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from cdsc_server.domain.grants import GrantStatus
from cdsc_server.domain.messages import MessageStatus, MessageType, RelatedTo, RelatedType
from cdsc_server.domain.webhooks import EventKind
from cdsc_server.exact_json import instant
from cdsc_server.services.messages import add_message
from cdsc_server.services.webhook_events import tell
from cdsc_server.storage.clients import ClientRow, CredentialRow

_BY_STATUS: Final[Mapping[GrantStatus, str]] = {
    GrantStatus.REVOKED: "The Customer ended it.",
    GrantStatus.CLOSED: "It was closed through the Grants API.",
    GrantStatus.EXPIRED: "The time it was given for is over.",
    GrantStatus.DISABLED: "This server disabled it.",
    GrantStatus.SUSPENDED: "This server suspended it.",
}


def client_added(session: Session, client: ClientRow, *, now: datetime) -> None:
    """Tell of a Client Object that came after registration."""
    _tell(
        session,
        client.registration_id,
        name=f"Client Object added: {client.client_name}",
        description=f"{client.client_id} is {client.status}. Its scope: {client.scope}.",
        related=RelatedTo(RelatedType.CLIENT, client.client_id),
        now=now,
    )


def client_changed(session: Session, client: ClientRow, *, members: Collection[str], now: datetime) -> None:
    """
    Tell of a Client Object that was modified.

    Args:
        members: what is different now; empty when the same was stored once more.
    """
    what = f"These changed: {', '.join(members)}." if members else "It was stored once more as it was."
    if "cds_status" in members:
        what += f" Its status is {client.status} now."
    _tell(
        session,
        client.registration_id,
        name=f"Client Object modified: {client.client_name}",
        description=f"{client.client_id} was modified. {what}",
        related=RelatedTo(RelatedType.CLIENT, client.client_id),
        now=now,
    )


def credential_added(session: Session, credential: CredentialRow, *, now: datetime) -> None:
    """Tell of a Credential that came after registration."""
    _tell(
        session,
        credential.registration_id,
        name="Credential added",
        description=f"{credential.credential_id} is a new Credential of {credential.client_id}.",
        related=RelatedTo(RelatedType.CREDENTIAL, credential.credential_id),
        now=now,
    )


def credential_changed(session: Session, credential: CredentialRow, *, now: datetime) -> None:
    """Tell of a Credential that got another end."""
    end = "does not expire" if credential.expires is None else f"expires at {instant(credential.expires)}"
    _tell(
        session,
        credential.registration_id,
        name="Credential modified",
        description=f"{credential.credential_id} of {credential.client_id} {end}.",
        related=RelatedTo(RelatedType.CREDENTIAL, credential.credential_id),
        now=now,
    )


def credentials_ended(session: Session, client: ClientRow, *, credential_ids: Collection[str], now: datetime) -> None:
    """Tell of Credentials that ended together with the use of their Client Object; says nothing of none."""
    if not credential_ids:
        return
    ids = " ".join(sorted(credential_ids))
    _tell(
        session,
        client.registration_id,
        name="Credentials ended",
        description=f"These Credentials of {client.client_id} expired at {instant(now)}: {ids}.",
        related=RelatedTo(RelatedType.CREDENTIAL_LIST, urlencode({"credential_ids": ids})),
        now=now,
    )


def grant_ended(
    session: Session,
    *,
    registration_id: str,
    grant_id: str,
    status: GrantStatus,
    why: str | None = None,
    now: datetime,
) -> None:
    """Tell of a Grant that gives no access any more. `why`: a sentence, where the status alone does not say it."""
    _tell(
        session,
        registration_id,
        name=f"Grant {status}",
        description=f"{grant_id} is {status}. {why or _BY_STATUS[status]} It gives no access any more.",
        related=RelatedTo(RelatedType.GRANT, grant_id),
        now=now,
    )
    tell(session, registration_id, EventKind(f"grant.{status}"), grant_id=grant_id, now=now)


def grant_added(
    session: Session, *, registration_id: str, grant_id: str, scope: str, waits: bool = False, now: datetime
) -> None:
    """Tell of a Grant that the Server made without a form. `waits`: until a Customer authorizes it."""
    _tell(
        session,
        registration_id,
        name="Grant added",
        description=f"{grant_id} is a new Grant. Its scope: {scope}."
        + " It waits for a Customer to authorize it." * waits,
        related=RelatedTo(RelatedType.GRANT, grant_id),
        now=now,
    )
    tell(session, registration_id, EventKind.GRANT_ADDED, grant_id=grant_id, now=now)


def grant_changed(session: Session, *, registration_id: str, grant_id: str, what: str, now: datetime) -> None:
    """
    Tell of a Grant whose status, scope or access is another now.

    Args:
        what: whole sentences.
    """
    _tell(
        session,
        registration_id,
        name="Grant modified",
        description=f"{grant_id} was modified. {what}",
        related=RelatedTo(RelatedType.GRANT, grant_id),
        now=now,
    )
    tell(session, registration_id, EventKind.GRANT_CHANGED, grant_id=grant_id, now=now)


def _tell(session: Session, registration_id: str, **message: Any) -> None:
    add_message(
        session,
        registration_id=registration_id,
        type=MessageType.PRIVATE_MESSAGE,
        status=MessageStatus.COMPLETE,
        **message,
    )
