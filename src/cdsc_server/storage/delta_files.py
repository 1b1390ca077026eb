"""Which delta files were applied, by feed and number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.storage.db import DataBase
from cdsc_server.storage.inserts import insert_into
from cdsc_server.storage.types import UtcDateTime


class DeltaFeedRow(DataBase):
    """A feed: its files are applied in the order of their numbers."""

    __tablename__ = "delta_feeds"

    feed: Mapped[str] = mapped_column(String, primary_key=True)
    #: The last number that was applied or skipped; 0 for none.
    done: Mapped[int] = mapped_column(BigInteger)
    #: The lowest number that came although the one after `done` had not; None when none did since.
    early: Mapped[int | None] = mapped_column(BigInteger, default=None)


class DeltaFileRow(DataBase):
    """A file that was applied."""

    __tablename__ = "delta_files"
    __table_args__ = (Index(None, "feed", "digest"),)

    feed: Mapped[str] = mapped_column(String, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    #: Of its rows.
    kind: Mapped[str] = mapped_column(String)
    #: SHA-256 of what stands under its heading.
    digest: Mapped[str] = mapped_column(String)
    rows: Mapped[int] = mapped_column(Integer)
    #: What became of it, in words.
    summary: Mapped[str] = mapped_column(String)
    applied: Mapped[datetime] = mapped_column(UtcDateTime)


def lock_feed(session: Session, feed: str) -> DeltaFeedRow:
    """The state of a feed, made when there is none, held until the transaction ends."""
    session.execute(insert_into(session, DeltaFeedRow).values(feed=feed, done=0).on_conflict_do_nothing())
    return session.scalars(select(DeltaFeedRow).where(DeltaFeedRow.feed == feed).with_for_update()).one()


def list_feeds(session: Session) -> Sequence[DeltaFeedRow]:
    """Every feed, by name."""
    return session.scalars(select(DeltaFeedRow).order_by(DeltaFeedRow.feed)).all()


def find_file(session: Session, feed: str, number: int) -> DeltaFileRow | None:
    """The file of a feed with this number, where it was applied."""
    return session.get(DeltaFileRow, (feed, number))


def same_content(session: Session, feed: str, digest: str) -> DeltaFileRow | None:
    """The last file of a feed with this content."""
    row = DeltaFileRow
    return session.scalars(
        select(row).where(row.feed == feed, row.digest == digest).order_by(row.number.desc()).limit(1)
    ).first()
