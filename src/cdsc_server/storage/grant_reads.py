"""The access log of Grants: what was read by each, in which hour or, later, on which day; never the data itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import (
    Boolean,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Row,
    String,
    Table,
    and_,
    bindparam,
    delete,
    func,
    insert,
    not_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.storage.among import among
from cdsc_server.storage.db import DataBase, db
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.inserts import INSERTS
from cdsc_server.storage.prepared import Prepared
from cdsc_server.storage.types import UtcDateTime


class GrantReadRow(DataBase):
    """What was read by a Grant from one listing in one hour, or on one day when it is `folded`: answers together."""

    __tablename__ = "grant_reads"
    # For the work that folds hours into days.
    __table_args__ = (Index(None, "hour", sqlite_where=text("folded = 0"), postgresql_where=text("NOT folded")),)

    grant_id: Mapped[str] = mapped_column(ForeignKey("grants.grant_id"), primary_key=True)
    #: The beginning of the hour; of a day, of the first hour in which something was read.
    hour: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    #: A name such as usage_segments.
    listing: Mapped[str] = mapped_column(String, primary_key=True)
    answers: Mapped[int] = mapped_column(Integer)
    objects: Mapped[int] = mapped_column(Integer)
    #: What the objects were about, from the earliest to the latest; None where they have no period.
    earliest: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    latest: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    last: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Whether it stands for a day of the utility, and not for an hour.
    folded: Mapped[bool] = mapped_column(Boolean, default=False)


_READS = cast("Table", GrantReadRow.__table__)


def _counted(dialect: str, nearer: Any, further: Any) -> Prepared:
    statement = INSERTS[dialect](_READS).values(
        {column.key: bindparam(column.key, type_=column.type) for column in _READS.columns}
    )
    new, row = statement.excluded, _READS.c

    def either(pick: Any, name: str) -> ColumnElement[Any]:
        # SQLite's min and max of nothing and something are nothing.
        return func.coalesce(pick(row[name], new[name]), row[name], new[name])

    counted = statement.on_conflict_do_update(
        index_elements=[row.grant_id, row.hour, row.listing],
        set_={
            "answers": row.answers + new.answers,
            "objects": row.objects + new.objects,
            "earliest": either(nearer, "earliest"),
            "latest": either(further, "latest"),
            "last": further(row["last"], new["last"]),
        },
    ).returning(row.grant_id)
    return Prepared(counted, [row.grant_id], writes=True)


_COUNT: Final[Mapping[str, Prepared]] = {
    "postgresql": _counted("postgresql", func.least, func.greatest),
    "sqlite": _counted("sqlite", func.min, func.max),
}


def count_read(values: Mapping[str, Any]) -> None:
    """Add one answer to its hour, in a statement of its own; `values` are the columns of GrantReadRow."""
    _COUNT[db.engine.dialect.name].one(values)


def reads_of(session: Session, grant_id: str, *, after: datetime) -> Sequence[GrantReadRow]:
    """What was read by a Grant since an instant, hour after hour."""
    statement = select(GrantReadRow).where(GrantReadRow.grant_id == grant_id, GrantReadRow.hour >= after)
    return session.scalars(statement.order_by(GrantReadRow.hour, GrantReadRow.listing)).all()


def oldest_hour(session: Session, *, before: datetime) -> datetime | None:
    """The first hour before an instant that stands by itself; None when every one is folded."""
    by_itself = and_(not_(GrantReadRow.folded), GrantReadRow.hour < before)
    return session.scalars(select(func.min(GrantReadRow.hour, type_=UtcDateTime)).where(by_itself)).one()


def take_hours(session: Session, *, start: datetime, end: datetime, limit: int) -> Sequence[Row[Any]]:
    """
    Delete the hours that begin in [start, end) and stand by themselves, those of whole Grants.

    Args:
        limit: of at most so many Grants.

    Returns:
        What was deleted here, and by nobody else at the same time; the columns of GrantReadRow.
    """
    by_itself = and_(not_(GrantReadRow.folded), GrantReadRow.hour >= start, GrantReadRow.hour < end)
    some = select(GrantReadRow.grant_id).where(by_itself).distinct().limit(limit).scalar_subquery()
    return session.execute(
        delete(_READS).where(by_itself, GrantReadRow.grant_id.in_(some)).returning(*_READS.columns)
    ).all()


def add_days(session: Session, days: Sequence[Mapping[str, Any]]) -> None:
    """Keep these days, each the columns of GrantReadRow."""
    if days:
        session.execute(insert(_READS), days)


def last_reads(session: Session, grant_ids: Collection[str]) -> Mapping[str, datetime]:
    """When each of these Grants was last read by; without those that never were."""
    statement = select(GrantReadRow.grant_id, func.max(GrantReadRow.last, type_=UtcDateTime).label("last"))
    found = session.execute(statement.where(among(GrantReadRow.grant_id, grant_ids)).group_by(GrantReadRow.grant_id))
    return {row.grant_id: row.last for row in found}


def last_read_by(session: Session, client_id: str, *, after: datetime) -> datetime | None:
    """When a Client Object last read by any of its Grants, since an instant; None for never."""
    last = select(func.max(GrantReadRow.last, type_=UtcDateTime)).join(
        GrantRow, GrantRow.grant_id == GrantReadRow.grant_id
    )
    return session.scalars(last.where(GrantRow.client_id == client_id, GrantReadRow.last >= after)).one()
