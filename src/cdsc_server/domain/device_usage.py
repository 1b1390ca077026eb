"""
What devices told, as even readings of a meter.

A counter gives the energy between two instants exactly. Where it was not read right at the edge of a slot, its state
there lies on the line between its two neighbours, and the reading is marked as estimated. A counter that stood still
says that nothing flowed, however long it was not read: inverters sleep at night. One that fell has begun anew: what was
counted between the two states is unknown, and so a gap, as is every slot with nothing read close to its edges.
Energy is made from power only where a device has no counter, and is then inferred, and says so.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Final

from cdsc_server.domain.device_readings import DeviceReading, Direction, Origin, Quantity
from cdsc_server.domain.readings import Quality, Readings

#: Extension member of a Value Format (CDS-WG3-01 11.6): what inside a home was measured, such as an inverter. That
#: energy is a part of what the meter of the home counts, or never came by it, and is added to nothing.
DEVICE: Final = "cdsc_device"
#: How far a clock of a device may be ahead of ours.
AHEAD: Final = timedelta(minutes=5)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_WATTS: Final[Mapping[str, int]] = {"W": 1, "kW": 1_000, "MW": 1_000_000}
#: Energy made from power is no more exact than this, in Wh.
_INFERRED: Final = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Column:
    """
    Even readings of one channel of a device.

    Args:
        origin: calculated from a counter, retrieved where the device tells the energy of each slot itself, inferred
            from power.
        unit: of energy.
        readings: with a gap in each slot of which the energy is not known; never positive where the direction is
            reverse.
    """

    device_id: str
    channel: str
    direction: Direction
    origin: Origin
    unit: str
    readings: Readings


@dataclass(frozen=True, slots=True)
class _State:
    """A counter, or the energy summed up so far, at an instant."""

    at: datetime
    value: Decimal
    quality: Quality | None


#: States between which nothing was lost.
_Chain = Sequence[_State]


def without_future(readings: Iterable[DeviceReading]) -> list[DeviceReading]:
    """The readings whose device has no clock that is far ahead: when those were measured, nobody knows."""
    return [each for each in readings if each.measured_at <= each.received_at + AHEAD]


def usage_columns(
    readings: Iterable[DeviceReading], *, interval: timedelta, since: datetime, until: datetime
) -> list[Column]:
    """
    The energy of each channel in the slots that meet [since, until), which are whole intervals since 1970 UTC.

    Args:
        readings: of any devices, in any order; those around the stretch too. Of two at one instant the later heard of
            counts.
        interval: whole seconds.
    """
    channels: dict[tuple[str, str], dict[datetime, DeviceReading]] = {}
    for each in sorted(readings, key=lambda each: each.received_at):
        if each.quantity in (Quantity.ENERGY, Quantity.POWER):
            channels.setdefault((each.device_id, each.channel), {})[each.measured_at] = each
    told = [[by_time[at] for at in sorted(by_time)] for _, by_time in sorted(channels.items())]
    counting = {each[0].device_id for each in told if each[0].quantity is Quantity.ENERGY}
    edges = _edges(since, until, interval)
    return [
        _column(each, edges, interval)
        for each in told
        if each[0].quantity is Quantity.ENERGY or each[0].device_id not in counting
    ]


def first_gap(columns: Iterable[Column]) -> datetime | None:
    """Start of the earliest slot between readings of a channel that has none itself; None when there is none."""
    gaps = []
    for column in columns:
        texts = column.readings.texts()
        known = [number for number, text in enumerate(texts) if text]
        inside = [number for number in range(known[0], known[-1]) if not texts[number]] if known else []
        gaps += [column.readings.start + number * timedelta(seconds=column.readings.interval) for number in inside[:1]]
    return min(gaps, default=None)


def _edges(since: datetime, until: datetime, interval: timedelta) -> list[datetime]:
    first = (since - _EPOCH) // interval
    last = -((_EPOCH - until) // interval)
    return [_EPOCH + number * interval for number in range(first, max(last, first) + 1)]


def _column(told: Sequence[DeviceReading], edges: Sequence[datetime], interval: timedelta) -> Column:
    one = told[0]
    direction = one.direction or Direction.NET
    origin, unit, step = Origin.CALCULATED, one.unit, None
    if one.quantity is Quantity.POWER:
        chains = list(_summed_power(told, interval))
        origin, unit, step = Origin.INFERRED, "Wh", _INFERRED
    elif one.period is None:
        chains = list(_counted(told, falls=direction is Direction.NET))
    else:
        chains = list(_summed_energy(told, one.period))
        origin = one.origin if one.period == interval else Origin.CALCULATED
    slots = [_between(chains, start, end, interval) for start, end in pairwise(edges)]
    values = [None if slot is None else _signed(slot.value, direction, step) for slot in slots]
    qualities = [None if slot is None else slot.quality for slot in slots]
    readings = Readings.of(edges[0], int(interval.total_seconds()), values, qualities=qualities)
    return Column(one.device_id, one.channel, direction, origin, unit, readings)


def _signed(value: Decimal, direction: Direction, step: Decimal | None) -> Decimal:
    """What only flows back is negative (CDS-WG3-01 10.8.5.1.2); `step`: how exact the value is, None as it is."""
    known = value if step is None else value.quantize(step)
    return -known if direction is Direction.REVERSE else known


def _counted(told: Sequence[DeviceReading], *, falls: bool) -> Iterator[_Chain]:
    """A counter, cut wherever it began anew; one that counts net may fall."""
    chain: list[_State] = []
    for each in told:
        if chain and each.value < chain[-1].value and not falls:
            yield chain
            chain = []
        chain.append(_State(each.measured_at, each.value, each.quality or Quality.RAW))
    yield chain


def _summed_energy(told: Sequence[DeviceReading], period: timedelta) -> Iterator[_Chain]:
    """Energy of periods, summed up as a counter would; cut where a period is missing."""
    chain: list[_State] = []
    for each in told:
        quality = each.quality or Quality.RAW
        if chain and chain[-1].at != each.measured_at - period:
            yield chain
            chain = []
        if not chain:
            chain.append(_State(each.measured_at - period, Decimal(), quality))
        chain.append(_State(each.measured_at, chain[-1].value + each.value, quality))
    yield chain


def _summed_power(told: Sequence[DeviceReading], longest: timedelta) -> Iterator[_Chain]:
    """
    Energy in Wh from power: from its mean where the device tells that, otherwise along the line between two values.

    Cut where two values are further apart than `longest`.
    """
    chain: list[_State] = []
    before: DeviceReading | None = None
    for each in told:
        if before is None or each.measured_at - before.measured_at > longest:
            if chain:
                yield chain
            chain = [_State(each.measured_at, Decimal(), Quality.ESTIMATED)]
            if each.period is not None:
                energy = _energy(each.value, each.unit, each.period)
                chain.insert(0, _State(each.measured_at - each.period, -energy, Quality.ESTIMATED))
        else:
            mean = each.value if each.period is not None else (before.value + each.value) / 2
            energy = _energy(mean, each.unit, each.measured_at - before.measured_at)
            chain.append(_State(each.measured_at, chain[-1].value + energy, Quality.ESTIMATED))
        before = each
    yield chain


def _energy(power: Decimal, unit: str, length: timedelta) -> Decimal:
    return power * _WATTS[unit] * int(length.total_seconds()) / 3600


def _between(chains: Iterable[_Chain], start: datetime, end: datetime, longest: timedelta) -> _State | None:
    """What was counted from an instant to another, by the one chain that reaches over both."""
    for chain in chains:
        if chain[0].at <= start and end <= chain[-1].at:
            first, last = (_at(chain, edge, longest) for edge in (start, end))
            if first is None or last is None:
                return None
            estimated = Quality.ESTIMATED in (first.quality, last.quality)
            return _State(end, last.value - first.value, Quality.ESTIMATED if estimated else last.quality)
    return None


def _at(chain: _Chain, instant: datetime, longest: timedelta) -> _State | None:
    """The state at an instant that the chain reaches over; None where its neighbours are too far apart to say."""
    place = bisect_left(chain, instant, key=lambda state: state.at)
    after = chain[place]
    if after.at == instant:
        return after
    before = chain[place - 1]
    if after.value == before.value:
        return _State(instant, before.value, after.quality)
    if after.at - before.at > longest:
        return None
    share = (
        (after.value - before.value)
        * ((instant - before.at) // _MICROSECOND)
        / ((after.at - before.at) // _MICROSECOND)
    )
    # With as many decimals as the counter shows.
    return _State(instant, (before.value + share).quantize(after.value), Quality.ESTIMATED)
