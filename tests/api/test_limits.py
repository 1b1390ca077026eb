"""Counts of what callers did, in each place where they can be kept."""

from __future__ import annotations

import logging
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from cdsc_server.app import limits as limits_of
from cdsc_server.connectors import redis_limits
from cdsc_server.connectors.redis_limits import RedisLimits
from cdsc_server.domain.patience import Patience
from cdsc_server.ports import Held
from cdsc_server.storage.db import reading
from cdsc_server.storage.limits import DatabaseLimits, LoginFailureRow, RateCountRow

NOON = datetime(2026, 3, 1, 12, 0, 0, 123457, tzinfo=UTC)
HOUR = timedelta(hours=1)
PATIENCE = Patience.doubling(timedelta(seconds=60))
ADA, BEN, HERE, THERE = "name:ada", "name:ben", "address:here", "address:there"

on_one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def _in_app(app):
    with app.app_context():
        yield


@pytest.fixture
def redis(redis_url):
    """A database of Redis without a single key."""
    with Redis.from_url(redis_url.removesuffix("/0") + "/1") as redis:
        redis.flushdb()
        yield redis
        redis.config_set("maxmemory", 0)


@pytest.mark.parametrize(
    ("database_url", "kept"), [("sqlite", "there"), ("postgresql", "there"), ("sqlite", "redis")],
    indirect=["database_url"],
)  # fmt: skip
class TestEveryPlace:
    """What holds wherever counts are kept."""

    @pytest.fixture
    def limits(self, kept, request):
        if kept == "there":
            return DatabaseLimits()
        # Who needs the other place here has found Redis away.
        return RedisLimits(request.getfixturevalue("redis"), otherwise=None)

    def test_uses_are_summed_by_caller_and_stretch(self, limits):
        first = [limits.count(ADA, start=NOON, end=NOON + HOUR) for _ in range(3)]

        assert first == [1, 2, 3]
        assert limits.count(BEN, start=NOON, end=NOON + HOUR) == 1
        assert limits.count(ADA, start=NOON + HOUR, end=NOON + 2 * HOUR) == 1

    def test_of_many_at_once_each_gets_a_sum_of_its_own(self, limits, app):
        assert sorted(at_once(app, lambda: limits.count(ADA, start=NOON, end=NOON + HOUR))) == list(range(1, 13))

    def test_of_many_attempts_at_once_only_as_many_as_the_limit_go_through(self, limits, app):
        """Otherwise guesses would be made side by side."""
        found = at_once(app, lambda: limits.attempt({HERE: 50, ADA: 3}, patience=PATIENCE, now=NOON))

        assert found.count(None) == 3

    def test_the_wait_begins_at_the_limit_and_doubles(self, limits):
        tries, now = {HERE: 50, ADA: 2}, NOON
        limits.attempt(tries, patience=PATIENCE, now=now)
        for seconds in (60, 120, 240, 480, 900, 900):
            until = now + timedelta(seconds=seconds)

            assert limits.attempt(tries, patience=PATIENCE, now=now) is None
            assert limits.attempt(tries, patience=PATIENCE, now=now) == Held(ADA, until)
            now = until

    def test_who_has_to_wait_makes_no_counts_for_others(self, limits):
        limits.attempt({HERE: 1, ADA: 9}, patience=PATIENCE, now=NOON)

        assert limits.attempt({HERE: 1, BEN: 1}, patience=PATIENCE, now=NOON).key == HERE
        assert limits.attempt({THERE: 9, BEN: 1}, patience=PATIENCE, now=NOON) is None

    def test_a_name_that_has_to_wait_costs_the_address_nothing(self, limits):
        for _ in range(2):
            limits.attempt({HERE: 2, ADA: 1}, patience=PATIENCE, now=NOON)

        assert limits.attempt({HERE: 2, BEN: 1}, patience=PATIENCE, now=NOON) is None

    @pytest.mark.parametrize(("later", "counts"), [(HOUR, True), (HOUR + timedelta(microseconds=1), False)])
    def test_failures_of_long_ago_do_not_count(self, limits, later, counts):
        limits.attempt({HERE: 50, ADA: 2}, patience=PATIENCE, now=NOON)
        limits.attempt({HERE: 50, ADA: 2}, patience=PATIENCE, now=NOON + later)

        held = limits.attempt({HERE: 50, ADA: 2}, patience=PATIENCE, now=NOON + later)
        assert (held is not None) == counts

    def test_to_forgive_a_name_takes_one_attempt_of_its_address_back(self, limits):
        for name in (BEN, ADA):
            limits.attempt({HERE: 2, name: 1}, patience=PATIENCE, now=NOON)
        limits.forgive(ADA, counted_for=HERE)

        assert limits.attempt({HERE: 2, ADA: 1}, patience=PATIENCE, now=NOON) is None
        assert limits.attempt({HERE: 2, ADA: 1}, patience=PATIENCE, now=NOON).key == HERE

    def test_to_forgive_who_never_failed_counts_nothing(self, limits):
        limits.forgive(ADA, counted_for=HERE)

        assert limits.attempt({HERE: 1, ADA: 9}, patience=PATIENCE, now=NOON) is None


