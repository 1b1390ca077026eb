"""Counts of what one caller did in one stretch of time, shared by all processes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Integer, String, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.storage.db import DataBase
from cdsc_server.storage.types import UtcDateTime


class RateCountRow(DataBase):
    """How often something was done by one caller in the stretch that began at `started`."""

    __tablename__ = "rate_counts"

    #: "<what>:<SHA-256 of the caller>", so that the table holds no address in clear.
    key: Mapped[str] = mapped_column(String, primary_key=True)
    started: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True, index=True)
    count: Mapped[int] = mapped_column(Integer)


def count_once(session: Session, key: str, *, started: datetime) -> int:
    """
    Add one, and give the sum; two processes at once both count.

    Older stretches are forgotten at the first count of a new one.
    """
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = (
        dialect.insert(RateCountRow)
        .values(key=key, started=started, count=1)
        .on_conflict_do_update(index_elements=["key", "started"], set_={"count": RateCountRow.count + 1})
        .returning(RateCountRow.count)
    )
    count = session.execute(statement).scalar_one()
    if count == 1:
        session.execute(delete(RateCountRow).where(RateCountRow.started < started))
    return int(count)
