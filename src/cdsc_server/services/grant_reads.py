"""What was read by a Grant, noted for the Customer to see: how much of what, about when; never the data itself."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Row
from sqlalchemy.exc import OperationalError

from cdsc_server.domain.durations import local_midnight
from cdsc_server.domain.reading_log import together
from cdsc_server.ports import Clock
from cdsc_server.storage import grant_reads
from cdsc_server.storage.db import transaction
from cdsc_server.storage.grant_reads import count_read

log = logging.getLogger(__name__)

#: Most Grants whose day is folded in one transaction.
BATCH: Final = 200
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Read:
    """
    What one answer held.

    Args:
        listing: such as "usage_segments".
        objects: how many.
        earliest, latest: what they are about; None where they have no period.
    """

    listing: str
    objects: int
    earliest: datetime | None = None
    latest: datetime | None = None


def note_reads(grant_id: str, reads: Iterable[Read], *, at: datetime) -> None:
    """
    Add what was answered to the access log of a Grant: one statement for each listing.

    A database that is too busy to take it is told of in the log; the answer has left already.
    """
    hour = at.replace(minute=0, second=0, microsecond=0)
    for read in reads:
        values = {
            "grant_id": grant_id,
            "hour": hour,
            "listing": read.listing,
            "answers": 1,
            "objects": read.objects,
            "earliest": read.earliest,
            "latest": read.latest,
            "last": at,
            "folded": False,
        }
        try:
            count_read(values)
        except OperationalError:
            log.exception("did not note that %d %s were read by Grant %s", read.objects, read.listing, grant_id)


def fold_hours(*, days: int, zone: ZoneInfo, clock: Clock, batches: int = 10_000) -> int:
    """
    Make one row of all that a Grant read from a listing on a day, of days that lie so far back.

    Each day of some Grants is one transaction: what is interrupted is done by the next run, and nothing is counted
    twice when two run at once.

    Args:
        days: local days before today whose hours stay as they are.

    Returns:
        How many hours were folded.
    """
    before = local_midnight(clock.now().astimezone(zone).date() - timedelta(days=days), zone)
    folded = 0
    for _ in range(batches):
        with transaction() as session:
            oldest = grant_reads.oldest_hour(session, before=before)
            if oldest is None:
                break
            day = oldest.astimezone(zone).date()
            start, end = local_midnight(day, zone), local_midnight(day + _DAY, zone)
            hours = grant_reads.take_hours(session, start=start, end=end, limit=BATCH)
            grant_reads.add_days(session, _days(hours))
        folded += len(hours)
    return folded


def _days(hours: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """The hours of one day, those of each Grant and listing in one."""
    grouped: dict[tuple[str, str], list[Row[Any]]] = {}
    for each in hours:
        grouped.setdefault((each.grant_id, each.listing), []).append(each)
    return [
        {
            "grant_id": grant_id,
            "listing": listing,
            "hour": min(each.hour for each in some),
            "folded": True,
            **asdict(together(some)),
        }
        for (grant_id, listing), some in grouped.items()
    ]
