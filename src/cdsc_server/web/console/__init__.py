"""The console: where operators see what waits, decide it, and look after Clients and Grants."""

from flask import Flask

from cdsc_server.web.console import clients, giving, grants, messages, queue, sign_in
from cdsc_server.web.console.blueprint import blueprint

__all__ = ["clients", "giving", "grants", "install", "messages", "queue", "sign_in"]


def install(app: Flask) -> None:
    """Offer the console."""
    app.register_blueprint(blueprint)
