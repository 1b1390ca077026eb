"""Readings of devices as the bytes of one row, and back: channel by channel, since most of a reading repeats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import zstandard

from cdsc_server import exact_json
from cdsc_server.domain.device_readings import DeviceReading, Direction, Origin, Quantity
from cdsc_server.domain.readings import MARK_OF, QUALITY_OF

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def pack_readings(readings: Iterable[DeviceReading]) -> bytes:
    """The readings, each with every digit."""
    channels: dict[tuple[Any, ...], list[list[Any]]] = {}
    for each in readings:
        period = None if each.period is None else each.period // _MICROSECOND
        head = (
            each.source, each.device_id, each.channel, each.quantity, each.unit, each.direction, period, each.origin
        )  # fmt: skip
        row = [_count(each.measured_at), _count(each.received_at), format(each.value, "f"), MARK_OF[each.quality]]
        channels.setdefault(head, []).append(row)
    plain = exact_json.dumps([[*head, rows] for head, rows in channels.items()])
    return zstandard.ZstdCompressor(level=3).compress(plain)


def unpack_readings(packed: bytes) -> Iterator[DeviceReading]:
    """What was packed, channel by channel."""
    for source, device_id, channel, quantity, unit, direction, period, origin, rows in exact_json.loads(
        zstandard.ZstdDecompressor().decompress(packed)
    ):
        for measured, received, value, mark in rows:
            yield DeviceReading(
                source=source,
                device_id=device_id,
                channel=channel,
                quantity=Quantity(quantity),
                value=Decimal(value),
                unit=unit,
                direction=None if direction is None else Direction(direction),
                measured_at=_EPOCH + measured * _MICROSECOND,
                received_at=_EPOCH + received * _MICROSECOND,
                period=None if period is None else period * _MICROSECOND,
                quality=QUALITY_OF[mark],
                origin=Origin(origin),
            )


def _count(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND
