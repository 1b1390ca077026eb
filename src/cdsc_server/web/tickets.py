"""
Where the ticket system calls; what it says counts only with its signature.

A stranger learns nothing: every body that is not signed is refused in the same words.
"""

from __future__ import annotations

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue

from cdsc_server.errors import AccessDenied, NotFound
from cdsc_server.ports import ForgedCallback
from cdsc_server.services import tickets
from cdsc_server.web.bearer import public
from cdsc_server.web.context import ports
from cdsc_server.web.describe import undocumented

blueprint = Blueprint("tickets", __name__)


def install(app: Flask) -> None:
    """Offer the address."""
    app.register_blueprint(blueprint)


@blueprint.post("/tickets/webhook")
@public
@undocumented("for the ticket system, not for Clients")
def take() -> ResponseReturnValue:
    """204 for what is new, known already or nothing to a Client, so that the ticket system stops telling it."""
    desk, clock = ports().desk, ports().clock
    if desk is None:
        raise NotFound("nothing is at this address")
    try:
        news = desk.read_news(request.get_data(), dict(request.headers), now=clock.now())
    except ForgedCallback as fault:
        raise AccessDenied("this was not signed by the ticket system just now", detail=str(fault)) from fault
    if news is not None:
        tickets.take_in(news, clock=clock)
    return "", 204
