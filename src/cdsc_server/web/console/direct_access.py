"""What a Client Object may read directly, without asking Customers."""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from cdsc_server.domain.direct_access import Reach
from cdsc_server.domain.operators import DECIDE
from cdsc_server.errors import Conflict, InvalidRequest, NotFound, Problem
from cdsc_server.services import console, direct_access
from cdsc_server.web.console.blueprint import blueprint, show
from cdsc_server.web.console.door import operator, signed_in
from cdsc_server.web.context import catalogue, mailing, ports
from cdsc_server.web.describe import undocumented


@blueprint.get("/objects/<client_id>/direct-access")
@operator()
@undocumented("a page")
def permitted(client_id: str) -> ResponseReturnValue:
    """Whose data it may read."""
    return _page(client_id)


@blueprint.post("/objects/<client_id>/direct-access")
@operator(*DECIDE)
@undocumented("a page")
def permit(client_id: str) -> ResponseReturnValue:
    """Permit it a Customer or an Account, take that back, or say that it reaches everybody."""
    try:
        _change(client_id, request.form.get("do", ""))
    except (InvalidRequest, Conflict, NotFound) as refusal:
        return _page(client_id, refusal)
    return redirect(url_for("console.permitted", client_id=client_id, done=request.form["do"]), 303)


def _change(client_id: str, do: str) -> None:
    form = request.form
    customer_id, account_id = form.get("customer_id", "").strip(), form.get("account_id", "").strip() or None
    common: dict[str, Any] = {"reason": form.get("reason", ""), "actor": signed_in().username, "clock": ports().clock}
    if do == "permit":
        direct_access.permit(client_id, customer_id, account_id, catalogue=catalogue(), mailing=mailing(), **common)
    elif do == "forbid":
        direct_access.forbid(client_id, customer_id, account_id, mailing=mailing(), **common)
    elif do == "reach" and form.get("reach") in [each.value for each in Reach]:
        direct_access.set_reach(client_id, Reach(form["reach"]), catalogue=catalogue(), **common)
    else:
        raise InvalidRequest("Choose whose data", field="reach")


def _page(client_id: str, refusal: Problem | None = None) -> Response:
    row, name = console.client_object(client_id)
    scopes = catalogue().scopes_of(row.scope.split())
    return show(
        "direct-access.html",
        status=200 if refusal is None else refusal.status,
        client=row,
        name=name,
        direct=any(scope.type.direct for scope in scopes),
        found=direct_access.permitted(client_id),
        refusal=refusal,
        sent=request.form,
        done=request.args.get("done", ""),
    )
