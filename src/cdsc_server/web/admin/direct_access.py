"""What Client Objects may read directly: looked at, permitted, taken back."""

from __future__ import annotations

from typing import Any

from flask.typing import ResponseReturnValue

from cdsc_server.domain.operators import DECIDE, LOOK
from cdsc_server.errors import Conflict
from cdsc_server.schemas.admin.direct_access import DirectAccessChangeSchema, DirectAccessSchema, DirectAccessStep
from cdsc_server.services import direct_access
from cdsc_server.web.admin.blueprint import blueprint
from cdsc_server.web.admin.clients import PATH
from cdsc_server.web.admin.door import account, operator_token
from cdsc_server.web.context import catalogue, mailing, ports
from cdsc_server.web.cursors import shown
from cdsc_server.web.describe import describe
from cdsc_server.web.wire import json_body


@blueprint.get("/clients/<client_id>/direct-access")
@operator_token(*LOOK)
@describe(tag="Clients", section="CDS-WG3-01 6.2", answers={200: DirectAccessSchema}, path=PATH)
def get_direct_access(client_id: str) -> ResponseReturnValue:
    """
    Get what a Client Object may read directly

    Customers and Accounts that are named to it, and whether it reaches everybody.
    """
    return _shown(client_id)


@blueprint.post("/clients/<client_id>/direct-access")
@operator_token(*DECIDE)
@describe(
    tag="Clients",
    section="CDS-WG3-01 6.2",
    body=DirectAccessChangeSchema,
    answers={200: DirectAccessSchema},
    problems=(Conflict,),
    path=PATH,
)
def change_direct_access(client_id: str) -> ResponseReturnValue:
    """
    Change what a Client Object may read directly

    It holds from the next request on, for Grants and tokens that are there too.
    """
    asked = DirectAccessChangeSchema().load(json_body())
    common: dict[str, Any] = {"reason": asked["reason"], "actor": account().actor, "clock": ports().clock}
    whose = client_id, asked["customer_id"], asked["account_id"]
    match asked["step"]:
        case DirectAccessStep.PERMIT:
            direct_access.permit(*whose, catalogue=catalogue(), mailing=mailing(), **common)
        case DirectAccessStep.FORBID:
            direct_access.forbid(*whose, mailing=mailing(), **common)
        case _:
            direct_access.set_reach(client_id, asked["reach"], catalogue=catalogue(), **common)
    return _shown(client_id)


def _shown(client_id: str) -> dict[str, Any]:
    found = direct_access.permitted(client_id)
    named = [
        {
            "customer_id": row.customer_id,
            "account_id": row.account_id or None,
            "created": row.created,
            "own": row.requirement_id is not None,
        }
        for row in found.named
    ]
    return shown(DirectAccessSchema(), {"reach": found.reach, "named": named})
