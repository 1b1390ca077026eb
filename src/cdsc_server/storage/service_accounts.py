"""Service accounts: programs of the operator, and the tokens they hold; apart from Clients and what those hold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.storage.db import DataBase
from cdsc_server.storage.types import ExactJSON, UtcDateTime


class ServiceAccountRow(DataBase):
    """A program that works for the operator. Never deleted: the audit trail names it."""

    __tablename__ = "service_accounts"

    client_id: Mapped[str] = mapped_column(String, primary_key=True)
    #: In lower case.
    name: Mapped[str] = mapped_column(String, unique=True)
    #: Values of domain.operators.Role.
    roles: Mapped[list[str]] = mapped_column(ExactJSON)
    #: SHA-256; the secret was shown once, when it was made.
    secret_hash: Mapped[str] = mapped_column(String)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Since when this account opens nothing.
    disabled: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)


class OperatorTokenRow(DataBase):
    """An access token of a service account; what it opens follows the roles of the account."""

    __tablename__ = "operator_tokens"
    __table_args__ = (Index(None, "client_id"), Index(None, "expires"))

    token_hash: Mapped[str] = mapped_column(String, primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("service_accounts.client_id"))
    #: Scopes of domain.operators, separated by spaces.
    scope: Mapped[str] = mapped_column(String)
    issued: Mapped[datetime] = mapped_column(UtcDateTime)
    expires: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)


def find_account(session: Session, client_id: str, *, lock: bool = False) -> ServiceAccountRow | None:
    """The account, disabled or not. `lock`: until the transaction ends."""
    return session.get(ServiceAccountRow, client_id, with_for_update=lock or None)


def account_named(session: Session, name: str) -> ServiceAccountRow | None:
    """The account of a name in lower case, disabled or not; held until the transaction ends."""
    statement = select(ServiceAccountRow).where(ServiceAccountRow.name == name).with_for_update()
    return session.scalars(statement).one_or_none()


def list_accounts(session: Session) -> Sequence[ServiceAccountRow]:
    """Every account, by name."""
    return session.scalars(select(ServiceAccountRow).order_by(ServiceAccountRow.name)).all()


def find_token(session: Session, token_hash: str) -> tuple[OperatorTokenRow, ServiceAccountRow] | None:
    """The token, alive or not, and the account that holds it; one statement."""
    found = session.execute(
        select(OperatorTokenRow, ServiceAccountRow)
        .join(ServiceAccountRow, ServiceAccountRow.client_id == OperatorTokenRow.client_id)
        .where(OperatorTokenRow.token_hash == token_hash)
    ).one_or_none()
    return None if found is None else (found[0], found[1])


def revoke_tokens(session: Session, client_id: str, *, now: datetime, token_hash: str | None = None) -> None:
    """End the live tokens of an account, or that one of them."""
    statement = update(OperatorTokenRow).where(OperatorTokenRow.client_id == client_id)
    if token_hash is not None:
        statement = statement.where(OperatorTokenRow.token_hash == token_hash)
    session.execute(
        statement.where(OperatorTokenRow.revoked.is_(None))
        .values(revoked=now)
        .execution_options(synchronize_session=False)
    )
