"""
Receipts, open to whoever holds the address; names and numbers only for the signed-in Customer.

The address is a secret: it is neither logged nor sent on, and no search engine keeps it.
"""

from __future__ import annotations

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from cdsc_server.services import receipts, sharing
from cdsc_server.web.bearer import public
from cdsc_server.web.brands import page_utility, use_brand
from cdsc_server.web.context import catalogue, mailing, ports
from cdsc_server.web.describe import undocumented
from cdsc_server.web.forms import check_origin
from cdsc_server.web.pages import page_blueprint, render
from cdsc_server.web.sessions import current_session
from cdsc_server.web.speech import translated

blueprint = translated(page_blueprint("receipt", __name__))


@blueprint.get("/receipt/<secret>")
@public
@undocumented("a page")
def show(secret: str) -> Response:
    """The receipt."""
    session = current_session()
    receipt = receipts.open_receipt(
        secret,
        customer_id=session.customer_id if session else None,
        catalogue=catalogue(),
        keys=ports().keys,
        clock=ports().clock,
    )
    use_brand(receipt.brand)
    response = render("receipt.html", receipt=receipt, secret=secret, zone=page_utility().timezone)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@blueprint.post("/receipt/<secret>")
@public
@undocumented("a page")
def stop(secret: str) -> ResponseReturnValue:
    """Stop sharing: the button, and not the link, because mail scanners follow links."""
    check_origin()
    if request.form.get("do") == "stop":
        sharing.stop_by_receipt(secret, clock=ports().clock, mailing=mailing())
    return redirect(url_for("receipt.show", secret=secret), 303)


@blueprint.get("/receipt-redirect")
@public
@undocumented("a page")
def arrive() -> ResponseReturnValue:
    """
    The redirect_uri of Clients that gave none of their own: on to the receipt, or what went wrong.

    Spec: CDS-WG3-01 9.1.1, 9.3.3.
    """
    code, error = request.args.get("code"), request.args.get("error")
    if code is not None and error is None:
        secret = receipts.receipt_of_code(code, keys=ports().keys, clock=ports().clock)
        if secret is not None:
            return redirect(url_for("receipt.show", secret=secret), 303)
    session = current_session()
    return render(
        "arrived.html",
        error=error,
        reason=request.args.get("error_description", ""),
        signed_in=session is not None and session.customer_id is not None,
    )
