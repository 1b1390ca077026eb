"""
Readings as rows of a file: many at a time, as columns of numbers, each exact.

A row is one reading of one source from its start to its end. Rows of one source stand in the order of time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from cdsc_server.domain.delta_files import Faults
from cdsc_server.domain.espi_columns import Grid
from cdsc_server.domain.readings import GAP, Readings, scaled_text
from cdsc_server.domain.value_formats import DIRECTIONS, format_faults

Numbers: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]

#: The Value Types that a row can bring: those whose number is a quantity by itself.
TYPES: Final = ("electric_usage", "water_usage", "natural_gas_usage", "fuel_oil_usage")
#: Missing intervals up to this number are kept as gaps of one stretch; a longer silence starts a new one.
_LONGEST_GAP: Final = 100
#: 2001-01-01: clocks that lost their time begin again in 1970 or 2000.
_FIRST: Final = 978_307_200
#: Seconds that a clock may be fast by.
_AHEAD: Final = 3_600
_LONGEST: Final = 400 * 86_400
#: Rows of one fault that are told one by one.
_TOLD: Final = 50


class Source(NamedTuple):
    """
    What a row is a reading of.

    Attributes:
        meter: the external id of the meter, or its number.
        direction: empty for what flows one way only.
    """

    meter: str
    type: str
    direction: str
    units: str

    @property
    def value_format(self) -> dict[str, Any]:
        """The Value Format of the readings (CDS-WG3-01 10.8.5)."""
        form = {"type": self.type, "units": self.units}
        return form | {"direction": self.direction} if self.direction else form

    def fault(self) -> tuple[str, str] | None:
        """The column that breaks a rule, and the rule; None when none does."""
        return _format_fault(self.type, self.direction, self.units) if self.meter else ("external_meter_id", "is empty")


# Files name few formats and many meters.
@lru_cache(maxsize=1024)
def _format_fault(kind: str, direction: str, units: str) -> tuple[str, str] | None:
    if kind not in TYPES:
        return "type", f"must be one of {', '.join(TYPES)}"
    if kind == "electric_usage" and not direction:
        return "direction", f"must be one of {', '.join(sorted(DIRECTIONS))}"
    if kind != "electric_usage" and direction:
        return "direction", f"must be empty for {kind}"
    for text in format_faults(Source("", kind, direction, units).value_format):
        column, _, rule = text.partition(" ")
        return column, rule
    return None


@dataclass(frozen=True, slots=True)
class ReadingRows:
    """
    Rows as columns of one length.

    Attributes:
        lines: of the file, from 1.
        sources: the number of each row's source.
        starts, ends: seconds since 1970 UTC.
        values: counted in 10 ** -scale; 0 in gaps.
        scales: decimals of each value.
        marks: of `domain.readings`: the quality, or GAP.
        deletes: whether the row takes a reading away.
    """

    lines: Numbers
    sources: npt.NDArray[np.int32]
    starts: Numbers
    ends: Numbers
    values: Numbers
    scales: npt.NDArray[np.uint8]
    marks: npt.NDArray[np.uint8]
    deletes: Flags

    def __len__(self) -> int:
        return len(self.lines)

    @classmethod
    def nothing(cls) -> ReadingRows:
        """No row."""
        whole, small = np.zeros(0, np.int64), np.zeros(0, np.uint8)
        return cls(whole, np.zeros(0, np.int32), whole, whole, whole, small, small, np.zeros(0, bool))

    @classmethod
    def together(cls, some: Sequence[ReadingRows]) -> ReadingRows:
        """All of these, one after the other; at least one."""
        if len(some) == 1:
            return some[0]
        return cls(*(np.concatenate([getattr(rows, each.name) for rows in some]) for each in fields(cls)))

    def those(self, chosen: Any) -> ReadingRows:
        """The chosen rows, by their flags or numbers."""
        return ReadingRows(*(getattr(self, each.name)[chosen] for each in fields(self)))


class ReadingFeed(Protocol):
    """
    A file of readings, read batch by batch.

    Attributes:
        sources: what the rows read so far are readings of, by number.
        first_lines: where each of these is met first.
        rows: how many rows were read so far, sound or not.
    """

    sources: list[Source]
    first_lines: list[int]
    rows: int

    def batches(self) -> Iterator[ReadingRows]:
        """The rows that are sound by themselves, once."""
        ...


class Stretch(NamedTuple):
    """
    Rows of one source that follow one another on one grid.

    Attributes:
        source: its number.
        line: of the first row.
        rows: how many they are.
        grid: the slots they fall into.
        deletes: whether they take readings away: then all of `readings` are gaps.
    """

    source: int
    line: int
    rows: int
    grid: Grid
    readings: Readings
    deletes: bool


def sound(rows: ReadingRows, last: dict[int, tuple[int, int]], *, now: int, faults: Faults) -> ReadingRows:
    """
    The rows whose times can be, those of one source beside each other.

    Args:
        last: by source: the end of its last row before these and the line of that; brought up to date.
        now: seconds since 1970 UTC.
        faults: what is wrong with the others is added to them.
    """
    bad = np.zeros(len(rows), bool)

    def refuse(found: Flags, column: str, rule: str) -> None:
        fresh = found & ~bad
        bad[fresh] = True
        _tell(rows, fresh, column, rule, faults)

    refuse(rows.ends <= rows.starts, "end", "is not after the start")
    refuse(rows.starts < _FIRST, "start", "is before 2001: the clock of the source was reset")
    refuse(rows.ends > now + _AHEAD, "end", "lies in the future: is the clock of the source right, and its offset?")
    refuse(rows.ends - rows.starts > _LONGEST, "end", "is more than 400 days after the start")
    good = rows.those(~bad) if bad.any() else rows
    if (good.sources[1:] < good.sources[:-1]).any():
        # A stable order keeps the rows of one source as the file has them.
        good = good.those(np.argsort(good.sources, kind="stable"))
    if not len(good):
        return good
    heads = np.flatnonzero(np.diff(good.sources, prepend=-1))
    before, before_line = np.roll(good.ends, 1), np.roll(good.lines, 1)
    for head in heads.tolist():
        before[head], before_line[head] = last.get(int(good.sources[head]), (_FIRST, 0))
    early = good.starts < before
    faults.rows += int(np.count_nonzero(early))
    for row in np.flatnonzero(early)[:_TOLD].tolist():
        faults.tell(int(good.lines[row]), "start", _back_in_time(f"{faults.counted} {before_line[row]}"))
    for tail in np.flatnonzero(np.diff(good.sources, append=-1)).tolist():
        last[int(good.sources[tail])] = int(good.ends[tail]), int(good.lines[tail])
    return good.those(~early) if early.any() else good


def _back_in_time(before: str) -> str:
    return (
        f"is before the end of {before}, which is of the same meter: rows of one meter stand in the order of time,"
        " each interval once (was its clock set back, or is the offset of summer time wrong?)"
    )


def _tell(rows: ReadingRows, found: Flags, column: str, rule: str, faults: Faults) -> None:
    numbers = np.flatnonzero(found)
    faults.rows += len(numbers)
    for number in numbers[:_TOLD].tolist():
        faults.tell(int(rows.lines[number]), column, rule)


def stretches(rows: ReadingRows, sources: Sequence[Source]) -> Iterator[Stretch]:
    """
    The readings of rows, with a gap for each short interval that is missing between two of them.

    Args:
        rows: sound ones.
        sources: by number.
    """
    if not len(rows):
        return
    lengths = rows.ends - rows.starts
    missing = rows.starts[1:] - rows.ends[:-1]
    step = lengths[:-1]
    breaks = (
        (rows.sources[1:] != rows.sources[:-1])
        | (rows.deletes[1:] != rows.deletes[:-1])
        | (lengths[1:] != step)
        | (missing % step != 0)
        | (missing > np.where(rows.deletes[1:], 0, _LONGEST_GAP) * step)
    )
    firsts = np.concatenate([[0], np.flatnonzero(breaks) + 1])
    ends = np.append(firsts[1:], len(rows))
    # Most have every reading, of one scale and one quality: then there is nothing to spread and nothing to compare.
    whole = (rows.ends[ends - 1] - rows.starts[firsts]) // lengths[firsts] == ends - firsts
    for column in (rows.scales, rows.marks):
        whole &= np.minimum.reduceat(column, firsts) == np.maximum.reduceat(column, firsts)
    outward = np.array([each.direction == "reverse" for each in sources])[rows.sources]
    # However a meter counts it, what only flows back is negative (CDS-WG3-01 10.8.5.1.2).
    values = np.where(outward, -np.abs(rows.values), rows.values) if outward.any() else rows.values
    of_first = (rows.starts, lengths, rows.sources, rows.lines, rows.deletes, rows.scales, rows.marks)
    columns = (each.tolist() for each in (firsts, ends, whole, *(column[firsts] for column in of_first)))
    for first, end, plain, start, length, source, line, deletes, scale, mark in zip(*columns, strict=True):
        if plain:
            begin, held = datetime.fromtimestamp(start, UTC), values[first:end].tobytes()
            readings = Readings.held(begin, length, scale, held, bytes((mark,)))
        else:
            readings = _readings(rows, values, slice(first, end))
        yield Stretch(source, line, end - first, Grid.of(start, length), readings, deletes)


def _readings(rows: ReadingRows, values: Numbers, part: slice) -> Readings:
    """The readings of rows of one stretch, whose values have their sign."""
    start, length = int(rows.starts[part.start]), int(rows.ends[part.start] - rows.starts[part.start])
    numbers, marks, scales = values[part], rows.marks[part], rows.scales[part]
    count = (int(rows.ends[part.stop - 1]) - start) // length
    held = scales[marks != GAP]
    shared = int(held[0]) if len(held) else 0
    if len(held) and (held != shared).any():
        texts = [""] * count
        qualities = bytearray([GAP]) * count
        slots = ((rows.starts[part] - start) // length).tolist()
        for slot, value, scale, mark in zip(slots, numbers.tolist(), scales.tolist(), marks.tolist(), strict=True):
            if mark != GAP:
                texts[slot], qualities[slot] = scaled_text(value, scale), mark
        return Readings.noted(datetime.fromtimestamp(start, UTC), length, texts, bytes(qualities))
    if count != len(numbers):
        slots = (rows.starts[part] - start) // length
        spread = np.zeros(count, np.int64)
        spread[slots] = numbers
        spread_marks = np.full(count, GAP, np.uint8)
        spread_marks[slots] = marks
        numbers, marks = spread, spread_marks
    return Readings.held(datetime.fromtimestamp(start, UTC), length, shared, numbers.tobytes(), marks.tobytes())


def stated(value_format: Mapping[str, Any]) -> dict[str, Any]:
    """A stored Value Format without the members that say nothing, to be compared with that of a source."""
    return {name: value for name, value in value_format.items() if value is not None}
