"""OAuth: the machine endpoints, and the authorization endpoint where browsers arrive."""

from __future__ import annotations

from flask import Flask

from cdsc_server.oauth.server import Server
from cdsc_server.services.guessing import ClientGuesses
from cdsc_server.web.context import Context
from cdsc_server.web.oauth import authorize, endpoints, failed_authentication, register


def install(app: Flask) -> None:
    """Build the authorization server of this application and register its endpoints."""
    context: Context = app.extensions["cdsc"]
    app.extensions[endpoints.EXTENSION] = Server(context.settings, context.ports, context.catalogue)
    app.extensions[failed_authentication.EXTENSION] = ClientGuesses(
        context.settings, limits=context.ports.limits, clock=context.ports.clock
    )
    for blueprint in (endpoints.blueprint, register.blueprint, authorize.blueprint):
        app.register_blueprint(blueprint)
