"""Documents computed from configuration: when they were first published and last changed (CDS-WG1-01 3.2)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError

from cdsc_server import exact_json
from cdsc_server.ports import Clock
from cdsc_server.storage import published
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.published import PublishedDocumentRow


@dataclass(frozen=True)
class Publication:
    """What is known of a published document; `digest` serves as its entity tag."""

    digest: str
    created: datetime
    updated: datetime


def publish(name: str, content: Any, *, clock: Clock) -> Publication:
    """
    Note that the document of this name now says `content`; `updated` moves only when that is news.

    Args:
        content: the document without its own dates.
    """
    digest = hashlib.sha256(exact_json.dumps(content)).hexdigest()
    with reading() as session:
        row = published.find(session, name)
    if row is None or row.digest != digest:
        try:
            row = _note(name, digest, now=_whole_second(clock.now()))
        except IntegrityError:
            # Another process published it in the same moment.
            row = _note(name, digest, now=_whole_second(clock.now()))
    return Publication(row.digest, row.created, row.updated)


def _note(name: str, digest: str, *, now: datetime) -> PublishedDocumentRow:
    with transaction() as session:
        row = published.find(session, name)
        if row is None:
            row = PublishedDocumentRow(name=name, digest=digest, created=now, updated=now)
            session.add(row)
        elif row.digest != digest:
            row.digest, row.updated = digest, now
        return row


def _whole_second(now: datetime) -> datetime:
    return now.replace(microsecond=0)
