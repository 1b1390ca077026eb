"""Counts of what callers did, kept in the database: where they are unless there is a Redis for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, cast

from sqlalchemy import Integer, String, Table, bindparam, delete, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.domain.patience import Patience
from cdsc_server.ports import Held
from cdsc_server.storage.db import DataBase, db, one_statement, transaction
from cdsc_server.storage.inserts import INSERTS, insert_into
from cdsc_server.storage.prepared import Prepared
from cdsc_server.storage.types import UtcDateTime


class RateCountRow(DataBase):
    """How often something was done by one caller in the stretch that began at `started`."""

    __tablename__ = "rate_counts"

    #: "<what>:<SHA-256 of the caller>", so that the table holds no address in clear.
    key: Mapped[str] = mapped_column(String, primary_key=True)
    started: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True, index=True)
    count: Mapped[int] = mapped_column(Integer)


class LoginFailureRow(DataBase):
    """Failed sign-ins of one name or one network address, counted to slow guessing down."""

    __tablename__ = "login_failures"

    #: "name:<sha256>", "client:<sha256>", "address:<sha256>" and the like, so that the table holds none in clear.
    key: Mapped[str] = mapped_column(String, primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    last_failure: Mapped[datetime] = mapped_column(UtcDateTime)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)


def _counting(dialect: str) -> Prepared:
    counts = cast("Table", RateCountRow.__table__).c
    statement = (
        INSERTS[dialect](RateCountRow)
        .values(key=bindparam("key"), started=bindparam("started"), count=1)
        .on_conflict_do_update(index_elements=["key", "started"], set_={"count": counts.count + 1})
        .returning(counts.count)
    )
    return Prepared(statement, [counts.count], writes=True)


_COUNT: Final = {dialect: _counting(dialect) for dialect in INSERTS}


class DatabaseLimits:
    """Satisfies `ports.Limits`; each call is a transaction of its own."""

    def count(self, key: str, *, start: datetime, end: datetime) -> int:  # noqa: ARG002 - the next count ends it
        """
        Count with one statement: callers with the same key wait for each other no longer than that.

        Older stretches are forgotten at the first count of a new one.
        """
        row = _COUNT[db.engine.dialect.name].one({"key": key, "started": start})
        if row.count == 1:
            with one_statement(writes=True) as connection:
                connection.execute(delete(RateCountRow).where(RateCountRow.started < start))
        return int(row.count)

    def attempt(self, limits: Mapping[str, int], *, patience: Patience, now: datetime) -> Held | None:
        """Count under a lock of each key, in their order: callers name them in the same one."""
        rows = []
        with transaction() as session:
            for key in limits:
                row = _lock_failures(session, key, now=now)
                if row.locked_until is not None and row.locked_until > now:
                    return Held(key, row.locked_until)
                rows.append(row)
            for row in rows:
                row.failures = 1 if now - row.last_failure > patience.forgotten else row.failures + 1
                row.last_failure = now
                wait = patience.wait(row.failures, limits[row.key])
                row.locked_until = None if wait is None else now + wait
        return None

    def forgive(self, key: str, *, counted_for: str | None = None) -> None:
        """Forget in the order in which attempts are counted, so that none waits for the other."""
        with transaction() as session:
            if counted_for is not None:
                session.execute(
                    update(LoginFailureRow)
                    .where(LoginFailureRow.key == counted_for, LoginFailureRow.failures > 0)
                    .values(failures=LoginFailureRow.failures - 1, locked_until=None)
                )
            session.execute(delete(LoginFailureRow).where(LoginFailureRow.key == key))


def _lock_failures(session: Session, key: str, *, now: datetime) -> LoginFailureRow:
    """The count of a key, made when there is none, held until the transaction ends."""
    fresh = insert_into(session, LoginFailureRow).values(key=key, failures=0, last_failure=now)
    # Writing the key over itself locks a row that is there; a look after the insert could find it forgiven meanwhile.
    locked = fresh.on_conflict_do_update(index_elements=["key"], set_={"key": fresh.excluded.key})
    row: LoginFailureRow = session.scalars(locked.returning(LoginFailureRow)).one()
    return row
