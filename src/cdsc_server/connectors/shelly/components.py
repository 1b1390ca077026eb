"""
What the parts of a Shelly device tell, as tables: sockets (`switch:0`), meters (`em:0`, `em1:0`) and their counters.

A part without a meter has no such fields: absent is not zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from cdsc_server.connectors.checks import Told, number
from cdsc_server.domain.device_readings import DeviceReading, Direction, Origin, Quantity


@dataclass(frozen=True)
class _Field:
    """Where a value stands in a part, what it is, and by which power of ten its unit differs from theirs."""

    path: tuple[str, ...]
    quantity: Quantity
    unit: str
    direction: Direction | None = None
    exponent: int = 0


_POWER: Final = _Field(("apower",), Quantity.POWER, "W", Direction.NET)
_CONSUMED: Final = _Field(("aenergy", "total"), Quantity.ENERGY, "kWh", Direction.FORWARD, -3)
_RETURNED: Final = _Field(("ret_aenergy", "total"), Quantity.ENERGY, "kWh", Direction.REVERSE, -3)
_SOCKET: Final = (
    _POWER,
    _Field(("voltage",), Quantity.VOLTAGE, "V"),
    _Field(("current",), Quantity.CURRENT, "A"),
    _Field(("freq",), Quantity.FREQUENCY, "Hz"),
    _Field(("temperature", "tC"), Quantity.TEMPERATURE, "°C"),
    _RETURNED,
)
#: Gen2 and later, by the name of the part before its colon.
_PARTS: Final[Mapping[str, tuple[_Field, ...]]] = {
    "switch": _SOCKET,
    "cover": _SOCKET,
    "light": _SOCKET,
    "pm1": _SOCKET,
    "em1": (
        _Field(("act_power",), Quantity.POWER, "W", Direction.NET),
        _Field(("voltage",), Quantity.VOLTAGE, "V"),
        _Field(("current",), Quantity.CURRENT, "A"),
        _Field(("freq",), Quantity.FREQUENCY, "Hz"),
    ),
    "em1data": (
        _Field(("total_act_energy",), Quantity.ENERGY, "kWh", Direction.FORWARD, -3),
        _Field(("total_act_ret_energy",), Quantity.ENERGY, "kWh", Direction.REVERSE, -3),
    ),
    "em": (
        _Field(("total_act_power",), Quantity.POWER, "W", Direction.NET),
        *(_Field((f"{phase}_act_power",), Quantity.POWER, "W", Direction.NET) for phase in "abc"),
        *(_Field((f"{phase}_voltage",), Quantity.VOLTAGE, "V") for phase in "abc"),
        *(_Field((f"{phase}_current",), Quantity.CURRENT, "A") for phase in "abc"),
    ),
    "emdata": (
        _Field(("total_act",), Quantity.ENERGY, "kWh", Direction.FORWARD, -3),
        _Field(("total_act_ret",), Quantity.ENERGY, "kWh", Direction.REVERSE, -3),
    ),
}
#: Gen1: what energy meters (`emeters`) tell; those of sockets (`meters`) count watt-minutes, which is below.
_OLD_METER: Final = (
    _Field(("power",), Quantity.POWER, "W", Direction.NET),
    _Field(("voltage",), Quantity.VOLTAGE, "V"),
    _Field(("current",), Quantity.CURRENT, "A"),
    _Field(("total",), Quantity.ENERGY, "kWh", Direction.FORWARD, -3),
    _Field(("total_returned",), Quantity.ENERGY, "kWh", Direction.REVERSE, -3),
)
_OLD_SOCKET_POWER: Final = _Field(("power",), Quantity.POWER, "W", Direction.NET)
_WATT_MINUTES_PER_KWH: Final = 60_000
#: To a milliwatt-hour, since a sixtieth has no end in decimals.
_MILLIWATT_HOUR: Final = Decimal("0.000001")


def readings(told: Told, status: Mapping[str, Any]) -> Iterator[DeviceReading]:
    """What a status of Gen2 or later says (`Shelly.GetStatus`); parts that measure nothing are passed over."""
    for name, part in status.items():
        kind = name.partition(":")[0]
        if kind not in _PARTS or not isinstance(part, dict):
            continue
        yield from _of_fields(told, name, part, _PARTS[kind])
        if _PARTS[kind] is _SOCKET:
            yield from _consumed(told, name, part)


def old_readings(told: Told, status: Mapping[str, Any]) -> Iterator[DeviceReading]:
    """What a status of Gen1 says (`/status`); a meter that says its values are not valid is passed over."""
    for position, meter in enumerate(_valid(status.get("emeters"))):
        if meter is not None:
            yield from _of_fields(told, f"emeter:{position}", meter, _OLD_METER)
    for position, meter in enumerate(_valid(status.get("meters"))):
        if meter is None:
            continue
        name = f"meter:{position}"
        yield from _of_fields(told, name, meter, (_OLD_SOCKET_POWER,))
        total = _number(meter, ("total",))
        if total is not None and total >= 0:
            energy = (total / _WATT_MINUTES_PER_KWH).quantize(_MILLIWATT_HOUR)
            yield told.reading(
                f"{name}:total", Quantity.ENERGY, energy, "kWh", Direction.FORWARD, origin=Origin.CALCULATED
            )


def _of_fields(told: Told, name: str, part: Mapping[str, Any], fields: tuple[_Field, ...]) -> Iterator[DeviceReading]:
    for field in fields:
        value = _value(part, field)
        if value is not None:
            yield told.reading(f"{name}:{field.path[0]}", field.quantity, value, field.unit, field.direction)


def _consumed(told: Told, name: str, part: Mapping[str, Any]) -> Iterator[DeviceReading]:
    """A socket that can return energy counts what it returned in `aenergy` too, so that has to be taken off."""
    total = _value(part, _CONSUMED)
    returned = _value(part, _RETURNED)
    if total is None or (returned or 0) > total:
        return
    origin = Origin.RETRIEVED if returned is None else Origin.CALCULATED
    consumed = total - (returned or 0)
    yield told.reading(f"{name}:aenergy", Quantity.ENERGY, consumed, "kWh", Direction.FORWARD, origin=origin)


def _value(part: Mapping[str, Any], field: _Field) -> Decimal | None:
    """The value of a field in its unit; None when it is absent, null, or below zero where nothing can be."""
    value = _number(part, field.path)
    if value is None or (value < 0 and field.direction in (Direction.FORWARD, Direction.REVERSE)):
        return None
    return value.scaleb(field.exponent)


def _number(part: Any, path: tuple[str, ...]) -> Decimal | None:
    for key in path:
        part = part.get(key) if isinstance(part, dict) else None
    return number(part)


def _valid(meters: Any) -> Iterator[Mapping[str, Any] | None]:
    for meter in meters if isinstance(meters, list) else ():
        yield meter if isinstance(meter, dict) and meter.get("is_valid") is not False else None
