"""Usage as CSV (RFC 4180): a header, then a row for each interval of each series; see `table.py`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from cdsc_server.domain.readings import QUALITY_OF, Readings
from cdsc_server.domain.usage import Column
from cdsc_server.services.usage_data import SeenSegment
from cdsc_server.web.cells import Cells, Frame, joined, numbers, same, texts
from cdsc_server.web.usage_files.table import Stretch, stretches

MEDIA_TYPE: Final = "text/csv"
COLUMNS: Final = (
    "series",
    "contract",
    "meter",
    "type",
    "detail",
    "start",
    "end",
    "value",
    "unit",
    "direction",
    "quality",
)
#: Rows written at a time.
_ROWS: Final = 8192
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: Clocks never change twice within this many seconds.
_STEADY: Final = 6 * 3600
#: What spreadsheets take for the beginning of a formula (OWASP, CSV injection).
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_BARE: Final = Frame(b"", b"", b"")


@dataclass(frozen=True, slots=True)
class CsvTable:
    """
    Writes one table.

    Args:
        zone: IANA name, for sums that belong to no place.
    """

    zone: str

    def opening(self) -> bytes:
        """The header."""
        return ",".join(COLUMNS).encode() + b"\r\n"

    def segment(self, segment: SeenSegment, columns: Sequence[Column]) -> Iterator[bytes]:
        """The rows of a Usage Segment, some thousands at a time."""
        for stretch in stretches(segment, columns, zone=self.zone):
            yield from _rows(stretch)

    def closing(self) -> bytes:
        """Nothing: a table ends with its last row."""
        return b""


def _rows(stretch: Stretch) -> Iterator[bytes]:
    words = {name: _cell(word) for name, word in asdict(stretch.words).items()}
    before = b",".join(words[name] for name in COLUMNS[:5]) + b","
    after = b"," + b",".join((words["unit"], words["direction"])) + b","
    readings = stretch.readings
    marks = np.frombuffer(readings.spread_marks, np.uint8)
    for first in range(0, len(readings), _ROWS):
        rows = slice(first, min(first + _ROWS, len(readings)))
        count = rows.stop - first
        times = _local_times(readings, rows, ZoneInfo(stretch.zone))
        yield joined(
            [
                same(before, count),
                times[:-1],
                same(b",", count),
                times[1:],
                same(b",", count),
                numbers(readings, rows, _BARE, zeros=stretch.shown),
                same(after, count),
                _QUALITIES.take(marks[rows], axis=0),
                same(b"\r\n", count),
            ]
        )


def _local_times(readings: Readings, rows: slice, zone: ZoneInfo) -> Cells:
    """Local times with their offset: the start of each of these readings, then the end of the last."""
    first = int((readings.start - _EPOCH).total_seconds())
    seconds = first + readings.interval * np.arange(rows.start, rows.stop + 1, dtype=np.int64)
    offsets = _offsets(seconds, zone)
    local = (seconds + offsets).astype("datetime64[s]")
    known, which = np.unique(offsets, return_inverse=True)
    written = np.datetime_as_string(local, unit="s").astype("S19").view(np.uint8).reshape(len(seconds), 19)
    return np.concatenate([written, texts(map(_offset_text, known.tolist())).take(which, axis=0)], axis=1)


def _offsets(seconds: npt.NDArray[np.int64], zone: ZoneInfo) -> npt.NDArray[np.int64]:
    """Seconds east of UTC at each instant; the zone is asked at a few of them, and at all around a change of clocks."""
    probes = np.arange(seconds[0], seconds[-1] + _STEADY, _STEADY)
    probed = np.array([_offset(second, zone) for second in probes.tolist()], np.int64)
    place = np.searchsorted(probes, seconds, "right") - 1
    offsets = probed[place]
    changing = np.flatnonzero(offsets != probed[np.minimum(place + 1, len(probes) - 1)])
    offsets[changing] = [_offset(second, zone) for second in seconds[changing].tolist()]
    return offsets


def _offset(second: int, zone: ZoneInfo) -> int:
    return int((datetime.fromtimestamp(second, zone).utcoffset() or _EPOCH - _EPOCH).total_seconds())


def _offset_text(offset: int) -> bytes:
    sign, minutes = "-" if offset < 0 else "+", abs(offset) // 60
    return f"{sign}{minutes // 60:02d}:{minutes % 60:02d}".encode()


def _cell(text: str) -> bytes:
    """A text as a cell: quoted where it must be, and never a formula."""
    if text.startswith(_FORMULA):
        text = f"'{text}"
    if any(each in text for each in ',"\r\n'):
        text = '"' + text.replace('"', '""') + '"'
    return text.encode()


#: The word of each mark; nothing for gaps and where the quality is not known.
_QUALITIES: Final = texts((QUALITY_OF.get(mark) or "").encode() for mark in range(256))
