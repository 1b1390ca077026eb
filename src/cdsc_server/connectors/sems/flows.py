"""
Power between panels, battery, grid and home, as both dialects of the portal tell it.

The portal gives amounts, and directions that its own users disagree about. A direction is taken only if with it what
comes in is what goes out, and is then marked inferred; if none fits, or two do, the value is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Final

from cdsc_server.connectors.checks import Told
from cdsc_server.domain.device_readings import DeviceReading, Direction, Origin, Quantity

SOURCE: Final = "sems"
#: What the inverter itself uses, and how far apart the portal measures its parts.
_LEAST_TOLERANCE: Final = Decimal(60)
_TOLERANCE: Final = Decimal("0.05")


@dataclass(frozen=True)
class Flow:
    """
    Amounts in W at one instant, all at least 0; None is unknown.

    Args:
        pv: out of the panels.
        load: into the home.
        battery, grid: into or out of them.
    """

    pv: Decimal | None
    load: Decimal | None
    battery: Decimal | None
    grid: Decimal | None

    def into_battery(self) -> Decimal | None:
        """What flows into the battery, below zero for out of it; None when that is unclear."""
        return _only({battery for battery, _ in self._fitting()})

    def from_grid(self) -> Decimal | None:
        """What flows from the grid into the home, below zero for the other way; None when that is unclear."""
        return _only({grid for _, grid in self._fitting()})

    def _fitting(self) -> list[tuple[Decimal, Decimal]]:
        """The ways with which what comes in is what goes out: into the battery, and from the grid."""
        if self.pv is None or self.load is None or self.grid is None:
            return []
        tolerance = max(_LEAST_TOLERANCE, _TOLERANCE * max(self.pv, self.load, self.grid, self.battery or Decimal()))
        ways = product(_both(self.battery or Decimal()), _both(self.grid))
        return [(battery, grid) for battery, grid in ways if abs(self.pv + grid - battery - self.load) <= tolerance]

    def of_station(self, told: Told) -> Iterator[DeviceReading]:
        """Readings of the panels, the home and the grid."""
        if self.pv is not None:
            yield told.reading("pv", Quantity.POWER, self.pv, "W", Direction.REVERSE)
        if self.load is not None:
            yield told.reading("load", Quantity.POWER, self.load, "W", Direction.FORWARD)
        if (grid := self.from_grid()) is not None:
            yield told.reading("grid", Quantity.POWER, grid, "W", Direction.NET, origin=Origin.INFERRED)

    def of_battery(self, told: Told) -> Iterator[DeviceReading]:
        """The reading of the battery, where there is one."""
        if self.battery is not None and (power := self.into_battery()) is not None:
            yield told.reading("power", Quantity.POWER, power, "W", Direction.NET, origin=Origin.INFERRED)


def _both(amount: Decimal) -> set[Decimal]:
    return {amount, -amount}


def _only(values: set[Decimal]) -> Decimal | None:
    return values.pop() if len(values) == 1 else None
