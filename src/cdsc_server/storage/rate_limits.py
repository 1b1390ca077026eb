"""Counts of what one caller did in one stretch of time, shared by all processes."""

from __future__ import annotations

from datetime import datetime
from types import ModuleType
from typing import Final, cast

from sqlalchemy import Integer, String, Table, bindparam, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from cdsc_server.storage.db import DataBase, db, one_statement
from cdsc_server.storage.prepared import Prepared
from cdsc_server.storage.types import UtcDateTime


class RateCountRow(DataBase):
    """How often something was done by one caller in the stretch that began at `started`."""

    __tablename__ = "rate_counts"

    #: "<what>:<SHA-256 of the caller>", so that the table holds no address in clear.
    key: Mapped[str] = mapped_column(String, primary_key=True)
    started: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True, index=True)
    count: Mapped[int] = mapped_column(Integer)


def _counting(dialect: ModuleType) -> Prepared:
    counts = cast("Table", RateCountRow.__table__).c
    statement = (
        dialect.insert(RateCountRow)
        .values(key=bindparam("key"), started=bindparam("started"), count=1)
        .on_conflict_do_update(index_elements=["key", "started"], set_={"count": counts.count + 1})
        .returning(counts.count)
    )
    return Prepared(statement, [counts.count], writes=True)


_COUNT: Final = {"postgresql": _counting(postgresql), "sqlite": _counting(sqlite)}


def count_once(key: str, *, started: datetime) -> int:
    """
    Add one, and give the sum; two processes at once both count.

    It is a transaction of its own, of one statement: callers with the same key wait for each other no longer than that.
    Older stretches are forgotten at the first count of a new one.
    """
    row = _COUNT[db.engine.dialect.name].one({"key": key, "started": started})
    if row.count == 1:
        with one_statement(writes=True) as connection:
            connection.execute(delete(RateCountRow).where(RateCountRow.started < started))
    return int(row.count)
