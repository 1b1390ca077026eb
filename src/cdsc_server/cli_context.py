"""What commands work on: the database alone, or the server without its network. Either is closed when they end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from cdsc_server.settings import Settings
from cdsc_server.storage import db
from cdsc_server.web.context import Context


@contextmanager
def database(settings: Settings) -> Iterator[None]:
    """The database of these settings."""
    app = Flask("cdsc")
    db.install(app, settings.database_url)
    with _in(app):
        yield


@contextmanager
def server() -> Iterator[Context]:
    """All parts of the server that the environment describes."""
    from cdsc_server.app import create_app, system_ports

    settings = Settings.from_environment()
    app = create_app(settings, system_ports(settings))
    with _in(app):
        yield app.extensions["cdsc"]


@contextmanager
def _in(app: Flask) -> Iterator[None]:
    with app.app_context():
        try:
            yield
        finally:
            db.db.engine.dispose()
