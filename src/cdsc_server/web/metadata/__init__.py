"""What this Server offers, for Clients that have never seen it: open to all (CDS-WG1-01, RFC 8414)."""

from __future__ import annotations

from flask import Flask

from cdsc_server.web.context import Context
from cdsc_server.web.metadata import views


def install(app: Flask) -> None:
    """Register the metadata endpoints."""
    app.register_blueprint(views.blueprint)
    context: Context = app.extensions["cdsc"]
    if context.catalogue.metadata.moved:
        app.before_request(views.redirect_moved)
