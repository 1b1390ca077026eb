"""Delta files and bulk readings: opened, applied, and told of in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from cdsc_server.connectors.delta_files.blocks import Block, Delta
from cdsc_server.connectors.delta_files.opened import open_delta
from cdsc_server.connectors.delta_files.readings import ReadingTable
from cdsc_server.connectors.delta_files.records import RecordTable
from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.delta_files import READINGS, Faults
from cdsc_server.domain.freshness import readings_of
from cdsc_server.errors import InvalidFile, Problem
from cdsc_server.ports import Clock
from cdsc_server.services.delta_files import Applied, Stored, apply_delta
from cdsc_server.services.import_readings import ImportedReadings, import_readings, store_readings
from cdsc_server.services.import_records import import_records
from cdsc_server.services.provisioning.kinds import KINDS

#: Stores the rows of a file, and says what became of them.
Store = Callable[[Session, datetime], Stored]


def apply_file(delta: Delta, *, catalogue: Catalogue, clock: Clock) -> Applied:
    """
    Apply a delta file, as `services.delta_files.apply_delta`.

    Raises:
        InvalidFile: it is of a kind that there is not, or breaks a rule as a whole.
        FaultyRows: with what is wrong with its rows; nothing was stored.
    """
    heading = delta.heading
    if heading.kind == READINGS:
        store = _readings(delta, catalogue)
    elif heading.kind in KINDS:
        store = _records(delta, catalogue)
    else:
        raise InvalidFile(f"kind {heading.kind!r} is unknown: there are {', '.join([READINGS, *KINDS])}", line=1)
    return apply_delta(heading, delta.digest(), store, clock=clock)


def take_readings(
    columns: tuple[str, ...],
    blocks: Iterable[Block],
    *,
    counted: str,
    missing: Iterable[str],
    catalogue: Catalogue,
    clock: Clock,
) -> Stored:
    """
    Store readings that come without a place in any feed; raises as `import_readings`.

    Args:
        columns: names of the cells of a line.
        counted: what the blocks count: "line" or "row".
        missing: what stands for a missing value, beside an empty cell.
    """
    faults = Faults(counted)
    table = ReadingTable(columns, blocks, missing=missing, faults=faults)
    return _told(import_readings(table, timezone=catalogue.utility.timezone.key, clock=clock, faults=faults))


def turn_of(path: Path) -> tuple[str, int, str]:
    """What to sort files by, so that those of a feed come in the order of their numbers."""
    try:
        with path.open("rb") as file:
            heading = open_delta(file).heading
    except (OSError, Problem):
        return "", 0, path.name
    return heading.feed, heading.number, path.name


def _readings(delta: Delta, catalogue: Catalogue) -> Store:
    faults = Faults(delta.counted)
    table = ReadingTable(delta.columns, delta.blocks(), missing=delta.heading.missing, faults=faults)

    def store(session: Session, now: datetime) -> Stored:
        timezone = catalogue.utility.timezone.key
        return _told(store_readings(session, table, timezone=timezone, at=now, faults=faults))

    return store


def _records(delta: Delta, catalogue: Catalogue) -> Store:
    faults, kind = Faults(delta.counted), KINDS[delta.heading.kind].record
    table = RecordTable(delta.columns, delta.blocks(), schema=kind.shape.json_schema(), faults=faults)

    def store(session: Session, now: datetime) -> Stored:
        done = import_records(session, kind.name, table, catalogue=catalogue, now=now, faults=faults)
        changed = f"{done.new:,} new, {done.changed:,} changed, {done.unchanged:,} unchanged"
        return Stored(table.rows, f"{_count(table.rows, kind.noun)} ({changed})")

    return store


def _told(done: ImportedReadings) -> Stored:
    blocks = done.blocks
    changed = f"{blocks.new:,} blocks new, {blocks.corrected:,} corrected, {blocks.unchanged:,} unchanged"
    summary = f"{_count(done.rows, 'reading')} of {_count(done.meters, 'meter')} ({changed})"
    return Stored(done.rows, summary, confirms=readings_of(done.intervals))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
