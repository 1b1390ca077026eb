"""
What devices in homes tell: a value, of what, in which unit and direction, when, and how it came to be.

A value that a platform does not know is no reading at all: the numbers by which it says so never become zeros.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from cdsc_server.domain.readings import Quality


class Quantity(StrEnum):
    """What is measured."""

    ENERGY = "energy"
    POWER = "power"
    STATE_OF_CHARGE = "state_of_charge"
    STATE_OF_HEALTH = "state_of_health"
    CAPACITY = "capacity"
    CYCLES = "cycles"
    VOLTAGE = "voltage"
    CURRENT = "current"
    FREQUENCY = "frequency"
    TEMPERATURE = "temperature"
    IRRADIANCE = "irradiance"
    CLOUD_COVER = "cloud_cover"


#: The units in which each quantity may be given. A connector turns others into one of these, digit by digit.
UNITS: Final[Mapping[Quantity, frozenset[str]]] = {
    Quantity.ENERGY: frozenset({"Wh", "kWh", "MWh"}),
    Quantity.POWER: frozenset({"W", "kW", "MW"}),
    Quantity.STATE_OF_CHARGE: frozenset({"%"}),
    Quantity.STATE_OF_HEALTH: frozenset({"%"}),
    Quantity.CAPACITY: frozenset({"Ah", "Wh", "kWh"}),
    Quantity.CYCLES: frozenset({"count"}),
    Quantity.VOLTAGE: frozenset({"V"}),
    Quantity.CURRENT: frozenset({"A"}),
    Quantity.FREQUENCY: frozenset({"Hz"}),
    Quantity.TEMPERATURE: frozenset({"°C"}),
    Quantity.IRRADIANCE: frozenset({"W/m²"}),
    Quantity.CLOUD_COVER: frozenset({"%"}),
}


class Direction(StrEnum):
    """
    Which way energy flows, seen from what the device measures.

    Forward is into it: from the grid into the home, from a socket into what is plugged in, into a battery. Reverse is
    out of it: from the home into the grid, out of a battery, out of solar panels. Net is forward less reverse.
    """

    FORWARD = "forward"
    REVERSE = "reverse"
    NET = "net"


class Origin(StrEnum):
    """
    How a value came to be.

    Retrieved: the device said so. Calculated: from values that it said, by a rule without doubt, such as a sum.
    Inferred: with an assumption, such as a direction found by the balance of a home, or energy made from power.
    """

    RETRIEVED = "retrieved"
    CALCULATED = "calculated"
    INFERRED = "inferred"


class DeviceKind(StrEnum):
    """What a device is."""

    INVERTER = "inverter"
    BATTERY = "battery"
    PLUG = "plug"
    METER = "meter"
    WEATHER = "weather"


@dataclass(frozen=True, slots=True)
class Device:
    """
    A device of a platform.

    Args:
        device_id: the platform's own, which stays the same.
        model: what its maker calls it; "" when the platform does not say.
    """

    device_id: str
    kind: DeviceKind
    model: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceReading:
    """
    One value that a device told.

    Args:
        source: the platform, as the connector is called.
        device_id: the platform's own.
        channel: what of the device told it, in the platform's own words, such as `e_total` or `switch:0`. Values of
            one channel are of one quantity, unit, direction and length of period.
        value: never negative where the direction is forward or reverse.
        unit: one of those that UNITS has for the quantity.
        direction: of energy and power; None for all others.
        measured_at: aware UTC instant.
        received_at: aware UTC instant at which we heard of it.
        period: how long up to `measured_at` the value covers; None is the state at that instant, which for energy is
            that of a counter.
        quality: how far it was checked; None when nobody says.

    Raises:
        ValueError: the value is no number, or is negative where it cannot be; the unit or the direction does not fit
            the quantity; an instant has no zone, or the period no length.
    """

    source: str
    device_id: str
    channel: str
    quantity: Quantity
    value: Decimal
    unit: str
    measured_at: datetime
    received_at: datetime
    direction: Direction | None = None
    period: timedelta | None = None
    quality: Quality | None = None
    origin: Origin = Origin.RETRIEVED

    def __post_init__(self) -> None:
        if not self.value.is_finite():
            raise ValueError(f"{self.value} is not a reading")
        if self.unit not in UNITS[self.quantity]:
            raise ValueError(f"{self.unit} is no unit of {self.quantity}")
        if (self.direction is not None) != (self.quantity in (Quantity.ENERGY, Quantity.POWER)):
            raise ValueError("energy and power have a direction, and nothing else has")
        if self.value < 0 and self.direction in (Direction.FORWARD, Direction.REVERSE):
            raise ValueError(f"what flows {self.direction} is never negative")
        for instant in (self.measured_at, self.received_at):
            if instant.tzinfo is not UTC:
                raise ValueError("readings have instants in UTC")
        if self.period is not None and self.period <= timedelta():
            raise ValueError("a period has a length")