@on_one_database
class TestRedis:
    """What concerns Redis alone."""

    @pytest.fixture
    def settings(self, settings, redis_url):
        return replace(settings, login_failures=2, limits_url=redis_url.removesuffix("/0") + "/1")

    def test_the_server_counts_there_and_nothing_in_clear(self, client, redis):
        """Keys hold hashes only, and each has an end."""
        client.post("/oauth/register", json={"scope": "cds_client_admin"})
        for _ in range(3):
            refusal = client.post("/oauth/introspect", data={"token": "x"}, auth=("lamp@example.com", "wrong"))

        assert refusal.status_code == 429
        keys = [key.decode() for key in redis.scan_iter()]
        kinds = {re.fullmatch(r"cdsc:limits:(\w+):[0-9a-f]{64}(:\d+)?", key)[1] for key in keys}
        assert kinds == {"registration", "client", "address"}
        assert all(0 < redis.ttl(key) <= 3600 for key in keys)
        assert stored(LoginFailureRow) == stored(RateCountRow) == []

    def test_while_redis_takes_nothing_the_database_counts(self, redis, monkeypatch, caplog):
        """A real refusal: a full Redis. It is asked again after a rest, and told of once."""
        limits = RedisLimits(redis, otherwise=DatabaseLimits())
        redis.config_set("maxmemory", 1)
        with caplog.at_level(logging.INFO, redis_limits.__name__):
            for _ in range(2):
                assert limits.attempt({HERE: 9, ADA: 2}, patience=PATIENCE, now=NOON) is None
            assert limits.attempt({HERE: 9, ADA: 2}, patience=PATIENCE, now=NOON).key == ADA
            assert limits.count(ADA, start=NOON, end=NOON + HOUR) == 1
            redis.config_set("maxmemory", 0)
            assert limits.count(ADA, start=NOON, end=NOON + HOUR) == 2
            assert redis.dbsize() == 0
            monkeypatch.setattr(limits, "_rests_until", 0.0)
            assert limits.count(ADA, start=NOON, end=NOON + HOUR) == 1

        assert [row.count for row in stored(RateCountRow)] == [2]
        assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]

    def test_a_redis_that_hangs_holds_nobody_up(self, settings, monkeypatch):
        """It takes the connection and says nothing."""
        monkeypatch.setattr(redis_limits, "_SECONDS", 0.05)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            limits = limits_of(replace(settings, limits_url=f"redis://127.0.0.1:{silent.getsockname()[1]}"))

            assert limits.count(ADA, start=NOON, end=NOON + HOUR) == 1
            limits.forgive(ADA)


def stored(row):
    """Every row of a table."""
    with reading() as session:
        return session.query(row).all()


def at_once(app, act):
    """What twelve calls at the same time give."""

    def there(_):
        with app.app_context():
            return act()

    with ThreadPoolExecutor(12) as pool:
        return list(pool.map(there, range(12)))
