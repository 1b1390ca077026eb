"""
Connections to PostgreSQL that stay at hand: one for each thread, for statements that are a transaction of their own.

A pool lends a connection and a cursor anew for each statement and takes them back, which is a fifth of the time of a
request that asks one thing. A thread asks one statement after the other, so it can keep its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any, Final, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

#: A connection used this recently is not asked whether it is alive.
BELIEVED_SECONDS: Final = 2.0


def first_row(engine: Engine, text: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """
    Execute a statement, which the database prepares once for each connection, and commit it.

    Args:
        text: as the driver takes it.

    Returns:
        Its first row as the driver reads it; None when there is none.
    """
    # Whatever state a connection is in after a fault, nobody shall have it again: it comes back only if all went well.
    line = _kept.lines.pop(engine, None)
    if line is None or not line.lives():
        line = _Line(engine)
    row: tuple[Any, ...] | None = line.cursor.execute(text, parameters, prepare=True).fetchone()
    line.used = time.monotonic()
    _kept.lines[engine] = line
    return row


def let_go(engine: Engine) -> None:
    """Close this thread's connection, if it has one; that of another closes when the thread or the engine ends."""
    _kept.lines.pop(engine, None)


class _Line:
    """A connection with its cursor; it closes when nobody holds it any more."""

    def __init__(self, engine: Engine) -> None:
        lent = engine.raw_connection()
        self._connection = cast("Any", lent.driver_connection)
        # The pool fills its place; while it counted as lent, it would also hold the engine, and so itself.
        lent.detach()
        self._connection.autocommit = True
        self.cursor = self._connection.cursor()
        self.used = time.monotonic()

    def lives(self) -> bool:
        """Whether it can be used; one that was just used is believed, another is asked."""
        if time.monotonic() - self.used < BELIEVED_SECONDS:
            return True
        try:
            self.cursor.execute("")
        except self._connection.Error:
            return False
        return True

    def __del__(self) -> None:
        # It has none when none could be opened.
        if connection := getattr(self, "_connection", None):
            connection.close()


class _Kept(threading.local):
    def __init__(self) -> None:
        self.lines: WeakKeyDictionary[Engine, _Line] = WeakKeyDictionary()


_kept = _Kept()
