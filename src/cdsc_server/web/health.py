"""
`/healthz`: called by load balancers and start scripts, without a token.

A stranger learns only whether the process and its database work.
"""

from __future__ import annotations

from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from cdsc_server.services import health
from cdsc_server.web.bearer import public
from cdsc_server.web.describe import undocumented

blueprint = Blueprint("health", __name__)


def install(app: Flask) -> None:
    """Register the address."""
    app.register_blueprint(blueprint)


@blueprint.get("/healthz")
@undocumented("for the machines that run the server, not for Clients")
@public
def look() -> ResponseReturnValue:
    """200 while the process and its database work, else 503."""
    try:
        health.check_database()
    except SQLAlchemyError:
        return {"status": "the database does not answer"}, 503, {"Cache-Control": "no-store"}
    return {"status": "ok"}, 200, {"Cache-Control": "no-store"}
