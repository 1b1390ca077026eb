"""Every thread keeps a connection of its own to PostgreSQL, and none that is broken."""

from __future__ import annotations

import threading

import psycopg
import pytest
from sqlalchemy import Engine, text

from cdsc_server.storage import at_hand

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def _backend(engine: Engine) -> int:
    row = at_hand.first_row(engine, "SELECT pg_backend_pid()", {})
    assert row is not None
    return int(row[0])


def _lives(engine: Engine, backend: int) -> bool:
    with engine.connect() as connection:
        found = connection.execute(text("SELECT 1 FROM pg_stat_activity WHERE pid = :pid"), {"pid": backend})
        return found.one_or_none() is not None


def test_a_thread_keeps_its_connection(engine):
    assert _backend(engine) == _backend(engine)


def test_a_statement_commits_by_itself(engine):
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept (a integer)"))
    at_hand.first_row(engine, "INSERT INTO kept VALUES (%(a)s) RETURNING a", {"a": 7})
    with engine.connect() as connection:
        assert connection.execute(text("SELECT a FROM kept")).scalars().all() == [7]


def test_another_thread_has_another_that_ends_with_it(engine):
    seen: list[int] = []
    thread = threading.Thread(target=lambda: seen.append(_backend(engine)))
    thread.start()
    thread.join()
    assert seen[0] != _backend(engine)
    assert not _lives(engine, seen[0])


def test_after_a_fault_a_new_connection_is_opened(engine):
    before = _backend(engine)
    with pytest.raises(psycopg.errors.DivisionByZero):
        at_hand.first_row(engine, "SELECT 1/0", {})
    assert _backend(engine) != before


def test_a_connection_that_died_at_rest_is_replaced(engine, monkeypatch):
    before = _backend(engine)
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": before})
    monkeypatch.setattr(at_hand, "BELIEVED_SECONDS", 0.0)
    assert _backend(engine) != before


def test_it_closes_with_the_engine(engine):
    before = _backend(engine)
    engine.dispose()
    assert not _lives(engine, before)
