"""Mails and events that were given up: an operator has them tried again, or drops them."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from cdsc_server.domain.operators import SWITCH
from cdsc_server.errors import InvalidRequest
from cdsc_server.services import outbox as use_cases
from cdsc_server.web.console.blueprint import SIZE, asked_cursor, blueprint, show
from cdsc_server.web.console.door import operator, signed_in
from cdsc_server.web.context import ports
from cdsc_server.web.describe import undocumented


@blueprint.get("/outbox")
@operator()
@undocumented("a page")
def outbox() -> ResponseReturnValue:
    """How many wait, were sent and were given up, and those, the oldest first."""
    return _page()


@blueprint.post("/outbox")
@operator(*SWITCH)
@undocumented("a page")
def change_outbox() -> ResponseReturnValue:
    """Try the chosen ones again, or drop them."""
    sent, clock = request.form, ports().clock
    try:
        chosen = sent.getlist("chosen")
        if sent.get("do") == "drop":
            use_cases.drop(chosen, reason=sent.get("reason", ""), actor=signed_in().username, clock=clock)
        else:
            use_cases.retry(chosen, actor=signed_in().username, clock=clock)
    except InvalidRequest as refusal:
        return _page(refusal)
    return redirect(url_for("console.outbox"), 303)


def _page(refusal: InvalidRequest | None = None) -> ResponseReturnValue:
    return show(
        "outbox.html",
        status=200 if refusal is None else refusal.status,
        counts=use_cases.counts(),
        page=use_cases.given_up(cursor=asked_cursor(), size=SIZE),
        refusal=refusal,
        chosen=request.form.getlist("chosen"),
        reason=request.form.get("reason", ""),
    )
