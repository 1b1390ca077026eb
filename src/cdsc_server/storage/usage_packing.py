"""
Readings as the bytes of one block, and back.

Byte 0 is the version, byte 1 the form of the rest, byte 2 the scale, byte 3 the mark that all readings share.
Then the marks (where they differ), then the values: little-endian integers of 16, 32 or 64 bits with their bytes
sorted by place (so that the often equal high bytes stand together), or lines of text; compressed where that is shorter.
"""

from __future__ import annotations

import threading
from array import array
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import zstandard

from cdsc_server.domain.readings import Readings

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


def _integers(values: npt.NDArray[np.int64]) -> tuple[int, bytes]:
    low, high = (int(values.min()), int(values.max())) if len(values) else (0, 0)
    form = next(form for form, width in enumerate(_WIDTHS) if max(high, ~low) < 2 ** (8 * width - 1))
    width = _WIDTHS[form]
    narrow = values.astype(f"<i{width}")
    return form, narrow.view(np.uint8).reshape(-1, width).T.tobytes()


def _widened(body: bytes, width: int) -> npt.NDArray[np.int64]:
    planes = np.frombuffer(body, np.uint8).reshape(width, -1)
    # The highest byte has the sign.
    values: npt.NDArray[np.int64] = planes[-1].view(np.int8).astype(np.int64)
    for plane in planes[-2::-1]:
        values <<= 8
        values |= plane
    return values


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
