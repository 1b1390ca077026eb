"""
How much a place uses: shapes of electricity, gas and water over the slots of a month.

Each function gives whole numbers (watt-hours, thousandths of a therm, tenths of a gallon) from a seeded random stream.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from cdsc_server.demo.months import Floats, Integers, Slots

_EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True)
class Electric:
    """
    A place that uses electricity; watts unless said otherwise.

    Attributes:
        base: always on.
        morning: height of the peak around seven.
        evening: height of the peak around half past seven.
        open_watts: more while open, from `opens` to `closes` on `open_days`.
        cooling: for each degree above 21.
        heating: for each degree below 14.
        car_kilometres: driven in a day, charged at night at 7 kW.
        pv_kilowatts: peak power of the panels on the roof.
        battery_kilowatt_hours: what the battery holds.
        spread: how far one slot strays from the next.
    """

    base: float
    morning: float = 0
    evening: float = 0
    open_watts: float = 0
    opens: float = 8
    closes: float = 18
    open_days: frozenset[int] = _EVERY_DAY
    cooling: float = 0
    heating: float = 0
    car_kilometres: float = 0
    pv_kilowatts: float = 0
    battery_kilowatt_hours: float = 0
    spread: float = 0.22

    @property
    def feeds_in(self) -> bool:
        """Whether energy flows back to the grid at times, so that the meter counts both ways."""
        return self.pv_kilowatts > 0


@dataclass(frozen=True)
class Gas:
    """A place that burns gas; thousandths of a therm an hour, for each degree below 16 and for water and cooking."""

    heating: float
    hot_water: float


@dataclass(frozen=True)
class Water:
    """A place that uses water: gallons a day, and gallons a day in the garden when it is warm."""

    daily: float
    garden: float = 0


def electricity(place: Electric, slots: Slots, random: np.random.Generator) -> tuple[Integers, Integers]:
    """
    Watt-hours drawn from the grid, and watt-hours sent to it, in each slot; both 0 or more.

    A meter counts both ways within one slot only when clouds pass: mostly one of the two is 0.
    """
    hours = slots.step / 3600
    used = _watts(place, slots, random) * random.lognormal(-(place.spread**2) / 2, place.spread, len(slots))
    used += _kettle(place, slots, random) + _car(place, slots, random)
    made = place.pv_kilowatts * 1000 * slots.sun * np.clip(random.normal(0.86, 0.1, len(slots)), 0.1, 1.0)
    balance = (used - made) * hours
    if place.battery_kilowatt_hours:
        balance = _with_battery(balance, place.battery_kilowatt_hours * 1000, hours)
    return _whole(np.clip(balance, 0, None)), _whole(np.clip(-balance, 0, None))


def gas(place: Gas, slots: Slots, random: np.random.Generator) -> Integers:
    """Thousandths of a therm in each slot."""
    hours = slots.step / 3600
    cold = np.clip(16 - slots.temperature, 0, None) * (1 - 0.35 * _night(slots))
    water = _bump(slots.hour, 7, 1.2) + 0.8 * _bump(slots.hour, 19, 1.6)
    return _whole((place.heating * cold + place.hot_water * water) * hours * random.lognormal(-0.02, 0.2, len(slots)))


def water(place: Water, slots: Slots, random: np.random.Generator) -> Integers:
    """Tenths of a gallon in each slot."""
    if slots.step >= 86400:
        daily = place.daily + place.garden * (slots.temperature > 17)
        return _whole(10 * daily * random.lognormal(-0.02, 0.2, len(slots)))
    rhythm = 0.15 + 2.2 * _bump(slots.hour, 7, 1) + 0.5 * _bump(slots.hour, 13, 2) + 1.6 * _bump(slots.hour, 20, 1.8)
    sprinkler = place.garden * (slots.temperature > 17) * ((slots.hour >= 5) & (slots.hour < 6))
    drawn = place.daily / 24 * rhythm * random.gamma(0.7, 1.2, len(slots)) + sprinkler
    return _whole(10 * drawn * slots.step / 3600)


def _watts(place: Electric, slots: Slots, random: np.random.Generator) -> Floats:
    weekend = slots.weekday >= 5
    watts = place.base + place.morning * _bump(slots.hour, np.where(weekend, 9.3, 7.1), 1.1)
    watts = watts + place.evening * _bump(slots.hour, 19.4, 2.3) + 0.25 * place.evening * weekend * _noon(slots)
    watts = watts + place.cooling * np.clip(slots.temperature - 21, 0, None) * (1 - 0.3 * _night(slots))
    watts = watts + place.heating * np.clip(14 - slots.temperature, 0, None)
    if place.open_watts:
        open_today = np.isin(slots.weekday, list(place.open_days))
        ramp = np.clip((slots.hour - place.opens) / 0.75, 0, 1) * np.clip((place.closes - slots.hour) / 0.75, 0, 1)
        # Shifts over midnight: closes before it opens.
        if place.closes < place.opens:
            ramp = 1 - np.clip((slots.hour - place.closes) / 0.75, 0, 1) * np.clip(
                (place.opens - slots.hour) / 0.75, 0, 1
            )
        busy = random.normal(1, 0.06, int(slots.day[-1] - slots.day[0]) + 1)[slots.day - slots.day[0]]
        watts = watts + place.open_watts * ramp * open_today * busy
    return np.asarray(watts)


def _kettle(place: Electric, slots: Slots, random: np.random.Generator) -> Floats:
    """Short and strong: kettle, oven, washing machine; when people are awake, in proportion to the evening peak."""
    awake = (slots.hour > 6.5) & (slots.hour < 22.5)
    strikes = random.random(len(slots)) < 0.05 * awake * min(place.evening / 600, 1.5)
    return np.asarray(strikes * random.uniform(500, 2200, len(slots)))


def _car(place: Electric, slots: Slots, random: np.random.Generator) -> Floats:
    """Charging from eleven at night until the battery is full again."""
    if not place.car_kilometres:
        return np.zeros(len(slots))
    night = np.floor(slots.day + (slots.hour - 12) / 24).astype(np.int64)
    night -= night[0]
    driven = random.gamma(3, place.car_kilometres / 3, int(night[-1]) + 1)[night]
    since = (slots.hour - 23) % 24
    return np.asarray(7000.0 * (since < driven * 0.18 / 7))


def _with_battery(balance: Floats, capacity: float, hours: float) -> Floats:
    """The balance after a battery took the surplus and gave it back; half full on the first of a month."""
    limit, efficiency = 5000 * hours, 0.95
    charge, after = capacity / 2, []
    for amount in balance.tolist():
        if amount < 0:
            moved = min(-amount, limit, (capacity - charge) / efficiency)
            charge += moved * efficiency
            after.append(amount + moved)
        else:
            moved = min(amount, limit, charge)
            charge -= moved
            after.append(amount - moved)
    return np.array(after)


def outages(slots: Slots, random: np.random.Generator, *, often: float) -> list[tuple[int, int]]:
    """Ranges of slots in which the meter could not be read: a few hours, now and then, never the ends of the month."""
    count = int(random.poisson(often))
    starts = sorted(int(each) for each in random.integers(1, max(len(slots) - 1, 2), count))
    longest = max(4, 10 * 3600 // slots.step)
    lengths = random.integers(2, longest, len(starts)).tolist()
    bounds = [*starts, len(slots) - 1]
    cut = [
        (first, min(first + length, following))
        for (first, following), length in zip(pairwise(bounds), lengths, strict=True)
    ]
    return [(first, last) for first, last in cut if last > first]


def _bump(hour: Floats, centre: float | Floats, width: float) -> Floats:
    distance = np.abs(hour - centre)
    return np.asarray(np.exp(-((np.minimum(distance, 24 - distance) / width) ** 2) / 2))


def _night(slots: Slots) -> Floats:
    return ((slots.hour < 6) | (slots.hour >= 23)).astype(np.float64)


def _noon(slots: Slots) -> Floats:
    return _bump(slots.hour, 13, 3)


def _whole(amounts: Floats) -> Integers:
    return np.asarray(np.rint(np.clip(amounts, 0, None)), dtype=np.int64)
