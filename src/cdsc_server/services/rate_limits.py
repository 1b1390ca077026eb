"""How often one caller may do something in an hour, counted together by all processes."""

from __future__ import annotations

import math
from datetime import timedelta

from cdsc_server.domain.secrets import secret_hash
from cdsc_server.errors import TooManyRequests
from cdsc_server.ports import Clock
from cdsc_server.storage import rate_limits


def count_hourly(what: str, caller: str, *, limit: int, clock: Clock) -> None:
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
    count = rate_limits.count_once(f"{what}:{secret_hash(caller)}", started=hour)
    if count > limit:
        wait = math.ceil((hour + timedelta(hours=1) - now).total_seconds())
        raise TooManyRequests(
            f"more than {limit} requests in an hour", retry_after=wait, detail=f"{what} of one caller"
        )
