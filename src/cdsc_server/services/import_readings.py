"""Store readings that come as rows: each under the Customer whose usage the meter counted then."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from cdsc_server import exact_json
from cdsc_server.domain.delta_files import Faults, FaultyRows
from cdsc_server.domain.espi_columns import Grid
from cdsc_server.domain.freshness import readings_of
from cdsc_server.domain.reading_rows import ReadingFeed, ReadingRows, Source, Stretch, sound, stated, stretches
from cdsc_server.ports import Clock
from cdsc_server.services.import_places import derived_id
from cdsc_server.storage.db import transaction
from cdsc_server.storage.deliveries import set_heard_of
from cdsc_server.storage.metered_places import MeteredPlace, metered_places
from cdsc_server.storage.provisioned import find_records
from cdsc_server.storage.usage import StoredSeries, mark_all_synced, stored_series_of
from cdsc_server.storage.usage_blocks import Write, Written, find_or_create_all, put_many, wanted_series

#: Rows stored together: enough for whole blocks where a file goes from meter to meter, in little memory.
_TOGETHER = 500_000


@dataclass(frozen=True, slots=True)
class ImportedReadings:
    """
    What became of rows.

    Attributes:
        rows: how many there were.
        meters: how many meters they are of.
        blocks: stored rows of readings: new, corrected and unchanged ones.
        intervals: seconds of the readings; 0 for periods with lengths of their own.
    """

    rows: int
    meters: int
    blocks: Written
    intervals: frozenset[int]


def store_readings(
    session: Session, feed: ReadingFeed, *, timezone: str, at: datetime, faults: Faults
) -> ImportedReadings:
    """
    Store the readings of a file, a batch at a time, inside a transaction of the caller's.

    A reading replaces the one of its time, whose version is kept; a gap leaves it, and only a row that says so takes
    it away. Readings go to the series that the meter has for their format and interval, or to a new one.

    Args:
        timezone: IANA name, whose months cut the series that are made.
        at: becomes `modified` of what changed, and `synced` of every series.
        faults: what is wrong with rows that cannot be read was added to them, and the rest is.

    Raises:
        FaultyRows: with what is wrong; the caller's transaction has to be undone.

    Spec: CDS-WG3-01 10.8.
    """
    storing = _Storing(session, feed, timezone, at, faults)
    waiting: list[ReadingRows] = []
    with _collecting_less():
        for rows in feed.batches():
            waiting.append(rows)
            if sum(map(len, waiting)) >= _TOGETHER:
                storing.take(_together(waiting))
        if waiting:
            storing.take(_together(waiting))
        if faults.rows:
            raise FaultyRows(feed.rows - faults.rows, faults)
        storing.finish()
    return ImportedReadings(
        rows=feed.rows,
        meters=len({source.meter for source in feed.sources}),
        blocks=storing.blocks,
        intervals=frozenset(storing.intervals),
    )


def import_readings(feed: ReadingFeed, *, timezone: str, clock: Clock, faults: Faults) -> ImportedReadings:
    """As `store_readings`, in a transaction of its own; notes that the source of such readings was heard of."""
    now = clock.now()
    with transaction() as session:
        done = store_readings(session, feed, timezone=timezone, at=now, faults=faults)
        set_heard_of(session, readings_of(done.intervals), now)
    return done


@contextmanager
def _collecting_less() -> Iterator[None]:
    """Spare the collector of garbage what was there before, which it would go through again for every few meters."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _together(waiting: list[ReadingRows]) -> ReadingRows:
    """All of these, which are not held twice from then on."""
    rows = ReadingRows.together(waiting)
    waiting.clear()
    return rows


class _Slots(NamedTuple):
    """
    What decides the series of a reading.

    Attributes:
        source: its number.
        place: the number of the place, among those of the source's meter.
    """

    source: int
    place: int
    grid: Grid


class _Part(NamedTuple):
    """The part of a stretch that is under one whose usage it is."""

    slots: _Slots
    stretch: Stretch


