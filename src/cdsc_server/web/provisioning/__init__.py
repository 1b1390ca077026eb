"""
The provisioning API: the utility's own systems hand in brands, Customers and what they have.

A stranger learns that a token is needed. Programs with the role `provisioner` get in, with a token of their own scope.
"""

from __future__ import annotations

from flask import Flask

from cdsc_server.web.provisioning import files, readings, records, uploads
from cdsc_server.web.provisioning.blueprint import blueprint

__all__ = ["files", "install", "readings", "records", "uploads"]


def install(app: Flask) -> None:
    """Offer the provisioning API."""
    app.register_blueprint(blueprint)
