"""IntervalBlocks: nearly all of a file, so they have handlers of their own that make no object per reading."""

from __future__ import annotations

import re
from collections.abc import Callable

from cdsc_server.connectors.greenbutton.spool import NO_QUALITY, NOTHING, PIECE, Piece, Spool
from cdsc_server.connectors.greenbutton.stream import SEPARATOR, XMLStream
from cdsc_server.domain.espi import quality
from cdsc_server.domain.readings import MARK_OF
from cdsc_server.errors import InvalidFile

ESPI = "http://naesb.org/espi"
INTERVAL_BLOCK = f"{ESPI}{SEPARATOR}IntervalBlock"

_READING = f"{ESPI}{SEPARATOR}IntervalReading"
_PERIOD = f"{ESPI}{SEPARATOR}timePeriod"
_START = f"{ESPI}{SEPARATOR}start"
_DURATION = f"{ESPI}{SEPARATOR}duration"
_VALUE = f"{ESPI}{SEPARATOR}value"
_COST = f"{ESPI}{SEPARATOR}cost"
_QUALITY = f"{ESPI}{SEPARATOR}quality"

#: Bounds of ESPI's Int48, as its schema has them.
INT48 = (-140737488355328, 140737488355328)
#: Year 2200: later instants are mistakes of unit (milliseconds), and would make periods without end.
LATEST = 7_258_118_400
_LONGEST = 0xFFFFFFFF

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")


def integer(text: str, name: str, bounds: tuple[int, int], *, line: int) -> int:
    """
    The whole number an element holds.

    Raises:
        InvalidFile: it is none, or out of bounds.
    """
    text = text.strip()
    if not _INTEGER.fullmatch(text):
        if text.isascii() and text.lstrip("+-").isdigit():
            raise InvalidFile(f"{name} is out of range: {text[:24]}...", line=line)
        raise InvalidFile(f"{name} is not an integer: {text[:40]!r}", line=line)
    number = int(text)
    if not bounds[0] <= number <= bounds[1]:
        raise InvalidFile(f"{name} is out of range {bounds[0]} to {bounds[1]}: {number}", line=line)
    return number


class BlockReader:
    """Takes over the stream for the length of an IntervalBlock and spools its readings."""

    def __init__(self, stream: XMLStream, spool: Spool) -> None:
        self.count = 0
        self._stream, self._spool, self._text = stream, spool, stream.text
        self._leave: Callable[[], None] = lambda: None
        self._depth = 0
        self._parent = ""
        self._piece = Piece(0, NOTHING, NOTHING, 0)
        self._begin_block(0)
        self._begin_reading()

    def take(self, entry: int, leave: Callable[[], None]) -> None:
        """Read the block whose start tag was just seen, then call `leave`, which takes the stream back."""
        self._leave = leave
        self._begin_block(entry)
        self._stream.handle(self._begin, self._finish)

    def _begin_block(self, entry: int) -> None:
        self._depth = 1
        self._entry, self._line = entry, self._stream.line
        self._block_start = self._block_duration = NOTHING
        self._piece = Piece(entry, NOTHING, NOTHING, self._line)

    def _begin_reading(self) -> None:
        self._reading_line = self._stream.line
        self._start = self._duration = self._value = self._cost = NOTHING
        self._codes: list[int] = []

    def _begin(self, name: str, _attributes: dict[str, str]) -> None:
        self._text.clear()
        depth = self._depth = self._depth + 1
        if depth == 3:
            self._parent = name
        elif depth == 2:
            self._parent = name
            if name == _READING:
                self._begin_reading()
        else:
            self._stream.refuse_depth(depth)

    def _finish(self, name: str) -> None:
        depth, self._depth = self._depth, self._depth - 1
        if depth == 4:
            if self._parent == _PERIOD:
                if name == _START:
                    self._start = self._once(self._start, "start", (0, LATEST))
                elif name == _DURATION:
                    self._duration = self._once(self._duration, "duration", (0, _LONGEST))
            elif name == _QUALITY:
                self._codes.append(self._once(NOTHING, "quality", (0, 0xFFFF)))
        elif depth == 3:
            if name == _VALUE:
                self._value = self._once(self._value, "value", INT48)
            elif name == _COST:
                self._cost = self._once(self._cost, "cost", INT48)
            elif name == _START:
                self._block_start = self._once(self._block_start, "start", (0, LATEST))
            elif name == _DURATION:
                self._block_duration = self._once(self._block_duration, "duration", (0, _LONGEST))
        elif depth == 2:
            if name == _READING:
                self._finish_reading()
        elif depth == 1:
            self._flush()
            self._leave()
        self._text.clear()

    def _once(self, known: int, name: str, bounds: tuple[int, int]) -> int:
        if known != NOTHING:
            raise InvalidFile(f"{name} is given twice", line=self._stream.line)
        text = self._text[0] if len(self._text) == 1 else "".join(self._text)
        # The check that nearly every number passes; `integer` finds out what is wrong with the others.
        if len(text) < 16 and text.isdigit() and text.isascii() and (number := int(text)) <= bounds[1]:
            return number
        return integer(text, name, bounds, line=self._stream.line)

    def _finish_reading(self) -> None:
        if self._start == NOTHING:
            raise InvalidFile("an IntervalReading has no timePeriod with a start", line=self._reading_line)
        if self._value == NOTHING and self._cost == NOTHING:
            return
        piece = self._piece
        piece.starts.append(self._start)
        piece.durations.append(self._duration)
        piece.values.append(self._value)
        piece.costs.append(self._cost)
        piece.lines.append(self._reading_line)
        piece.qualities.append(MARK_OF[quality(self._codes)] if self._codes else NO_QUALITY)
        if len(piece.starts) == PIECE:
            self._flush()

    def _flush(self) -> None:
        piece = self._piece
        if self._block_start != NOTHING:
            piece.block_start = self._block_start
            if self._block_duration != NOTHING:
                piece.block_end = self._block_start + self._block_duration
        self._spool.write(piece)
        self.count += len(piece.starts)
        self._piece = Piece(self._entry, NOTHING, NOTHING, self._line)
