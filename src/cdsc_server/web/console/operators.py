"""Accounts of those who work at the console, and of programs that do their work: for admins."""

from __future__ import annotations

import secrets

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from cdsc_server.domain.operators import MANAGE, Role
from cdsc_server.errors import Conflict, InvalidRequest, NotFound, Problem
from cdsc_server.services import operators, service_accounts
from cdsc_server.web.console.blueprint import blueprint, show
from cdsc_server.web.console.door import operator, signed_in
from cdsc_server.web.context import ports
from cdsc_server.web.describe import undocumented


@blueprint.get("/operators")
@operator(*MANAGE)
@undocumented("a page")
def accounts() -> ResponseReturnValue:
    """Every account."""
    return _list()


@blueprint.post("/operators")
@operator(*MANAGE)
@undocumented("a page")
def add_account() -> ResponseReturnValue:
    """Make an account; its password is shown once, here."""
    form, password = request.form, secrets.token_urlsafe(15)
    username = form.get("username", "").strip().lower()
    try:
        operators.add_operator(
            username,
            display_name=form.get("name", ""),
            roles=_roles(),
            password=password,
            actor=signed_in().username,
            clock=ports().clock,
        )
    except (InvalidRequest, Conflict) as refusal:
        return _list(refusal)
    return _once(username, password, "password", back=url_for("console.account", username=username))


@blueprint.get("/operators/<path:username>")
@operator(*MANAGE)
@undocumented("a page")
def account(username: str) -> ResponseReturnValue:
    """One account."""
    return _account(username)


@blueprint.post("/operators/<path:username>")
@operator(*MANAGE)
@undocumented("a page")
def change_account(username: str) -> ResponseReturnValue:
    """Change its roles, give it a password, sign it out, or close it."""
    do = request.form.get("do", "")
    try:
        if do == "password":
            password = secrets.token_urlsafe(15)
            operators.change_password(username, password, actor=signed_in().username, clock=ports().clock)
            return _once(username, password, "password", back=url_for("console.account", username=username))
        _change(username, do)
    except (InvalidRequest, Conflict) as refusal:
        return _account(username, refusal)
    return redirect(url_for("console.account", username=username, done=do), 303)


@blueprint.post("/programs")
@operator(*MANAGE)
@undocumented("a page")
def add_program() -> ResponseReturnValue:
    """Make a service account; its secret is shown once, here."""
    try:
        made = service_accounts.add_account(
            request.form.get("program", ""), roles=_roles(), actor=signed_in().username, clock=ports().clock
        )
    except (InvalidRequest, Conflict) as refusal:
        return _list(_of_program(refusal))
    return _once(made.client_id, made.secret, "secret", back=url_for("console.accounts"))


@blueprint.post("/programs/<name>")
@operator(*MANAGE)
@undocumented("a page")
def change_program(name: str) -> ResponseReturnValue:
    """Give a service account another secret, or close it."""
    actor, clock = signed_in().username, ports().clock
    try:
        if request.form.get("do") == "secret":
            made = service_accounts.rotate_secret(name, actor=actor, clock=clock)
            return _once(made.client_id, made.secret, "secret", back=url_for("console.accounts"))
        if request.form.get("do") == "disable":
            service_accounts.disable_account(name, actor=actor, clock=clock)
    except (Conflict, NotFound) as refusal:
        return _list(refusal)
    return redirect(url_for("console.accounts", done=request.form.get("do", "")), 303)


def _change(username: str, do: str) -> None:
    actor, clock = signed_in().username, ports().clock
    if do == "roles":
        operators.change_roles(username, _roles(), actor=actor, clock=clock)
    elif do == "sign-out":
        operators.end_sessions(username, actor=actor, clock=clock)
    elif do == "disable":
        operators.disable_operator(username, actor=actor, clock=clock)
    else:
        raise InvalidRequest("Choose what to do")


def _roles() -> set[Role]:
    known = {role.value for role in Role}
    return {Role(role) for role in request.form.getlist("roles") if role in known}


def _of_program(refusal: InvalidRequest | Conflict) -> Problem:
    """The refusal at the field of the form for programs, which stands beside that for people."""
    return type(refusal)(refusal.description, field="program")


def _once(name: str, secret: str, kind: str, *, back: str) -> Response:
    return show("shown-once.html", name=name, secret=secret, kind=kind, back=back)


def _list(refusal: Problem | None = None) -> Response:
    return show(
        "operators.html",
        status=200 if refusal is None else refusal.status,
        accounts=operators.list_operators(),
        programs=service_accounts.list_accounts(),
        sessions=operators.count_sessions(clock=ports().clock),
        refusal=refusal,
        sent=request.form,
        done=request.args.get("done", ""),
    )


def _account(username: str, refusal: Problem | None = None) -> Response:
    row = operators.get_operator(username)
    return show(
        "operator.html",
        status=200 if refusal is None else refusal.status,
        account=row,
        own=row.username == signed_in().username,
        sessions=operators.sessions_of(row.username, clock=ports().clock),
        refusal=refusal,
        sent=request.form,
        done=request.args.get("done", ""),
    )
