"""That a Grant was read, noted for the Customer to see."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from cdsc_server.storage.db import db
from cdsc_server.storage.grants import mark_read

log = logging.getLogger(__name__)

#: How exactly the Customer is told; spares a write for each of many reads.
STEP: Final = timedelta(minutes=1)

#: Grants this process has lately noted, by database, so that most reads cost nothing at all.
_noted: WeakKeyDictionary[Engine, dict[str, datetime]] = WeakKeyDictionary()
_MOST: Final = 10_000


def note_read(grant_id: str, *, at: datetime) -> None:
    """
    Set `last_read` of a Grant, at most once a minute over all processes.

    A database that is too busy to take it is left alone: the next read comes again.
    """
    noted = _noted.setdefault(db.engine, {})
    last = noted.get(grant_id)
    if last is not None and last <= at < last + STEP:
        return
    try:
        mark_read(grant_id, at=at, unless_after=at - STEP)
    except OperationalError:
        log.info("did not note that Grant %s was read", grant_id)
        return
    if len(noted) >= _MOST:
        noted.clear()
    noted[grant_id] = at
