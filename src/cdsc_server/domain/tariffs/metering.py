"""Columns of a Usage Segment as energy that a tariff can price: one flow each way, in the units of its prices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from cdsc_server.domain.device_usage import DEVICE
from cdsc_server.domain.readings import GAP, Readings
from cdsc_server.domain.tariffs.runs import Metered
from cdsc_server.domain.tariffs.tariff import Flow
from cdsc_server.domain.usage import Column

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: Value Types that are energy or volume, with a price for each unit.
_TYPES: Final = frozenset({"electric_usage", "natural_gas_usage", "water_usage", "fuel_oil_usage"})
#: Digits by which the point moves from a unit of meters to that of prices.
_SHIFTS: Final[Mapping[tuple[str, str], int]] = {("Wh", "kWh"): 3, ("MWh", "kWh"): -3}
#: Members that say of what part of the time or the amount a column tells.
_PARTS: Final = ("tou", "tier", "season")
_IS_GAP: Final = bytes(mark == GAP for mark in range(256))


@dataclass(frozen=True, slots=True)
class Priceable:
    """
    What of the columns of a segment a tariff prices.

    Args:
        flows: over the same slots; where a reading of one is missing, one of all is.
        indexes: the numbers of those columns.
    """

    flows: Mapping[Flow, Metered]
    indexes: tuple[int, ...]


class _Counted(NamedTuple):
    """Readings of one or more columns together, in 10 ** -scale of the units."""

    scale: int
    values: Sequence[int]
    gaps: bytes


def is_priceable(value_format: Mapping[str, Any], units: str) -> bool:
    """Whether readings of a format can be multiplied with prices for a unit; those of devices behind meters cannot."""
    if DEVICE in value_format:
        return False
    told = value_format.get("units")
    return value_format.get("type") in _TYPES and (told == units or (str(told), units) in _SHIFTS)


def priceable(columns: Sequence[Column], units: str) -> Priceable | None:
    """
    The energy of a segment's columns; None where none has any.

    Which way it went is said by its sign (CDS-WG3-01 10.8.5.1.2). Where both are there, registers of one direction
    count and those of the net do not, and totals count and parts of them by time of use, tier or season do not.
    """
    found = [n for n, column in enumerate(columns) if is_priceable(column.value_format, units)]
    one_way = [n for n in found if columns[n].value_format.get("direction") in ("forward", "reverse")]
    chosen = one_way or found
    ways: dict[str, list[int]] = {}
    for n in chosen:
        ways.setdefault(str(columns[n].value_format.get("direction")), []).append(n)
    kept = [[n for n in each if not _is_part(columns[n])] or each for each in ways.values()]
    if not kept:
        return None
    readings = columns[kept[0][0]].parts[0][1]
    start, interval = (readings.start - _EPOCH) // timedelta(seconds=1), readings.interval
    counted = [_added([_counted(columns[n], units) for n in each], every=True) for each in kept]
    drawn, sent = (_added([_signed(each, sign) for each in counted], every=False) for sign in (1, -1))
    flows = {}
    if set(ways) != {"reverse"}:
        flows[Flow.OFFTAKE] = Metered(start, interval, *drawn)
    if "reverse" in ways or any(sent.values):
        flows[Flow.INJECTION] = Metered(start, interval, *sent)
    return Priceable(flows, tuple(sorted(n for each in kept for n in each)))


def counted_in(
    parts: Iterable[tuple[Sequence[Column], int | None, int | None]], units: str, start: int, end: int
) -> Mapping[Flow, Metered]:
    """
    What several meters together counted each way in [start, end); a gap where nothing is known.

    Args:
        parts: columns of segments, each with the bounds within which its values count; None is no bound.
        start, end: seconds since 1970 UTC.
    """
    flows: dict[Flow, list[Metered]] = {Flow.OFFTAKE: [], Flow.INJECTION: []}
    for columns, low, high in parts:
        counted = priceable(columns, units)
        for flow, used in counted.flows.items() if counted is not None else ():
            flows[flow].append(used.within(low, high))
    made = {flow: united(each, start, end) for flow, each in flows.items()}
    nothing = Metered(start, max(1, end - start), 0, [0], b"\1")
    return {
        Flow.OFFTAKE: made[Flow.OFFTAKE] or nothing,
        **({Flow.INJECTION: sent} if (sent := made[Flow.INJECTION]) is not None else {}),
    }


def united(metered: Sequence[Metered], start: int, end: int) -> Metered | None:
    """
    What several meters counted of one flow, over [start, end); None where there is none.

    Where meters have readings of several lengths the shortest count: they tell of the same energy more closely. A
    longer one counts where its whole time has none of these, as before a meter was exchanged for one that reads more
    often; its energy then stands in the first of the short slots.
    A value is a gap where no meter has a reading, or one that was counting then has none.

    Args:
        start, end: seconds since 1970 UTC.
    """
    # A meter of which nothing lies inside the bounds does not decide how long slots are.
    ordered = sorted((each for each in metered if len(each.values)), key=lambda each: each.interval)
    if not ordered:
        return None
    interval = ordered[0].interval
    phase = ordered[0].start % interval
    alike = [each for each in ordered if each.interval % interval == 0 and each.start % interval == phase]
    first = start + (phase - start) % interval
    count = max(0, (end - first) // interval)
    scale = max(each.scale for each in alike)
    values, gaps, lengths = [0] * count, bytearray(count), [0] * count
    for each in alike:
        steps = each.interval // interval
        for number in range(max(0, -((each.start - first) // each.interval)), len(each.values)):
            slot = (each.start - first) // interval + number * steps
            if slot + steps > count:
                break
            if any(length not in (0, each.interval) for length in lengths[slot : slot + steps]):
                continue
            values[slot] += each.values[number] * 10 ** (scale - each.scale)
            for place in range(slot, slot + steps):
                lengths[place] = each.interval
                gaps[place] |= each.gaps[number]
    missing = bytes(gap or not length for gap, length in zip(gaps, lengths, strict=True))
    return Metered(
        first, interval, scale, [0 if gap else value for gap, value in zip(missing, values, strict=True)], missing
    )


def _is_part(column: Column) -> bool:
    return any(column.value_format.get(name) is not None for name in _PARTS)


def _counted(column: Column, units: str) -> _Counted:
    readings = column.parts[0][1]
    values, scale = _integers(readings)
    scale += _SHIFTS.get((str(column.value_format.get("units")), units), 0)
    if scale < 0:
        values, scale = [value * 10**-scale for value in values], 0
    return _Counted(scale, values, readings.spread_marks.translate(_IS_GAP))


def _integers(readings: Readings) -> tuple[Sequence[int], int]:
    """Readings as whole numbers, 0 in gaps, and how many of their digits are behind the point."""
    if readings.scale is not None:
        values: Sequence[int] = readings.values  # type: ignore[assignment]
        return values, readings.scale
    numbers = [Decimal(text or 0) for text in readings.texts()]
    scale = max((-int(number.as_tuple().exponent) for number in numbers), default=0)
    return [int(number.scaleb(scale)) for number in numbers], scale


def _signed(counted: _Counted, sign: int) -> _Counted:
    """What went one way, as positive amounts."""
    lowest, highest = min(counted.values, default=0), max(counted.values, default=0)
    values = counted.values
    if sign < 0 or lowest < 0:
        nothing = highest <= 0 if sign > 0 else lowest >= 0
        values = [0] * len(values) if nothing else [max(sign * value, 0) for value in values]
    return counted._replace(values=values)


def _added(each: Sequence[_Counted], *, every: bool) -> _Counted:
    """
    The sums of readings over the same slots.

    Args:
        every: whether a slot is a gap only where all of them have one, as columns of one series by their quality do;
            otherwise one is enough.
    """
    if len(each) == 1:
        return each[0]
    scale = max(one.scale for one in each)
    values = [[value * 10 ** (scale - one.scale) for value in one.values] for one in each]
    gaps = bytes(map(min if every else max, *(one.gaps for one in each)))
    return _Counted(scale, [sum(slot) for slot in zip(*values, strict=True)], gaps)
