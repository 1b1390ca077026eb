"""Whose Grants are that somebody agreed to without signing in: what waits for that, and the answer."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from cdsc_server.domain.operators import DECIDE
from cdsc_server.errors import Conflict, InvalidRequest, NotFound
from cdsc_server.services import identifying
from cdsc_server.web.console.blueprint import SIZE, asked_cursor, blueprint, show
from cdsc_server.web.console.door import operator, signed_in
from cdsc_server.web.console.grants import grant_page
from cdsc_server.web.context import ports
from cdsc_server.web.describe import undocumented


@blueprint.get("/unidentified")
@operator()
@undocumented("a page")
def unidentified() -> ResponseReturnValue:
    """Grants that wait to be known whose they are, the longest wait first."""
    page = identifying.list_unidentified(cursor=asked_cursor(), size=SIZE, clock=ports().clock)
    return show("unidentified.html", page=page, now=ports().clock.now())


@blueprint.post("/grants/<grant_id>/customer")
@operator(*DECIDE)
@undocumented("a page")
def identify(grant_id: str) -> ResponseReturnValue:
    """Say whose a Grant is, or only search for the Customer."""
    sent = request.form
    if sent.get("do") == "find":
        return grant_page(grant_id)
    try:
        identifying.identify(
            grant_id,
            sent.get("customer", ""),
            reason=sent.get("reason", ""),
            actor=signed_in().username,
            clock=ports().clock,
        )
    except (InvalidRequest, Conflict, NotFound) as refusal:
        return grant_page(grant_id, refusal)
    return redirect(url_for("console.grant", grant_id=grant_id, done="customer"), 303)
