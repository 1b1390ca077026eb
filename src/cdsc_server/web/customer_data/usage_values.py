"""
The `values` of a Usage Segment as JSON, written from scaled integers without a Python object per reading.

    for piece in values_json(columns):      # [[{"eu":0.250},null],[{"eu":0.300},null]]
        yield piece
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from cdsc_server import exact_json
from cdsc_server.domain.readings import Readings
from cdsc_server.domain.usage import TEXT_KEYS, Column, Proven
from cdsc_server.web.cells import Cells, Frame, gaps, joined, numbers, same, texts

#: Value Sets written at a time.
_ROWS = 8192


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
        # The comma after the last Value Set of all is one too many.
        yield joined(cells)[: -1 if rows.stop == count else None]
    yield b"]"


def _value_objects(column: Column, rows: slice, place: int, places: int) -> Cells:
    """One position of each Value Set, with the brackets of the set where the position is its first or last."""
    before = b"[" if place == 0 else b""
    after = b"]," if place == places - 1 else b","
    null = before + b"null" + after
    (key, main), *others = column.parts
    if not others and not column.proven:
        return _numbers(key, main, rows, Frame(_opening(before + b"{", key), _quote(key) + b"}" + after, null))
    # A member after the first is left out where it has no reading; all of them are where the first has none.
    parts = [_numbers(key, main, rows, Frame(_opening(before + b"{", key), _quote(key), null))]
    parts += [_numbers(name, more, rows, Frame(_opening(b",", name), _quote(name), b"")) for name, more in others]
    if column.proven:
        parts.append(_certificates(column.proven, rows, len(parts[0])))
    parts.append(np.array(same(b"}" + after, len(parts[0]))))
    missing = gaps(main, rows)
    for part in parts[1:]:
        part[missing] = 0
    return np.concatenate(parts, axis=1)


def _certificates(proven: Sequence[Proven], rows: slice, count: int) -> Cells:
    """The member `eacs` of each row that certificates prove, nothing in the others."""
    written = texts([b"", *(b',"eacs":' + exact_json.dumps(each.eacs) for each in proven)])
    chosen = np.zeros(count, np.intp)
    for number, each in enumerate(proven, start=1):
        chosen[max(each.first - rows.start, 0) : max(each.last - rows.start, 0)] = number
    return written.take(chosen, axis=0)


def _numbers(key: str, readings: Readings, rows: slice, frame: Frame) -> Cells:
    # A register may show leading zeros, a JSON number may not.
    return numbers(readings, rows, frame, zeros=key in TEXT_KEYS)


def _opening(before: bytes, key: str) -> bytes:
    return before + b'"' + key.encode() + b'":' + _quote(key)


def _quote(key: str) -> bytes:
    return b'"' if key in TEXT_KEYS else b""
