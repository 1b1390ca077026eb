"""
The `values` of a Usage Segment as JSON, written from scaled integers without a Python object per reading.

    for piece in values_json(columns):      # [[{"eu":0.250},null],[{"eu":0.300},null]]
        yield piece

Each cell is a row of bytes of one width, filled up with NUL; JSON holds no NUL, so dropping them all leaves the text.
Values below 10,000 come from a table of ready cells, all others are put together from groups of four digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from cdsc_server import exact_json
from cdsc_server.domain.readings import GAP, Readings
from cdsc_server.domain.usage import TEXT_KEYS, Column, Proven

Cells: TypeAlias = npt.NDArray[np.uint8]

#: Value Sets written at a time.
_ROWS = 8192
_TABLE = 10_000
_LEADING_ZEROS = re.compile(r"^(-?)0+(?=[0-9])", re.MULTILINE)


class _Frame(NamedTuple):
    """What stands around the number of a cell, and instead of it in a gap."""

    opening: bytes
    closing: bytes
    gap: bytes


def values_json(columns: Sequence[Column]) -> Iterator[bytes]:
    """
    Pieces of the JSON array of Value Sets, each an array with a Value Object or null per column; `[]` without columns.

    Numbers have every digit they were stored with. Spec: WG3-01 10.8.3, 10.8.4.
    """
    count = len(columns[0].parts[0][1]) if columns else 0
    yield b"["
    for first in range(0, count, _ROWS):
        rows = slice(first, min(first + _ROWS, count))
        cells = [_value_objects(column, rows, place, len(columns)) for place, column in enumerate(columns)]
        written = (cells[0] if len(cells) == 1 else np.concatenate(cells, axis=1)).tobytes()
        # The comma after the last Value Set of all is one too many.
        end = -1 if rows.stop == count else None
        yield (written.translate(None, b"\0") if b"\0" in written else written)[:end]
    yield b"]"


def _value_objects(column: Column, rows: slice, place: int, places: int) -> Cells:
    """One position of each Value Set, with the brackets of the set where the position is its first or last."""
    before = b"[" if place == 0 else b""
    after = b"]," if place == places - 1 else b","
    null = before + b"null" + after
    (key, main), *others = column.parts
    if not others and not column.proven:
        return _numbers(main, rows, _Frame(_opening(before + b"{", key), _quote(key) + b"}" + after, null))
    # A member after the first is left out where it has no reading; all of them are where the first has none.
    parts = [_numbers(main, rows, _Frame(_opening(before + b"{", key), _quote(key), null))]
    parts += [_numbers(more, rows, _Frame(_opening(b",", other), _quote(other), b"")) for other, more in others]
    if column.proven:
        parts.append(_certificates(column.proven, rows, len(parts[0])))
    parts.append(np.tile(np.frombuffer(b"}" + after, np.uint8), (len(parts[0]), 1)))
    missing = _gaps(main, rows)
    for part in parts[1:]:
        part[missing] = 0
    return np.concatenate(parts, axis=1)


def _certificates(proven: Sequence[Proven], rows: slice, count: int) -> Cells:
    """The member `eacs` of each row that certificates prove, nothing in the others."""
    texts = _cells([b"", *(b',"eacs":' + exact_json.dumps(each.eacs) for each in proven)])
    chosen = np.zeros(count, np.intp)
    for number, each in enumerate(proven, start=1):
        chosen[max(each.first - rows.start, 0) : max(each.last - rows.start, 0)] = number
    return texts.take(chosen, axis=0)


def _opening(before: bytes, key: str) -> bytes:
    return before + b'"' + key.encode() + b'":' + _quote(key)


def _quote(key: str) -> bytes:
    return b'"' if key in TEXT_KEYS else b""


def _gaps(readings: Readings, rows: slice) -> npt.NDArray[np.bool_]:
    gaps: npt.NDArray[np.bool_] = np.frombuffer(readings.spread_marks, np.uint8)[rows] == np.uint8(GAP)
    return gaps


def _numbers(readings: Readings, rows: slice, frame: _Frame) -> Cells:
    """Cells with the readings of these rows in their frame."""
    if readings.scale is None:
        return _written(readings.values[rows], frame)  # type: ignore[arg-type]
    values = np.frombuffer(readings.values, np.int64)[rows]  # type: ignore[arg-type]
    scale, places = readings.scale, values
    # Seen as unsigned, a negative number is a large one.
    large = np.flatnonzero(values.view(np.uint64) >= _TABLE)
    if len(large):
        places = places.copy()
        places[large] = _TABLE
    if GAP in readings.marks:
        places = np.where(_gaps(readings, rows), _TABLE, places)
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


def _written(texts: Sequence[str], frame: _Frame) -> Cells:
    lines = "\n".join(texts)
    if not frame.opening.endswith(b'"'):
        # A register may show leading zeros, a JSON number may not.
        lines = _LEADING_ZEROS.sub(r"\1", lines)
    numbers = _cells(lines.encode().split(b"\n"))
    cells = _framed([numbers], frame)
    cells[numbers[:, 0] == 0] = np.frombuffer(frame.gap.ljust(cells.shape[1], b"\0"), np.uint8)
    return cells


@lru_cache(maxsize=64)
def _table(scale: int, frame: _Frame) -> Cells:
    """The cells of 0 to 9,999, then the one of a gap."""
    numbers = (f"{value:0{scale + 1}d}" for value in range(_TABLE))
    texts = (f"{digits[:-scale]}.{digits[-scale:]}" if scale else digits for digits in numbers)
    return _cells([*(frame.opening + text.encode() + frame.closing for text in texts), frame.gap])


def _cells(texts: Iterable[bytes]) -> Cells:
    cells = np.array(list(texts), dtype=np.bytes_)
    return cells.view(np.uint8).reshape(len(cells), -1)


#: The four digits of 0 to 9,999, as the four bytes of one number.
_FOUR = np.frombuffer("".join(f"{value:04d}" for value in range(_TABLE)).encode(), np.uint32)


def _digits(values: npt.NDArray[np.int64], scale: int, frame: _Frame) -> Cells:
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
    point = [_same(b".", len(values)), places[:, whole:]] if scale else []
    return _framed([sign, places[:, :whole], *point], frame)


def _framed(pieces: Sequence[Cells], frame: _Frame) -> Cells:
    """The pieces of each number side by side in their frame, wide enough for a gap too."""
    count = len(pieces[0])
    width = sum(piece.shape[1] for piece in pieces) + len(frame.opening) + len(frame.closing)
    room = bytes(max(0, len(frame.gap) - width))
    opening, closing = _same(frame.opening, count), _same(frame.closing + room, count)
    return np.concatenate([opening, *pieces, closing], axis=1)


def _same(text: bytes, count: int) -> Cells:
    return np.broadcast_to(np.frombuffer(text, np.uint8), (count, len(text)))
