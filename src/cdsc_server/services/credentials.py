"""Credentials of Client Objects: the Credentials API (CDS-WG1-02 7)."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.orm import Session

from cdsc_server.domain.clients import ClientStatus
from cdsc_server.domain.secrets import secret_hash
from cdsc_server.errors import InvalidRequest, NotFound
from cdsc_server.ports import Clock, KeyStore
from cdsc_server.services import changelog
from cdsc_server.storage import authorizations, clients
from cdsc_server.storage.clients import ClientRow, CredentialRow
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.keyset import Cursor, Page

#: The standard has a leaked secret ended by "now", said by a clock that is not ours.
_SKEW: Final = timedelta(seconds=10)


def new_credential(session: Session, client: ClientRow, *, now: datetime, keys: KeyStore) -> tuple[CredentialRow, str]:
    """A Credential for a Client Object, and its secret of 256 random bits."""
    credential_id, secret = secrets.token_hex(12), secrets.token_urlsafe(32)
    row = CredentialRow(
        credential_id=credential_id,
        registration_id=client.registration_id,
        client_id=client.client_id,
        secret_hash=secret_hash(secret),
        secret_sealed=keys.seal(secret, context=_context(credential_id)),
        created=now,
        modified=now,
    )
    session.add(row)
    return row, secret


def create_credential(client_id: str, *, registration_id: str, clock: Clock, keys: KeyStore) -> dict[str, Any]:
    """
    One more Credential for a Client Object of the registration.

    Raises:
        InvalidRequest: no such Client Object, or one that has no secrets or is disabled.

    Spec: CDS-WG1-02 7.5.
    """
    with transaction() as session:
        client = clients.find_client(session, client_id, registration_id=registration_id)
        if client is None or client.token_endpoint_auth_method is None:
            raise InvalidRequest("client_id: no client of this registration that has secrets", field="client_id")
        if client.status == ClientStatus.DISABLED:
            raise InvalidRequest("client_id: the client is disabled; enable it first", field="client_id")
        now = clock.now()
        row, _ = new_credential(session, client, now=now, keys=keys)
        changelog.credential_added(session, row, now=now)
    return to_wire(row, keys=keys)


def get_credential(credential_id: str, *, registration_id: str, keys: KeyStore) -> dict[str, Any]:
    """The Credential; NotFound when there is none in this registration."""
    with reading() as session:
        row = _found(clients.find_credential(session, credential_id, registration_id=registration_id))
    return to_wire(row, keys=keys)


def list_credentials(
    registration_id: str,
    *,
    credential_ids: Collection[str] | None,
    client_ids: Collection[str] | None,
    after: datetime | None,
    before: datetime | None,
    cursor: Cursor | None,
    size: int,
) -> Page[Row[Any]]:
    """Credentials of the registration, last modified first (CDS-WG1-02 7.3)."""
    with reading() as session:
        return clients.list_credentials(
            session,
            registration_id,
            credential_ids=credential_ids,
            client_ids=client_ids,
            after=after,
            before=before,
            cursor=cursor,
            size=size,
        )


def expire_credential(
    credential_id: str, expires_at: int | None, *, registration_id: str, clock: Clock, keys: KeyStore
) -> dict[str, Any]:
    """
    Bring the end of a Credential forward; when it is now, every token issued with it ends in the same transaction.

    Args:
        expires_at: seconds since the epoch, 0 for never; None changes nothing.

    Raises:
        NotFound: no such Credential in this registration.
        InvalidRequest: before now, or after its present end.

    Spec: CDS-WG1-02 7.6.
    """
    with transaction() as session:
        # An end that somebody else brings forward meanwhile is not put off again.
        row = _found(clients.find_credential(session, credential_id, registration_id=registration_id, lock=True))
        if expires_at is not None:
            now = clock.now()
            row.expires = _checked_end(expires_at, current=row.expires, now=now)
            row.modified = now
            if row.expires is not None and row.expires <= now:
                authorizations.revoke_tokens(session, now=now, credential_id=credential_id)
            changelog.credential_changed(session, row, now=now)
    return to_wire(row, keys=keys)


def _checked_end(expires_at: int, *, current: datetime | None, now: datetime) -> datetime | None:
    if expires_at == 0 and current is None:
        return None
    try:
        asked = datetime.fromtimestamp(expires_at, UTC)
    except (OverflowError, OSError, ValueError) as fault:
        raise _refusal("is not a time this calendar knows") from fault
    if asked < now.replace(microsecond=0) - _SKEW:
        raise _refusal("is in the past")
    if current is not None and asked > current:
        raise _refusal("is after the present end; an end is only ever brought forward")
    return asked


def _refusal(rule: str) -> InvalidRequest:
    return InvalidRequest(f"client_secret_expires_at: {rule}", field="client_secret_expires_at")


def _found(row: CredentialRow | None) -> CredentialRow:
    if row is None:
        raise NotFound("no Credential has this credential_id")
    return row


def to_wire(row: CredentialRow | Row[Any], *, keys: KeyStore) -> dict[str, Any]:
    """The Credential as the API shows it, without its uri (CDS-WG1-02 7.1)."""
    return {
        "credential_id": row.credential_id,
        "client_id": row.client_id,
        "created": row.created,
        "modified": row.modified,
        "type": "client_secret",
        "client_secret": keys.open(row.secret_sealed, context=_context(row.credential_id)),
        "client_secret_expires_at": 0 if row.expires is None else int(row.expires.timestamp()),
    }


def _context(credential_id: str) -> str:
    return f"credential:{credential_id}"