class _Storing:
    """Stores batches, and remembers between them what it found."""

    def __init__(self, session: Session, feed: ReadingFeed, timezone: str, at: datetime, faults: Faults) -> None:
        self.blocks = Written()
        self.intervals: set[int] = set()
        self._session, self._feed, self._timezone, self._at, self._faults = session, feed, timezone, at, faults
        self._last: dict[int, tuple[int, int]] = {}
        self._sources = 0
        self._units: dict[tuple[str, str, str], str] = {}
        #: By what a file calls the meter, the earliest first.
        self._places: dict[str, list[MeteredPlace]] = {}
        #: By key of the Customer and id of the meter.
        self._known: dict[tuple[int, str], list[StoredSeries]] = {}
        self._series: dict[_Slots, StoredSeries] = {}
        self._told: set[tuple[int, str]] = set()

    def take(self, rows: ReadingRows) -> None:
        """Check a batch, and store it unless something was wrong so far."""
        self._look_up()
        good = sound(rows, self._last, now=int(self._at.timestamp()), faults=self._faults)
        parts = [part for each in stretches(good, self._feed.sources) for part in self._placed(each)]
        self._find_series(parts)
        if self._faults.rows:
            return
        upserts: list[Write] = []
        deletes: list[Write] = []
        for slots, stretch in parts:
            self.intervals.add(stretch.grid.interval)
            (deletes if stretch.deletes else upserts).append((self._series[slots], stretch.readings))
        self.blocks += put_many(self._session, upserts, at=self._at)
        self.blocks += put_many(self._session, deletes, at=self._at, gaps_erase=True)

    def finish(self) -> None:
        """Note for every series of the file that its source was asked now; new ones say so already."""
        used = [(row.customer_key, row.series_id) for row in self._series.values() if row.synced != self._at]
        mark_all_synced(self._session, used, at=self._at)

    def _look_up(self) -> None:
        """Find the meters of sources that are new in this batch, by external id or number, and their series."""
        fresh = self._feed.sources[self._sources :]
        for number, source in enumerate(fresh, self._sources):
            units = self._units.setdefault(source[:3], source.units)
            if units != source.units:
                rule = f"switch from {units} to {source.units} within the file"
                self._faults.add(self._feed.first_lines[number], "units", rule)
        self._sources = len(self._feed.sources)
        ids = {source.meter for source in fresh} - self._places.keys()
        if not ids:
            return
        records = find_records(self._session, "meter", ids)
        numbers = {each: records[each].body.get("meter_number", each) if each in records else each for each in ids}
        found = metered_places(self._session, set(numbers.values()))
        by_number: dict[str, list[MeteredPlace]] = {}
        for place in found:
            by_number.setdefault(place.meter_number, []).append(place)
        self._places |= {each: by_number.get(number, []) for each, number in numbers.items()}
        meters = {(place.customer_key, place.meter_device_id) for place in found}
        self._known |= {meter: [] for meter in meters}
        for row in stored_series_of(self._session, meters):
            self._known[row.customer_key, str(row.meter_device_id)].append(row)

    def _placed(self, stretch: Stretch) -> Iterator[_Part]:
        """The parts of a stretch under those whose usage they are."""
        source = self._feed.sources[stretch.source]
        places = self._places.get(source.meter, [])
        if not places:
            self._refuse(stretch, "external_meter_id", f"{source.meter!r} is the number of no meter here")
            return
        readings, left = stretch.readings, len(stretch.readings)
        reached = readings.start
        for number, place in enumerate(places):
            part = readings.between(
                reached if place.start is None or place.start <= reached else place.start, place.end
            )
            if len(part):
                slots = _Slots(stretch.source, number, stretch.grid)
                yield _Part(slots, stretch if part is readings else stretch._replace(readings=part))
                left, reached = left - len(part), part.end
        if left:
            rule = f"is a time at which nobody here was supplied through meter {source.meter}"
            self._refuse(stretch, "start", rule)

    def _of(self, slots: _Slots) -> tuple[MeteredPlace, Source]:
        source = self._feed.sources[slots.source]
        return self._places[source.meter][slots.place], source

    def _find_series(self, parts: Iterable[_Part]) -> None:
        """Find the series of these parts, and make those that are missing unless something was wrong so far."""
        missing: dict[_Slots, Mapping[str, Any]] = {}
        for slots, stretch in parts:
            if slots in self._series or slots in missing:
                continue
            row = self._known_series(slots)
            if row is not None:
                self._series[slots] = row
            elif not self._unit_switched(slots, stretch):
                missing[slots] = self._wanted(slots)
        if self._faults.rows:
            return
        for slots, row in zip(missing, find_or_create_all(self._session, list(missing.values())), strict=True):
            self._series[slots] = row
            self._known[row.customer_key, str(row.meter_device_id)].append(row)

    def _known_series(self, slots: _Slots) -> StoredSeries | None:
        """The series that the meter has for readings."""
        place, source = self._of(slots)
        for row in self._known[place.customer_key, place.meter_device_id]:
            of_place = row.contract_id in {None, place.contract_id}
            of_grid = (row.interval_seconds, row.phase_seconds) == slots.grid
            if of_place and of_grid and stated(row.value_format) == source.value_format:
                return row
        return None

    def _unit_switched(self, slots: _Slots, stretch: Stretch) -> bool:
        """Whether the meter had other units so far; adds the fault."""
        place, source = self._of(slots)
        for row in self._known[place.customer_key, place.meter_device_id]:
            kept = stated(row.value_format)
            same = kept | {"units": source.units} == source.value_format
            if kept != source.value_format and same and row.interval_seconds:
                rule = f"are {kept['units']} so far for this meter, and must not change to {source.units}"
                self._refuse(stretch, "units", rule)
                return True
        return False

    def _wanted(self, slots: _Slots) -> Mapping[str, Any]:
        """What a new series for readings is to be."""
        (place, source), grid = self._of(slots), slots.grid
        form = exact_json.dumps(source.value_format).decode()
        segment = derived_id(
            "segment of rows", place.customer_id, place.meter_device_id, place.contract_id or "", form, *map(str, grid)
        )
        return wanted_series(
            customer_id=place.customer_id,
            series_id=segment,
            segment_key=segment,
            value_format=source.value_format,
            interval_seconds=grid.interval,
            phase_seconds=grid.phase,
            timezone=self._timezone,
            account_id=place.account_id,
            contract_id=place.contract_id,
            service_point_id=place.service_point_id,
            meter_device_id=place.meter_device_id,
            at=self._at,
        )

    def _refuse(self, stretch: Stretch, column: str, rule: str) -> None:
        """Count the rows of a stretch as rejected; the same is told once of a source."""
        self._faults.rows += stretch.rows
        if (stretch.source, rule) not in self._told:
            self._told.add((stretch.source, rule))
            self._faults.tell(stretch.line, column, rule)
