"""
Numbers and texts as rows of bytes, written from scaled integers without a Python object per reading.

    cells = numbers(readings, rows, Frame(b"<value>", b"</value>", b""))
    text = joined([cells, texts(more)])

Each cell is a row of bytes of one width, filled up with NUL; no text holds NUL, so dropping them all leaves the text.
Values below 10,000 come from a table of ready cells, all others are put together from groups of four digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from cdsc_server.domain.readings import GAP, Readings

Cells: TypeAlias = npt.NDArray[np.uint8]

_TABLE = 10_000
_LEADING_ZEROS = re.compile(r"^(-?)0+(?=[0-9])", re.MULTILINE)


class Frame(NamedTuple):
    """What stands around the number of a cell, and instead of it in a gap."""

    opening: bytes
    closing: bytes
    gap: bytes


def joined(pieces: Sequence[Cells]) -> bytes:
    """The cells of each row side by side, row after row."""
    written = (pieces[0] if len(pieces) == 1 else np.concatenate(pieces, axis=1)).tobytes()
    return written.translate(None, b"\0") if b"\0" in written else written


def texts(some: Iterable[bytes]) -> Cells:
    """A cell for each text."""
    cells = np.array(list(some), dtype=np.bytes_)
    return cells.view(np.uint8).reshape(len(cells), -1)


def same(text: bytes, count: int) -> Cells:
    """The same text in each of so many cells."""
    return np.broadcast_to(np.frombuffer(text, np.uint8), (count, len(text)))


def gaps(readings: Readings, rows: slice) -> npt.NDArray[np.bool_]:
    """Which of these readings are gaps."""
    found: npt.NDArray[np.bool_] = np.frombuffer(readings.spread_marks, np.uint8)[rows] == np.uint8(GAP)
    return found


def numbers(readings: Readings, rows: slice, frame: Frame, *, zeros: bool = False) -> Cells:
    """
    Cells with the readings of these rows in their frame, with every digit they were stored with.

    Args:
        zeros: whether leading zeros, which a register may show, are kept.
    """
    if readings.scale is None:
        return _written(readings.values[rows], frame, zeros=zeros)  # type: ignore[arg-type]
    values = np.frombuffer(readings.values, np.int64)[rows]  # type: ignore[arg-type]
    return scaled(values, readings.scale, frame, missing=gaps(readings, rows) if GAP in readings.marks else None)


def scaled(
    values: npt.NDArray[np.int64], scale: int, frame: Frame, *, missing: npt.NDArray[np.bool_] | None = None
) -> Cells:
    """Cells with integers counted in 10 ** -scale in their frame; None for `missing` is that none is a gap."""
    places = values
    # Seen as unsigned, a negative number is a large one.
    large = np.flatnonzero(values.view(np.uint64) >= _TABLE)
    if len(large):
        places = places.copy()
        places[large] = _TABLE
    if missing is not None:
        places = np.where(missing, _TABLE, places)
    table = _table(scale, frame)
    if not len(large):
        return table.take(places, axis=0)
    digits = _digits(values[large], scale, frame)
    if len(large) == len(values):
        return digits
    cells = np.zeros((len(values), max(digits.shape[1], table.shape[1])), np.uint8)
    cells[:, : table.shape[1]] = table.take(places, axis=0)
    cells[large, : digits.shape[1]] = digits
    cells[large, digits.shape[1] :] = 0
    return cells


def _written(values: Sequence[str], frame: Frame, *, zeros: bool) -> Cells:
    lines = "\n".join(values)
    if not zeros:
        lines = _LEADING_ZEROS.sub(r"\1", lines)
    found = texts(lines.encode().split(b"\n"))
    cells = _framed([found], frame)
    cells[found[:, 0] == 0] = np.frombuffer(frame.gap.ljust(cells.shape[1], b"\0"), np.uint8)
    return cells


@lru_cache(maxsize=64)
def _table(scale: int, frame: Frame) -> Cells:
    """The cells of 0 to 9,999, then the one of a gap."""
    written = (f"{value:0{scale + 1}d}" for value in range(_TABLE))
    plain = (f"{digits[:-scale]}.{digits[-scale:]}" if scale else digits for digits in written)
    return texts([*(frame.opening + text.encode() + frame.closing for text in plain), frame.gap])


#: The four digits of 0 to 9,999, as the four bytes of one number.
_FOUR = np.frombuffer("".join(f"{value:04d}" for value in range(_TABLE)).encode(), np.uint32)


def _digits(values: npt.NDArray[np.int64], scale: int, frame: Frame) -> Cells:
    """Cells of any 64-bit integers: sign, digits, point, decimals."""
    # The lowest integer of 64 bits has no positive counterpart with a sign, but it has one without.
    sizes = np.where(values < 0, -values, values).view(np.uint64)
    groups = -(-max(len(str(int(sizes.max()))), scale + 1) // 4)
    # Half the bits divide in a fraction of the time.
    kind = np.uint32 if groups < 3 else np.uint64
    rest = sizes = sizes.astype(kind)
    digits = np.empty((len(values), groups), np.uint32)
    for group in range(groups - 1, 0, -1):
        rest, four = np.divmod(rest, kind(_TABLE))
        digits[:, group] = _FOUR[four]
    digits[:, 0] = _FOUR[rest]
    places = digits.view(np.uint8)
    whole = 4 * groups - scale
    for place in range(whole - 1):
        least = 10 ** (4 * groups - 1 - place)
        if least <= np.iinfo(kind).max:
            places[sizes < kind(least), place] = 0
        else:
            places[:, place] = 0
    sign = np.where(values < 0, np.uint8(ord("-")), np.uint8(0))[:, None]
    point = [same(b".", len(values)), places[:, whole:]] if scale else []
    return _framed([sign, places[:, :whole], *point], frame)


def _framed(pieces: Sequence[Cells], frame: Frame) -> Cells:
    """The pieces of each number side by side in their frame, wide enough for a gap too."""
    count = len(pieces[0])
    width = sum(piece.shape[1] for piece in pieces) + len(frame.opening) + len(frame.closing)
    room = bytes(max(0, len(frame.gap) - width))
    opening, closing = same(frame.opening, count), same(frame.closing + room, count)
    return np.concatenate([opening, *pieces, closing], axis=1)
