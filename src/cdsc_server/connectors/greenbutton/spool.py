"""Readings on their way from the file to the database: a few thousand at a time, on disk once there are many."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from tempfile import SpooledTemporaryFile

#: Stands for "the file does not say"; no number of ESPI reaches it.
NOTHING = 1 << 62
#: The reading has no ReadingQuality, so the ReadingType decides.
NO_QUALITY = 254
#: Readings in a piece.
PIECE = 4096

#: Bytes kept in memory before they move to a file.
_MEMORY = 1 << 20
#: entry, block_start, block_end, line, count
_HEAD = 5


def _numbers() -> array[int]:
    return array("q")


@dataclass(slots=True)
class Piece:
    """
    Readings of one IntervalBlock, in the order of the file; the arrays are of equal length.

    Attributes:
        entry: number of the entry, whose links name the MeterReading.
        block_start: and block_end: what the block says it covers, or NOTHING.
        line: where the block starts.
        lines: where each reading starts.
        qualities: marks of domain/readings.py, or NO_QUALITY.
    """

    entry: int
    block_start: int
    block_end: int
    line: int
    starts: array[int] = field(default_factory=_numbers)
    durations: array[int] = field(default_factory=_numbers)
    values: array[int] = field(default_factory=_numbers)
    costs: array[int] = field(default_factory=_numbers)
    lines: array[int] = field(default_factory=_numbers)
    qualities: bytearray = field(default_factory=bytearray)

    @property
    def columns(self) -> tuple[array[int], ...]:
        """The arrays, in the order `fill` takes them."""
        return (self.starts, self.durations, self.values, self.costs, self.lines)

    def fill(self, columns: Sequence[array[int]], qualities: bytearray) -> None:
        """Put other readings in the place of these."""
        self.starts, self.durations, self.values, self.costs, self.lines = columns
        self.qualities = qualities


class Spool:
    """Pieces written once and read any number of times; gone when closed."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(_MEMORY)  # noqa: SIM115 - closed by `close`

    def close(self) -> None:
        """Drop everything."""
        self._file.close()

    def write(self, piece: Piece) -> None:
        """Append a piece."""
        head = (piece.entry, piece.block_start, piece.block_end, piece.line, len(piece.starts))
        for numbers in chain([array("q", head)], piece.columns):
            self._file.write(numbers.tobytes())
        self._file.write(piece.qualities)

    def pieces(self) -> Iterator[Piece]:
        """Everything written so far, in that order."""
        self._file.seek(0)
        while head := self._file.read(8 * _HEAD):
            entry, block_start, block_end, line, count = array("q", head)
            piece = Piece(entry, block_start, block_end, line)
            columns = [array("q", self._file.read(8 * count)) for _ in piece.columns]
            piece.fill(columns, bytearray(self._file.read(count)))
            yield piece
