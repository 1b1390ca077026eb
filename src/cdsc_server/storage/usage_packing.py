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
from typing import Any

import numpy as np
import numpy.typing as npt
import zstandard

from cdsc_server.domain.readings import GAP, Readings

VERSION = 1
_WIDTHS = (2, 4, 8)
_TEXT = 3
#: Readings narrowed at a time.
_TOGETHER = 250_000
_WIDTH_BITS, _SPREAD, _COMPRESSED = 0b11, 0b100, 0b1000


class _Codecs(threading.local):
    """Compressors are not to be shared between threads."""

    def __init__(self) -> None:
        self.compress = zstandard.ZstdCompressor(level=3).compress
        self.decompress = zstandard.ZstdDecompressor().decompress


_codecs = _Codecs()


def pack(readings: Readings) -> bytes:
    """The payload of a block; equal readings give equal payloads."""
    if readings.scale is None:
        return _closed(readings, _TEXT, "\n".join(readings.texts()).encode())
    values = np.frombuffer(readings.values, np.int64).reshape(1, -1)  # type: ignore[arg-type]
    form = int(_forms(values)[0]) if len(readings) else 0
    return _closed(
        readings, form, values.astype(f"<i{_WIDTHS[form]}").view(np.uint8).reshape(-1, _WIDTHS[form]).T.tobytes()
    )


def pack_all(many: Sequence[Readings]) -> list[bytes]:
    """As `pack` of each; readings of one size are narrowed together, which is half of the work for short ones."""
    payloads = [b""] * len(many)
    alike: dict[int, list[int]] = defaultdict(list)
    for number, readings in enumerate(many):
        if readings.scale is None or len(readings.marks) != 1:
            payloads[number] = pack(readings)
        else:
            alike[len(readings.values)].append(number)
    for size, numbers in alike.items():
        step = max(1, _TOGETHER // max(1, size))
        for first in range(0, len(numbers), step):
            chosen = numbers[first : first + step]
            for number, payload in zip(chosen, _packed([many[number] for number in chosen], size), strict=True):
                payloads[number] = payload
    return payloads


def _packed(many: Sequence[Readings], size: int) -> list[bytes]:
    """The payloads of scaled readings of one size that share a mark each."""
    held: list[Any] = [readings.values for readings in many]
    values = np.frombuffer(b"".join(held), np.int64).reshape(-1, size)
    payloads = [b""] * len(many)
    forms = _forms(values)
    for form, width in enumerate(_WIDTHS):
        chosen = np.flatnonzero(forms == form)
        planes = values[chosen].astype(f"<i{width}").view(np.uint8).reshape(len(chosen), size, width)
        bodies, step = planes.transpose(0, 2, 1).tobytes(), size * width
        for place, number in enumerate(chosen.tolist()):
            payloads[number] = _closed(many[number], form, bodies[place * step : place * step + step])
    return payloads


def same(one: bytes, other: bytes) -> bool:
    """Whether two payloads for as many slots hold equal readings, also when they were compressed differently."""
    return one == other or (
        one[0] == other[0] == VERSION
        and one[2:4] == other[2:4]
        and (one[1] | _COMPRESSED) == (other[1] | _COMPRESSED)
        and _body(one) == _body(other)
    )


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
    if len(blocks) == 1 and blocks[0][:2] == (start, interval * count):
        return unpack(blocks[0][2], start, interval, count)
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


def _forms(values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Which of the widths holds each row of values."""
    # The complement of a negative number is as wide as it, and not negative.
    largest = np.maximum(values.max(axis=1), ~values.min(axis=1)) if values.size else np.zeros(len(values), np.int64)
    return np.searchsorted([2**15 - 1, 2**31 - 1], largest)


def _closed(readings: Readings, form: int, body: bytes) -> bytes:
    """The payload of marks and values, compressed where that is shorter."""
    marks, shared = readings.marks, 0
    if len(marks) == 1:
        shared = marks[0]
    elif marks:
        form, body = form | _SPREAD, marks + body
    packed = _codecs.compress(body)
    if len(packed) < len(body):
        form, body = form | _COMPRESSED, packed
    return bytes((VERSION, form, readings.scale or 0, shared)) + body


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
    body = _body(payload)
    marks = bytes((shared,)) if count else b""
    if flags & _SPREAD:
        marks, body = body[:count], body[count:]
    return flags & _WIDTH_BITS, scale, marks, body


def _body(payload: bytes) -> bytes:
    """What stands after the first four bytes, as it was before it was compressed."""
    return _codecs.decompress(payload[4:]) if payload[1] & _COMPRESSED else payload[4:]
