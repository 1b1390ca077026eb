"""What the console lists: registrations, and what each of them holds."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from cdsc_server.storage.clients import ClientRow, CredentialRow, RegistrationRow
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.keyset import Cursor, Page, page
from cdsc_server.storage.messages import MessageRow


def list_registrations(
    session: Session, *, sought: str, cursor: Cursor | None, size: int
) -> tuple[Page[RegistrationRow], int]:
    """
    Registrations, the newest first, and how many there are in all.

    Args:
        sought: a part of the name of a Client Object, or an id of a registration, Client Object or Grant; empty: all.
    """
    statement, count = select(RegistrationRow), select(func.count()).select_from(RegistrationRow)
    if sought:
        named = select(ClientRow.registration_id).where(
            or_(
                func.lower(ClientRow.client_name).contains(sought.lower(), autoescape=True),
                ClientRow.client_id == sought,
            )
        )
        granted = select(GrantRow.registration_id).where(GrantRow.grant_id == sought)
        found = or_(
            RegistrationRow.registration_id.in_(named),
            RegistrationRow.registration_id.in_(granted),
            RegistrationRow.registration_id == sought,
        )
        statement, count = statement.where(found), count.where(found)
    rows = page(
        session,
        statement,
        at=RegistrationRow.created,
        id=RegistrationRow.registration_id,
        cursor=cursor,
        size=size,
    )
    return rows, session.scalars(count).one()


def clients_of_all(session: Session, registration_ids: Collection[str]) -> dict[str, list[ClientRow]]:
    """The Client Objects of these registrations, the oldest first."""
    found: dict[str, list[ClientRow]] = {registration_id: [] for registration_id in registration_ids}
    for row in session.scalars(
        select(ClientRow)
        .where(ClientRow.registration_id.in_(registration_ids))
        .order_by(ClientRow.created, ClientRow.client_id)
    ):
        found[row.registration_id].append(row)
    return found


def find_registration(session: Session, registration_id: str) -> RegistrationRow | None:
    """The registration."""
    return session.get(RegistrationRow, registration_id)


def credentials_of(session: Session, registration_id: str) -> Sequence[CredentialRow]:
    """Every Credential of a registration, the oldest first."""
    return session.scalars(
        select(CredentialRow)
        .where(CredentialRow.registration_id == registration_id)
        .order_by(CredentialRow.created, CredentialRow.credential_id)
    ).all()


def grants_of(
    session: Session, registration_id: str, *, cursor: Cursor | None, size: int
) -> tuple[Page[GrantRow], int]:
    """Grants of a registration, last modified first, and how many there are in all."""
    own = GrantRow.registration_id == registration_id
    rows = page(
        session, select(GrantRow).where(own), at=GrantRow.modified, id=GrantRow.grant_id, cursor=cursor, size=size
    )
    return rows, session.scalars(select(func.count()).select_from(GrantRow).where(own)).one()


def messages_of(
    session: Session, registration_id: str, *, cursor: Cursor | None, size: int
) -> tuple[Page[MessageRow], int]:
    """Messages of a registration, last modified first, and how many there are in all."""
    own = MessageRow.registration_id == registration_id
    rows = page(
        session,
        select(MessageRow).where(own),
        at=MessageRow.modified,
        id=MessageRow.message_id,
        cursor=cursor,
        size=size,
    )
    return rows, session.scalars(select(func.count()).select_from(MessageRow).where(own)).one()
