"""The blueprint of the admin API, and what its views have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from flask import Blueprint, Response

from cdsc_server.services.audit import noting
from cdsc_server.services.reviews import Desk
from cdsc_server.storage.keyset import Page
from cdsc_server.web.admin.door import account
from cdsc_server.web.context import catalogue, ports, settings
from cdsc_server.web.cursors import links

PATH: Final = "/admin"

blueprint = Blueprint("admin", __name__, url_prefix=PATH)


@blueprint.after_request
def _not_kept(response: Response) -> Response:
    """What operators see is for nobody's cache."""
    response.headers["Cache-Control"] = "no-store"
    return response


def desk() -> Desk:
    """What it takes to decide, in the name of this service account."""
    return Desk(catalogue(), settings(), ports(), noted=noting(account().actor, ports().clock))


def uri(*parts: str) -> str:
    """The absolute address of something of this API."""
    return "/".join([f"{settings().base_url}{PATH}", *(quote(part, safe="@") for part in parts)])


def listed(name: str, page: Page[Any], objects: list[dict[str, Any]]) -> Mapping[str, Any]:
    """A page of a listing as its schema takes it."""
    return {name: objects, **links(page)}
