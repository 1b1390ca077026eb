"""Delta files of either form, told apart by how they begin."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, Final

from cdsc_server.connectors.delta_files.blocks import Delta, DeltaFile
from cdsc_server.connectors.delta_files.parquet import ParquetDelta

#: What every Parquet file begins and ends with.
_PARQUET: Final = b"PAR1"


def open_delta(file: BinaryIO, *, on_read: Callable[[int], None] = lambda _: None) -> Delta:
    """
    Open a delta file, CSV or Parquet.

    Args:
        file: at its beginning; can be read from any place.
        on_read: called with the number of bytes of each chunk read.

    Raises:
        InvalidFile: it is not a delta file.
        UnsupportedMediaType: it is Parquet, which this installation does not read.
    """
    begins = file.read(len(_PARQUET))
    file.seek(0)
    return ParquetDelta(file, on_read=on_read) if begins == _PARQUET else DeltaFile(file, on_read=on_read)
