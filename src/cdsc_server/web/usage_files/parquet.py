"""
Usage as Apache Parquet: the rows of `table.py` with exact decimals, a row group for every few segments.

Needs pyarrow, which is large and so an extra of its own: `pip install "cdsc-server[parquet]"`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from io import BytesIO
from typing import Any, Final

import numpy as np

from cdsc_server.domain.readings import QUALITY_OF, Readings
from cdsc_server.domain.usage import Column
from cdsc_server.services.usage_data import SeenSegment
from cdsc_server.web.cells import gaps
from cdsc_server.web.usage_files.table import Stretch, stretches

MEDIA_TYPE: Final = "application/vnd.apache.parquet"

#: Rows of a row group, or a segment more.
_GROUP: Final = 50_000
#: Every scaled reading fits: 64 bits with up to 18 decimals.
_PRECISION: Final = 38
_SCALE: Final = 18
_MOST_DIGITS: Final = _PRECISION - _SCALE
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def is_available() -> bool:
    """Whether pyarrow is installed."""
    return importlib.util.find_spec("pyarrow") is not None


@cache
def schema() -> Any:
    """The columns of the file, each with what it means."""
    import pyarrow as pa

    word, instant = pa.dictionary(pa.int32(), pa.string()), pa.timestamp("ms", tz="UTC")
    meanings: dict[str, tuple[Any, str]] = {
        "series": (word, "the same for a series in every file"),
        "contract": (word, "number of the contract, as far as it is open"),
        "meter": (word, "number of the meter, as far as it is open"),
        "type": (word, "Value Type of CDS-WG3-01 10.8.5"),
        "detail": (word, "further members of the Value Format, such as tou=peak"),
        "start": (instant, "first instant of the interval"),
        "end": (instant, "first instant after the interval"),
        "value": (pa.decimal128(_PRECISION, _SCALE), "null in a gap"),
        "exact": (pa.string(), "what a register shows, and numbers that no decimal of the column holds; else null"),
        "unit": (word, "of the value; the currency of a cost"),
        "direction": (word, "forward, reverse or net"),
        "quality": (word, "how far the reading was checked; null when that is not known, and in a gap"),
    }
    return pa.schema([pa.field(name, kind, metadata={"description": says}) for name, (kind, says) in meanings.items()])


class ParquetTable:
    """
    Writes one file.

    Args:
        zone: IANA name, for sums that belong to no place.
    """

    def __init__(self, zone: str) -> None:
        import pyarrow.parquet as pq

        self._zone = zone
        self._sink = _Sink()
        self._writer = pq.ParquetWriter(self._sink, schema(), compression="zstd")
        self._waiting: list[Any] = []

    def opening(self) -> bytes:
        """What every Parquet file begins with."""
        return self._sink.taken()

    def segment(self, segment: SeenSegment, columns: Sequence[Column]) -> Iterator[bytes]:
        """The row groups that are full with this Usage Segment; most often there is none."""
        self._waiting += [_batch(stretch) for stretch in stretches(segment, columns, zone=self._zone)]
        if sum(batch.num_rows for batch in self._waiting) >= _GROUP:
            yield self._group()

    def closing(self) -> bytes:
        """The last row group, and the index at the end of the file."""
        last = self._group() if self._waiting else b""
        self._writer.close()
        return last + self._sink.taken()

    def _group(self) -> bytes:
        import pyarrow as pa

        table = pa.Table.from_batches(self._waiting, schema()).unify_dictionaries()
        self._waiting = []
        self._writer.write_table(table, row_group_size=table.num_rows)
        return self._sink.taken()


class _Sink(BytesIO):
    """Where pyarrow writes to; what was taken is forgotten, but counted."""

    def __init__(self) -> None:
        super().__init__()
        self._gone = 0

    def tell(self) -> int:
        return self._gone + super().tell()

    def taken(self) -> bytes:
        """What was written since the last time."""
        written = self.getvalue()
        self._gone += len(written)
        self.seek(0)
        self.truncate()
        return written


def _batch(stretch: Stretch) -> Any:
    import pyarrow as pa

    readings = stretch.readings
    count = len(readings)
    missing = gaps(readings, slice(None))
    first = int((readings.start - _EPOCH).total_seconds())
    times = 1000 * (first + readings.interval * np.arange(count + 1, dtype=np.int64))
    columns: dict[str, Any] = {name: _word(word, count) for name, word in asdict(stretch.words).items()}
    kind = schema().field("start").type
    columns["start"], columns["end"] = pa.array(times[:-1], kind), pa.array(times[1:], kind)
    columns["value"], columns["exact"] = _values(readings, missing, shown=stretch.shown)
    marks = np.frombuffer(readings.spread_marks, np.uint8).astype(np.int32)
    unknown = np.isin(marks, list(_WORDS), invert=True)
    columns["quality"] = pa.DictionaryArray.from_arrays(pa.array(np.where(unknown, 0, marks), mask=unknown), _QUALITIES)
    return pa.record_batch([columns[name] for name in schema().names], schema=schema())


def _word(word: str, count: int) -> Any:
    """The same word in each row; null for none."""
    import pyarrow as pa

    places = pa.array(np.zeros(count, np.int32), mask=np.full(count, not word))
    return pa.DictionaryArray.from_arrays(places, pa.array([word]))


def _values(readings: Readings, missing: Any, *, shown: bool) -> tuple[Any, Any]:
    """The readings as decimals, and as texts where decimals do not say all."""
    import pyarrow as pa

    kind = pa.decimal128(_PRECISION, _SCALE)
    if readings.scale is not None and not shown:
        # Two's complement of 128 bits, little-endian: the 64 bits there are, then their sign.
        words = np.empty((len(readings), 2), "<i8")
        words[:, 0] = np.frombuffer(readings.values, np.int64)  # type: ignore[arg-type]
        words[:, 1] = words[:, 0] >> 63
        buffers = [pa.py_buffer(np.packbits(~missing, bitorder="little").tobytes()), pa.py_buffer(words.tobytes())]
        counted = pa.Array.from_buffers(pa.decimal128(_PRECISION, readings.scale), len(readings), buffers)
        return counted.cast(kind), pa.nulls(len(readings), pa.string())
    texts = readings.texts()
    fits = [_fits(text) for text in texts]
    decimals = [Decimal(text) if fit else None for text, fit in zip(texts, fits, strict=True)]
    exact = [text if text and (shown or not fit) else None for text, fit in zip(texts, fits, strict=True)]
    return pa.array(decimals, kind), pa.array(exact, pa.string())


def _fits(text: str) -> bool:
    whole, _, decimals = text.lstrip("-").partition(".")
    return bool(text) and len(whole.lstrip("0")) <= _MOST_DIGITS and len(decimals) <= _SCALE


#: The words of qualities by their marks, and all of them at those places.
_WORDS: Final = {mark: quality for mark, quality in QUALITY_OF.items() if quality is not None}
_QUALITIES: Final = [_WORDS.get(mark, "") for mark in range(max(_WORDS) + 1)]
