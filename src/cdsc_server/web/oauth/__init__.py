"""OAuth: the machine endpoints, and the authorization endpoint where browsers arrive."""

from __future__ import annotations

from flask import Flask

from cdsc_server.oauth.server import Server
from cdsc_server.web.context import Context
from cdsc_server.web.oauth import authorize, endpoints, register


def install(app: Flask) -> None:
    """Build the authorization server of this application and register its endpoints."""
    context: Context = app.extensions["cdsc"]
    app.extensions[endpoints.EXTENSION] = Server(context.settings, context.ports, context.catalogue)
    for blueprint in (endpoints.blueprint, register.blueprint, authorize.blueprint):
        app.register_blueprint(blueprint)
