"""Readings of a MeterReading, sorted onto the even grids that usage is stored in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from cdsc_server.domain.espi import Intervals, ReadingColumn
from cdsc_server.domain.readings import Qualities, Quality, Readings

#: A day of 25 hours. Readings of longer periods, such as bills, each have a length of their own.
_LONGEST_STEP = 90_000
#: Missing intervals up to this number are kept as gaps in one row; a longer silence starts a new one.
_LONGEST_GAP = 100
_MAX = 2**63 - 1


class Grid(NamedTuple):
    """
    The slots that readings of one length fall into.

    Attributes:
        interval: seconds; 0 where each period has a length of its own.
        phase: seconds by which the slots are off whole intervals since 1970 UTC.
    """

    interval: int
    phase: int

    @classmethod
    def of(cls, start: int, duration: int) -> Grid:
        """The grid of a reading. Days of 23, 24 and 25 hours and midnights of summer and winter differ."""
        return cls(0, 0) if duration > _LONGEST_STEP else cls(duration, start % duration)


class Row(NamedTuple):
    """One reading as the file has it."""

    start: int
    duration: int
    value: int | None
    cost: int | None
    quality: Quality | None


@dataclass(slots=True)
class Collected:
    """Readings of one MeterReading by grid, until they are stored."""

    rows: dict[Grid, list[Row]] = field(default_factory=dict)

    def add(self, some: Intervals) -> None:
        """Take over more readings."""
        each = zip(some.starts, some.durations, some.values, some.costs, some.qualities, strict=True)
        for row in map(Row._make, each):
            self.rows.setdefault(Grid.of(row.start, row.duration), []).append(row)


def usage_readings(grid: Grid, rows: Sequence[Row], column: ReadingColumn) -> list[Readings]:
    """The values of rows of one grid, with a gap for each interval that is missing."""
    return [
        _readings(stretch, [column.counted(row and row.value) for row in stretch], column, with_quality=True)
        for stretch in _stretches(grid, rows)
    ]


def cost_readings(grid: Grid, rows: Sequence[Row], column: ReadingColumn) -> list[Readings]:
    """The costs of rows of one grid, with a gap where the file has none; empty when it has none at all."""
    if all(row.cost is None for row in rows):
        return []
    return [
        _readings(stretch, [column.counted(row and row.cost) for row in stretch], column, with_quality=False)
        for stretch in _stretches(grid, rows)
    ]


def _stretches(grid: Grid, rows: Sequence[Row]) -> Iterator[list[Row | None]]:
    """Rows, at least one, in order of time; None is a missing interval, and a long silence starts a new stretch."""
    stretch: list[Row | None] = []
    following = 0
    for row in sorted(rows, key=lambda row: row.start):
        missing = (row.start - following) // grid.interval if grid.interval else _MAX
        if stretch and missing > _LONGEST_GAP:
            yield stretch
            stretch = []
        if stretch:
            stretch.extend([None] * missing)
        stretch.append(row)
        following = row.start + row.duration
    yield stretch


def _readings(
    stretch: Sequence[Row | None], values: list[int | None], column: ReadingColumn, *, with_quality: bool
) -> Readings:
    first = stretch[0]
    assert first is not None  # noqa: S101 - a stretch begins with a row
    start = datetime.fromtimestamp(first.start, UTC)
    qualities: Qualities = None
    if with_quality:
        each = [row.quality if row else None for row in stretch]
        qualities = each if len(set(each)) > 1 else first.quality
    if any(value is not None and abs(value) > _MAX for value in values):
        # Only a large power of ten leads here, and then the scale is 0.
        texts = ["" if value is None else str(value) for value in values]
        return Readings.written(start, first.duration, texts, qualities=qualities)
    return Readings.scaled(start, first.duration, column.scale, values, qualities=qualities)
