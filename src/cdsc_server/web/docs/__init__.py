"""
The description of this server for programs (`/openapi.json`) and for people (`/docs`).

Anybody may read both; they tell nothing that the code and the configuration of scopes do not.
"""

from __future__ import annotations

from flask import Flask

from cdsc_server.web.docs.views import blueprint


def install(app: Flask) -> None:
    """Serve the document and its reader."""
    app.register_blueprint(blueprint)
