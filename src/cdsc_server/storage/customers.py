"""Customers, how they sign in, and the sessions of their browsers."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    String,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, MappedAsDataclass, Session, mapped_column

from cdsc_server.storage.db import DataBase
from cdsc_server.storage.prepared import Prepared
from cdsc_server.storage.types import UtcDateTime


def customer_key_of(customer_id: str) -> int:
    """The `customer_key` of a Customer: 63 bits derived from the id, so that nobody has to look it up."""
    return int.from_bytes(hashlib.sha256(customer_id.encode()).digest()[:8], "big") >> 1


class OfCustomer(MappedAsDataclass, kw_only=True):
    """
    Columns of every table that holds what belongs to one Customer.

    `customer_key` stands in all their keys, so that they can be distributed by it and lie beside each other.
    """

    # First in the keys: all of a Customer's rows lie side by side.
    customer_key: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, init=False, sort_order=-2
    )
    customer_id: Mapped[str] = mapped_column(String, sort_order=-1)

    def __post_init__(self) -> None:
        self.customer_key = customer_key_of(self.customer_id)


class CustomerRow(DataBase):
    """A person or company the utility serves."""

    __tablename__ = "customers"

    customer_id: Mapped[str] = mapped_column(String, primary_key=True)
    #: Short form of `customer_id`, which Customer-side tables are distributed by; unique, so that no two share data.
    customer_key: Mapped[int] = mapped_column(BigInteger, unique=True, init=False)
    display_name: Mapped[str] = mapped_column(String)
    email: Mapped[str | None] = mapped_column(String, default=None)
    #: The language the Customer chose, a key of languages.LANGUAGES; None for no choice.
    language: Mapped[str | None] = mapped_column(String, default=None)
    #: The brand whose name and look the Customer's pages have; None for the utility's own.
    label_partner: Mapped[str | None] = mapped_column(String, default=None)
    #: A fictional Customer: the only kind a sandbox Client Object may meet (CDS-WG1-02 5.1).
    is_test: Mapped[bool] = mapped_column(Boolean, default=False)
    created: Mapped[datetime] = mapped_column(UtcDateTime)

    def __post_init__(self) -> None:
        self.customer_key = customer_key_of(self.customer_id)


class LoginRow(DataBase):
    """A name and password that open one Customer's door; `username` is kept in lower case."""

    __tablename__ = "logins"

    username: Mapped[str] = mapped_column(String, primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.customer_id"), index=True)
    password_hash: Mapped[str] = mapped_column(String)
    created: Mapped[datetime] = mapped_column(UtcDateTime)


class SessionRow(DataBase):
    """A browser's session; the cookie holds the secret, the row only its SHA-256."""

    __tablename__ = "sessions"
    __table_args__ = (Index(None, "customer_id"), Index(None, "expires"))

    session_hash: Mapped[str] = mapped_column(String, primary_key=True)
    #: None until the person has signed in.
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.customer_id"), default=None)
    form_secret: Mapped[str] = mapped_column(String)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen: Mapped[datetime] = mapped_column(UtcDateTime)
    signed_in: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    #: What its pages are in; None when nobody asked for one.
    language: Mapped[str | None] = mapped_column(String, default=None)
    expires: Mapped[datetime] = mapped_column(UtcDateTime)


def add_session(session: Session, row: SessionRow) -> None:
    """Remember a browser."""
    session.add(row)


_SESSIONS = cast("Table", SessionRow.__table__)
_LOOK_UP_SESSION = Prepared(
    select(_SESSIONS).where(_SESSIONS.c.session_hash == bindparam("session_hash")),
    list(_SESSIONS.columns),
    writes=False,
)


def look_up_session(session_hash: str, *, now: datetime) -> Any:
    """The columns of the session that has not expired; asked at every page."""
    row = _LOOK_UP_SESSION.one({"session_hash": session_hash})
    return row if row is not None and row.expires > now else None


def touch_session(session: Session, session_hash: str, *, seen: datetime, expires: datetime) -> None:
    """Move the end of a session on; one that was removed meanwhile stays removed."""
    session.execute(
        update(SessionRow).where(SessionRow.session_hash == session_hash).values(last_seen=seen, expires=expires)
    )


def set_language(session: Session, session_hash: str, language: str, *, customer_id: str | None) -> None:
    """Keep the language of a browser, and of the Customer who is signed in there."""
    session.execute(update(SessionRow).where(SessionRow.session_hash == session_hash).values(language=language))
    if customer_id is not None:
        session.execute(update(CustomerRow).where(CustomerRow.customer_id == customer_id).values(language=language))


def remove_session(session: Session, session_hash: str) -> None:
    """Forget a browser."""
    session.execute(delete(SessionRow).where(SessionRow.session_hash == session_hash))


def find_by_id_or_email(session: Session, given: str) -> Sequence[CustomerRow]:
    """The Customer with this id, or those with this e-mail address whatever its case; empty when there is none."""
    return session.scalars(
        select(CustomerRow).where(or_(CustomerRow.customer_id == given, func.lower(CustomerRow.email) == given.lower()))
    ).all()


def search_customers(session: Session, sought: str, *, is_test: bool, limit: int) -> Sequence[CustomerRow]:
    """
    Customers whose name holds all these words, or who have this mail address; by name.

    Args:
        is_test: fictional Customers only, or real ones only.
    """
    words = sought.lower().split()
    named = and_(*(func.lower(CustomerRow.display_name).contains(word, autoescape=True) for word in words))
    return session.scalars(
        select(CustomerRow)
        .where(CustomerRow.is_test == is_test, or_(named, func.lower(CustomerRow.email) == sought.lower()))
        .order_by(CustomerRow.display_name, CustomerRow.customer_id)
        .limit(limit)
    ).all()


def find_customers(session: Session, customer_ids: Collection[str]) -> Sequence[CustomerRow]:
    """The Customers with these ids, by name."""
    return session.scalars(
        select(CustomerRow)
        .where(CustomerRow.customer_id.in_(customer_ids))
        .order_by(CustomerRow.display_name, CustomerRow.customer_id)
    ).all()


def find_login(session: Session, username: str) -> LoginRow | None:
    """The login of a name in lower case."""
    return session.get(LoginRow, username)


def signs_in(session: Session, customer_id: str) -> bool:
    """Whether this Customer has a name and password here."""
    return session.scalar(select(exists().where(LoginRow.customer_id == customer_id))) or False


def test_logins(session: Session, usernames: Collection[str]) -> set[str]:
    """Which of these names open the door of a fictional Customer."""
    return set(
        session.scalars(
            select(LoginRow.username)
            .join(CustomerRow, CustomerRow.customer_id == LoginRow.customer_id)
            .where(LoginRow.username.in_(usernames), CustomerRow.is_test)
        )
    )


def find_customer(session: Session, customer_id: str) -> CustomerRow | None:
    """The Customer of this id."""
    return session.get(CustomerRow, customer_id)
