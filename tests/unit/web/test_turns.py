"""Requests take turns, and none waits for long."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from cdsc_server.web import turns
from cdsc_server.web.turns import Turns


def call(application):
    return b"".join(application({}, lambda *_: lambda _: None))


def test_one_is_worked_on_at_a_time(monkeypatch):
    monkeypatch.setattr(turns, "_PATIENCE_SECONDS", 60)
    inside, most = [], []

    def application(*_):
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.005)
        inside.pop()
        return [b"done"]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(call, [Turns(application)] * 12))

    assert answers == [b"done"] * 12
    assert set(most) == {1}


def test_a_long_one_is_overtaken():
    waits, goes_on = threading.Event(), threading.Event()

    def application(*_):
        if not waits.is_set():
            waits.set()
            assert goes_on.wait(60)
        return [b"done"]

    waiting = Turns(application)
    with ThreadPoolExecutor(1) as pool:
        long = pool.submit(call, waiting)
        assert waits.wait(60)
        assert call(waiting) == b"done"
        assert not long.done()
        goes_on.set()
        assert long.result(60) == b"done"


def test_a_fault_and_a_stream_leave_the_turn_to_others(monkeypatch):
    monkeypatch.setattr(turns, "_PATIENCE_SECONDS", -1)
    free = []

    def application(environ, _):
        if environ:
            raise ZeroDivisionError
        return iter(lambda: free.append(waiting._turn.locked()) or b"part" if len(free) < 2 else b"", b"")

    waiting = Turns(application)
    with pytest.raises(ZeroDivisionError):
        waiting({"fails": True}, None)

    assert call(waiting) == b"partpart"
    assert free == [False, False]
