"""Readings of a delta file: its lines as rows of numbers, and what is wrong with the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from cdsc_server.connectors.delta_files.blocks import Block, plain
from cdsc_server.connectors.delta_files.cells import WIDEST, Cells
from cdsc_server.domain.delta_files import OPS, Faults
from cdsc_server.domain.reading_rows import Flags, Numbers, ReadingRows, Source
from cdsc_server.domain.readings import GAP, MARK_OF, Quality
from cdsc_server.errors import InvalidFile

_SOURCE: Final = ("external_meter_id", "type", "direction", "units")
_REQUIRED: Final = ("external_meter_id", "type", "units", "start", "end", "value")
_OPTIONAL: Final = ("op", "direction", "quality")
#: Every column that there is.
COLUMNS: Final = (*_REQUIRED, *_OPTIONAL)
#: What programs write where a value is missing.
_MISSING: Final = (b"", b"NaN", b"nan", b"null", b"NULL", b"N/A", b"n/a")
_QUALITIES: Final = {b"": MARK_OF[None], **{each.encode(): MARK_OF[each] for each in Quality}}
#: Different texts of a column that holds words; more are no words.
_MOST_WORDS: Final = 256
_INSTANT: Final = "must be an instant with its offset, such as 2026-03-01T00:15:00Z or 2026-03-01T01:15:00+01:00"
_NUMBER: Final = "must be a plain decimal number of up to 18 digits, with a point and without a thousands separator"


class ReadingTable:
    """
    A `domain.reading_rows.ReadingFeed` of CSV.

    Args:
        columns: names of the cells of a line, in their order.
        blocks: the lines under them.
        missing: what stands for a missing value, beside what always does.
        faults: what is wrong is added to them.

    Attributes:
        sources: what the rows are readings of, by number; grows as rows are read.
        first_lines: where each source is met first.
        rows: how many lines were read, sound or not.

    Raises:
        InvalidFile: a column is unknown or missing.
    """

    def __init__(
        self, columns: tuple[str, ...], blocks: Iterable[Block], *, missing: Iterable[str] = (), faults: Faults
    ) -> None:
        if unknown := [each for each in columns if each not in COLUMNS]:
            raise InvalidFile(f"column {unknown[0]!r} is unknown: there are {', '.join(COLUMNS)}")
        if absent := [each for each in _REQUIRED if each not in columns]:
            raise InvalidFile(f"column {absent[0]!r} is missing")
        self.sources: list[Source] = []
        self.first_lines: list[int] = []
        self.rows = 0
        self._columns = {name: place for place, name in enumerate(columns)}
        self._missing = (*_MISSING, *(each.encode() for each in missing))
        self._blocks, self._faults = blocks, faults
        self._words: dict[str, dict[bytes, int]] = {name: {} for name in (*_SOURCE, "op", "quality")}
        self._numbers: dict[int, int] = {}
        self._faulty: dict[int, tuple[str, str]] = {}

    def batches(self) -> Iterator[ReadingRows]:
        """The rows that are sound by themselves, once."""
        return map(self._read, self._blocks)

    def _read(self, block: Block) -> ReadingRows:
        """The sound rows of a block; what is wrong with the others is added to the faults."""
        text, odd = plain(block)
        self.rows += text.count(b"\n")
        cells = Cells(text, columns=len(self._columns), first_line=block.first_line, faults=self._faults)
        bad = np.zeros(len(cells), bool)
        self._refuse(cells, np.isin(cells.lines, odd), bad, "", "must not hold quotes or commas inside a cell")
        for name, place in self._columns.items():
            self._refuse(cells, cells.lengths(place) > WIDEST, bad, name, f"is longer than {WIDEST} bytes")
        if bad.any():
            cells.leave_out(bad)
            bad = np.zeros(len(cells), bool)
        if not len(cells):
            return ReadingRows.nothing()
        deletes = self._deletes(cells, bad)
        values, scales, marks = self._values(cells, bad, deletes)
        starts, ends = (self._instants(cells, bad, name) for name in ("start", "end"))
        marks[~deletes & (marks != GAP)] = self._qualities(cells, bad)[~deletes & (marks != GAP)]
        sources = self._sources(cells, bad)
        rows = ReadingRows(cells.lines, sources.astype(np.int32), starts, ends, values, scales, marks, deletes)
        return rows.those(~bad) if bad.any() else rows

    def _refuse(self, cells: Cells, found: Flags, bad: Flags, name: str, rule: str) -> None:
        """Tell the rows found that are not bad already, which they are then."""
        fresh = np.flatnonzero(found & ~bad)
        bad[fresh] = True
        for row in fresh.tolist():
            self._faults.rows += 1
            if not self._faults.is_full:
                self._faults.tell(int(cells.lines[row]), name, rule)

    def _deletes(self, cells: Cells, bad: Flags) -> Flags:
        if "op" not in self._columns:
            return np.zeros(len(cells), bool)
        upserts, deletes = (cells.equal(self._columns["op"], op.encode()) for op in OPS)
        unsaid = cells.lengths(self._columns["op"]) == 0
        self._refuse(cells, ~(upserts | deletes | unsaid), bad, "op", f"must be {' or '.join(OPS)}")
        return deletes

    def _values(
        self, cells: Cells, bad: Flags, deletes: Flags
    ) -> tuple[Numbers, npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
        place = self._columns["value"]
        values, scales, right = cells.numbers(place)
        gaps = deletes.copy()
        for word in self._missing:
            gaps |= cells.equal(place, word)
        self._refuse(cells, ~(right | gaps), bad, "value", _NUMBER)
        values[gaps], scales[gaps] = 0, 0
        return values, scales, np.where(gaps, np.uint8(GAP), np.uint8(MARK_OF[None]))

    def _instants(self, cells: Cells, bad: Flags, name: str) -> Numbers:
        seconds, right = cells.instants(self._columns[name])
        self._refuse(cells, ~right, bad, name, _INSTANT)
        return seconds

    def _qualities(self, cells: Cells, bad: Flags) -> npt.NDArray[np.uint8]:
        if "quality" not in self._columns:
            return np.full(len(cells), MARK_OF[None], np.uint8)
        codes = self._labels(cells, "quality")
        marks = [_QUALITIES.get(word, GAP) for word in self._words["quality"]]
        found = np.array(marks, np.uint8)[codes]
        self._refuse(cells, found == GAP, bad, "quality", f"must be one of {', '.join(sorted(Quality))}")
        return found

    def _sources(self, cells: Cells, bad: Flags) -> npt.NDArray[np.int32]:
        """The number of each row's source; what is wrong with a source is told of the first row that has it."""
        keys = self._labels(cells, _SOURCE[0])
        for name in _SOURCE[1:]:
            keys = keys * _MOST_WORDS + (self._labels(cells, name) if name in self._columns else 0)
        heads = np.flatnonzero(np.diff(keys, prepend=-1))
        found, firsts, places = np.unique(keys[heads], return_index=True, return_inverse=True)
        fresh = [
            (row, key)
            for key, row in zip(found.tolist(), heads[firsts].tolist(), strict=True)
            if key not in self._numbers
        ]
        for row, key in sorted(fresh):
            self._numbers[key] = len(self.sources)
            self.sources.append(source := self._source(cells, row))
            if fault := source.fault():
                self._faulty[self._numbers[key]] = fault
            self.first_lines.append(int(cells.lines[row]))
        numbers = np.array([self._numbers[key] for key in found.tolist()], np.int32)
        rows = np.repeat(numbers[places], np.diff(heads, append=len(keys)))
        self._refuse_sources(cells, rows, bad)
        return rows

    def _source(self, cells: Cells, row: int) -> Source:
        return Source(*(cells.text(row, self._columns[name]) if name in self._columns else "" for name in _SOURCE))

    def _refuse_sources(self, cells: Cells, rows: npt.NDArray[np.int32], bad: Flags) -> None:
        for number, (column, rule) in self._faulty.items():
            fresh = (rows == number) & ~bad
            if fresh.any():
                bad |= fresh
                count = int(np.count_nonzero(fresh))
                more = f" (so does it in {count - 1:,} more rows)" if count > 1 else ""
                self._faults.add(int(cells.lines[fresh.argmax()]), column, rule + more, rows=count)

    def _labels(self, cells: Cells, name: str) -> Numbers:
        known = self._words[name]
        found = cells.labels(self._columns[name], known)
        if name != _SOURCE[0] and len(known) >= _MOST_WORDS:
            raise InvalidFile(f"column {name} holds more than {_MOST_WORDS} different words")
        return found
