"""
Writing usage: a correction keeps what it replaces, a repetition changes nothing, blocks of a series never overlap.

    wanted = wanted_series(customer_id="c1", series_id="meter7/forward", segment_key="meter7",
                           value_format={"type": "electric_usage", "units": "kWh", "direction": "forward"},
                           interval_seconds=900, timezone="Europe/Brussels", meter_device_id="m7", at=now)
    series = find_or_create_series(session, wanted)
    put_readings(session, series, Readings.of(start, 900, decimals, qualities=Quality.VALID), at=now)
    put_many(session, [(series, readings), ...], at=now)      # any number of series, a few statements in all

New readings go into the blocks that hold their slots; what no block holds becomes new blocks, cut at local months.
So history comes in month blocks, new days in day blocks, and a block keeps its bounds for life.
Writers of one series wait for each other: by row locks of its series on PostgreSQL, by the one writer of SQLite.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, select, text
from sqlalchemy.orm import Session

from cdsc_server import exact_json
from cdsc_server.domain.intervals import month_around
from cdsc_server.domain.readings import GAP, Readings
from cdsc_server.domain.usage import VALUE_KEYS
from cdsc_server.domain.value_formats import format_faults, reading_fault
from cdsc_server.errors import Conflict, InvalidRequest
from cdsc_server.storage.among import among_pairs
from cdsc_server.storage.arrivals import note_arrivals
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.listed import listed
from cdsc_server.storage.types import ExactJSON, UtcDateTime
from cdsc_server.storage.usage import StoredSeries, UsageBlockRow, UsageSeriesRow, stored_series
from cdsc_server.storage.usage_packing import pack_all, same, unpack

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Series handled by one round of statements.
_ROUND = 1000
#: Blocks that are emptied together.
_ERASED = 100
#: Before any second that a datetime can name.
_BEGINNING = -(2**62)
#: What no series changes once it is there.
_FIXED = ("segment_key", "interval_seconds", "phase_seconds", "timezone")

Write = tuple[UsageSeriesRow | StoredSeries, Readings]
#: Readings with the seconds at which they start and end.
_Piece = tuple[int, int, Readings]


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a write, counted in blocks."""

    new: int = 0
    corrected: int = 0
    unchanged: int = 0

    def __add__(self, other: Written) -> Written:
        return Written(self.new + other.new, self.corrected + other.corrected, self.unchanged + other.unchanged)


def find_or_create_series(session: Session, wanted: Mapping[str, Any]) -> UsageSeriesRow:
    """As `find_or_create_all`, for one series, of which it gives the whole row."""
    found = find_or_create_all(session, [wanted])[0]
    return session.get_one(UsageSeriesRow, (found.customer_key, found.series))


def wanted_series(
    *,
    customer_id: str,
    series_id: str,
    segment_key: str,
    value_format: Mapping[str, Any],
    interval_seconds: int,
    timezone: str,
    at: datetime,
    position: int = 0,
    phase_seconds: int = 0,
    value_key: str | None = None,
    account_id: str | None = None,
    contract_id: str | None = None,
    service_point_id: str | None = None,
    meter_device_id: str | None = None,
    site_id: str | None = None,
) -> Mapping[str, Any]:
    """
    What a series is to be, for `find_or_create_series` and `find_or_create_all`: its columns by name.

    Args:
        series_id: derived from the source, so that a second import finds the same series.
        segment_key: the same for all series that make one Usage Segment; unique under the Customer.
        value_format: WG3-01 10.8.5 without `id`, `quality` and ids of meters; `indexes` hold positions of the segment.
        interval_seconds: 0 where each period has a length of its own.
        at: becomes `created` and `synced` of a new series.
        position: place of the column; series of one position are members of the same Value Object.
        value_key: that member; None takes the one of the Value Type.
        site_id: the site that is asked for the readings whenever somebody looks; None where they are stored.

    Raises:
        InvalidRequest: the Value Type has no member of its own and none is given, or the format breaks a rule.
    """
    key = value_key or VALUE_KEYS.get(str(value_format.get("type")))
    if key is None:
        raise InvalidRequest("a value type of the Server's own needs a value_key", field="value_key")
    if fault := next(format_faults(value_format), None):
        raise InvalidRequest(f"value_format: {fault}", field="value_format")
    return {
        "customer_key": customer_key_of(customer_id),
        "customer_id": customer_id,
        "series_id": series_id,
        "segment_key": segment_key,
        "position": position,
        "value_key": key,
        "account_id": account_id,
        "contract_id": contract_id,
        "service_point_id": service_point_id,
        "meter_device_id": meter_device_id,
        "interval_seconds": interval_seconds,
        "phase_seconds": phase_seconds,
        "timezone": timezone,
        "value_format": dict(value_format),
        "created": at,
        "synced": at,
        "site_id": site_id,
    }


