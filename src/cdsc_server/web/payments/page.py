"""
The page of a payment: where to pay while it is open, its receipt afterwards.

Its address is a secret that is passed on to whoever is to pay; a stranger finds nothing.
"""

from __future__ import annotations

from flask import Response

from cdsc_server.services import payments
from cdsc_server.web.bearer import public
from cdsc_server.web.context import catalogue, ports, settings
from cdsc_server.web.describe import undocumented
from cdsc_server.web.pages import page_blueprint, render

blueprint = page_blueprint("payment", __name__)


@blueprint.get("/payments/<payment_id>")
@public
@undocumented("a page")
def show(payment_id: str) -> Response:
    """The payment as it stands now."""
    payment = payments.show(payment_id, base_url=settings().base_url, provider=ports().payments)
    response = render("payment.html", payment=payment, zone=catalogue().utility.timezone)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
