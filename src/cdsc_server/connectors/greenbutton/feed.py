"""
A Green Button file as a Feed of `domain/espi.py`.

    with open_feed(file, on_read=bar.update) as feed:
        feed.usage_points
        for some in feed.intervals(): ...

The whole file is read and judged before the caller sees anything of it, in the memory of a few thousand readings.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO

from cdsc_server.connectors.greenbutton.blocks import BlockReader
from cdsc_server.connectors.greenbutton.coverage import Coverage
from cdsc_server.connectors.greenbutton.entries import EntryReader
from cdsc_server.connectors.greenbutton.points import Points, assemble
from cdsc_server.connectors.greenbutton.spool import NO_QUALITY, NOTHING, Piece, Spool
from cdsc_server.connectors.greenbutton.stream import XMLStream
from cdsc_server.domain.espi import Feed, Intervals, UsagePoint
from cdsc_server.domain.readings import QUALITY_OF, Quality
from cdsc_server.errors import InvalidFile

#: Utilities count the hours of a block as if clocks never changed: the last reading may lie an hour past its end.
_CLOCK_CHANGE = 3600


@contextmanager
def open_feed(file: BinaryIO, *, on_read: Callable[[int], None] = lambda _: None) -> Iterator[Feed]:
    """
    Read a file to its end and judge it; its readings can be had until the block ends.

    Args:
        file: at its beginning; need not be seekable.
        on_read: called with the number of bytes of each chunk read.

    Raises:
        InvalidFile: the file breaks a rule of XML, Atom or ESPI; names the line.
    """
    spool = Spool()
    try:
        stream = XMLStream()
        blocks = BlockReader(stream, spool)
        reader = EntryReader(stream, blocks)
        stream.read(file, on_read=on_read)
        points = assemble(reader.entries)
        feed = _Feed(spool, points, _keys(reader, points))
        feed.judge()
        yield feed
    finally:
        spool.close()


def _keys(reader: EntryReader, points: Points) -> list[str | None]:
    """The key of the MeterReading for each entry with IntervalBlocks; None when its links lead to none."""
    found = [points.readings.of(address) for address in reader.links_seen]
    keys = [None if row is None else row.key for row in found]
    return [keys[link] for link in reader.block_links]


@dataclass(frozen=True, slots=True)
class _Feed:
    spool: Spool
    points: Points
    keys: Sequence[str | None]

    @property
    def usage_points(self) -> Sequence[UsagePoint]:
        return self.points.usage_points

    @property
    def skipped(self) -> Sequence[str]:
        return list(self.points.skipped.values())

    def judge(self) -> None:
        """
        Hold every reading against the others and against its block.

        Raises:
            InvalidFile: a reading overlaps another, lies outside its block, or has no duration.
        """
        with_costs = {each.key for point in self.usage_points for each in point.meter_readings if each.cost}
        covered: dict[str, Coverage] = {}
        for key, piece in self._pieces():
            _judge_block(piece)
            _judge_overlaps(covered.setdefault(key, Coverage()), piece)
            if key not in with_costs and key not in self.points.skipped:
                for cost, line in zip(piece.costs, piece.lines, strict=True):
                    if cost != NOTHING:
                        raise InvalidFile("a cost, but the ReadingType names no currency", line=line)

    def intervals(self) -> Iterator[Intervals]:
        """All readings of MeterReadings that CDS has a Value Type for."""
        for key, piece in self._pieces():
            if key not in self.points.skipped and piece.starts:
                default = self.points.qualities.get(key)
                yield Intervals(
                    meter_reading=key,
                    starts=piece.starts,
                    durations=piece.durations,
                    values=_or_none(piece.values),
                    costs=_or_none(piece.costs),
                    qualities=_qualities(piece.qualities, default),
                )

    def _pieces(self) -> Iterator[tuple[str, Piece]]:
        """Every piece with the key of its MeterReading, durations filled in, in order of time."""
        for piece in self.spool.pieces():
            key = self.keys[piece.entry]
            if key is None:
                raise InvalidFile("this IntervalBlock belongs to no MeterReading of the file", line=piece.line)
            _fill_durations(piece, self.points.lengths.get(key))
            yield key, _in_order(piece)


def _fill_durations(piece: Piece, length: int | None) -> None:
    for place, duration in enumerate(piece.durations):
        if duration in {0, NOTHING}:
            if not length:
                raise InvalidFile("an IntervalReading has no duration", line=piece.lines[place])
            piece.durations[place] = length


def _in_order(piece: Piece) -> Piece:
    starts = piece.starts
    if all(one <= other for one, other in pairwise(starts)):
        return piece
    order = sorted(range(len(starts)), key=starts.__getitem__)
    columns = [array("q", [column[place] for place in order]) for column in piece.columns]
    piece.fill(columns, bytearray(piece.qualities[place] for place in order))
    return piece


def _judge_block(piece: Piece) -> None:
    if piece.block_start == NOTHING or not piece.starts:
        return
    if piece.starts[0] < piece.block_start:
        raise InvalidFile("a reading starts before the interval of its block", line=piece.lines[0])
    if piece.block_end == NOTHING:
        return
    latest = piece.block_end + _CLOCK_CHANGE
    for start, duration, line in zip(piece.starts, piece.durations, piece.lines, strict=True):
        if start + duration > latest:
            raise InvalidFile("a reading ends after the interval of its block", line=line)


def _judge_overlaps(covered: Coverage, piece: Piece) -> None:
    """Readings follow each other nearly always, so whole stretches are looked up instead of readings."""
    first = 0
    count = len(piece.starts)
    while first < count:
        last, end = first, piece.starts[first] + piece.durations[first]
        while last + 1 < count and piece.starts[last + 1] == end:
            last += 1
            end += piece.durations[last]
        if not covered.is_free(piece.starts[first], end):
            raise _overlap(covered, piece, first)
        covered.add(piece.starts[first], end, line=piece.lines[first])
        first = last + 1


def _overlap(covered: Coverage, piece: Piece, first: int) -> InvalidFile:
    rest = zip(piece.starts[first:], piece.durations[first:], piece.lines[first:], strict=True)
    line = next(line for start, duration, line in rest if not covered.is_free(start, start + duration))
    return InvalidFile("a reading overlaps another one of the same MeterReading", line=line)


def _or_none(numbers: array[int]) -> Sequence[int | None]:
    return [None if number == NOTHING else number for number in numbers]


def _qualities(marks: bytearray, default: Quality | None) -> list[Quality | None]:
    return [default if mark == NO_QUALITY else QUALITY_OF[mark] for mark in marks]
