"""
What the values of a hybrid inverter of the ET family are, by the names that the library `goodwe` gives them.

The library tells an unknown value as None, but some as 0 and some as "not a number": see `_known`.
Its signs are the inverter's: what leaves a battery or the home is positive there, and negative here, where forward is
into what is measured. Counters of a day are no readings, since they begin again at the inverter's own midnight.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from cdsc_server.connectors.checks import Told
from cdsc_server.domain.device_readings import Device, DeviceKind, DeviceReading, Direction, Origin, Quantity

SOURCE: Final = "goodwe"
_STRINGS: Final = ("ppv1", "ppv2", "ppv3", "ppv4")


@dataclass(frozen=True)
class _Sensor:
    name: str
    quantity: Quantity
    unit: str
    direction: Direction | None = None
    turned: bool = False
    #: The library also says 0 where it does not know; a true zero of these is lost with that, and never invented.
    never_zero: bool = False


_INVERTER: Final = (
    _Sensor("e_total", Quantity.ENERGY, "kWh", Direction.REVERSE),
    _Sensor("e_load_total", Quantity.ENERGY, "kWh", Direction.FORWARD),
    _Sensor("load_ptotal", Quantity.POWER, "W", Direction.NET),
    _Sensor("vgrid", Quantity.VOLTAGE, "V", never_zero=True),
    _Sensor("fgrid", Quantity.FREQUENCY, "Hz", never_zero=True),
    _Sensor("temperature", Quantity.TEMPERATURE, "°C"),
)
_GRID: Final = (
    _Sensor("active_power", Quantity.POWER, "W", Direction.NET, turned=True),
    _Sensor("meter_e_total_imp", Quantity.ENERGY, "kWh", Direction.FORWARD),
    _Sensor("meter_e_total_exp", Quantity.ENERGY, "kWh", Direction.REVERSE),
)
_BATTERY: Final = (
    _Sensor("pbattery1", Quantity.POWER, "W", Direction.NET, turned=True),
    _Sensor("e_bat_charge_total", Quantity.ENERGY, "kWh", Direction.FORWARD),
    _Sensor("e_bat_discharge_total", Quantity.ENERGY, "kWh", Direction.REVERSE),
    _Sensor("battery_soc", Quantity.STATE_OF_CHARGE, "%"),
    _Sensor("battery_soh", Quantity.STATE_OF_HEALTH, "%", never_zero=True),
    _Sensor("battery_temperature", Quantity.TEMPERATURE, "°C"),
)


@dataclass(frozen=True)
class Snapshot:
    """What an inverter said at one instant."""

    serial: str
    model: str
    values: Mapping[str, Any]
    at: datetime

    def devices(self) -> Sequence[Device]:
        """The inverter, the grid at its meter, and the battery where there is one."""
        return [
            Device(self.serial, DeviceKind.INVERTER, self.model),
            Device(self._part("grid"), DeviceKind.METER),
            *([Device(self._part("battery"), DeviceKind.BATTERY)] if self._has_battery else []),
        ]

    def readings(self) -> Sequence[DeviceReading]:
        """What is known of each of the devices."""
        parts = [(self.serial, _INVERTER), (self._part("grid"), _GRID)]
        if self._has_battery:
            parts.append((self._part("battery"), _BATTERY))
        readings = [
            each
            for device_id, sensors in parts
            for each in self._of(sensors, Told(SOURCE, device_id, self.at, self.at))
        ]
        strings = [power for name in _STRINGS if (power := self._number(name)) is not None and power >= 0]
        if strings:
            told = Told(SOURCE, self.serial, self.at, self.at)
            power = sum(strings, Decimal())
            readings.append(
                told.reading("ppv", Quantity.POWER, power, "W", Direction.REVERSE, origin=Origin.CALCULATED)
            )
        return readings

    def _of(self, sensors: Sequence[_Sensor], told: Told) -> Iterator[DeviceReading]:
        for sensor in sensors:
            value = self._known(sensor)
            if value is not None:
                yield told.reading(sensor.name, sensor.quantity, value, sensor.unit, sensor.direction)

    def _known(self, sensor: _Sensor) -> Decimal | None:
        """The value, unless it is one by which the inverter or the library says that there is none."""
        value = self._number(sensor.name)
        if value is None or (sensor.never_zero and value <= 0):
            return None
        if value < 0 and sensor.direction in (Direction.FORWARD, Direction.REVERSE):
            return None
        if sensor.unit == "%":
            # A battery without health is one that the inverter knows nothing of, and its charge of 0 is none.
            return value if 0 <= value <= 100 and self._number("battery_soh") else None
        return -value if sensor.turned else value

    def _number(self, name: str) -> Decimal | None:
        """The digits that the inverter sent: the library divides them, as floats, by powers of ten."""
        value = self.values.get(name)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        written = Decimal(str(value))
        return written if written.is_finite() else None

    @property
    def _has_battery(self) -> bool:
        return bool(self.values.get("battery_mode"))

    def _part(self, name: str) -> str:
        return f"{self.serial}-{name}"
