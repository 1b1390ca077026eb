"""
The slots of a local month: what the wall clock, the sun and the thermometer of Ashford Bay say at each.

Everything here depends on the instant alone, so that a month made today and the same month made next year are equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from cdsc_server.domain.intervals import month_around

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

TIMEZONE = "America/New_York"
_LATITUDE = np.radians(40.7)
_SOLAR_NOON_UTC = 16.9
_FIRST_DAY = date(2000, 1, 1).toordinal()
_EPOCH_DAY = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, eq=False)
class Slots:
    """
    Evenly spaced instants of one local month.

    Attributes:
        start: second since 1970 UTC of the first slot.
        step: seconds from one slot to the next.
        hour: local time of day, 0 to 24.
        weekday: local, Monday is 0.
        day: local day, counted from 2000-01-01.
        temperature: degrees Celsius outside.
        sun: 0 at night, 1 with the sun overhead and no clouds.
    """

    start: int
    step: int
    hour: Floats
    weekday: Integers
    day: Integers
    temperature: Floats
    sun: Floats

    def __len__(self) -> int:
        return len(self.hour)

    @property
    def key(self) -> tuple[int, int]:
        """Seeds a random stream that belongs to this month alone."""
        return self.start, self.step


@lru_cache(maxsize=256)
def slots_of(month_start: int, step: int, phase: int, seed: int) -> Slots:
    """
    The slots that start inside one local month.

    Args:
        month_start: first second of the month.
        step: seconds between slots.
        phase: every slot starts at a whole number of steps since 1970 UTC plus this many seconds.
        seed: of the weather.
    """
    _, month_end = month_around(month_start, TIMEZONE)
    first = month_start + (phase - month_start) % step
    seconds = np.arange(first, month_end, step, dtype=np.int64)
    local = seconds + _offsets(seconds)
    hour = (local % 86400) / 3600
    day = local // 86400 + (_EPOCH_DAY - _FIRST_DAY)
    weekday = (local // 86400 + 3) % 7
    middle = day + hour / 24 - 0.5
    warmth = 4.0 * _interpolated(_noise(seed, 1), middle)
    temperature = 11.5 - 12.5 * np.cos(2 * np.pi * (middle - 20) / 365.2425) + warmth
    temperature += 4.0 * np.cos(2 * np.pi * (hour - 15) / 24)
    clearness = np.clip(0.68 + 0.25 * _interpolated(_noise(seed, 2), middle), 0.12, 1.0)
    return Slots(first, step, hour, weekday, day, temperature, _sun_height(seconds, day) * clearness)


def months_between(start: int, end: int) -> list[int]:
    """The first second of every local month that has a second in [start, end)."""
    months, second = [], start
    while second < end:
        first, second = month_around(second, TIMEZONE)
        months.append(first)
    return months


def wind_of(slots: Slots, seed: int) -> Floats:
    """How hard the wind blows over the grid's wind farms, 0 to 1."""
    middle = slots.day + slots.hour / 24 - 0.5
    return np.clip(0.45 + 0.22 * _interpolated(_noise(seed, 3), middle), 0.02, 0.95)


def local_midnight(second: int, days: int = 0) -> int:
    """The first second of the local day that holds an instant, or of the day so many days later."""
    zone = ZoneInfo(TIMEZONE)
    day = datetime.fromtimestamp(second, zone).date().toordinal() + days
    return int(datetime.combine(date.fromordinal(day), datetime.min.time(), zone).astimezone(UTC).timestamp())


def _offsets(seconds: Integers) -> Integers:
    """Seconds that the local clock is ahead of UTC; looked up by the hour, where all clock changes lie."""
    zone = ZoneInfo(TIMEZONE)
    hours, place = np.unique(seconds // 3600, return_inverse=True)
    ahead = [(datetime.fromtimestamp(int(hour) * 3600, zone).utcoffset()) for hour in hours]
    return np.array([int(each.total_seconds()) if each else 0 for each in ahead], dtype=np.int64)[place]


def _sun_height(seconds: Integers, day: Integers) -> Floats:
    declination = -np.radians(23.44) * np.cos(2 * np.pi * (day + 10) / 365.2425)
    angle = np.radians(15 * ((seconds % 86400) / 3600 - _SOLAR_NOON_UTC))
    height = np.sin(_LATITUDE) * np.sin(declination) + np.cos(_LATITUDE) * np.cos(declination) * np.cos(angle)
    return np.asarray(np.clip(height, 0, None) ** 1.15)


@lru_cache(maxsize=8)
def _noise(seed: int, stream: int) -> Floats:
    """One number a day, about normal, in which a day resembles the days before it."""
    white = np.random.default_rng([seed, stream]).standard_normal(40_000)
    kernel = 0.72 ** np.arange(14)
    return np.convolve(white, kernel / np.sqrt((kernel**2).sum()))[: len(white)]


def _interpolated(daily: Floats, middle: Floats) -> Floats:
    return np.interp(middle, np.arange(len(daily)), daily)
