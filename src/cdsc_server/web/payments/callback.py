"""
Where the payment provider calls back; what it says counts only with its signature.

A stranger learns nothing: every body that is not signed is refused in the same words.
"""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from cdsc_server.errors import AccessDenied, NotFound
from cdsc_server.ports import ForgedCallback
from cdsc_server.services import payments, requirements
from cdsc_server.web.bearer import public
from cdsc_server.web.context import ports
from cdsc_server.web.describe import undocumented

blueprint = Blueprint("payment_callback", __name__)


@blueprint.post("/payments/callback")
@public
@undocumented("for the payment provider, not for Clients")
def take() -> ResponseReturnValue:
    """204 for what is new and what is known already, so that the provider stops telling it."""
    provider, clock = ports().payments, ports().clock
    if provider is None:
        raise NotFound("nothing is at this address")
    try:
        news = provider.read_callback(request.get_data(), dict(request.headers), now=clock.now())
    except ForgedCallback as fault:
        raise AccessDenied("this was not signed by the payment provider just now", detail=str(fault)) from fault
    payments.settle(news, clock=clock, on_change=requirements.payment_changed)
    return "", 204
