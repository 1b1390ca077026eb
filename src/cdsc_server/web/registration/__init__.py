"""The admin APIs of a registered Client: Clients, Credentials, Grants, Messages (CDS-WG1-02 5 to 8), webhooks."""

from __future__ import annotations

from flask import Flask

from cdsc_server.web.registration import clients, credentials, grants, messages, server_files, webhooks
from cdsc_server.web.registration.room import blueprint

__all__ = ["clients", "credentials", "grants", "install", "messages", "server_files", "webhooks"]


def install(app: Flask) -> None:
    """Register the admin APIs."""
    app.register_blueprint(blueprint)
