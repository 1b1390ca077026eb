"""What a Pylontech pack measured: the INFO of an answer to command 42 (analogue values) for one pack."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

#: CID2 of the request.
ANALOGUE: Final = 0x42
_ZERO_CELSIUS: Final = Decimal("273.1")
#: Instead of a temperature where there is no sensor.
_NO_SENSOR: Final = frozenset({0, 0xFFFF})
#: Instead of a capacity that does not fit into two bytes; the three it needs may follow at the end.
_NOT_HERE: Final = 0xFFFF


@dataclass(frozen=True)
class PackState:
    """
    One pack at one moment.

    Args:
        cell_voltages: V, in the order of the cells.
        temperatures: degrees Celsius, None where there is no sensor; the first is of the battery's own electronics.
        current: A, negative while discharging.
        voltage: V.
        remaining, capacity: Ah; None when the pack does not know.
        cycles: how often it was discharged, all in all.
    """

    cell_voltages: tuple[Decimal, ...]
    temperatures: tuple[Decimal | None, ...]
    current: Decimal
    voltage: Decimal
    remaining: Decimal | None
    capacity: Decimal | None
    cycles: int

    @property
    def power(self) -> Decimal:
        """W, negative while discharging."""
        return self.voltage * self.current


def pack_state(info: bytes, pack: int) -> PackState:
    """
    What an answer says about the pack that was asked for; what a later firmware adds at its end is left aside.

    Raises:
        ValueError: it ends early, or is about another pack.
    """
    fields = _Fields(info)
    fields.number(1)  # flags: whether alarms changed, which another command tells
    answered = fields.number(1)
    if answered != pack:
        raise ValueError(f"pack {pack} was asked for, and pack {answered} answered")
    cells = tuple(_thousandths(fields.number(2)) for _ in range(fields.number(1)))
    temperatures = tuple(_celsius(fields.number(2)) for _ in range(fields.number(1)))
    current = Decimal(fields.number(2, signed=True)).scaleb(-1)
    voltage = _thousandths(fields.number(2))
    remaining = _known(fields.number(2))
    user_defined = fields.number(1)
    capacity = _known(fields.number(2))
    cycles = fields.number(2)
    if user_defined > 2:
        long_remaining, long_capacity = _thousandths(fields.number(3)), _thousandths(fields.number(3))
        remaining = long_remaining if remaining is None else remaining
        capacity = long_capacity if capacity is None else capacity
    return PackState(cells, temperatures, current, voltage, remaining, capacity, cycles)


class _Fields:
    """Reads big-endian numbers one after the other."""

    def __init__(self, info: bytes) -> None:
        self._info = info
        self._at = 0

    def number(self, size: int, *, signed: bool = False) -> int:
        part = self._info[self._at : self._at + size]
        if len(part) < size:
            raise ValueError(f"the answer ends after {len(self._info)} bytes, in the middle of a value")
        self._at += size
        return int.from_bytes(part, "big", signed=signed)


def _thousandths(number: int) -> Decimal:
    return Decimal(number).scaleb(-3)


def _known(number: int) -> Decimal | None:
    return None if number == _NOT_HERE else _thousandths(number)


def _celsius(number: int) -> Decimal | None:
    return None if number in _NO_SENSOR else Decimal(number).scaleb(-1) - _ZERO_CELSIUS
