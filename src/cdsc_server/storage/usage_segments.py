"""
Reading usage: which Usage Segments there are, then their columns, a few segments at a time.

    series = find_series(session, "c1", meter_device_ids=["m7"])
    periods = segment_periods(session, series, start=grant_start, end=grant_end)   # no payload is read for this
    for period, columns in read_columns(session, periods[:100]):                    # a query for every few segments
        ...

A segment is one `segment_key` over one local month, from the first to the last reading of any of its series there;
where every period has a length of its own, each period is a segment. Bounds leave only Value Sets wholly inside them,
and what is left has an id of its own. `as_of` shows what was known at an instant (WG3-01 7.3, sync_until).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from sqlalchemy.orm import Session

from cdsc_server.domain.intervals import month_around
from cdsc_server.domain.readings import GAP, QUALITY_OF, Quality, Readings
from cdsc_server.domain.usage import QUALITY_TYPES, Column, trimmed_segment_id, usage_segment_id
from cdsc_server.storage.listed import listed
from cdsc_server.storage.usage import UsageSeriesRow
from cdsc_server.storage.usage_packing import unpack_all

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Readings held at once while a list of segments is read: a year of quarter hours, about a quarter of a megabyte.
_HELD = 36_000
_SERIES = "b ON b.customer_key = q.k AND b.series = q.s"
_MEETS = f"{_SERIES} WHERE b.start < :upper AND b.start + b.span > :lower"
_KNOWN = "SELECT q.n AS n, b.start AS start, b.span, b.modified, {superseded} AS superseded FROM {{listed}} JOIN"
_VERSIONS = (
    f"{_KNOWN.format(superseded='CAST(NULL AS bigint)')} usage_blocks {_MEETS} UNION ALL"
    f" {_KNOWN.format(superseded='b.superseded')} usage_blocks_past {_MEETS} ORDER BY n, start, modified"
)
_BLOCKS = "SELECT q.n AS n, b.start AS start, b.span, b.payload FROM {listed} JOIN"
_INSIDE = f"{_SERIES} AND b.start >= q.a AND b.start < q.b WHERE b.start + b.span > q.c"
#: Bounds outside any instant that a datetime can name.
_ALWAYS = (-(2**40), 2**40)
#: Longer than any local month.
_MONTH = 32 * 86_400


@dataclass(frozen=True, slots=True)
class SegmentPeriod:
    """
    A Usage Segment without its values: WG3-01 10.8.1.

    Attributes:
        segment_id: `cds_usagesegment_id`; one of its own when bounds lie inside the period.
        series: those with readings here, by position; members of one Value Object stand together.
        period: the local month, or the period itself where each has a length of its own; seconds since 1970.
        interval: seconds.
        created: when the first reading of it was stored; `modified`: when the last was stored or corrected.
        synced: when the source was last asked about the series that was asked longest ago.
    """

    segment_id: str
    series: tuple[UsageSeriesRow, ...]
    period: tuple[int, int]
    segment_start: datetime
    segment_end: datetime
    interval: int
    created: datetime
    modified: datetime
    synced: datetime

    @property
    def count(self) -> int:
        """How many Value Sets it has."""
        return (self.segment_end - self.segment_start) // timedelta(seconds=self.interval)


@dataclass(slots=True)
class _Found:
    """What the blocks of one segment say together."""

    start: int
    end: int
    created: int
    modified: int
    series: dict[int, UsageSeriesRow]

    def add(self, start: int, span: int, created: int, modified: int, row: UsageSeriesRow) -> None:
        self.start, self.end = min(self.start, start), max(self.end, start + span)
        self.created, self.modified = min(self.created, created), max(self.modified, modified)
        self.series[row.series] = row


def segment_periods(
    session: Session,
    series: Sequence[UsageSeriesRow],
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    as_of: datetime | None = None,
    starts_by: datetime | None = None,
    ends_from: datetime | None = None,
) -> list[SegmentPeriod]:
    """
    The Usage Segments that these series have readings for, ordered by Customer, segment key and start.

    Args:
        series: the visible ones, of any number of Customers; a segment has the columns of these only.
        start: no Value Set before it; a segment that loses all of them is not there.
        end: no Value Set that ends after it.
        as_of: leave out what was stored after this instant; None is now.
        starts_by, ends_from: only segments that start at one instant or before and end at the other or after are
            asked for; beside all of these, others may come, and not whole.
    """
    lower = _ALWAYS[0] if start is None else _ceiling(start)
    upper = _ALWAYS[1] if end is None else _second(end)
    # No month reaches further. Former versions of a period of its own may have ended anywhere.
    monthly = all(row.interval_seconds for row in series)
    near = (
        max(lower, _second(ends_from) - _MONTH) if ends_from is not None and monthly else lower,
        upper if starts_by is None else min(upper, _ceiling(starts_by) + _MONTH),
    )
    found: dict[tuple[int, str, int, int], _Found] = {}
    before, period = 0, (0, 0)
    for number, block_start, span, created, modified in _blocks_between(session, series, *near, as_of):
        row = series[number - 1]
        if not row.interval_seconds:
            period = (block_start, block_start + span)
        elif number != before or block_start >= period[1]:
            period = month_around(block_start, row.timezone)
        before = number
        segment = found.get((row.customer_key, row.segment_key, *period))
        if segment is None:
            segment = _Found(block_start, block_start + span, created, modified, {})
            found[row.customer_key, row.segment_key, *period] = segment
        segment.add(block_start, span, created, modified, row)
    trimmed = (_trimmed(found[key], (key[2], key[3]), lower, upper) for key in sorted(found))
    return [period for period in trimmed if period is not None]


def read_columns(
    session: Session, periods: Iterable[SegmentPeriod], *, as_of: datetime | None = None
) -> Iterator[tuple[SegmentPeriod, list[Column]]]:
    """
    The columns of each segment, in the order given; a column for each series and quality.

    Args:
        periods: from `segment_periods`, whole or filtered.
        as_of: the same instant as there.

    Yields:
        Columns all as long as the segment. Never more than a few segments are in memory.
    """
    batch: list[SegmentPeriod] = []
    held = 0
    for period in periods:
        weight = period.count * len(period.series)
        if batch and held + weight > _HELD:
            yield from _read(session, batch, as_of)
            batch, held = [], 0
        batch.append(period)
        held += weight
    if batch:
        yield from _read(session, batch, as_of)


class InStore(Protocol):
    """What names a series in the tables of blocks."""

    @property
    def customer_key(self) -> Any: ...

    @property
    def series(self) -> Any: ...


def blocks_known(
    session: Session,
    series: Sequence[InStore],
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    as_of: datetime | None = None,
) -> Iterator[tuple[int, int, int, int, int]]:
    """
    The blocks that have readings in [start, end), payloads left where they are.

    Yields:
        Number of the series (from 1), start and span in seconds, created and modified in microseconds since 1970.
    """
    lower = _ALWAYS[0] if start is None else _ceiling(start)
    upper = _ALWAYS[1] if end is None else _second(end)
    return _blocks_between(session, series, lower, upper, as_of)


def read_blocks(
    session: Session,
    series: Sequence[InStore],
    slots: tuple[int, int, int],
    *,
    interval: int,
    as_of: datetime | None = None,
) -> Iterator[tuple[Readings, npt.NDArray[np.bool_]]]:
    """
    The readings of each series over the same slots, and which of them lie between its first block and its last.

    Args:
        slots: first second of the month, of the first slot, and after the last.
    """
    month, first, last = slots
    count = (last - first) // interval
    parts = _parts(session, [(each.customer_key, each.series, month, last, first) for each in series], as_of)
    for number in range(1, len(series) + 1):
        blocks = parts.pop(number, [])
        covered = np.zeros(count, np.bool_)
        if blocks:
            start, end = blocks[0][0], blocks[-1][0] + blocks[-1][1]
            covered[max(0, (start - first) // interval) : (end - first) // interval] = True
        yield unpack_all(blocks, first, interval, count), covered


def _blocks_between(
    session: Session, series: Sequence[InStore], lower: int, upper: int, as_of: datetime | None
) -> Iterator[tuple[int, int, int, int, int]]:
    if not series:
        return
    versions = listed(
        session,
        _VERSIONS,
        ("k", "s"),
        [(row.customer_key, row.series) for row in series],
        lower=lower,
        upper=upper,
    )
    until = _ALWAYS[1] * 1_000_000 if as_of is None else _microseconds(as_of)
    for (number, start), each in groupby(versions, key=itemgetter(0, 1)):
        known = list(each)
        for _, _, span, modified, superseded in known:
            if modified <= until and (superseded is None or until < superseded):
                yield number, start, span, known[0][3], modified


def _trimmed(found: _Found, period: tuple[int, int], lower: int, upper: int) -> SegmentPeriod | None:
    """The segment between the bounds, None when no Value Set lies wholly inside them."""
    rows = tuple(sorted(found.series.values(), key=lambda row: (row.position, row.series)))
    interval = rows[0].interval_seconds or found.end - found.start
    start, end = found.start, found.end
    if lower > start:
        start += -((start - lower) // interval) * interval
    if upper < end:
        end -= -((upper - end) // interval) * interval
    if start >= end:
        return None
    # A bound inside the period counts even where the data do not reach it yet: the id stays when they do.
    cuts = [bound if period[0] < bound < period[1] else None for bound in (lower, upper)]
    whole = usage_segment_id(rows[0].customer_id, rows[0].segment_key, period[0])
    return SegmentPeriod(
        segment_id=trimmed_segment_id(whole, *cuts),
        series=rows,
        period=period,
        segment_start=_instant(start),
        segment_end=_instant(end),
        interval=interval,
        created=_EPOCH + timedelta(microseconds=found.created),
        modified=_EPOCH + timedelta(microseconds=found.modified),
        synced=min(row.synced for row in rows),
    )


def _read(
    session: Session, periods: Sequence[SegmentPeriod], as_of: datetime | None
) -> Iterator[tuple[SegmentPeriod, list[Column]]]:
    wanted = [
        (row.customer_key, row.series, period.period[0], _second(period.segment_end), _second(period.segment_start))
        for period in periods
        for row in period.series
    ]
    parts = _parts(session, wanted, as_of)
    number = 0
    for period in periods:
        held = []
        for row in period.series:
            number += 1
            slots = (_second(period.segment_start), period.interval, period.count)
            held.append((row, unpack_all(parts.pop(number, ()), *slots)))
        yield period, columns_of(held)


def _parts(
    session: Session, wanted: Sequence[tuple[int, int, int, int, int]], as_of: datetime | None
) -> dict[int, list[tuple[int, int, bytes]]]:
    """
    Start, span and payload of the blocks of each series, by its number from 1.

    Args:
        wanted: customer_key and number of the series, and the seconds from and before which its blocks start and after
            which they end.
    """
    statement = f"{_BLOCKS} usage_blocks {_INSIDE}"
    if as_of is not None:
        current = f"{statement} AND b.modified <= :as_of"
        former = f"{_BLOCKS} usage_blocks_past {_INSIDE} AND b.modified <= :as_of AND b.superseded > :as_of"
        statement = f"{current} UNION ALL {former}"
    blocks = listed(
        session,
        f"{statement} ORDER BY n, start",
        ("k", "s", "a", "b", "c"),
        wanted,
        **({} if as_of is None else {"as_of": _microseconds(as_of)}),
    )
    parts: dict[int, list[tuple[int, int, bytes]]] = defaultdict(list)
    for number, *block in blocks:
        parts[number].append(tuple(block))
    return parts


def columns_of(held: Sequence[tuple[UsageSeriesRow, Readings]]) -> list[Column]:
    """
    The columns of a segment: one for each position and quality; `indexes` turned from positions into their numbers.

    Args:
        held: its series by position, each with readings for every Value Set.
    """
    by_position: dict[int, list[tuple[UsageSeriesRow, Readings]]] = defaultdict(list)
    for row, readings in held:
        by_position[row.position].append((row, readings))
    columns: list[Column] = []
    numbers: dict[int, list[int]] = {}
    for position, members in by_position.items():
        row = members[0][0]
        split = row.value_format.get("type") in QUALITY_TYPES
        qualities = _by_quality(members[0][1]) if split else [(None, members[0][1])]
        numbers[position] = list(range(len(columns), len(columns) + len(qualities)))
        for quality, readings in qualities:
            values = ((row.value_key, readings), *((other.value_key, more) for other, more in members[1:]))
            columns.append(Column(row.value_format, quality, row.series_id, values))
    return [_renumbered(column, numbers) for column in columns]


def _renumbered(column: Column, numbers: Mapping[int, Sequence[int]]) -> Column:
    positions = column.value_format.get("indexes")
    if positions is None:
        return column
    indexes = [number for position in positions for number in numbers.get(position, ())]
    value_format: dict[str, Any] = {**column.value_format, "indexes": indexes}
    return Column(value_format, column.quality, column.series_id, column.parts)


def _by_quality(readings: Readings) -> list[tuple[Quality | None, Readings]]:
    """The readings of each quality, best known first in order of the marks; the others are gaps in it."""
    if len(readings.marks) < 2:
        return [(QUALITY_OF.get(readings.marks[0]), readings)]
    present = sorted(set(readings.marks) - {GAP})
    if len(present) < 2:
        return [(QUALITY_OF[present[0]], readings)] if present else [(None, readings)]
    return [(QUALITY_OF[mark], readings.only(QUALITY_OF[mark])) for mark in present]


def _second(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(seconds=1)


def _ceiling(instant: datetime) -> int:
    return -((_EPOCH - instant) // timedelta(seconds=1))


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)


def _instant(second: int) -> datetime:
    return _EPOCH + timedelta(seconds=second)
