"""What each meter counted and what each price plan bought, month by month, as readings ready to be stored."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from cdsc_server.demo import shapes, supply_mix
from cdsc_server.demo.months import Integers, Slots, slots_of
from cdsc_server.demo.people import Service
from cdsc_server.demo.town import Contract, Meter
from cdsc_server.domain.readings import GAP, MARK_OF, Quality, Readings

QUARTER, HOUR, DAY = 900, 3600, 86400
CURRENCY: Final = "USD"

#: Meters that report once a day do so at midnight of the winter clock, which is theirs all year.
_DAILY_PHASE = 5 * HOUR
_VALID, _ESTIMATED = MARK_OF[Quality.VALID], MARK_OF[Quality.ESTIMATED]


@dataclass(frozen=True)
class Commodity:
    """How one kind of service is counted and told; `decimals` are those of a reading in `units`."""

    name: str
    value_type: str
    units: str
    decimals: int
    #: Decimals of a cost: those of a reading, of the unit that is priced, and the four of the price.
    cost_decimals: int
    words: str


ELECTRIC: Final = Commodity("electric", "electric_usage", "kWh", 3, 7, "Electricity")
GAS: Final = Commodity("natural_gas", "natural_gas_usage", "therm", 3, 7, "Gas")
WATER: Final = Commodity("water", "water_usage", "gal", 1, 8, "Water")


@dataclass(frozen=True)
class Column:
    """One series of a meter or of a supply mix, as the storage wants to know it."""

    series_id: str
    segment_key: str
    position: int
    value_key: str | None
    value_format: dict[str, Any]
    interval: int
    phase: int = 0


@dataclass(frozen=True, eq=False)
class Counted:
    """What a service used in one local month: drawn and sent back, what it cost, the quality of each slot."""

    slots: Slots
    drawn: Integers
    sent: Integers
    cost: Integers
    marks: npt.NDArray[np.uint8]

    def within(self, start: int, end: int) -> slice:
        """The slots that lie wholly inside [start, end)."""
        first, step, count = self.slots.start, self.slots.step, len(self.slots)
        low = min(max(-((first - start) // step), 0), count)
        return slice(low, max(min((end - first) // step, count), low))


def commodity_of(service: Service) -> Commodity:
    """The kind of service this is."""
    kinds = {shapes.Electric: ELECTRIC, shapes.Gas: GAS, shapes.Water: WATER}
    return kinds[type(service.use)]


def step_of(service: Service) -> int:
    """Seconds between the readings of this service."""
    if isinstance(service.use, shapes.Electric):
        return QUARTER
    return DAY if service.analog else HOUR


@lru_cache(maxsize=64)
def counted(contract: Contract, month: int, seed: int) -> Counted:
    """What a contract used in the whole of a local month, however much of it has passed."""
    service, step = contract.service, step_of(contract.service)
    slots = slots_of(month, step, _DAILY_PHASE if step == DAY else 0, seed)
    random = np.random.default_rng([seed, int(contract.contract_id[3:15], 16), month // DAY])
    sent = np.zeros(len(slots), dtype=np.int64)
    if isinstance(service.use, shapes.Electric):
        drawn, sent = shapes.electricity(service.use, slots, random)
    elif isinstance(service.use, shapes.Gas):
        drawn = shapes.gas(service.use, slots, random)
    else:
        drawn = shapes.water(service.use, slots, random)
    marks = np.full(len(slots), _VALID, dtype=np.uint8)
    for number, (first, last) in enumerate(shapes.outages(slots, random, often=0.0 if step == DAY else 0.4)):
        # Half of what the network missed was worked out afterwards; the other half stays unknown.
        marks[first:last] = GAP if number % 2 else _ESTIMATED
        for amounts in (drawn, sent):
            amounts[first:last] = 0 if number % 2 else int(amounts[first - 1 : last + 1].mean())
    return Counted(slots, drawn, sent, drawn * _rates(service, slots), marks)


def columns_of(contract: Contract, meter: Meter) -> list[Column]:
    """The series of a meter: what was drawn, what was sent back, what it cost."""
    commodity, step = commodity_of(contract.service), step_of(contract.service)
    phase = _DAILY_PHASE if step == DAY else 0
    usage = {"type": commodity.value_type, "units": commodity.units}
    made: list[tuple[str, dict[str, Any]]] = []
    if commodity is ELECTRIC:
        made.append(("forward", {**usage, "direction": "forward"}))
        if feeds_in(contract.service):
            made.append(("reverse", {**usage, "direction": "reverse"}))
    else:
        made.append(("forward", usage))
    if contract.service.priced:
        made.append(("cost", {"type": "cost", "currency": CURRENCY, "indexes": [0]}))
    return [
        Column(f"{meter.meter_id}/{name}", meter.meter_id, position, None, value_format, step, phase)
        for position, (name, value_format) in enumerate(made)
    ]


def feeds_in(service: Service) -> bool:
    """Whether the meter of this service counts both ways."""
    return isinstance(service.use, shapes.Electric) and service.use.feeds_in


def meter_readings(
    contract: Contract, meter: Meter, month: int, seed: int, *, start: int, end: int
) -> Iterator[tuple[str, Readings]]:
    """
    The readings of a meter in one local month that lie wholly inside [start, end), by series id.

    Energy sent to the grid is negative, as CDS-WG3-01 10.8.5.1.2 has it.
    """
    month_used = counted(contract, month, seed)
    part = month_used.within(max(start, meter.start), end if meter.end is None else min(end, meter.end))
    commodity = commodity_of(contract.service)
    amounts = {"forward": (month_used.drawn, commodity.decimals), "reverse": (-month_used.sent, commodity.decimals)}
    amounts["cost"] = (month_used.cost, commodity.cost_decimals)
    first = month_used.slots.start + part.start * month_used.slots.step
    for column in columns_of(contract, meter):
        name = column.series_id.rpartition("/")[2]
        values, decimals = amounts[name]
        marks = month_used.marks[part]
        if name == "cost":
            marks = np.where(marks == GAP, GAP, 0).astype(np.uint8)
        readings = _readings(first, month_used.slots.step, decimals, values[part], marks)
        if readings is not None:
            yield column.series_id, readings


def mix_columns(contract: Contract) -> list[Column]:
    """
    The series of the supply mix behind a contract: share and carbon intensity for each attribution and source.

    Where it is not known by the hour there are none: the mix of the month is that of the price plan.
    """
    if not contract.service.hourly_mix or commodity_of(contract.service) is not ELECTRIC:
        return []
    key = f"{contract.contract_id}/mix"
    places = [(attribution, source) for attribution in supply_mix.ATTRIBUTIONS for source in supply_mix.SOURCES]
    return [
        Column(
            f"{key}/{attribution}/{source}/{member}",
            key,
            position,
            member,
            {"type": "electric_supply_mix", "indexes": [], "attribution": attribution, "supply_type": source},
            HOUR,
        )
        for position, (attribution, source) in enumerate(places)
        for member in ("sm", "ci")
    ]


def mix_readings(contract: Contract, month: int, seed: int, *, start: int, end: int) -> Iterator[tuple[str, Readings]]:
    """The supply mix of one local month inside [start, end) by the hour, by series id."""
    slots, key = slots_of(month, HOUR, 0, seed), f"{contract.contract_id}/mix"
    mixes = supply_mix.shares(contract.service.plan, slots, seed)
    first = max(-((month - start) // HOUR), 0)
    last = max(min((end - month) // HOUR, len(slots)), first)
    for attribution, mix in mixes.items():
        for row, (source, carbon) in enumerate(supply_mix.SOURCES.items()):
            begin, values = month + first * HOUR, mix[row, first:last]
            name = f"{key}/{attribution}/{source}"
            for member, decimals, amounts in (("sm", 4, values), ("ci", 0, np.full_like(values, carbon))):
                readings = _readings(begin, HOUR, decimals, amounts, np.zeros(len(values), dtype=np.uint8))
                if readings is not None:
                    yield f"{name}/{member}", readings


def _rates(service: Service, slots: Slots) -> Integers:
    peak = (slots.weekday < 5) & (slots.hour >= 16) & (slots.hour < 21)
    return np.where(peak, service.plan.peak_rate, service.plan.rate).astype(np.int64)


def _readings(start: int, step: int, decimals: int, values: Integers, marks: npt.NDArray[np.uint8]) -> Readings | None:
    """In the form that Readings has for this content; None when there is not a single reading."""
    if not len(values) or bool((marks == GAP).all()):
        return None
    numbers = array("q")
    numbers.frombytes(np.where(marks == GAP, 0, values).astype("=i8").tobytes())
    same = bool((marks == marks[0]).all())
    return Readings(
        datetime.fromtimestamp(start, UTC), step, decimals, numbers, marks[:1].tobytes() if same else marks.tobytes()
    )
