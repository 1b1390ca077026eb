"""Accounts of operators: listed, made, changed, closed."""

from __future__ import annotations

from typing import Any, Final

from flask.typing import ResponseReturnValue

from cdsc_server.domain.operators import MANAGE, Role
from cdsc_server.errors import Conflict
from cdsc_server.schemas.admin.operators import (
    NewOperatorSchema,
    OperatorChangeSchema,
    OperatorFilters,
    OperatorListingSchema,
    OperatorSchema,
)
from cdsc_server.services import operators
from cdsc_server.storage.operators import OperatorRow
from cdsc_server.web.admin.blueprint import blueprint, listed, uri
from cdsc_server.web.admin.door import account, operator_token
from cdsc_server.web.context import ports
from cdsc_server.web.cursors import PAGE_SIZE, cursor_of, shown
from cdsc_server.web.describe import describe
from cdsc_server.web.parameters import filters
from cdsc_server.web.wire import json_body

_PATH: Final = {"username": "The name the operator signs in with."}


@blueprint.get("/operators")
@operator_token(*MANAGE)
@describe(tag="Accounts", section="", query=OperatorFilters, answers={200: OperatorListingSchema})
def list_operators() -> ResponseReturnValue:
    """
    List operators

    Every account at the console, disabled ones too, the newest first.
    """
    page = operators.page_of_operators(cursor=cursor_of(filters(OperatorFilters())), size=PAGE_SIZE)
    return shown(OperatorListingSchema(), listed("operators", page, [_operator(row) for row in page.rows]))


@blueprint.post("/operators")
@operator_token(*MANAGE)
@describe(tag="Accounts", section="", body=NewOperatorSchema, answers={201: OperatorSchema}, problems=(Conflict,))
def add_operator() -> ResponseReturnValue:
    """
    Add an operator

    A name is never given twice, because the audit trail holds it.
    """
    asked = NewOperatorSchema().load(json_body())
    operators.add_operator(
        asked["username"],
        display_name=asked["name"],
        roles=set(asked["roles"]),
        password=asked["password"],
        actor=account().actor,
        clock=ports().clock,
    )
    return _shown(asked["username"]), 201


@blueprint.get("/operators/<path:username>")
@operator_token(*MANAGE)
@describe(tag="Accounts", section="", answers={200: OperatorSchema}, path=_PATH)
def get_operator(username: str) -> ResponseReturnValue:
    """
    Get an operator

    One account at the console.
    """
    return _shown(username)


@blueprint.patch("/operators/<path:username>")
@operator_token(*MANAGE)
@describe(
    tag="Accounts",
    section="",
    body=OperatorChangeSchema,
    answers={200: OperatorSchema},
    problems=(Conflict,),
    path=_PATH,
)
def change_operator(username: str) -> ResponseReturnValue:
    """
    Change or disable an operator

    Other roles hold from the next page on. Disabling is for good, and whoever is signed in is out at once.
    """
    asked = OperatorChangeSchema().load(json_body())
    actor, clock = account().actor, ports().clock
    if "roles" in asked:
        operators.change_roles(username, asked["roles"], actor=actor, clock=clock)
    if "disabled" in asked:
        operators.disable_operator(username, actor=actor, clock=clock)
    return _shown(username)


def _shown(username: str) -> dict[str, Any]:
    return shown(OperatorSchema(), _operator(operators.get_operator(username)))


def _operator(row: OperatorRow) -> dict[str, Any]:
    return {
        "username": row.username,
        "uri": uri("operators", row.username),
        "name": row.display_name,
        "roles": sorted(map(Role, row.roles)),
        "created": row.created,
        "disabled": row.disabled,
    }
