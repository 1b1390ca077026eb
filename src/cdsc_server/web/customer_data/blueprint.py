"""The blueprint of all Customer data, and what its answers have in common."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, copy_current_request_context, g

from cdsc_server.services.grant_reads import note_read
from cdsc_server.web.context import ports

blueprint: Final = Blueprint("customer_data", __name__)


@blueprint.after_request
def _finish(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    token = g.get("token")
    if response.status_code == 200 and token is not None and token.grant is not None:
        grant_id, clock = token.grant.grant_id, ports().clock

        @copy_current_request_context
        def note() -> None:
            note_read(grant_id, at=clock.now())

        # After the last byte, so that nobody waits for it.
        response.call_on_close(note)
    return response
