"""Who holds the token."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from cdsc_server.domain.operators import LOOK
from cdsc_server.schemas.admin.operators import HolderSchema
from cdsc_server.web.admin.blueprint import blueprint
from cdsc_server.web.admin.door import account, operator_token
from cdsc_server.web.cursors import shown
from cdsc_server.web.describe import describe


@blueprint.get("/me")
@operator_token(*LOOK)
@describe(tag="Accounts", section="", answers={200: HolderSchema})
def me() -> ResponseReturnValue:
    """
    Who am I

    The service account that holds this token, and its roles.
    """
    found = account()
    whole = {"client_id": found.client_id, "name": found.name, "roles": sorted(found.roles), "actor": found.actor}
    return shown(HolderSchema(), whole)
