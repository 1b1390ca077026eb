"""A Grant: what it opens, and what operators do with it by hand."""

from __future__ import annotations

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from cdsc_server.domain.grant_steps import GrantStep
from cdsc_server.errors import Conflict, InvalidRequest, NotFound, Problem
from cdsc_server.services import console
from cdsc_server.services.identifying import identify
from cdsc_server.services.operator_grants import change_grant
from cdsc_server.web.console.blueprint import blueprint, show
from cdsc_server.web.console.door import operator, signed_in
from cdsc_server.web.console.fields import day_sent
from cdsc_server.web.context import mailing, ports
from cdsc_server.web.describe import undocumented


@blueprint.get("/grants/<grant_id>")
@operator()
@undocumented("a page")
def grant(grant_id: str) -> ResponseReturnValue:
    """A Grant."""
    return _page(grant_id)


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
            clock=ports().clock,
            mailing=mailing(),
        )
    except (InvalidRequest, Conflict) as refusal:
        return _page(grant_id, refusal)
    return redirect(url_for("console.grant", grant_id=grant_id, done=do), 303)


@blueprint.post("/grants/<grant_id>/customer")
@operator("reviewer")
@undocumented("a page")
def customer(grant_id: str) -> ResponseReturnValue:
    """Say whose a Grant is that somebody agreed to without signing in."""
    sent = request.form
    try:
        identify(
            grant_id,
            sent.get("customer_id", "").strip(),
            reason=sent.get("reason", ""),
            actor=signed_in().username,
            clock=ports().clock,
        )
    except (InvalidRequest, Conflict, NotFound) as refusal:
        return _page(grant_id, refusal)
    return redirect(url_for("console.grant", grant_id=grant_id, done="customer"), 303)


def _step(do: str) -> GrantStep:
    try:
        return GrantStep(do)
    except ValueError as fault:
        raise InvalidRequest("Choose what to do", field="reason") from fault


def _page(grant_id: str, refusal: Problem | None = None) -> Response:
    return show(
        "grant.html",
        status=200 if refusal is None else refusal.status,
        found=console.grant(grant_id, clock=ports().clock),
        refusal=refusal,
        sent=request.form,
        done=request.args.get("done", ""),
    )
