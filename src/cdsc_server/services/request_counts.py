"""
What this process has answered, summed for each day: kept in memory, written down every half a minute.

The sums of a day so far stand under a name of this process, so that writing them again changes nothing. A process that
is killed loses what it had not written down, at most half a minute of counts.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections import Counter, defaultdict
from datetime import date, timedelta
from threading import Lock
from typing import Final

from sqlalchemy.exc import OperationalError

from cdsc_server.domain.service_levels import (
    ERRORS,
    MICROSECONDS,
    REJECTIONS,
    REQUESTS,
    SESSIONS,
    THRESHOLDS,
    WITHIN,
    Tier,
)
from cdsc_server.storage import daily_counts
from cdsc_server.storage.db import transaction

log = logging.getLogger(__name__)

_SECONDS_BETWEEN: Final = 30.0
#: A day that ended longer ago may be folded already; what comes so late is dropped.
LATEST: Final = timedelta(days=1)


class RequestCounts:
    """The sums of one process."""

    def __init__(self) -> None:
        self._writer = secrets.token_hex(8)
        self._sums: defaultdict[date, Counter[tuple[str, str]]] = defaultdict(Counter)
        self._lock = Lock()
        self._next = time.monotonic() + _SECONDS_BETWEEN

    def add(self, day: date, tier: Tier, *, status: int, seconds: float, session: bool) -> None:
        """
        Count an answer.

        Args:
            seconds: until its last byte had left.
            session: whether it brought an access token.
        """
        keys = [(REQUESTS, tier.value)]
        if seconds <= THRESHOLDS[tier]:
            keys.append((WITHIN, tier.value))
        if status >= 500:
            keys.append((ERRORS, str(status)))
        if status == 429:
            keys.append((REJECTIONS, "public" if tier is Tier.UNAUTHENTICATED else "authenticated"))
        if session:
            keys.append((SESSIONS, ""))
        with self._lock:
            sums = self._sums[day]
            for key in keys:
                sums[key] += 1
            sums[MICROSECONDS, tier.value] += round(seconds * 1_000_000)

    def due(self) -> bool:
        """Whether they are to be stored by who asks now, and by nobody else until the next time."""
        if time.monotonic() < self._next:
            return False
        with self._lock:
            if time.monotonic() < self._next:
                return False
            self._next = time.monotonic() + _SECONDS_BETWEEN
        return True

    def try_to_store(self, today: date) -> None:
        """Write the sums down; a database that is busy gets them the next time."""
        try:
            self.store(today)
        except OperationalError:
            log.warning("the counts of requests could not be written down; they are kept", exc_info=True)

    def store(self, today: date) -> None:
        """Write the sums down, in a transaction of its own."""
        with self._lock:
            sums = {day: Counter(counts) for day, counts in self._sums.items() if day >= today - LATEST}
        with transaction() as session:
            for day, counts in sums.items():
                daily_counts.put_counts(session, day, counts, writer=self._writer)
        with self._lock:
            for day in [day for day in self._sums if day < today - LATEST]:
                del self._sums[day]
