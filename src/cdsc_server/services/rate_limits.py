"""How often one caller may do something in an hour, counted together by all processes."""

from __future__ import annotations

import math
from datetime import timedelta

from cdsc_server.domain.secrets import secret_hash
from cdsc_server.errors import TooManyRequests
from cdsc_server.ports import Clock, Limits


def count_hourly(what: str, caller: str, *, limit: int, limits: Limits, clock: Clock) -> None:
    """
    Count one use, which stays counted whatever becomes of the request.

    Args:
        what: the kind of use, such as "registration".
        caller: a network address or a client_id.

    Raises:
        TooManyRequests: more than `limit` in this hour.
    """
    now = clock.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    end = hour + timedelta(hours=1)
    if limits.count(f"{what}:{secret_hash(caller)}", start=hour, end=end) > limit:
        wait = math.ceil((end - now).total_seconds())
        raise TooManyRequests(
            f"more than {limit} requests in an hour", retry_after=wait, detail=f"{what} of one caller"
        )
