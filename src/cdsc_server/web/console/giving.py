"""Grants made by hand: scope, Customers, period and authorization details on one page."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from cdsc_server.domain.catalogue import Scope
from cdsc_server.domain.client_limits import offered_to
from cdsc_server.domain.clients import ClientStatus
from cdsc_server.domain.operators import DECIDE
from cdsc_server.errors import Conflict, InvalidRequest, NotFound, Problem
from cdsc_server.services import console, customer_search
from cdsc_server.services.console import Registration
from cdsc_server.services.granting import Terms
from cdsc_server.services.operator_grants import Giving, give_grants
from cdsc_server.storage.clients import ClientRow
from cdsc_server.web.console.blueprint import blueprint, show
from cdsc_server.web.console.detail_inputs import inputs_of, sent_details
from cdsc_server.web.console.door import operator, signed_in
from cdsc_server.web.console.fields import day_sent
from cdsc_server.web.context import catalogue, mailing, ports
from cdsc_server.web.describe import undocumented


@blueprint.get("/clients/<registration_id>/grants/new")
@operator(*DECIDE)
@undocumented("a page")
def giving(registration_id: str) -> ResponseReturnValue:
    """Choose what to give, then to whom."""
    found = console.registration(registration_id)
    if "client" not in request.args:
        return show("giving-scope.html", registration=found, offers=_offers(found))
    return _page(found)


@blueprint.post("/clients/<registration_id>/grants/new")
@operator(*DECIDE)
@undocumented("a page")
def give(registration_id: str) -> ResponseReturnValue:
    """Give it, or only search; what was filled in is kept either way."""
    found = console.registration(registration_id)
    client, scope = _chosen(found)
    form = request.form
    if form.get("do") != "give":
        return _page(found)
    try:
        terms = Terms(day_sent("begins"), day_sent("ends"), waits=form.get("agreed") == "later")
        made = give_grants(
            Giving(client.client_id, scope.id, sent_details(scope), form.getlist("customer"), form["reason"], terms),
            actor=signed_in().username,
            catalogue=catalogue(),
            clock=ports().clock,
            mailing=mailing(),
        )
    except (InvalidRequest, Conflict) as refusal:
        return _page(found, refusal)
    if len(made) == 1:
        return redirect(url_for("console.grant", grant_id=made[0], done="made"), 303)
    return redirect(url_for("console.grants", registration_id=registration_id, done=len(made)), 303)


def _offers(found: Registration) -> Sequence[tuple[ClientRow, Sequence[Scope]]]:
    """What each Client Object may be given by hand: scopes that open data of Customers."""
    offers = []
    for client in found.clients:
        scopes = [catalogue().scopes[word] for word in client.scope.split() if word in catalogue().scopes]
        fitting = [scope for scope in scopes if scope.type.consent]
        if fitting and client.status != ClientStatus.DISABLED:
            offers.append((client, fitting))
    return offers


def _chosen(found: Registration) -> tuple[ClientRow, Scope]:
    client_id, scope_id = request.args.get("client", ""), request.args.get("scope", "")
    for client, scopes in _offers(found):
        for scope in scopes:
            if (client.client_id, scope.id) == (client_id, scope_id):
                return client, offered_to(catalogue(), client).scopes[scope.id]
    raise NotFound("this Client Object cannot be given that")


def _page(found: Registration, refusal: Problem | None = None) -> Response:
    client, scope = _chosen(found)
    form = request.form
    is_test = client.status == ClientStatus.SANDBOX
    chosen = customer_search.named(form.getlist("customer"))
    matches = customer_search.search(form.get("q", ""), is_test=is_test)
    return show(
        "giving.html",
        status=200 if refusal is None else refusal.status,
        registration=found,
        client=client,
        scope=scope,
        is_test=is_test,
        inputs=inputs_of(scope),
        chosen=chosen,
        matches=[each for each in matches if each.customer_id not in form.getlist("customer")],
        most=customer_search.MOST,
        refusal=refusal,
        sent=form,
    )
