"""The access log of Grants: what was read by each, in which hour; never the data itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, ForeignKey, Integer, String, Table, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.storage.among import among
from cdsc_server.storage.db import DataBase, db
from cdsc_server.storage.prepared import Prepared
from cdsc_server.storage.types import UtcDateTime


class GrantReadRow(DataBase):
    """What was read by a Grant from one listing in one hour, all answers together."""

    __tablename__ = "grant_reads"

    grant_id: Mapped[str] = mapped_column(ForeignKey("grants.grant_id"), primary_key=True)
    #: The beginning of the hour.
    hour: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    #: A name such as usage_segments.
    listing: Mapped[str] = mapped_column(String, primary_key=True)
    answers: Mapped[int] = mapped_column(Integer)
    objects: Mapped[int] = mapped_column(Integer)
    #: What the objects were about, from the earliest to the latest; None where they have no period.
    earliest: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    latest: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    last: Mapped[datetime] = mapped_column(UtcDateTime)


_READS = cast("Table", GrantReadRow.__table__)


def _counted(dialect: Any, nearer: Any, further: Any) -> Prepared:
    statement = dialect.insert(_READS).values(
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
    "postgresql": _counted(postgresql, func.least, func.greatest),
    "sqlite": _counted(sqlite, func.min, func.max),
}


def count_read(values: Mapping[str, Any]) -> None:
    """Add one answer to its hour, in a statement of its own; `values` are the columns of GrantReadRow."""
    _COUNT[db.engine.dialect.name].one(values)


def reads_of(session: Session, grant_id: str, *, after: datetime) -> Sequence[GrantReadRow]:
    """What was read by a Grant since an instant, hour after hour."""
    statement = select(GrantReadRow).where(GrantReadRow.grant_id == grant_id, GrantReadRow.hour >= after)
    return session.scalars(statement.order_by(GrantReadRow.hour, GrantReadRow.listing)).all()


def last_reads(session: Session, grant_ids: Collection[str]) -> Mapping[str, datetime]:
    """When each of these Grants was last read by; without those that never were."""
    statement = select(GrantReadRow.grant_id, func.max(GrantReadRow.last, type_=UtcDateTime).label("last"))
    found = session.execute(statement.where(among(GrantReadRow.grant_id, grant_ids)).group_by(GrantReadRow.grant_id))
    return {row.grant_id: row.last for row in found}
