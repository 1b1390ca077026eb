"""The blueprint of the provisioning API, its door, and what its views have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from flask import Blueprint, Response

from cdsc_server.domain.operators import PROVISION, PROVISIONING_SCOPE
from cdsc_server.web.context import settings
from cdsc_server.web.service_door import View, service_token

PATH: Final = "/provisioning"

blueprint = Blueprint("provisioning", __name__, url_prefix=PATH)


@blueprint.after_request
def _not_kept(response: Response) -> Response:
    """What is handed in is for nobody's cache."""
    response.headers["Cache-Control"] = "no-store"
    return response


def provisioning_token() -> Callable[[View], View]:
    """Let in a service account that hands in Customers; see `service_token`."""
    return service_token(PROVISIONING_SCOPE, *PROVISION)


def uri(*parts: str) -> str:
    """The absolute address of something of this API."""
    return "/".join([f"{settings().base_url}{PATH}", *(quote(part, safe="@:~+") for part in parts)])
