"""The blueprint of all Customer data, and what its answers have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from flask import Blueprint, Response, g, request

from cdsc_server.domain.durations import local_midnight
from cdsc_server.services.grant_reads import Read, note_reads
from cdsc_server.web.context import catalogue, ports
from cdsc_server.web.customer_data.sealing import seal
from cdsc_server.web.streams import application

blueprint: Final = Blueprint("customer_data", __name__)

_DAY: Final = timedelta(days=1)


@blueprint.after_request
def _finish(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    token = g.get("token")
    if response.status_code in (200, 206) and token is not None and token.grant is not None:
        # An answer that did not say what it holds is noted all the same. After the last byte, so that nobody waits.
        reads = g.get("reads", (Read(str(request.endpoint).rpartition(".")[2], 1),))
        response.call_on_close(_noting(token.grant.grant_id, reads))
    return seal(response)


def tell_read(listing: str, objects: int, *, period: Sequence[datetime] | Sequence[date] = ()) -> None:
    """
    Say what this answer holds, for the access log of the Grant.

    Args:
        listing: such as "usage_segments".
        objects: how many.
        period: instants, or local days, that the objects are about, in any order.
    """
    zone = catalogue().utility.timezone
    starts = [each if isinstance(each, datetime) else local_midnight(each, zone) for each in period]
    ends = [each if isinstance(each, datetime) else local_midnight(each + _DAY, zone) for each in period]
    read = Read(listing, objects, min(starts, default=None), max(ends, default=None))
    g.reads = (*g.get("reads", ()), read)


def _noting(grant_id: str, reads: Sequence[Read]) -> Callable[[], None]:
    app, clock = application(), ports().clock

    def note() -> None:
        with app.app_context():
            note_reads(grant_id, reads, at=clock.now())

    return note
