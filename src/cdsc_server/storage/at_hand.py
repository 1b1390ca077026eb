"""
Connections to PostgreSQL that stay at hand: for each thread one for statements that are a transaction of their own, and
one for reading several statements of one state.

A pool lends a connection and a cursor anew for each use and takes them back, which is a fifth of the time of a request
that asks one thing; setting how it sees the database and back again takes as long. A thread does one thing after the
other, so it can keep its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

#: A connection used this recently is not asked whether it is alive.
BELIEVED_SECONDS: Final = 2.0


def first_row(engine: Engine, text: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """
    Execute a statement, which the database prepares once for each connection, and commit it.

    Args:
        text: as the driver takes it.

    Returns:
        Its first row as the driver reads it; None when there is none.

    Raises:
        DBAPIError: the database refuses it, or does not answer.
    """
    # Whatever state a connection is in after a fault, nobody shall have it again: it comes back only if all went well.
    line = _kept.lines.pop(engine, None)
    if line is None or not line.lives():
        line = _Line(engine)
    try:
        row: tuple[Any, ...] | None = line.cursor.execute(text, parameters, prepare=True).fetchone()
    except line.driver.Error as fault:
        raise told(engine, text, fault) from fault
    line.used = time.monotonic()
    _kept.lines[engine] = line
    return row


def told(engine: Engine, text: str, fault: Exception) -> DBAPIError:
    """A fault that the driver told of a statement, as SQLAlchemy tells it; the parameters are nobody's business."""
    driver = engine.dialect.loaded_dbapi.Error
    found = DBAPIError.instance(text, None, fault, driver, hide_parameters=True, dialect=engine.dialect)
    return cast("DBAPIError", found)


@contextmanager
def one_state(engine: Engine) -> Iterator[Connection]:
    """A connection in a transaction that sees one state of the database and writes nothing."""
    window = _kept.windows.pop(engine, None)
    if window is None or not window.lives():
        window = _Window(engine)
    # Made anew, because a connection asks only once whether somebody listens to what it executes.
    connection = Connection(engine, connection=window.lent)
    begun = connection.begin()
    try:
        yield connection
    finally:
        if begun.is_active and not connection.invalidated:
            # A rollback would make the driver forget every statement that the database has prepared here.
            begun.commit()
            window.used = time.monotonic()
            _kept.windows[engine] = window


def let_go(engine: Engine) -> None:
    """Close this thread's connections, if it has any; those of another close when the thread or the engine ends."""
    _kept.lines.pop(engine, None)
    _kept.windows.pop(engine, None)


class _Own:
    """A connection that left the pool; it closes when nobody holds it any more."""

    def __init__(self, engine: Engine) -> None:
        # A fault of the driver becomes SQLAlchemy's, as everywhere.
        opened = engine.connect()
        self.lent = opened.connection
        self.driver = cast("Any", self.lent.driver_connection)
        # The pool fills its place; while it counted as lent, it would also hold the engine, and so itself.
        opened.detach()
        self.used = time.monotonic()

    def lives(self) -> bool:
        """Whether it can be used; one that was just used is believed, another is asked."""
        if time.monotonic() - self.used < BELIEVED_SECONDS:
            return True
        try:
            self.driver.execute("")
            self.driver.commit()
        except self.driver.Error:
            return False
        return True

    def __del__(self) -> None:
        # It has none when none could be opened.
        if driver := getattr(self, "driver", None):
            driver.close()


class _Line(_Own):
    """Each statement is a transaction of its own, by the same cursor."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.driver.autocommit = True
        self.cursor = self.driver.cursor()


class _Window(_Own):
    """Each transaction sees one state and writes nothing; PostgreSQL's default gives each statement its own."""

    def __init__(self, engine: Engine) -> None:
        # Who keeps everything in SQLite waits for no driver of PostgreSQL.
        from psycopg import IsolationLevel

        super().__init__(engine)
        self.driver.isolation_level = IsolationLevel.REPEATABLE_READ
        self.driver.read_only = True


class _Kept(threading.local):
    def __init__(self) -> None:
        self.lines: WeakKeyDictionary[Engine, _Line] = WeakKeyDictionary()
        self.windows: WeakKeyDictionary[Engine, _Window] = WeakKeyDictionary()


_kept = _Kept()
