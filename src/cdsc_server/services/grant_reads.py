"""What was read by a Grant, noted for the Customer to see: how much of what, about when; never the data itself."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import OperationalError

from cdsc_server.storage.grant_reads import count_read

log = logging.getLogger(__name__)


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
        }
        try:
            count_read(values)
        except OperationalError:
            log.exception("did not note that %d %s were read by Grant %s", read.objects, read.listing, grant_id)
