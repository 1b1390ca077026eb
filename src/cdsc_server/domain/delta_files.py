"""
Delta files: what a back office changed since its last file, as CSV that says of itself what it is.

    cdsc-delta,1,readings,north,42
    external_meter_id,type,direction,units,start,end,value
    M0101,electric_usage,forward,kWh,2026-03-01T00:00:00Z,2026-03-01T00:15:00Z,0.250
    cdsc-delta-end,1

The first line names the version of the form, the kind of the rows, the feed and its sequence number, and then any
texts that stand for a missing value (`missing=-9999`). The last one counts the rows: a file cut short is noticed.
Readings come as Parquet, too, with what the first line says after its name among the metadata.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol

from cdsc_server.errors import FaultyRecords, InvalidFile, RecordFault

VERSION: Final = "1"
#: What the first and the last line begin with.
BEGIN: Final = "cdsc-delta"
END: Final = "cdsc-delta-end"
#: The kind of rows that are readings.
READINGS: Final = "readings"
#: Whether a row brings an object or takes it away; the first is meant where a file has no such column.
OPS: Final = ("upsert", "delete")

_FEED: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_LARGEST: Final = 2**53 - 1
#: Faults that are told one by one.
_MOST_FAULTS: Final = 50


@dataclass(frozen=True, slots=True)
class Heading:
    """
    What the first line of a delta file says.

    Attributes:
        kind: of its rows: `READINGS`, or a kind of the provisioning API.
        feed: whose changes they are; each feed counts its files by itself, whatever their kinds.
        number: the file's place in the feed, from 1.
        missing: what is written where a value is missing, beside an empty cell.
    """

    kind: str
    feed: str
    number: int
    missing: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The file in words of its feed."""
        return f"{self.feed} {self.number}"


def read_heading(cells: Sequence[str], *, line: int | None = 1) -> Heading:
    """
    What the first line says.

    Args:
        cells: of that line.
        line: its number; None where the file has no lines.

    Raises:
        InvalidFile: it is not the first line of a delta file of this version.
    """
    if not cells or cells[0] != BEGIN:
        raise InvalidFile(f"must begin with {BEGIN},{VERSION},KIND,FEED,NUMBER", line=line)
    if len(cells) < 5:
        raise InvalidFile(f"must name version, kind, feed and number: {BEGIN},{VERSION},KIND,FEED,NUMBER", line=line)
    _, version, kind, feed, number, *options = cells
    if version != VERSION:
        raise InvalidFile(f"version {version} is unknown: this server reads version {VERSION}", line=line)
    if not _FEED.fullmatch(feed):
        raise InvalidFile("the feed must be up to 40 small letters, digits, - and _", line=line)
    if not (number.isascii() and number.isdigit() and 0 < int(number) <= _LARGEST):
        raise InvalidFile("the number must be a whole number from 1", line=line)
    missing = set()
    for option in options:
        name, _, text = option.partition("=")
        if name != "missing" or not text:
            raise InvalidFile(f"{option!r} is unknown: missing=TEXT says what stands for a missing value", line=line)
        missing.add(text)
    return Heading(kind, feed, int(number), frozenset(missing))


@dataclass(slots=True)
class Faults:
    """
    The faults of a file, the first of which are told one by one.

    Args:
        counted: what is counted: "line", or "row" where a file has no lines.

    Attributes:
        told: in the order in which they were found.
        rows: how many rows have any.
    """

    counted: str = "line"
    told: list[RecordFault] = field(default_factory=list)
    rows: int = 0

    @property
    def is_full(self) -> bool:
        """Whether further ones are only counted."""
        return len(self.told) >= _MOST_FAULTS

    def add(self, line: int, column: str, rule: str, *, rows: int = 1) -> None:
        """Note what is wrong with a row, and how many rows share it."""
        self.rows += rows
        self.tell(line, column, rule)

    def tell(self, line: int, column: str, rule: str) -> None:
        """Note what is wrong with a row that is counted already."""
        if not self.is_full:
            self.told.append(RecordFault(line, column, rule, counted=self.counted))


class RecordLine(NamedTuple):
    """
    A line of a file of records.

    Attributes:
        deletes: whether the record ends; then the body holds its id, and maybe more.
        body: its members, as JSON.
    """

    line: int
    deletes: bool
    body: dict[str, Any]


class RecordFeed(Protocol):
    """
    A file of records, read line by line.

    Attributes:
        rows: how many lines were read so far, sound or not.
    """

    rows: int

    def lines(self) -> Iterator[RecordLine]:
        """Every line that is a record, once."""
        ...


class FaultyRows(FaultyRecords):
    """
    Rows of a file break rules; nothing of it was stored.

    Args:
        accepted: rows that break none.
        faults: those of the others.
    """

    def __init__(self, accepted: int, faults: Faults) -> None:
        told = sorted(faults.told, key=lambda each: each.line or 0)
        super().__init__(told, more=faults.is_full)
        self.accepted, self.rejected = accepted, faults.rows
