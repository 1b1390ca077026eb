"""
Readings as the bytes of one block, and back.

Byte 0 is the version, byte 1 the form of the rest, byte 2 the scale, byte 3 the mark that all readings share.
Then the marks (where they differ), then the values: little-endian integers of 16, 32 or 64 bits with their bytes
sorted by place (so that the often equal high bytes stand together), or lines of text; compressed where that is shorter.
"""

from __future__ import annotations

import threading
from array import array
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import zstandard

from cdsc_server.domain.readings import GAP, Readings

VERSION = 1
_WIDTHS = (2, 4, 8)
_TEXT = 3
_WIDTH_BITS, _SPREAD, _COMPRESSED = 0b11, 0b100, 0b1000


class _Codecs(threading.local):
    """Compressors are not to be shared between threads."""

    def __init__(self) -> None:
        self.compress = zstandard.ZstdCompressor(level=3).compress
        self.decompress = zstandard.ZstdDecompressor().decompress


_codecs = _Codecs()


def pack(readings: Readings) -> bytes:
    """The payload of a block; equal readings give equal payloads."""
    scale, spread = readings.scale, len(readings.marks) > 1
    if scale is None:
        form, body = _TEXT, "\n".join(readings.texts()).encode()
    else:
        values = np.frombuffer(readings.values, np.int64)  # type: ignore[arg-type]
        form, body = _integers(values)
    shared = 0 if spread or not readings.marks else readings.marks[0]
    if spread:
        form, body = form | _SPREAD, readings.marks + body
    packed = _codecs.compress(body)
    if len(packed) < len(body):
        form, body = form | _COMPRESSED, packed
    return bytes((VERSION, form, scale or 0, shared)) + body


def unpack(payload: bytes, start: int, interval: int, count: int) -> Readings:
    """
    The readings that `pack` was given.

    Args:
        start: seconds since 1970 UTC; with interval and count, what the row of the block says beside the payload.

    Raises:
        ValueError: the payload is of a version that this program does not know.
    """
    form, scale, marks, body = _opened(payload, count)
    begin = datetime.fromtimestamp(start, UTC)
    if form == _TEXT:
        return Readings(begin, interval, None, tuple(body.decode().split("\n")), marks)
    values = array("q")
    values.frombytes(_widened(body, _WIDTHS[form]).tobytes())
    return Readings(begin, interval, scale, values, marks)


def unpack_all(blocks: Sequence[tuple[int, int, bytes]], start: int, interval: int, count: int) -> Readings:
    """
    The readings of many blocks of one series over `count` slots from `start`; slots of no block are gaps.

    Blocks of one size and form are taken apart together: a year of day blocks costs little more than of month blocks.

    Args:
        blocks: start and span in seconds, and payload; they do not overlap, and may reach outside.
    """
    opened = [(first, span // interval, *_opened(payload, span // interval)) for first, span, payload in blocks]
    scales = {scale for _, _, form, scale, marks, _ in opened if marks.count(GAP) < len(marks) or form == _TEXT}
    if len(scales) > 1 or any(form == _TEXT for _, _, form, *_ in opened):
        parts = (unpack(payload, first, interval, span // interval) for first, span, payload in blocks)
        return Readings.assembled(datetime.fromtimestamp(start, UTC), interval, count, parts)
    values = np.zeros(count, np.int64)
    marks = np.full(count, GAP, np.uint8)
    alike: dict[tuple[int, int], list[tuple[int, bytes, bytes]]] = defaultdict(list)
    for first, size, form, _, own_marks, body in opened:
        alike[size, _WIDTHS[form]].append(((first - start) // interval, own_marks, body))
    for (size, width), group in alike.items():
        numbers = _widened(b"".join(body for _, _, body in group), width, len(group)).reshape(len(group), size)
        for row, (slot, own_marks, _) in zip(numbers, group, strict=True):
            low, high = max(slot, 0), min(slot + size, count)
            if low < high:
                values[low:high] = row[low - slot : high - slot]
                whole = len(own_marks) == 1
                marks[low:high] = (
                    own_marks[0] if whole else np.frombuffer(own_marks, np.uint8)[low - slot : high - slot]
                )
    return Readings.held(
        datetime.fromtimestamp(start, UTC), interval, scales.pop() if scales else 0, values.tobytes(), marks.tobytes()
    )


def _integers(values: npt.NDArray[np.int64]) -> tuple[int, bytes]:
    low, high = (int(values.min()), int(values.max())) if len(values) else (0, 0)
    form = next(form for form, width in enumerate(_WIDTHS) if max(high, ~low) < 2 ** (8 * width - 1))
    width = _WIDTHS[form]
    narrow = values.astype(f"<i{width}")
    return form, narrow.view(np.uint8).reshape(-1, width).T.tobytes()


def _widened(body: bytes, width: int, blocks: int = 1) -> npt.NDArray[np.int64]:
    """The integers of blocks of one size, one block after the other."""
    planes = np.frombuffer(body, np.uint8).reshape(blocks, width, -1)
    # The highest byte has the sign.
    values: npt.NDArray[np.int64] = planes[:, -1].view(np.int8).astype(np.int64)
    for place in range(width - 2, -1, -1):
        values <<= 8
        values |= planes[:, place]
    return values.ravel()


def _opened(payload: bytes, count: int) -> tuple[int, int, bytes, bytes]:
    """Form without flags, scale, marks, and the body after the marks."""
    version, flags, scale, shared = payload[:4]
    if version != VERSION:
        raise ValueError(f"block version {version} is unknown")
    body = payload[4:]
    if flags & _COMPRESSED:
        body = _codecs.decompress(body)
    marks = bytes((shared,)) if count else b""
    if flags & _SPREAD:
        marks, body = body[:count], body[count:]
    return flags & _WIDTH_BITS, scale, marks, body
