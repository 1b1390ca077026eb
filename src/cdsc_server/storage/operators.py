"""Operator accounts and the sessions of their browsers: a realm of its own beside that of the Customers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.storage.db import DataBase
from cdsc_server.storage.keyset import Cursor, Page, page
from cdsc_server.storage.types import ExactJSON, UtcDateTime


class OperatorRow(DataBase):
    """Somebody who works at the console; `username` is kept in lower case. Never deleted: the audit trail names it."""

    __tablename__ = "operators"

    username: Mapped[str] = mapped_column(String, primary_key=True)
    display_name: Mapped[str] = mapped_column(String)
    #: Values of domain.operators.Role.
    roles: Mapped[list[str]] = mapped_column(ExactJSON)
    password_hash: Mapped[str] = mapped_column(String)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Since when this account opens nothing.
    disabled: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)


class OperatorSessionRow(DataBase):
    """A browser at the console; the cookie holds the secret, the row only its SHA-256."""

    __tablename__ = "operator_sessions"
    __table_args__ = (Index(None, "username"), Index(None, "expires"))

    session_hash: Mapped[str] = mapped_column(String, primary_key=True)
    #: None until the operator has signed in.
    username: Mapped[str | None] = mapped_column(ForeignKey("operators.username"), default=None)
    form_secret: Mapped[str] = mapped_column(String)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen: Mapped[datetime] = mapped_column(UtcDateTime)
    #: What the browser said it is when the operator signed in.
    browser: Mapped[str] = mapped_column(String, default="")
    expires: Mapped[datetime] = mapped_column(UtcDateTime)


def find_operator(session: Session, username: str, *, lock: bool = False) -> OperatorRow | None:
    """The account of a name in lower case, disabled or not. `lock`: until the transaction ends."""
    return session.get(OperatorRow, username, with_for_update=lock or None)


def list_operators(session: Session) -> Sequence[OperatorRow]:
    """Every account, by name."""
    return session.scalars(select(OperatorRow).order_by(OperatorRow.username)).all()


def page_of_operators(session: Session, *, cursor: Cursor | None, size: int) -> Page[OperatorRow]:
    """A page of accounts, the newest first."""
    return page(session, select(OperatorRow), at=OperatorRow.created, id=OperatorRow.username, cursor=cursor, size=size)


def find_session(
    session: Session, session_hash: str, *, now: datetime
) -> tuple[OperatorSessionRow, OperatorRow | None] | None:
    """The session that has not expired, with the account that is signed in there."""
    found = session.execute(
        select(OperatorSessionRow, OperatorRow)
        .outerjoin(OperatorRow, OperatorRow.username == OperatorSessionRow.username)
        .where(OperatorSessionRow.session_hash == session_hash, OperatorSessionRow.expires > now)
    ).one_or_none()
    return None if found is None else (found[0], found[1])


def sessions_of(session: Session, username: str, *, now: datetime) -> Sequence[OperatorSessionRow]:
    """Where an operator is signed in, the browser used last first."""
    return session.scalars(
        select(OperatorSessionRow)
        .where(OperatorSessionRow.username == username, OperatorSessionRow.expires > now)
        .order_by(OperatorSessionRow.last_seen.desc(), OperatorSessionRow.session_hash)
    ).all()


def count_sessions(session: Session, *, now: datetime) -> dict[str, int]:
    """In how many browsers each operator is signed in."""
    found = session.execute(
        select(OperatorSessionRow.username, func.count())
        .where(OperatorSessionRow.username.is_not(None), OperatorSessionRow.expires > now)
        .group_by(OperatorSessionRow.username)
    )
    return {str(username): count for username, count in found}


def touch_session(session: Session, session_hash: str, *, seen: datetime, expires: datetime) -> None:
    """Move the end of a session on; one that was removed meanwhile stays removed."""
    session.execute(
        update(OperatorSessionRow)
        .where(OperatorSessionRow.session_hash == session_hash)
        .values(last_seen=seen, expires=expires)
    )


def remove_session(session: Session, session_hash: str) -> None:
    """Forget a browser."""
    session.execute(delete(OperatorSessionRow).where(OperatorSessionRow.session_hash == session_hash))


def remove_session_of(session: Session, username: str, session_hash: str) -> bool:
    """Forget one browser of an operator; False when it is none of theirs."""
    gone = session.scalars(
        delete(OperatorSessionRow)
        .where(OperatorSessionRow.session_hash == session_hash, OperatorSessionRow.username == username)
        .returning(OperatorSessionRow.session_hash)
    )
    return gone.one_or_none() is not None


def remove_sessions_of(session: Session, username: str, *, but: str | None = None) -> None:
    """Sign an operator out everywhere; `but`: the hash of a session that stays."""
    statement = delete(OperatorSessionRow).where(OperatorSessionRow.username == username)
    session.execute(statement if but is None else statement.where(OperatorSessionRow.session_hash != but))


def remove_expired_sessions(session: Session, *, now: datetime) -> None:
    """Forget browsers whose session has ended."""
    session.execute(delete(OperatorSessionRow).where(OperatorSessionRow.expires <= now))
