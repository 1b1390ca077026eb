"""News of Customers, and of which kinds each wants no mail."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Boolean, Index, String, and_, delete, exists, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.domain.grants import GrantStatus
from cdsc_server.domain.news import NewsKind
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.db import DataBase
from cdsc_server.storage.grant_reads import GrantReadRow
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.keyset import Cursor, Page, page
from cdsc_server.storage.types import UtcDateTime


class NewsRow(DataBase):
    """One entry; its words are found when it is read, in the language of the reader."""

    __tablename__ = "news"
    __table_args__ = (Index(None, "customer_key", "at", "news_id"), Index(None, "grant_id", "kind"))

    customer_key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    #: By chance, or made of what it tells where that is told only once.
    news_id: Mapped[str] = mapped_column(String, primary_key=True)
    #: One of domain.news.NewsKind.
    kind: Mapped[str] = mapped_column(String)
    #: None where it is about no Grant.
    grant_id: Mapped[str | None] = mapped_column(String)
    #: As the app called itself then.
    client_name: Mapped[str] = mapped_column(String)
    #: Of an end that comes soon, when.
    until: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    read: Mapped[bool] = mapped_column(Boolean, default=False)


class UnwantedMailRow(DataBase):
    """A kind of news that a Customer wants no mail of."""

    __tablename__ = "unwanted_mails"

    customer_key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String, primary_key=True)


def note(
    session: Session,
    customer_id: str,
    kind: NewsKind,
    *,
    app: str,
    grant_id: str | None,
    until: datetime | None = None,
    news_id: str | None = None,
    now: datetime,
) -> None:
    """
    Add an entry to the news of a Customer.

    Args:
        app: as the app calls itself now.
        until: of ENDS_SOON, when that is.
        news_id: made of what is told only once; None for one by chance.
    """
    session.add(
        NewsRow(
            customer_key=customer_key_of(customer_id),
            news_id=news_id or secrets.token_hex(12),
            kind=kind,
            grant_id=grant_id,
            client_name=app,
            until=until,
            at=now,
        )
    )


def list_news(session: Session, customer_id: str, *, cursor: Cursor | None, size: int) -> Page[NewsRow]:
    """News of a Customer, the latest first."""
    row = NewsRow
    statement = select(row).where(row.customer_key == customer_key_of(customer_id))
    return page(session, statement, at=row.at, id=row.news_id, cursor=cursor, size=size)


def mark_read(session: Session, customer_id: str, news_ids: Collection[str]) -> None:
    """Note that the Customer has seen these."""
    own = and_(NewsRow.customer_key == customer_key_of(customer_id), NewsRow.news_id.in_(news_ids))
    session.execute(update(NewsRow).where(own).values(read=True).execution_options(synchronize_session=False))


def unwanted(session: Session, customer_id: str) -> frozenset[str]:
    """Kinds that a Customer wants no mail of."""
    row = UnwantedMailRow
    return frozenset(session.scalars(select(row.kind).where(row.customer_key == customer_key_of(customer_id))).all())


def set_unwanted(session: Session, customer_id: str, kinds: Collection[str]) -> None:
    """Keep that a Customer wants no mail of these kinds, and of all others."""
    key = customer_key_of(customer_id)
    session.execute(delete(UnwantedMailRow).where(UnwantedMailRow.customer_key == key))
    session.add_all(UnwantedMailRow(customer_key=key, kind=kind) for kind in sorted(kinds))


def ending(session: Session, *, after: datetime, before: datetime, limit: int) -> Sequence[GrantRow]:
    """Grants of Customers that work and end between these instants, and whose end was not told yet."""
    told = exists().where(
        NewsRow.grant_id == GrantRow.grant_id,
        NewsRow.kind == NewsKind.ENDS_SOON,
        NewsRow.until == GrantRow.expires,
    )
    return session.scalars(
        select(GrantRow)
        .where(
            GrantRow.expires > after,
            GrantRow.expires <= before,
            GrantRow.status == GrantStatus.ACTIVE,
            GrantRow.customer_id.is_not(None),
            ~told,
        )
        .order_by(GrantRow.expires)
        .limit(limit)
    ).all()


def first_read(session: Session, *, since: datetime, limit: int) -> Sequence[GrantRow]:
    """Grants of Customers by which something was read since this hour and nothing before, of which nobody was told."""
    read = select(GrantReadRow.grant_id).where(GrantReadRow.hour >= since, GrantReadRow.folded.is_(False))
    before = exists().where(GrantReadRow.grant_id == GrantRow.grant_id, GrantReadRow.hour < since)
    told = exists().where(NewsRow.grant_id == GrantRow.grant_id, NewsRow.kind == NewsKind.BEGAN)
    return session.scalars(
        select(GrantRow)
        .where(GrantRow.grant_id.in_(read), GrantRow.customer_id.is_not(None), ~before, ~told)
        .order_by(GrantRow.grant_id)
        .limit(limit)
    ).all()
