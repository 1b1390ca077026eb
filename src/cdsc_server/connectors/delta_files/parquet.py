"""Readings as Parquet, turned into the lines of CSV that say the same: one set of rules judges both."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final

from cdsc_server.connectors.delta_files.blocks import Block, block_of
from cdsc_server.connectors.delta_files.readings import COLUMNS
from cdsc_server.domain.delta_files import BEGIN, READINGS, VERSION, Heading, read_heading
from cdsc_server.errors import InvalidFile, UnsupportedMediaType

#: Rows turned at a time.
_TOGETHER: Final = 50_000


def csv_blocks(file: BinaryIO) -> Iterator[Block]:
    """
    The rows of a file, as CSV with the cells of `COLUMNS`; the first row is line 1.

    Raises:
        UnsupportedMediaType: this installation does not read Parquet.
        InvalidFile: it is not Parquet or damaged, or a column is of a type that does not keep every digit.
    """
    return _turned(_opened(file))


class ParquetDelta:
    """
    A delta file of readings as Parquet, opened: as `blocks.DeltaFile`, with its heading among its metadata.

    Args:
        file: which can be read from any place.
        on_read: called with the number of bytes of each part read, as if all rows were equally long.

    Raises:
        UnsupportedMediaType, InvalidFile: as `csv_blocks`; or it is not a delta file.
    """

    counted = "row"
    columns: tuple[str, ...] = COLUMNS

    def __init__(self, file: BinaryIO, *, on_read: Callable[[int], None] = lambda _: None) -> None:
        self._opened, self._on_read = _opened(file), on_read
        self._size = file.seek(0, os.SEEK_END)
        told = (self._opened.schema_arrow.metadata or {}).get(BEGIN.encode())
        if told is None:
            raise InvalidFile(f"its metadata must hold {BEGIN}: {VERSION},KIND,FEED,NUMBER")
        self.heading: Heading = read_heading([BEGIN, *told.decode(errors="replace").split(",")], line=None)
        if self.heading.kind != READINGS:
            raise InvalidFile(f"Parquet brings {READINGS} only: send other kinds as CSV")

    def digest(self) -> str:
        """What tells its rows from any others, however they are packed."""
        found = hashlib.sha256()
        for block in _turned(self._opened):
            found.update(block.text)
        return found.hexdigest()

    def blocks(self) -> Iterator[Block]:
        """The rows, once; a file that was cut short could not be opened."""
        rows, told = self._opened.metadata.num_rows, 0
        for block in _turned(self._opened):
            reached = self._size * (block.first_line - 1) // rows
            self._on_read(reached - told)
            told = reached
            yield block
        self._on_read(self._size - told)


def _opened(file: BinaryIO) -> Any:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as missing:
        raise UnsupportedMediaType(
            "this server does not read Parquet: its operator has to install the extra 'parquet'"
        ) from missing
    try:
        opened = parquet.ParquetFile(file)
    except (pyarrow.ArrowException, OSError) as fault:
        raise InvalidFile("it is not a Parquet file") from fault
    if unknown := set(opened.schema_arrow.names) - set(COLUMNS):
        raise InvalidFile(f"column {min(unknown)!r} is unknown: there are {', '.join(COLUMNS)}")
    return opened


def _turned(opened: Any) -> Iterator[Block]:
    import pyarrow
    from pyarrow import csv

    options = csv.WriteOptions(include_header=False, quoting_style="none")
    first = 1
    for batch in _batches(opened):
        written = io.BytesIO()
        try:
            columns = [_texts(batch, name) for name in COLUMNS]
            csv.write_csv(pyarrow.table(columns, names=list(COLUMNS)), written, options)
        except pyarrow.ArrowException as fault:
            rule = "texts must hold no commas and quotes, instants whole seconds"
            raise InvalidFile(f"{rule}: {fault}", line=first, counted="row") from fault
        yield block_of(first, written.getvalue(), counted="row")
        first += len(batch)


def _batches(opened: Any) -> Iterator[Any]:
    import pyarrow

    try:
        yield from opened.iter_batches(batch_size=_TOGETHER)
    except (pyarrow.ArrowException, OSError) as fault:
        raise InvalidFile("it is damaged") from fault


def _texts(batch: Any, name: str) -> Any:
    """A column as the texts that stand for its values in CSV; empty ones where there is no such column."""
    import pyarrow
    from pyarrow import compute, types

    if name not in batch.schema.names:
        return pyarrow.nulls(len(batch), pyarrow.string())
    column = batch.column(name)
    if types.is_timestamp(column.type):
        if column.type.tz is None:
            raise InvalidFile(f"column {name} must have a time zone")
        return compute.strftime(column.cast(pyarrow.timestamp("s", "UTC")), format="%Y-%m-%dT%H:%M:%SZ")
    if types.is_floating(column.type):
        raise InvalidFile(f"column {name} must be a decimal or a text: a float does not keep every digit")
    return column.cast(pyarrow.string())
