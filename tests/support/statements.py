"""What a request asks the database, and how PostgreSQL finds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from unittest.mock import patch

from flask import Flask
from sqlalchemy import event

from cdsc_server.storage.db import db
from cdsc_server.storage.prepared import _Form

Answer = TypeVar("Answer")

#: How a statement begins that is not the frame of a transaction.
_ASKING = ("SELECT", "UPDATE", "INSERT", "DELETE", "WITH", "(")


@dataclass(frozen=True)
class Statement:
    """One statement as the driver was given it."""

    text: str
    parameters: Any


def statements_of(app: Flask, ask: Callable[[], Answer]) -> tuple[Answer, list[Statement]]:
    """What `ask` gives, and the statements it took; on PostgreSQL also those that go to the driver directly."""
    with app.app_context():
        engine = db.engine
    seen: list[Statement] = []

    def note(*given: Any) -> None:
        seen.append(Statement(given[2], given[3]))

    event.listen(engine, "before_cursor_execute", note)
    try:
        with _noting_prepared(seen):
            return ask(), seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


@contextmanager
def _noting_prepared(seen: list[Statement]) -> Iterator[None]:
    """On SQLite these are executed as all others."""
    given = _Form.given

    def noted(form: _Form, parameters: Mapping[str, Any]) -> dict[str, Any]:
        found = given(form, parameters)
        seen.append(Statement(form.text, found))
        return found

    with patch.object(_Form, "given", noted):
        yield


def asked_of(app: Flask, task: Callable[[], object]) -> list[str]:
    """What a task asks of the database, transactions aside."""
    _, statements = statements_of(app, task)
    return [each.text for each in statements if each.text.lstrip().upper().startswith(_ASKING)]


def plan_of(app: Flask, statement: Statement) -> str:
    """The plan of PostgreSQL, which knows how many rows there are."""
    with app.app_context(), db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
        lines = connection.exec_driver_sql(f"EXPLAIN {statement.text}", statement.parameters)
        return "\n".join(line for (line,) in lines)
