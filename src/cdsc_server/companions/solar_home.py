"""
A made-up home with solar panels, worked out in steps of five minutes: the sun, the clouds, who is at home, batteries.

Watts are whole and energy is counted in watt-seconds, so at every step the panels give exactly what the home uses, the
batteries take and the grid gets. The same name is always the same home, with the same weather.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

STEP: Final = timedelta(minutes=5)
_SECONDS: Final = 300
_BATTERY_WATT_SECONDS: Final = 2_400 * 3_600
_BATTERY_WATTS: Final = 1_200
#: Batteries are never emptied below a tenth.
_FLOOR: Final = _BATTERY_WATT_SECONDS // 10


@dataclass(frozen=True, slots=True)
class Battery:
    """
    Args:
        watts: charging is positive, as the mean of the step.
        stored: watt-seconds at the end of the step.
        charged, discharged: counters, in watt-seconds.
    """

    watts: int
    stored: int
    charged: int
    discharged: int

    @property
    def percent(self) -> int:
        """State of charge."""
        return self.stored * 100 // _BATTERY_WATT_SECONDS


@dataclass(frozen=True, slots=True)
class Step:
    """
    How the home was for five minutes; watts are means of them, counters in watt-seconds are those at their end.

    Args:
        end: aware UTC instant.
        grid: watts taken from the grid, less those given to it.
        plug_watts, plugged: of each plug; their use is part of `load`.
    """

    end: datetime
    pv: int
    load: int
    grid: int
    batteries: tuple[Battery, ...]
    plug_watts: tuple[int, ...]
    produced: int
    imported: int
    exported: int
    plugged: tuple[int, ...]
    cloud_percent: int
    irradiance: int
    tenth_degrees: int


class SolarHome:
    """
    One home from a day on; later steps are worked out when somebody asks.

    Args:
        name: decides everything about it.
        since: aware UTC instant at which its counters stood at zero.
        zone: whose clock tells when the sun rises.
    """

    def __init__(self, name: str, since: datetime, zone: ZoneInfo) -> None:
        self._zone = zone
        self._seed = int.from_bytes(sha256(name.encode()).digest()[:8])
        self._since = since - (since - datetime(1970, 1, 1, tzinfo=UTC)) % STEP
        self._peak = 3_000 + self._seed % 4_000
        empty = Battery(0, _FLOOR, 0, 0)
        self._steps = [Step(self._since, 0, 0, 0, (empty,) * (2 + self._seed % 5), (0, 0), 0, 0, 0, (0, 0), 50, 0, 150)]

    @property
    def batteries(self) -> int:
        """How many it has."""
        return len(self._steps[0].batteries)

    def steps(self, since: datetime, until: datetime) -> list[Step]:
        """The steps that ended in [since, until), in order of time."""
        first = max(-((self._since - since) // STEP), 1)
        last = -((self._since - until) // STEP)
        while len(self._steps) < last:
            self._steps.append(self._next(self._steps[-1]))
        return self._steps[first:last]

    def _next(self, before: Step) -> Step:
        end = before.end + STEP
        weather = Random(f"{self._seed}/{end:%Y%m%d%H}")  # noqa: S311 - weather, not a secret
        cloud = weather.randrange(100)
        clock = end.astimezone(self._zone)
        height = max(math.sin(math.pi * (clock.hour + clock.minute / 60 - 6) / 12), 0)
        irradiance = int(950 * height * (1 - 0.75 * cloud / 100))
        pv = self._peak * irradiance // 1000
        plug_watts = (90 if (end.minute // 20) % 2 else 4, 1_900 if clock.hour == 18 + self._seed % 3 else 0)
        evening = 700 if 17 <= clock.hour < 22 else 0
        load = 180 + evening + weather.randrange(250) + sum(plug_watts)
        batteries = _balanced(before.batteries, pv - load)
        grid = load + sum(each.watts for each in batteries) - pv
        return Step(
            end=end,
            pv=pv,
            load=load,
            grid=grid,
            batteries=batteries,
            plug_watts=plug_watts,
            produced=before.produced + pv * _SECONDS,
            imported=before.imported + max(grid, 0) * _SECONDS,
            exported=before.exported + max(-grid, 0) * _SECONDS,
            plugged=tuple(total + watts * _SECONDS for total, watts in zip(before.plugged, plug_watts, strict=True)),
            cloud_percent=cloud,
            irradiance=irradiance,
            tenth_degrees=120 + int(90 * height) + weather.randrange(20),
        )


def _balanced(batteries: tuple[Battery, ...], surplus: int) -> tuple[Battery, ...]:
    """The batteries after a step in which each took its share of what was left over, or gave its share of a lack."""
    share, rest = divmod(abs(surplus), len(batteries))
    after = []
    for number, battery in enumerate(batteries):
        room = _BATTERY_WATT_SECONDS - battery.stored if surplus > 0 else battery.stored - _FLOOR
        watts = min(share + (number < rest), _BATTERY_WATTS, room // _SECONDS)
        flow = watts * _SECONDS
        if surplus > 0:
            after.append(Battery(watts, battery.stored + flow, battery.charged + flow, battery.discharged))
        else:
            after.append(Battery(-watts, battery.stored - flow, battery.charged, battery.discharged + flow))
    return tuple(after)
