"""Readings as Parquet, turned into the lines of CSV that say the same: one set of rules judges both."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from cdsc_server.connectors.delta_files.blocks import Block, block_of
from cdsc_server.connectors.delta_files.readings import COLUMNS
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
    try:
        import pyarrow
        from pyarrow import csv, parquet
    except ImportError as missing:
        raise UnsupportedMediaType(
            "this server does not read Parquet: its operator has to install the extra 'parquet'"
        ) from missing
    try:
        opened = parquet.ParquetFile(file)
    except pyarrow.ArrowException as fault:
        raise InvalidFile("it is not a Parquet file") from fault
    if unknown := set(opened.schema_arrow.names) - set(COLUMNS):
        raise InvalidFile(f"column {min(unknown)!r} is unknown: there are {', '.join(COLUMNS)}")
    options = csv.WriteOptions(include_header=False, quoting_style="none")
    first = 1
    for batch in _batches(opened):
        written = io.BytesIO()
        try:
            columns = [_texts(batch, name) for name in COLUMNS]
            csv.write_csv(pyarrow.table(columns, names=list(COLUMNS)), written, options)
        except pyarrow.ArrowException as fault:
            rule = "texts must hold no commas and quotes, instants whole seconds"
            raise InvalidFile(f"{rule}: {fault}", line=first) from fault
        yield block_of(first, written.getvalue())
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