def find_or_create_all(session: Session, wanted: Sequence[Mapping[str, Any]]) -> list[StoredSeries]:
    """
    The series of these ids under their Customers, in this order; those that are not there are made.

    A few statements for any number of them.

    Raises:
        Conflict: one is there with another segment, interval, phase or zone, or its segment is with another of the
            last three.
    """
    rounds = (wanted[first : first + _ROUND] for first in range(0, len(wanted), _ROUND))
    rows = [row for some in rounds for row in _round_of_series(session, some)]
    for row, each in zip(rows, wanted, strict=True):
        if any(getattr(row, name) != each[name] for name in _FIXED):
            raise Conflict(
                "the series exists with another segment, interval, phase or time zone", detail=each["series_id"]
            )
    return rows


def put_readings(
    session: Session, series: UsageSeriesRow, readings: Readings, *, at: datetime, gaps_erase: bool = False
) -> Written:
    """As `put_many`, for one series."""
    return put_many(session, [(series, readings)], at=at, gaps_erase=gaps_erase)


def put_many(session: Session, writes: Iterable[Write], *, at: datetime, gaps_erase: bool = False) -> Written:
    """
    Store readings; where there are some already, these take their place and the version before is kept.

    Args:
        writes: of one series, a later write wins over an earlier one.
        at: the instant that becomes `modified` of what changed; unchanged blocks keep theirs.
        gaps_erase: whether a gap removes the reading that was there; otherwise it leaves it.

    Raises:
        InvalidRequest: readings are not on the slots of their series, or none of its kind; nothing was stored.
    """
    changes: dict[tuple[int, int], _Change] = {}
    customer_ids = set()
    for series, readings in writes:
        if fault := reading_fault(series.value_key, series.value_format, readings):
            raise InvalidRequest(fault)
        key = (series.customer_key, series.series)
        change = changes.get(key)
        if change is None:
            change = changes[key] = _Change(key, series.interval_seconds, series.phase_seconds, series.timezone, [])
        change.pieces += _pieces(change, readings, gaps_erase=gaps_erase)
        customer_ids.add(series.customer_id)
    # One order for all writers, so that no two of them wait for each other's locks.
    ordered = [changes[key] for key in sorted(changes) if changes[key].pieces]
    total = Written()
    for first in range(0, len(ordered), _ROUND):
        total += _apply(session, ordered[first : first + _ROUND], _microseconds(at), gaps_erase=gaps_erase)
    if total.new or total.corrected:
        note_arrivals(session, customer_ids)
    return total


