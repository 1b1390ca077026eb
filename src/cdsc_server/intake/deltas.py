"""Delta files: opened, applied in their turn, and told of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.orm import Session

from cdsc_server.connectors.delta_files.blocks import DeltaFile
from cdsc_server.connectors.delta_files.readings import ReadingTable
from cdsc_server.domain.delta_files import READINGS, Faults, FaultyRows
from cdsc_server.domain.freshness import readings_of
from cdsc_server.domain.reading_rows import ReadingFeed
from cdsc_server.errors import InvalidFile
from cdsc_server.ports import Clock
from cdsc_server.services.delta_files import Applied, Stored, apply_delta
from cdsc_server.services.import_readings import store_readings


def apply_file(
    file: BinaryIO, *, timezone: str, clock: Clock, on_read: Callable[[int], None] = lambda _: None
) -> Applied:
    """
    Apply a delta file, as `services.delta_files.apply_delta`.

    Args:
        file: at its beginning; it can be read twice.
        timezone: IANA name, whose months cut series of readings that are made.
        on_read: called with the number of bytes of each chunk read.

    Raises:
        InvalidFile: it is not a delta file, or of a kind that there is not.
        FaultyRows: with what is wrong with its rows; nothing was stored.
    """
    delta = DeltaFile(file, on_read=on_read)
    heading = delta.heading
    if heading.kind != READINGS:
        raise InvalidFile(f"kind {heading.kind!r} is unknown: there is {READINGS}", line=1)
    faults = Faults()
    table = ReadingTable(delta.columns, delta.blocks(), missing=heading.missing, faults=faults)

    def store(session: Session, now: datetime) -> Stored:
        return stored_readings(session, table, timezone=timezone, at=now, faults=faults)

    return apply_delta(heading, delta.digest(), store, clock=clock)


def stored_readings(session: Session, feed: ReadingFeed, *, timezone: str, at: datetime, faults: Faults) -> Stored:
    """
    Store the readings of a file, and say what became of them; see `store_readings`.

    Raises:
        FaultyRows: with what is wrong; the caller's transaction has to be undone.
    """
    done = store_readings(session, feed, timezone=timezone, at=at, faults=faults)
    if faults.rows:
        raise FaultyRows(done.rows - faults.rows, faults)
    blocks = done.blocks
    changed = f"{blocks.new:,} blocks new, {blocks.corrected:,} corrected, {blocks.unchanged:,} unchanged"
    meters = f"{done.meters:,} meter" + ("" if done.meters == 1 else "s")
    readings = f"{done.rows:,} reading" + ("" if done.rows == 1 else "s")
    return Stored(done.rows, f"{readings} of {meters} ({changed})", confirms=readings_of(done.intervals))


def turn_of(path: Path) -> tuple[str, int, str]:
    """What to sort files by, so that those of a feed come in the order of their numbers."""
    try:
        with path.open("rb") as file:
            heading = DeltaFile(file).heading
    except (OSError, InvalidFile):
        return "", 0, path.name
    return heading.feed, heading.number, path.name
