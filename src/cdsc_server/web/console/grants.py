"""A Grant: what it opens, and what operators do with it by hand."""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from cdsc_server.domain.clients import ClientStatus
from cdsc_server.domain.grant_steps import GrantStep
from cdsc_server.domain.grants import GrantStatus
from cdsc_server.errors import Conflict, InvalidRequest, Problem
from cdsc_server.services import console, customer_search
from cdsc_server.services.operator_grants import change_grant
from cdsc_server.web.console.blueprint import blueprint, show
from cdsc_server.web.console.door import operator, signed_in
from cdsc_server.web.console.fields import day_sent
from cdsc_server.web.context import catalogue, mailing, ports
from cdsc_server.web.describe import undocumented


@blueprint.get("/grants/<grant_id>")
@operator()
@undocumented("a page")
def grant(grant_id: str) -> ResponseReturnValue:
    """A Grant."""
    return grant_page(grant_id)


@blueprint.post("/grants/<grant_id>")
@operator("reviewer")
@undocumented("a page")
def step(grant_id: str) -> ResponseReturnValue:
    """Take one step with a Grant; `do` is a domain.grant_steps.GrantStep."""
    form = request.form
    try:
        do = _step(form.get("do", ""))
        change_grant(
            grant_id,
            do,
            reason=form.get("reason", ""),
            told=form.get("told", ""),
            eta=day_sent("eta") if do is GrantStep.PENDING else None,
            actor=signed_in().username,
            catalogue=catalogue(),
            clock=ports().clock,
            mailing=mailing(),
        )
    except (InvalidRequest, Conflict) as refusal:
        return grant_page(grant_id, refusal)
    return redirect(url_for("console.grant", grant_id=grant_id, done=do), 303)


def _step(do: str) -> GrantStep:
    try:
        return GrantStep(do)
    except ValueError as fault:
        raise InvalidRequest("Choose what to do", field="reason") from fault


def grant_page(grant_id: str, refusal: Problem | None = None) -> Response:
    """The page of a Grant, with what was sent and why it was refused."""
    found = console.grant(grant_id, clock=ports().clock)
    return show(
        "grant.html",
        status=200 if refusal is None else refusal.status,
        found=found,
        whose=_whose(found),
        refusal=refusal,
        sent=request.form,
        done=request.args.get("done", ""),
    )


def _whose(found: console.Grant) -> dict[str, Any] | None:
    """Where it waits to be known whose it is: who may be meant, at first by the address that was proven."""
    if found.stated is None or found.status is not GrantStatus.PENDING:
        return None
    is_test = found.client.status == ClientStatus.SANDBOX
    customer, sought = request.form.getlist("customer"), request.form.get("q", found.stated["contact"])
    matches = customer_search.search(sought, is_test=is_test)
    return {
        "is_test": is_test,
        "sought": sought,
        "chosen": customer_search.named(customer),
        "matches": [each for each in matches if each.customer_id not in customer],
        "most": customer_search.MOST,
    }