def erase(session: Session, series: UsageSeriesRow, *, start: datetime, end: datetime, at: datetime) -> int:
    """
    Take away the readings of a series that lie wholly in [start, end), a few blocks at a time; versions are kept.

    Args:
        at: as `put_many`.

    Returns:
        How many readings there were.
    """
    row = UsageBlockRow
    inside = (row.start < _second(end), row.start + row.span > _second(start))
    of_series = select(row.start, row.span, row.payload).where(
        row.customer_key == series.customer_key, row.series == series.series, *inside
    )
    gone, reached = 0, _BEGINNING
    while some := session.execute(of_series.where(row.start > reached).order_by(row.start).limit(_ERASED)).all():
        empty = []
        for first, span, payload in some:
            step = series.interval_seconds or span
            part = unpack(payload, first, step, span // step).between(start, end)
            if told := len(part) - part.spread_marks.count(GAP):
                gone += told
                empty.append((series, Readings.assembled(part.start, step, len(part), ())))
        put_many(session, empty, at=at, gaps_erase=True)
        reached = some[-1].start
    return gone


def _round_of_series(session: Session, wanted: Sequence[Mapping[str, Any]]) -> list[StoredSeries]:
    while True:
        found = _series(session, "series_id", wanted)
        missing = [each for each in wanted if (each["customer_key"], each["series_id"]) not in found]
        if not missing:
            return [found[each["customer_key"], each["series_id"]] for each in wanted]
        there = _series(session, "segment_key", missing)
        beside: dict[tuple[int, str], Mapping[str, Any]] = {key: row._asdict() for key, row in there.items()}
        for each in missing:
            first = beside.setdefault((each["customer_key"], each["segment_key"]), each)
            if any(first[name] != each[name] for name in _FIXED):
                raise Conflict("series of one segment share interval, phase and time zone", detail=each["series_id"])
        # Another writer may take the numbers first: then they are not inserted, and the next ones are tried.
        rows = _numbered(session, missing)
        if _insert_series(session, rows):
            found |= {(row["customer_key"], row["series_id"]): _stored(row) for row in rows}
            return [found[each["customer_key"], each["series_id"]] for each in wanted]


def _series(session: Session, name: str, wanted: Sequence[Mapping[str, Any]]) -> dict[tuple[int, str], StoredSeries]:
    """The first series of each Customer and value of this column."""
    pairs = {(each["customer_key"], each[name]) for each in wanted}
    condition = among_pairs(UsageSeriesRow.customer_key, getattr(UsageSeriesRow, name), pairs)
    found: dict[tuple[int, str], StoredSeries] = {}
    for row in stored_series(session, condition):
        found.setdefault((row.customer_key, getattr(row, name)), row)
    return found


def _stored(row: Mapping[str, Any]) -> StoredSeries:
    return StoredSeries._make([row[name] for name in StoredSeries._fields])


def _numbered(session: Session, wanted: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Each with the next number of its Customer."""
    highest = listed(
        session,
        "SELECT t.customer_key, max(t.series) FROM {listed} JOIN usage_series t ON t.customer_key = q.k"
        " GROUP BY t.customer_key",
        ("k",),
        [(key,) for key in {each["customer_key"] for each in wanted}],
    )
    numbers = {key: number + 1 for key, number in highest}
    rows: list[Mapping[str, Any]] = []
    for each in wanted:
        number = numbers.get(each["customer_key"], 0)
        numbers[each["customer_key"]] = number + 1
        rows.append({"series": number, **each})
    return rows


_SERIES = [column.name for column in UsageSeriesRow.__table__.columns]
_INSERTED = ", ".join(_SERIES)
#: One list for all, because a statement for each row takes longer than inserting it.
_INSERT_SERIES = {
    "postgresql": text(
        f"INSERT INTO usage_series ({_INSERTED}) SELECT {_INSERTED}"  # noqa: S608  (names of our own)
        " FROM json_populate_recordset(CAST(NULL AS usage_series), CAST(:rows AS json)) ON CONFLICT DO NOTHING"
    ),
    "sqlite": text(
        f"INSERT INTO usage_series ({_INSERTED}) SELECT "  # noqa: S608  (names of our own)
        + ", ".join(f"json_extract(value, '$.{name}')" for name in _SERIES)
        + " FROM json_each(:rows) WHERE true ON CONFLICT DO NOTHING"
    ),
}


def _insert_series(session: Session, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Add series, but those whose number or id there is already; returns whether there was none."""
    dialect = session.get_bind().dialect
    bound, form = UtcDateTime().process_bind_param, ExactJSON().process_bind_param
    instants = {each: bound(each, dialect) for row in rows for each in {row["created"], row["synced"]}}
    kept = [
        {
            **row,
            "value_format": form(row["value_format"], dialect),
            "created": instants[row["created"]],
            "synced": instants[row["synced"]],
        }
        for row in rows
    ]
    done = session.execute(_INSERT_SERIES[dialect.name], {"rows": exact_json.dumps(kept).decode()})
    return cast("CursorResult[Any]", done).rowcount == len(rows)


@dataclass(slots=True)
class _Block:
    """A block in hand: stored when it has a payload, to be written when it has readings."""

    start: int
    span: int
    modified: int = 0
    payload: bytes | None = None
    readings: Readings | None = None
    touched: bool = False
    gone: bool = False

    @property
    def end(self) -> int:
        return self.start + self.span

    def correct(self, fresh: Readings, *, gaps_erase: bool) -> None:
        """Take these readings over; whether anything is new in them is seen when they are packed."""
        self.touched = True
        slots = self.span // fresh.interval
        if len(fresh.values) == slots and (gaps_erase or GAP not in fresh.marks):
            self.readings = fresh
            return
        old = self.readings or unpack(self.payload or b"", self.start, fresh.interval, slots)
        self.readings = old.overlaid(fresh, gaps_erase=gaps_erase)


@dataclass(slots=True)
class _Change:
    """What is to be written to one series."""

    key: tuple[int, int]
    interval: int
    phase: int
    timezone: str
    pieces: list[_Piece]

    @property
    def bounds(self) -> tuple[int, int]:
        return min(start for start, _, _ in self.pieces), max(end for _, end, _ in self.pieces)


def _pieces(change: _Change, readings: Readings, *, gaps_erase: bool) -> Iterator[_Piece]:
    """Cut at local months; one reading each where every period has its own length. Gaps of those say nothing else."""
    step, start = readings.interval, _second(readings.start)
    if not change.interval:
        for n in range(len(readings)):
            if (piece := readings.part(n, n + 1)).marks != bytes([GAP]) or gaps_erase:
                yield start + n * step, start + (n + 1) * step, piece
        return
    if step != change.interval or (start - change.phase) % step:
        raise InvalidRequest(f"readings of this series start every {change.interval} seconds", field="readings")
    first = 0
    while first < len(readings):
        _, month_end = month_around(start + first * step, change.timezone)
        last = min(-((start - month_end) // step), len(readings))
        yield start + first * step, start + last * step, readings.part(first, last)
        first = last


def _apply(session: Session, changes: Sequence[_Change], at: int, *, gaps_erase: bool) -> Written:
    keys = [change.key for change in changes]
    _lock(session, keys)
    stored = _overlapping(session, [(*change.key, *change.bounds) for change in changes])
    held: list[tuple[tuple[int, int], _Block]] = []
    for number, change in enumerate(changes, start=1):
        blocks = stored.get(number, [])
        place = _place if change.interval else _place_period
        for piece in change.pieces:
            place(blocks, piece, gaps_erase=gaps_erase)
        held += [(change.key, block) for block in blocks if block.touched or block.gone]
    new = unchanged = 0
    replaced: list[tuple[int, int, int, int]] = []
    fresh: list[tuple[int, int, int, int, bytes]] = []
    written = iter(pack_all([block.readings for _, block in held if block.readings is not None and not block.gone]))
    for key, block in held:
        payload = None if block.gone else next(written)
        if payload is not None and block.payload is not None and same(payload, block.payload):
            unchanged += 1
            continue
        if block.payload is None:
            new += not block.gone
        else:
            replaced.append((*key, block.start, block.modified))
        if payload is not None:
            fresh.append((*key, block.start, block.span, payload))
    # A clock that was set back must not make a version end before it began.
    at = max([at, *(modified for *_, modified in replaced)])
    _supersede(session, [block for *block, _ in replaced], at)
    _insert(session, [(*block, at, payload) for *block, payload in fresh])
    return Written(new, len(replaced), unchanged)


def _place(blocks: list[_Block], piece: _Piece, *, gaps_erase: bool) -> None:
    """Give each block its part of the readings, and make blocks of what lies between."""
    start, end, readings = piece
    if len(blocks) == 1 and (blocks[0].start, blocks[0].end) == (start, end):
        blocks[0].correct(readings, gaps_erase=gaps_erase)
        return

    def part(first: int, last: int) -> Readings:
        return readings.part((first - start) // readings.interval, (last - start) // readings.interval)

    reached = start
    for block in sorted((b for b in blocks if b.start < end and b.end > start), key=lambda b: b.start):
        if reached < block.start:
            _begin(blocks, (reached, block.start, part(reached, block.start)))
        block.correct(part(max(start, block.start), min(end, block.end)), gaps_erase=gaps_erase)
        reached = block.end
    if reached < end:
        _begin(blocks, (reached, end, part(reached, end)))


def _place_period(blocks: list[_Block], piece: _Piece, *, gaps_erase: bool) -> None:
    """Let a period of a length of its own replace every other period that it meets; a gap does so only to its own."""
    start, end, readings = piece
    met = [block for block in blocks if block.start < end and block.end > start and not block.gone]
    if [(block.start, block.end) for block in met] == [(start, end)]:
        met[0].correct(readings, gaps_erase=gaps_erase)
        return
    if readings.marks == bytes([GAP]):
        return
    for block in met:
        block.gone = True
    _begin(blocks, piece)


def _begin(blocks: list[_Block], piece: _Piece) -> None:
    start, end, readings = piece
    if readings.marks.count(GAP) < len(readings.marks):
        blocks.append(_Block(start, end - start, readings=readings, touched=True))


def _lock(session: Session, keys: Sequence[tuple[int, int]]) -> None:
    """Make other writers of these series wait; on SQLite a transaction that writes is alone already."""
    if session.get_bind().dialect.name == "sqlite":
        return
    listed(
        session,
        "SELECT 1 FROM {listed} JOIN usage_series t ON t.customer_key = q.k AND t.series = q.s"
        " ORDER BY t.customer_key, t.series FOR NO KEY UPDATE OF t",
        ("k", "s"),
        keys,
    )


def _overlapping(session: Session, ranges: Sequence[tuple[int, int, int, int]]) -> dict[int, list[_Block]]:
    """The blocks that meet [a, b) of each series, by the number of the range; the first may begin before a."""
    found: dict[int, list[_Block]] = {}
    for number, start, span, modified, payload in listed(
        session,
        "WITH f AS MATERIALIZED (SELECT q.n, q.k, q.s, q.a, q.b, coalesce((SELECT max(p.start) FROM usage_blocks p"
        " WHERE p.customer_key = q.k AND p.series = q.s AND p.start <= q.a), q.a) AS since FROM {listed})"
        " SELECT f.n, b.start, b.span, b.modified, b.payload FROM f JOIN usage_blocks b ON b.customer_key = f.k"
        " AND b.series = f.s AND b.start >= f.since AND b.start < f.b WHERE b.start + b.span > f.a"
        " ORDER BY f.n, b.start",
        ("k", "s", "a", "b"),
        ranges,
    ):
        found.setdefault(number, []).append(_Block(start, span, modified, payload))
    return found


def _supersede(session: Session, blocks: Sequence[Sequence[int]], at: int) -> None:
    """Move these versions to the past; one that was written at this very instant was never true and is dropped."""
    if not blocks:
        return
    keys = ("k", "s", "a")
    if session.get_bind().dialect.name == "postgresql":
        listed(
            session,
            "WITH gone AS (DELETE FROM usage_blocks b USING {listed}"
            " WHERE b.customer_key = q.k AND b.series = q.s AND b.start = q.a RETURNING b.*)"
            " INSERT INTO usage_blocks_past (customer_key, series, start, superseded, span, payload, modified)"
            " SELECT customer_key, series, start, :at, span, payload, modified FROM gone WHERE modified < :at",
            keys,
            blocks,
            at=at,
        )
        return
    listed(
        session,
        "INSERT INTO usage_blocks_past (customer_key, series, start, superseded, span, payload, modified)"
        " SELECT b.customer_key, b.series, b.start, :at, b.span, b.payload, b.modified"
        " FROM {listed} JOIN usage_blocks b ON b.customer_key = q.k AND b.series = q.s AND b.start = q.a"
        " WHERE b.modified < :at",
        keys,
        blocks,
        at=at,
    )
    listed(
        session,
        "DELETE FROM usage_blocks WHERE (customer_key, series, start) IN (SELECT q.k, q.s, q.a FROM {listed})",
        keys,
        blocks,
    )


_COPY_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_ROW = struct.Struct(">h iq iq iq ii ih i").pack
_COPY_TAIL = struct.pack(">h", -1)


def _insert(session: Session, rows: Sequence[tuple[Any, ...]]) -> None:
    """Add blocks, given as Customer key, series, start, span, modified and payload."""
    if not rows:
        return
    cursor = session.connection().connection.cursor()
    try:
        if session.get_bind().dialect.name == "sqlite":
            cursor.executemany(
                "INSERT INTO usage_blocks (customer_key, series, start, span, modified, payload)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                rows,
            )
            return
        columns = "customer_key, start, modified, span, series, payload"
        with cursor.copy(f"COPY usage_blocks ({columns}) FROM STDIN (FORMAT binary)") as copy:
            copy.write(_COPY_HEAD)
            copy.write(
                b"".join(
                    _COPY_ROW(6, 8, key, 8, start, 8, modified, 4, span, 2, series, len(payload)) + payload
                    for key, series, start, span, modified, payload in rows
                )
            )
            copy.write(_COPY_TAIL)
    finally:
        cursor.close()


def _second(instant: datetime) -> int:
    return int(instant.timestamp())


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)
