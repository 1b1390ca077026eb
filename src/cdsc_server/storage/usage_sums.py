"""
Sums of many series over one month, exact to the digit: what a group of Customers used together (CDS-WG3-01 10.7).

    series = series_of_group(session, aggregation_id, at=now)
    periods = sum_periods(session, series, start=..., end=...)       # no payload is read for this
    columns = read_sums(session, periods[0], tells=rule.tells)       # a few hundred series in memory at a time

A sum is told or it is not there: where a member that was measured lacks its reading, or where the rule keeps the
sum of an interval back, there is a gap. Only what can be added is: use and cost, no peaks, shares or registers.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from cdsc_server import exact_json
from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.device_usage import DEVICE
from cdsc_server.domain.intervals import month_around
from cdsc_server.domain.readings import GAP, MARK_OF, Quality, Readings, scaled_text
from cdsc_server.domain.usage import Column, usage_segment_id
from cdsc_server.storage.aggregations import AggregationMemberRow
from cdsc_server.storage.meter_devices import InstallationRow
from cdsc_server.storage.usage import UsageSeriesRow
from cdsc_server.storage.usage_segments import blocks_known, read_blocks

#: Value Types whose values of several meters may be added.
ADDED: Final = frozenset({"electric_usage", "water_usage", "natural_gas_usage", "fuel_oil_usage", "cost"})
#: A meter that has been silent this long before the newest reading of its group counts as having none to come.
_LATE: Final = timedelta(days=7)
#: Series read at once.
_HELD: Final = 250
#: What is kept of each slot in units of the finest scale so far.
_ADDED_UP: Final = ("_total", "_absolute", "_largest", "_second")
#: Sums of less than this fit into 64 bits whatever is added next.
_SAFE: Final = 2**62
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Tells = Callable[[int, int, int, int], bool]


class SumKey(NamedTuple):
    """Series with the same key are added: Value Format as JSON, member of the Value Object."""

    value_format: str
    value_key: str

    def told(self) -> dict[str, Any]:
        """The Value Format."""
        found: dict[str, Any] = exact_json.loads(self.value_format)
        return found


class Grid(NamedTuple):
    """Where the Value Sets of a segment lie: seconds between them, seconds after 1970 modulo that, zone of months."""

    interval: int
    phase: int
    timezone: str


@dataclass(frozen=True, slots=True, eq=False)
class GroupSeries:
    """
    One series of a member of a group; each is itself alone, which makes sets of thousands cheap.

    Args:
        ends: whether its meter was taken away, so that nothing of it is late.
    """

    customer_key: int
    series: int
    key: SumKey
    grid: Grid
    ends: bool
    synced: datetime


@dataclass(slots=True, eq=False)
class SumPeriod:
    """
    A Usage Segment of a group without its values.

    Args:
        period: the local month, in seconds since 1970.
        start, end: first and last second of readings there; the bounds of a request lie on the grid.
        members: series with readings there, each with the end of them; in order of Customer.
    """

    grid: Grid
    period: tuple[int, int]
    start: int
    end: int
    created: int
    modified: int
    synced: datetime
    members: dict[GroupSeries, int] = field(default_factory=dict)

    def segment_id(self, aggregation_id: str) -> str:
        """Its `cds_usagesegment_id` when no bound of a Grant lies in it."""
        return usage_segment_id(aggregation_id, "/".join(map(str, self.grid)), self.period[0])

    @property
    def count(self) -> int:
        """How many Value Sets it has."""
        return (self.end - self.start) // self.grid.interval

    def customers(self, key: SumKey) -> frozenset[int]:
        """The `customer_key` of everybody who has a part in a sum."""
        return frozenset(each.customer_key for each in self.members if each.key == key)

    def sums(self) -> list[SumKey]:
        """The sums there are, in a fixed order."""
        return sorted({each.key for each in self.members})


def series_of_group(session: Session, aggregation_id: str, *, at: datetime) -> list[GroupSeries]:
    """The series of the meters that belong to a group as of an instant and can be added, in order of Customer."""
    row, member = UsageSeriesRow, AggregationMemberRow
    statement = _series(at).where(member.aggregation_id == aggregation_id)
    taken = _taken_away(session, aggregation_id, at=at)
    known: dict[str, str | None] = {}
    found = []
    for key, number, meter_id, value_key, interval, phase, timezone, told, synced in session.execute(
        statement.order_by(row.customer_key, row.series)
    ):
        text = exact_json.dumps(told).decode()
        if text not in known:
            known[text] = _format(told)
        value_format = known[text]
        if value_format is not None and interval:
            grid = Grid(interval, phase % interval, timezone)
            ends = (key, meter_id) in taken
            found.append(GroupSeries(key, number, SumKey(value_format, value_key), grid, ends, synced))
    return found


def sum_periods(
    session: Session,
    series: Sequence[GroupSeries],
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    as_of: datetime | None = None,
) -> list[SumPeriod]:
    """
    The Usage Segments of a group, the earliest first.

    Args:
        series: from `series_of_group`, all or some.
        start: no Value Set before it; end: none that ends after it.
        as_of: what was stored after this instant is left out; None is now.
    """
    found: dict[tuple[Grid, int], SumPeriod] = {}
    month: dict[str, tuple[int, int]] = {}
    for number, first, span, created, modified in blocks_known(session, series, start=start, end=end, as_of=as_of):
        each = series[number - 1]
        period = month.get(each.grid.timezone, (0, 0))
        if not period[0] <= first < period[1]:
            period = month[each.grid.timezone] = month_around(first, each.grid.timezone)
        held = found.get((each.grid, period[0]))
        if held is None:
            held = SumPeriod(each.grid, period, first, first + span, created, modified, each.synced)
            found[each.grid, period[0]] = held
        held.start, held.end = min(held.start, first), max(held.end, first + span)
        held.created, held.modified = min(held.created, created), max(held.modified, modified)
        held.synced = min(held.synced, each.synced)
        held.members[each] = max(held.members.get(each, 0), first + span)
    return [kept for key in sorted(found) if (kept := _bounded(found[key], start, end)) is not None]


def read_sums(
    session: Session,
    period: SumPeriod,
    keys: Sequence[SumKey],
    *,
    newest: int,
    tells: Tells | None,
    as_of: datetime | None = None,
) -> list[Column]:
    """
    The sums of one segment as columns.

    Args:
        keys: which of `period.sums()`.
        newest: last second of any reading of the group; what is missing shortly before it may still come.
        tells: whether the sum of an interval may be told (`SumRule.tells`); None tells all.
        as_of: the instant of `sum_periods`.
    """
    sums = {key: _Sum(period) for key in keys}
    wanted = [each for each in period.members if each.key in sums]
    for first in range(0, len(wanted), _HELD):
        chunk = wanted[first : first + _HELD]
        slots = (period.period[0], period.start, period.end)
        for each, readings in zip(
            chunk, read_blocks(session, chunk, slots, interval=period.grid.interval, as_of=as_of), strict=True
        ):
            sums[each.key].add(each, readings, late_from=_late_from(each, period, newest))
    return [sums[key].column(key, tells) for key in keys]


def _series(at: datetime) -> Select[Any]:
    row, member = UsageSeriesRow, AggregationMemberRow
    columns = (row.customer_key, row.series, row.meter_device_id, row.value_key, row.interval_seconds,
               row.phase_seconds, row.timezone, row.value_format, row.synced)  # fmt: skip
    return (
        select(*columns)
        .join(member, (member.customer_key == row.customer_key) & (member.object_id == row.meter_device_id))
        .where(
            member.kind == str(Kind.METER_DEVICE), member.since <= at, or_(member.until.is_(None), member.until > at)
        )
    )


def _taken_away(session: Session, aggregation_id: str, *, at: datetime) -> frozenset[tuple[int, str]]:
    """Meters of a group that hang nowhere any more."""
    row, member = InstallationRow, AggregationMemberRow
    statement = (
        select(row.customer_key, row.meter_device_id, row.end)
        .join(member, (member.customer_key == row.customer_key) & (member.object_id == row.meter_device_id))
        .where(member.aggregation_id == aggregation_id, member.kind == str(Kind.METER_DEVICE))
    )
    ended: set[tuple[int, str]] = set()
    there: set[tuple[int, str]] = set()
    for key, meter_id, end in session.execute(statement):
        (there if end is None or end > at else ended).add((key, meter_id))
    return frozenset(ended - there)


def _format(told: Mapping[str, Any]) -> str | None:
    """The Value Format that series are compared by; None when their values cannot be added."""
    if told.get("type") not in ADDED or DEVICE in told:
        return None
    return exact_json.dumps(dict(sorted(told.items()))).decode()


def _bounded(period: SumPeriod, start: datetime | None, end: datetime | None) -> SumPeriod | None:
    """The segment inside bounds; None when no Value Set lies wholly inside them."""
    interval = period.grid.interval
    if start is not None:
        low = -((_EPOCH - start) // timedelta(seconds=1))
        period.start += max(0, -((period.start - low) // interval)) * interval
    if end is not None:
        high = (end - _EPOCH) // timedelta(seconds=1)
        period.end -= max(0, -((high - period.end) // interval)) * interval
    return period if period.start < period.end else None


def _late_from(each: GroupSeries, period: SumPeriod, newest: int) -> int | None:
    """From which second on readings may still come; None when there are none to come."""
    last = period.members[each]
    late = not each.ends and last < period.end and newest - last <= _LATE // timedelta(seconds=1)
    return last if late else None


class _Sum:
    """Adds series up, Customer after Customer."""

    def __init__(self, period: SumPeriod) -> None:
        self._period, count = period, period.count
        self._scale, self._bound = 0, 0
        self._total: npt.NDArray[Any] = np.zeros(count, np.int64)
        self._absolute: npt.NDArray[Any] = np.zeros(count, np.int64)
        self._largest: npt.NDArray[Any] = np.zeros(count, np.int64)
        self._second: npt.NDArray[Any] = np.zeros(count, np.int64)
        self._customers = np.zeros(count, np.int64)
        #: Of the Customer who is being added: the sum so far, None before any; and where there is anything of it.
        self._of_one: npt.NDArray[Any] | None = None
        self._present: npt.NDArray[np.bool_] | bool = False
        self._missing = np.zeros(count, np.bool_)
        self._one: int | None = None
        self._marks: set[int] = set()

    def add(
        self, each: GroupSeries, readings: tuple[Readings, npt.NDArray[np.bool_]], *, late_from: int | None
    ) -> None:
        """One more series over the slots of the segment; those of one Customer one after the other."""
        if each.customer_key != self._one:
            self._fold()
            self._one = each.customer_key
        held, covered = readings
        if late_from is not None:
            self._missing[max(0, late_from - self._period.start) // self._period.grid.interval :] = True
        self._marks.update(held.marks)
        if GAP in held.marks:
            there = np.frombuffer(held.spread_marks, np.uint8) != GAP
            self._missing |= covered & ~there
            if not there.any():
                return
            self._present = self._present is True or there | self._present
        else:
            self._present = True
        aligned = self._aligned(held)
        # Most Customers have one series, which need not be copied.
        self._of_one = aligned if self._of_one is None else self._of_one + aligned

    def column(self, key: SumKey, tells: Tells | None) -> Column:
        """The sums, with a gap where there is none or none may be told."""
        self._fold()
        told = (self._customers > 0) & ~self._missing
        if tells is not None:
            counted = (told, self._customers, self._largest, self._second, self._absolute)
            facts = zip(*(each.tolist() for each in counted), strict=True)
            told = np.array([is_there and tells(*each) for is_there, *each in facts], np.bool_)
        quality = _quality(self._marks - {GAP})
        start, interval = _EPOCH + timedelta(seconds=self._period.start), self._period.grid.interval
        readings = self._readings(start, interval, told, quality)
        return Column(key.told(), quality, _series_id(key), ((key.value_key, readings),))

    def _readings(
        self, start: datetime, interval: int, told: npt.NDArray[np.bool_], quality: Quality | None
    ) -> Readings:
        if self._total.dtype == np.int64 and self._scale <= 18:
            values = np.where(told, self._total, 0)
            marks = np.where(told, np.uint8(MARK_OF[quality]), np.uint8(GAP))
            return Readings.held(start, interval, self._scale, values.tobytes(), marks.astype(np.uint8).tobytes())
        texts = [
            scaled_text(value, self._scale) if one else ""
            for value, one in zip(self._total.tolist(), told.tolist(), strict=True)
        ]
        return Readings.written(start, interval, texts, qualities=quality)

    def _fold(self) -> None:
        """Count the Customer who is done."""
        if self._of_one is None:
            return
        part = np.abs(self._of_one)
        self._total += self._of_one
        self._absolute += part
        np.maximum(self._second, np.minimum(self._largest, part), out=self._second)
        np.maximum(self._largest, part, out=self._largest)
        self._customers += self._present
        self._of_one, self._present = None, False

    def _aligned(self, readings: Readings) -> npt.NDArray[Any]:
        """The values in units of the finest scale so far, exact however long they are."""
        values, scale, largest = _integers(readings)
        if scale > self._scale:
            factor = 10 ** (scale - self._scale)
            self._grow(max(1, self._bound) * factor)
            for name in _ADDED_UP:
                setattr(self, name, getattr(self, name) * factor)
            self._of_one = None if self._of_one is None else self._of_one * factor
            self._scale = scale
        factor = 10 ** (self._scale - scale)
        self._grow(self._bound + max(1, largest) * factor)
        aligned: npt.NDArray[Any] = values.astype(self._total.dtype, copy=False)
        return aligned if factor == 1 else aligned * factor

    def _grow(self, bound: int) -> None:
        """Leave 64 bits before a sum could."""
        self._bound = bound
        if bound >= _SAFE and self._total.dtype != object:
            for name in _ADDED_UP:
                setattr(self, name, getattr(self, name).astype(object))
            self._of_one = None if self._of_one is None else self._of_one.astype(object)


def _integers(readings: Readings) -> tuple[npt.NDArray[Any], int, int]:
    """The readings as integers of one scale, 0 in gaps; the scale, and the largest of them without its sign."""
    if isinstance(readings.values, array):
        values = np.frombuffer(readings.values, np.int64)
        # The smallest integer of 64 bits has no positive of its own.
        largest = max(int(values.max()), -int(values.min()))
        return (values if largest < _SAFE else values.astype(object)), readings.scale or 0, largest
    # Not by way of Decimal, whose arithmetic rounds to the digits of a context.
    parts = [text.partition(".") for text in readings.texts()]
    scale = max((len(decimals) for _, _, decimals in parts), default=0)
    numbers = [int((whole or "0") + decimals.ljust(scale, "0")) for whole, _, decimals in parts]
    return np.array(numbers, object), scale, max(map(abs, numbers))


def _quality(marks: set[int]) -> Quality | None:
    """The quality of a sum: that of all its parts when they agree, and else it is worked out."""
    if len(marks) == 1:
        (mark,) = marks
        return next(quality for quality, number in MARK_OF.items() if number == mark)
    return Quality.CALCULATED if marks else None


def _series_id(key: SumKey) -> str:
    return f"sum/{key.value_key}/{key.value_format}"


def newest_of(periods: Sequence[SumPeriod]) -> int:
    """Last second of any reading in these segments."""
    return max((end for period in periods for end in period.members.values()), default=0)


def columns_of(period: SumPeriod) -> Iterator[tuple[SumKey, frozenset[int]]]:
    """Each sum with the Customers who have a part in it."""
    for key in period.sums():
        yield key, period.customers(key)
