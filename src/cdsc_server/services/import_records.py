"""Take in records that come as lines of a file: brought and ended by the ids that the utility's own systems have."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.delta_files import Faults, FaultyRows, RecordFeed
from cdsc_server.errors import FaultyRecords
from cdsc_server.services.provisioning.applying import Record, Report, store_records
from cdsc_server.services.provisioning.kinds import KINDS
from cdsc_server.storage.provisioned import find_record


def import_records(
    session: Session, name: str, feed: RecordFeed, *, catalogue: Catalogue, now: datetime, faults: Faults
) -> Report:
    """
    Store the records of a file, inside a transaction of the caller's.

    Args:
        name: their kind, one of `KINDS`.
        faults: what is wrong with lines that are no record was added to them, and the rest is.

    Raises:
        FaultyRows: with what is wrong; the caller's transaction has to be undone.
    """
    try:
        report = store_records(session, _records(session, name, feed, now, faults), catalogue=catalogue, now=now)
    except FaultyRecords as refusal:
        for fault in refusal.faults:
            faults.add(fault.line or 0, fault.field, fault.rule)
        raise FaultyRows(feed.rows - faults.rows, faults) from refusal
    if faults.rows:
        raise FaultyRows(feed.rows - faults.rows, faults)
    return report


def _records(session: Session, name: str, feed: RecordFeed, now: datetime, faults: Faults) -> Iterator[Record]:
    kind = KINDS[name]
    for line, deletes, body in feed.lines():
        if not deletes:
            yield Record(name, body, line)
            continue
        external_id = body.get(kind.record.id)
        row = find_record(session, name, external_id) if isinstance(external_id, str) else None
        if row is None:
            faults.add(line, kind.record.id, f"is of no {kind.record.noun} that is here")
        elif kind.ended is None:
            faults.add(line, "op", f"must not be delete: a {kind.record.noun} has no end")
        else:
            yield Record(name, kind.ended(row.body, now), line)
