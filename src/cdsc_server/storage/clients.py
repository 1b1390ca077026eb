"""Registrations, the Client Objects they made, and the Credentials of those (CDS-WG1-02 4, 5, 7)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    ForeignKey,
    FromClause,
    Index,
    LargeBinary,
    Row,
    String,
    Table,
    and_,
    bindparam,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, aliased, join, mapped_column

from cdsc_server.domain.clients import ClientStatus
from cdsc_server.domain.direct_access import Reach
from cdsc_server.storage.among import among
from cdsc_server.storage.db import DataBase, one_statement
from cdsc_server.storage.keyset import Cursor, Page, plain_page
from cdsc_server.storage.prepared import Prepared
from cdsc_server.storage.types import ExactJSON, UtcDateTime


class RegistrationRow(DataBase):
    """One registration request: the owner of its Client Objects, Credentials, Messages and Grants."""

    __tablename__ = "registrations"

    registration_id: Mapped[str] = mapped_column(String, primary_key=True)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    #: The registration request as it was sent, without its scope.
    metadata_sent: Mapped[dict[str, Any]] = mapped_column(ExactJSON)


class ClientRow(DataBase):
    """A Client Object (CDS-WG1-02 5.1)."""

    __tablename__ = "clients"
    __table_args__ = (Index(None, "registration_id", "modified", "client_id"),)

    client_id: Mapped[str] = mapped_column(String, primary_key=True)
    registration_id: Mapped[str] = mapped_column(ForeignKey("registrations.registration_id"))
    scope: Mapped[str] = mapped_column(String)
    client_name: Mapped[str] = mapped_column(String)
    contacts: Mapped[list[str]] = mapped_column(ExactJSON)
    redirect_uris: Mapped[list[str]] = mapped_column(ExactJSON)
    response_types: Mapped[list[str]] = mapped_column(ExactJSON)
    grant_types: Mapped[list[str]] = mapped_column(ExactJSON)
    token_endpoint_auth_method: Mapped[str | None] = mapped_column(String)
    authorization_details_types: Mapped[list[str]] = mapped_column(ExactJSON)
    #: client_uri, logo_uri, tos_uri, policy_uri: only those that were given.
    uris: Mapped[dict[str, str]] = mapped_column(ExactJSON)
    status: Mapped[str] = mapped_column(String)
    status_options: Mapped[list[str]] = mapped_column(ExactJSON)
    #: Values of registration fields by field_name; of a file, where its bytes are (see services/registration).
    registered_fields: Mapped[dict[str, Any]] = mapped_column(ExactJSON, default_factory=dict)
    #: Limits narrower than the catalogue's; see domain.client_limits.
    limits: Mapped[dict[str, dict[str, dict[str, str]]]] = mapped_column(ExactJSON, default_factory=dict)
    #: Purposes of its own, by id, as domain.purposes keeps them.
    purposes: Mapped[dict[str, dict[str, str | None]]] = mapped_column(ExactJSON, default_factory=dict)
    #: Whose data it is permitted to read directly (domain.direct_access.Reach).
    reach: Mapped[str] = mapped_column(String, default=Reach.NAMED.value)
    default_scope: Mapped[str | None] = mapped_column(String)
    default_redirect_uri: Mapped[str | None] = mapped_column(String)
    default_authorization_details: Mapped[list[dict[str, Any]] | None] = mapped_column(ExactJSON)
    #: Since when an operator keeps it disabled; its Client cannot end that.
    held: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    modified: Mapped[datetime] = mapped_column(UtcDateTime)


class CredentialRow(DataBase):
    """A client secret (CDS-WG1-02 7.1): hashed to check it fast, sealed because the standard has it read back."""

    __tablename__ = "credentials"
    __table_args__ = (Index(None, "client_id"), Index(None, "registration_id", "modified", "credential_id"))

    credential_id: Mapped[str] = mapped_column(String, primary_key=True)
    registration_id: Mapped[str] = mapped_column(ForeignKey("registrations.registration_id"))
    client_id: Mapped[str] = mapped_column(ForeignKey("clients.client_id"))
    secret_hash: Mapped[str] = mapped_column(String)
    secret_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    #: None: does not expire (0 on the wire).
    expires: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    modified: Mapped[datetime] = mapped_column(UtcDateTime)


#: The Client Object that proved who it is, in statements that act for it.
Proven, _ProvenBy = aliased(ClientRow), aliased(CredentialRow)

#: What authentication needs, in one journey: the Client Object, once for each of its Credentials.
_WITH_CREDENTIALS = (
    select(
        ClientRow.client_id,
        ClientRow.registration_id,
        ClientRow.scope,
        ClientRow.grant_types,
        ClientRow.token_endpoint_auth_method,
        ClientRow.status,
        ClientRow.modified,
        CredentialRow.credential_id,
        CredentialRow.secret_hash,
        CredentialRow.expires,
    )
    .outerjoin(CredentialRow, CredentialRow.client_id == ClientRow.client_id)
    .where(ClientRow.client_id == bindparam("client_id"))
)


def still_proven(now: BindParameter[datetime]) -> tuple[FromClause, ColumnElement[bool]]:
    """
    A table and a condition for a statement that acts for an authenticated Client Object.

    Together they give one row when the Credential is alive and the Client Object neither disabled nor changed since;
    parameters proven_client_id, proven_credential_id and proven_modified say which.
    """
    joined = join(Proven, _ProvenBy, _ProvenBy.client_id == Proven.client_id)
    condition = and_(
        Proven.client_id == bindparam("proven_client_id"),
        Proven.modified == bindparam("proven_modified", type_=ClientRow.modified.type),
        Proven.status != ClientStatus.DISABLED.value,
        _ProvenBy.credential_id == bindparam("proven_credential_id"),
        or_(_ProvenBy.expires.is_(None), _ProvenBy.expires > now),
    )
    return joined, condition


_CLIENTS = cast("Table", ClientRow.__table__)
_LOOK_UP = Prepared(
    select(_CLIENTS).where(_CLIENTS.c.client_id == bindparam("client_id")), list(_CLIENTS.columns), writes=False
)


def look_up_client(client_id: str) -> Any:
    """The columns of a Client Object, outside of any session; None when there is none."""
    return _LOOK_UP.one({"client_id": client_id})


def find_with_credentials(client_id: str) -> Sequence[Row[*tuple[Any, ...]]]:
    """The Client Object with each of its Credentials, live or not; empty when there is none."""
    with one_statement(writes=False) as connection:
        return connection.execute(_WITH_CREDENTIALS, {"client_id": client_id}).all()


def find_client(
    session: Session, client_id: str, *, registration_id: str | None = None, lock: bool = False
) -> ClientRow | None:
    """
    The Client Object; None when there is none, or none of this registration.

    Args:
        lock: whether others who change it wait until this transaction is over.
    """
    row = session.get(ClientRow, client_id, with_for_update=lock or None)
    if row is None or registration_id not in (None, row.registration_id):
        return None
    return row


def list_clients(
    session: Session,
    registration_id: str,
    *,
    client_ids: Collection[str] | None,
    statuses: Collection[str] | None = None,
    cursor: Cursor | None,
    size: int,
) -> Page[Row[Any]]:
    """Client Objects of a registration that pass both filters, last modified first (CDS-WG1-02 5.3)."""
    conditions = [ClientRow.registration_id == registration_id]
    if client_ids is not None:
        conditions.append(among(ClientRow.client_id, client_ids))
    if statuses is not None:
        conditions.append(ClientRow.status.in_(statuses))
    return plain_page(
        session,
        ClientRow.__table__,
        *conditions,
        at=ClientRow.modified,
        id=ClientRow.client_id,
        cursor=cursor,
        size=size,
    )


def find_credential(
    session: Session, credential_id: str, *, registration_id: str, lock: bool = False
) -> CredentialRow | None:
    """
    The Credential; None when there is none, or none of this registration.

    Args:
        lock: whether others who change it wait until this transaction is over.
    """
    row = session.get(CredentialRow, credential_id, with_for_update=lock or None)
    return row if row is not None and row.registration_id == registration_id else None


def list_credentials(
    session: Session,
    registration_id: str,
    *,
    credential_ids: Collection[str] | None,
    client_ids: Collection[str] | None,
    after: datetime | None,
    before: datetime | None,
    cursor: Cursor | None,
    size: int,
) -> Page[Row[Any]]:
    """Credentials of a registration, last modified first; `after` and `before` are inclusive (CDS-WG1-02 7.3)."""
    conditions = [CredentialRow.registration_id == registration_id]
    if credential_ids is not None:
        conditions.append(among(CredentialRow.credential_id, credential_ids))
    if client_ids is not None:
        conditions.append(among(CredentialRow.client_id, client_ids))
    if after is not None:
        conditions.append(CredentialRow.created >= after)
    if before is not None:
        conditions.append(CredentialRow.created <= before)
    return plain_page(
        session,
        CredentialRow.__table__,
        *conditions,
        at=CredentialRow.modified,
        id=CredentialRow.credential_id,
        cursor=cursor,
        size=size,
    )


def expire_credentials(session: Session, client_id: str, *, now: datetime) -> list[str]:
    """End every Credential of a Client Object that was disabled; returns which were alive (CDS-WG1-02 7.1)."""
    ended = session.scalars(
        update(CredentialRow)
        .where(CredentialRow.client_id == client_id, or_(CredentialRow.expires.is_(None), CredentialRow.expires > now))
        .values(expires=now, modified=now)
        .returning(CredentialRow.credential_id)
        .execution_options(synchronize_session=False)
    )
    return list(ended)


def lock_registration(session: Session, registration_id: str) -> None:
    """
    Have whoever else changes what belongs to this registration wait until the transaction ends.

    Whoever only writes rows that name it, such as a Message, does not wait: they may hold what we want next.
    """
    session.execute(
        select(RegistrationRow.registration_id)
        .where(RegistrationRow.registration_id == registration_id)
        .with_for_update(key_share=True)
    )


def admin_of(session: Session, registration_id: str, scope: str) -> ClientRow:
    """The Client Admin of a registration: every registration has one."""
    return session.scalars(
        select(ClientRow)
        .where(ClientRow.registration_id == registration_id, ClientRow.scope == scope)
        .order_by(ClientRow.created)
        .limit(1)
    ).one()


def clients_of(session: Session, registration_id: str) -> Sequence[ClientRow]:
    """Every Client Object of a registration, the oldest first."""
    return session.scalars(
        select(ClientRow)
        .where(ClientRow.registration_id == registration_id)
        .order_by(ClientRow.created, ClientRow.client_id)
    ).all()


def admin_names(session: Session, registration_ids: Collection[str], scope: str) -> dict[str, str]:
    """How the Clients of these registrations are called."""
    found = session.execute(
        select(ClientRow.registration_id, ClientRow.client_name).where(
            ClientRow.registration_id.in_(registration_ids), ClientRow.scope == scope
        )
    )
    return {row.registration_id: row.client_name for row in found}


def clients_by_id(session: Session, client_ids: Collection[str]) -> dict[str, ClientRow]:
    """Client Objects of any registration, for pages that name them."""
    return {row.client_id: row for row in session.scalars(select(ClientRow).where(ClientRow.client_id.in_(client_ids)))}
