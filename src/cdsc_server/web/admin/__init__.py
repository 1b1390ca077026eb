"""
The admin API: what operators do at the console, for programs with a service account.

A stranger learns that a token is needed. What each view needs is a role, and the console asks for the same.
"""

from __future__ import annotations

from flask import Flask

from cdsc_server.web.admin import (
    clients,
    direct_access,
    files,
    grants,
    groups,
    me,
    messages,
    metrics,
    operators,
    reviews,
    trail,
)
from cdsc_server.web.admin.blueprint import blueprint

__all__ = [
    "clients",
    "direct_access",
    "files",
    "grants",
    "groups",
    "install",
    "me",
    "messages",
    "metrics",
    "operators",
    "reviews",
    "trail",
]


def install(app: Flask) -> None:
    """Offer the admin API."""
    app.register_blueprint(blueprint)
