"""The application as a test sees it: its settings, its clock, its ports, itself, and a client for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.clock import FakeClock

# Fixtures import what they build when they build it: a unit test waits for no web framework.
if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from sqlalchemy import Engine
    from werkzeug.routing import Rule

    from cdsc_server.ports import Ports
    from cdsc_server.settings import Settings


def save_time() -> None:
    """Do once for all applications of a worker what each would do anew; before one is made."""
    _compile_rules_once()
    _compile_templates_once()
    _hash_cheaply()


@cache
def _compile_rules_once() -> None:
    """
    Let Werkzeug compile what builds the addresses of a rule once, and not for each application anew.

    It depends on the rule alone, and took half of the time in which an application is made.
    """
    from werkzeug.routing import Rule as Compiled

    compiled = Compiled._compile_builder
    kept: dict[tuple[Any, ...], Any] = {}

    def once(rule: Rule, append_unknown: bool = True) -> Any:
        key = (rule.rule, rule.host, rule.subdomain, str(rule.defaults), append_unknown)
        if key not in kept:
            kept[key] = compiled(rule, append_unknown)
        return kept[key]

    Compiled._compile_builder = once  # type: ignore[method-assign]


@cache
def keep_engines() -> None:
    """
    Give each application over the same address the same engine.

    An engine remembers how statements read as SQL; writing them anew took a quarter of the time of a test.
    """
    from sqlalchemy import engine_from_config

    from cdsc_server.storage import db as storage

    made: dict[str, Engine] = {}

    def once(_bind_key: str | None, options: dict[str, Any], _app: Flask) -> Engine:
        key = repr(sorted(options.items(), key=str))
        if key not in made:
            made[key] = engine_from_config(options, prefix="")
        return made[key]

    storage.db._make_engine = once  # type: ignore[method-assign]
    # An engine that is listened to twice would begin each transaction twice.
    storage.prepare = cache(storage.prepare)


@cache
def _compile_templates_once() -> None:
    """
    Let applications share what Jinja compiled; doing it anew took half of the time of a test that looks at pages.

    Each has an environment of its own, and a template is compiled for an environment.
    """
    from flask import Flask
    from jinja2 import BytecodeCache
    from jinja2.bccache import Bucket

    class Shared(BytecodeCache):
        def __init__(self) -> None:
            self._kept: dict[tuple[str, str], CodeType | None] = {}

        def load_bytecode(self, bucket: Bucket) -> None:
            bucket.code = self._kept.get((bucket.key, bucket.checksum))

        def dump_bytecode(self, bucket: Bucket) -> None:
            self._kept[bucket.key, bucket.checksum] = bucket.code

    Flask.jinja_options = {"bytecode_cache": Shared()}


@cache
def _hash_cheaply() -> None:
    """Let a password take no time to hash: what makes it slow is told by its own tests."""
    from argon2 import PasswordHasher

    from cdsc_server.services import passwords

    passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # type: ignore[misc]


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The key that seals client secrets, one for all tests of a worker."""
    from cdsc_server.connectors.file_keys import FileKeyStore

    path = tmp_path_factory.mktemp("keys") / "sealing.key"
    FileKeyStore.create(str(path))
    return path


@pytest.fixture
def settings(database_url: str, key_file: Path, tmp_path: Path) -> Settings:
    """
    Settings of a server for tests. A module that needs others overrides this fixture:

        @pytest.fixture
        def settings(settings):
            return replace(settings, proxy_hops=1)
    """
    from cdsc_server.settings import Settings

    return Settings.for_tests(database_url=database_url, key_file=str(key_file), blob_dir=str(tmp_path / "blobs"))


@pytest.fixture
def clock() -> FakeClock:
    """The clock of `app`; it stands still until the test moves it."""
    return FakeClock()


@pytest.fixture
def ports(settings: Settings, clock: FakeClock) -> Ports:
    """What `app` asks of the outside: as in production, but for the clock."""
    from cdsc_server.app import system_ports

    return replace(system_ports(settings), clock=clock)


@pytest.fixture
def app(settings: Settings, ports: Ports) -> Iterator[Flask]:
    """The application over an empty database."""
    from cdsc_server.app import create_app

    save_time()
    keep_engines()
    app = create_app(settings, ports)
    app.testing = True
    yield app
    dispose(app)


@pytest.fixture
def client(app: Flask) -> Iterator[FlaskClient]:
    """Flask's test client: cookies are kept between requests."""
    with app.test_client() as client:
        yield client


def dispose(app: Flask) -> None:
    """Close the connections of an application that is not used any more."""
    from cdsc_server.storage.db import db

    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()
