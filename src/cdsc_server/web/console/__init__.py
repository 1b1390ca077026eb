"""The console: where operators see what waits, decide it, and look after Clients and Grants."""

from flask import Flask

from cdsc_server.web.console import (
    client_objects,
    clients,
    devices,
    direct_access,
    files,
    giving,
    grants,
    groups,
    imports,
    messages,
    metrics,
    operators,
    outbox,
    own_account,
    queue,
    sign_in,
    unidentified,
)
from cdsc_server.web.console.blueprint import blueprint

__all__ = [
    "client_objects",
    "clients",
    "devices",
    "direct_access",
    "files",
    "giving",
    "grants",
    "groups",
    "imports",
    "install",
    "messages",
    "metrics",
    "operators",
    "outbox",
    "own_account",
    "queue",
    "sign_in",
    "unidentified",
]


def install(app: Flask) -> None:
    """Offer the console."""
    app.register_blueprint(blueprint)
