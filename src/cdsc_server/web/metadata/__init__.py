"""What this Server offers, open to all, and what it offers one Client (CDS-WG1-01, RFC 8414)."""

from __future__ import annotations

from flask import Flask

from cdsc_server.web.context import Context
from cdsc_server.web.metadata import of_clients, views


def install(app: Flask) -> None:
    """Register the metadata endpoints."""
    app.register_blueprint(views.blueprint)
    app.register_blueprint(of_clients.blueprint)
    context: Context = app.extensions["cdsc"]
    if context.catalogue.metadata.moved:
        app.before_request(views.redirect_moved)
