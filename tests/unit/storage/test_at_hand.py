"""Every thread keeps a connection of its own to PostgreSQL, and none that is broken."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DataError, InternalError, OperationalError

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
    with pytest.raises(DataError, match="division by zero"):
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


def _window(engine: Engine) -> int:
    with at_hand.one_state(engine) as connection:
        return int(connection.scalar(text("SELECT pg_backend_pid()")))


def test_a_thread_keeps_its_window_too(engine):
    assert _window(engine) == _window(engine) != _backend(engine)


def test_a_window_shows_one_state_and_then_the_next(engine):
    with engine.begin() as other:
        other.execute(text("CREATE TABLE seen (a integer)"))
    count = text("SELECT count(*) FROM seen")
    with at_hand.one_state(engine) as connection:
        assert connection.scalar(count) == 0
        with engine.begin() as other:
            other.execute(text("INSERT INTO seen VALUES (1)"))
        assert connection.scalar(count) == 0
    with at_hand.one_state(engine) as connection:
        assert connection.scalar(count) == 1


def test_nothing_is_written_through_a_window(engine):
    with pytest.raises(InternalError, match="read-only"), at_hand.one_state(engine) as connection:
        connection.execute(text("CREATE TABLE written (a integer)"))


def test_a_window_outlives_a_fault_of_whoever_looked(engine):
    before = _window(engine)
    with pytest.raises(KeyError), at_hand.one_state(engine):
        raise KeyError("not there")
    assert _window(engine) == before


def test_a_window_that_broke_is_replaced(engine):
    before = _window(engine)
    with pytest.raises(OperationalError), at_hand.one_state(engine) as connection:
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    assert _window(engine) != before


def test_a_window_that_died_at_rest_is_replaced(engine, monkeypatch):
    before = _window(engine)
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": before})
    monkeypatch.setattr(at_hand, "BELIEVED_SECONDS", 0.0)
    assert _window(engine) != before


def test_windows_inside_each_other_stand_on_their_own(engine):
    with at_hand.one_state(engine) as outer, at_hand.one_state(engine) as inner:
        assert outer.scalar(text("SELECT 1")) == inner.scalar(text("SELECT 1"))


def test_a_window_closes_with_the_engine(engine):
    before = _window(engine)
    engine.dispose()
    assert not _lives(engine, before)
