"""Attempts to sign in, counted in the database and in Redis: one after the other, and eight callers at once."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from flask import Flask

from benchmarks.context import Context
from cdsc_server.connectors.redis_limits import RedisLimits
from cdsc_server.domain.patience import Patience
from cdsc_server.ports import Limits
from cdsc_server.storage import db
from cdsc_server.storage.limits import DatabaseLimits

_NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
_CALLERS = 8
#: So high that nobody waits: each attempt writes.
_NEVER = 10**9
_PATIENCE = Patience.doubling(timedelta(seconds=60))


def run(context: Context) -> None:
    """Both places in turn, over each database; the callers at once try one name from one address."""
    from tests.support import redis

    attempts, rows = (16 if context.quick else 400), []
    with (
        tempfile.TemporaryDirectory(prefix="cdsc-bench-") as folder,
        redis.served(redis.binary(), Path(folder)) as address,
        context.databases() as urls,
    ):
        for kind, url in urls.items():
            app = Flask("bench")
            db.install(app, url)
            places: dict[str, Limits] = {"database": DatabaseLimits()}
            places["redis"] = RedisLimits.at(address, otherwise=places["database"])
            for name, act in (("one after the other", _in_turn), (f"{_CALLERS} at once", partial(_at_once, app))):
                with app.app_context():
                    tasks = {place: partial(act, limits, attempts) for place, limits in places.items()}
                    taken = context.rounds(tasks, 7)
                ours, theirs = taken["redis"], taken["database"]
                spent = [each.spread(1e3 / attempts) for each in (theirs, ours)]
                rows.append((kind, name, *spent, ours.times(theirs).spread(digits=1)))
            with app.app_context():
                db.db.engine.dispose()
    context.table(("kept in", "attempts", "there ms", "Redis ms", "times Redis"), rows)


def _in_turn(limits: Limits, attempts: int) -> None:
    for _ in range(attempts):
        assert limits.attempt({"address:a": _NEVER, "name:b": _NEVER}, patience=_PATIENCE, now=_NOW) is None


def _at_once(app: Flask, limits: Limits, attempts: int) -> None:
    def call() -> None:
        with app.app_context():
            _in_turn(limits, attempts // _CALLERS)

    with ThreadPoolExecutor(_CALLERS) as pool:
        for each in [pool.submit(call) for _ in range(_CALLERS)]:
            each.result()
