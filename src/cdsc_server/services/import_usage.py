"""Turn the readings of a file into series of packed blocks, many at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from cdsc_server import exact_json
from cdsc_server.domain.espi import Feed, Intervals, MeterReading, ReadingColumn, UsagePoint
from cdsc_server.domain.espi_columns import Collected, Grid, Row, cost_readings, usage_readings
from cdsc_server.services.import_places import Place, derived_id
from cdsc_server.storage.usage import UsageSeriesRow, find_series, mark_synced
from cdsc_server.storage.usage_blocks import Write, Written, find_or_create_series, put_many, wanted_series

#: Readings collected before they are stored: few round trips and whole months, in little memory.
_TOGETHER = 100_000


class UsageWriter:
    """
    Collects readings and stores them.

    Attributes:
        blocks: what became of the stored blocks so far.
        readings: values and costs taken so far.
        intervals: seconds of those stored so far; 0 for periods with lengths of their own.
    """

    def __init__(self, session: Session, feed: Feed, places: Mapping[str, Place], *, at: datetime) -> None:
        self.blocks = Written()
        self.readings = 0
        self.intervals: set[int] = set()
        self._session, self._places, self._at = session, places, at
        self._points = {
            reading.key: (point, reading) for point in feed.usage_points for reading in point.meter_readings
        }
        self._collected: dict[str, Collected] = {}
        self._waiting = 0
        self._first: dict[str, int] = {}
        #: By meter, then by id.
        self._series: dict[str, dict[str, UsageSeriesRow]] = {}
        self._used: set[tuple[str, str]] = set()

    def first(self, point: UsagePoint) -> int | None:
        """Second of the earliest reading taken of a UsagePoint; None when it has none."""
        return self._first.get(point.key)

    def take(self, some: Intervals) -> None:
        """Collect, and store when there is enough."""
        point, _ = self._points[some.meter_reading]
        self._first[point.key] = min(self._first.get(point.key, some.starts[0]), some.starts[0])
        self._collected.setdefault(some.meter_reading, Collected()).add(some)
        self.readings += sum(value is not None for value in some.values) + sum(cost is not None for cost in some.costs)
        self._waiting += len(some.starts)
        if self._waiting >= _TOGETHER:
            self._store()

    def finish(self) -> None:
        """Store the rest, and note for every series of the file that its source was asked now."""
        self._store()
        by_customer: dict[str, list[str]] = {}
        for customer_id, series_id in sorted(self._used):
            by_customer.setdefault(customer_id, []).append(series_id)
        for customer_id, ids in by_customer.items():
            for first in range(0, len(ids), 500):
                mark_synced(self._session, customer_id, ids[first : first + 500], at=self._at)

    def _store(self) -> None:
        self.blocks += put_many(self._session, self._writes(), at=self._at)
        self._collected.clear()
        self._waiting = 0

    def _writes(self) -> Iterator[Write]:
        for key, collected in self._collected.items():
            point, reading = self._points[key]
            for grid, rows in collected.rows.items():
                self.intervals.add(grid.interval)
                yield from self._grid_writes(point, reading, grid, rows)

    def _grid_writes(self, point: UsagePoint, reading: MeterReading, grid: Grid, rows: list[Row]) -> Iterator[Write]:
        customer_id = self._places[point.key].customer_id
        # A file in another unit or direction is another series: numbers of two units never share a column.
        form = exact_json.dumps(reading.usage.value_format).decode()
        segment = derived_id("segment", customer_id, reading.key, form, *map(str, grid))
        for stretch in usage_readings(grid, rows, reading.usage):
            yield self._find(point, grid, segment, segment, reading.usage, position=0), stretch
        if reading.cost and (costs := cost_readings(grid, rows, reading.cost)):
            series_id = derived_id("cost", segment, str(reading.cost.value_format["currency"]))
            for stretch in costs:
                yield self._find(point, grid, segment, series_id, reading.cost, position=1), stretch

    def _find(
        self, point: UsagePoint, grid: Grid, segment: str, series_id: str, column: ReadingColumn, *, position: int
    ) -> UsageSeriesRow:
        place = self._places[point.key]
        known = self._series.get(place.meter_device_id)
        if known is None:
            found = find_series(self._session, place.customer_id, meter_device_ids=[place.meter_device_id])
            known = self._series[place.meter_device_id] = {row.series_id: row for row in found}
        if series_id not in known:
            known[series_id] = find_or_create_series(
                self._session,
                wanted_series(
                    customer_id=place.customer_id,
                    series_id=series_id,
                    segment_key=segment,
                    position=position,
                    value_format=column.value_format,
                    interval_seconds=grid.interval,
                    phase_seconds=grid.phase,
                    # Of the first file: months stay cut where they are even if a later file forgets its zone.
                    timezone=point.timezone,
                    account_id=place.account_id,
                    contract_id=place.contract_id,
                    service_point_id=place.service_point_id,
                    meter_device_id=place.meter_device_id,
                    at=self._at,
                ),
            )
        self._used.add((place.customer_id, series_id))
        return known[series_id]
