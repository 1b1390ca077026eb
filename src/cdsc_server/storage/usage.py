"""
Usage: readings in packed blocks, one row per value format and period.

A *series* is one value format measured for one owner (a Meter Device, or a contract for a supply mix).
A *block* is one period of a series, never across a local month; blocks of a series never overlap.
Series with the same `segment_key` are the columns of the same Usage Segments.
`usage_packing.py` turns readings into bytes, `usage_blocks.py` writes, `usage_segments.py` reads.

Every unique constraint holds `customer_key`, so that the tables can be distributed by it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, cast

from sqlalchemy import (
    DDL,
    BigInteger,
    ColumnElement,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    event,
    exists,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.domain.usage_disclosure import Series
from cdsc_server.storage.among import among_given, among_pairs
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.db import DataBase
from cdsc_server.storage.prepared import Prepared
from cdsc_server.storage.types import ExactJSON, UtcDateTime


class UsageSeriesRow(DataBase):
    """One number of the Value Sets of a row of Usage Segments: who it belongs to, its value format, its interval."""

    __tablename__ = "usage_series"
    __table_args__ = (
        PrimaryKeyConstraint("customer_key", "series"),
        UniqueConstraint("customer_key", "series_id"),
        Index(None, "customer_key", "segment_key"),
    )

    customer_key: Mapped[int] = mapped_column(BigInteger, autoincrement=False)
    #: Number of the series under its Customer; short, because every block repeats it.
    series: Mapped[int] = mapped_column(SmallInteger, autoincrement=False)
    customer_id: Mapped[str] = mapped_column(String)
    #: Opaque and derived from the source, so that a second import finds the same series.
    series_id: Mapped[str] = mapped_column(String)
    #: Series of one key share owner, interval and phase: together they are one Usage Segment per period.
    segment_key: Mapped[str] = mapped_column(String)
    #: Place of this column in the segment, from 0. Series of one place are members of the same Value Object.
    position: Mapped[int] = mapped_column(SmallInteger)
    #: Member of the Value Object; the one of the lowest series number decides whether the object is null.
    value_key: Mapped[str] = mapped_column(String)
    account_id: Mapped[str | None] = mapped_column(String, default=None)
    contract_id: Mapped[str | None] = mapped_column(String, default=None)
    service_point_id: Mapped[str | None] = mapped_column(String, default=None)
    meter_device_id: Mapped[str | None] = mapped_column(String, default=None)
    #: Seconds between values; 0 where each period has a length of its own (monthly bills): then a block is a segment.
    interval_seconds: Mapped[int] = mapped_column(Integer)
    #: Every reading starts at a whole number of intervals since 1970 UTC plus this many seconds.
    phase_seconds: Mapped[int] = mapped_column(Integer, default=0)
    #: IANA zone whose calendar months cut the series into segments.
    timezone: Mapped[str] = mapped_column(String)
    #: The Value Format (CDS-WG3-01 10.8.5) without `id`, `quality` and ids of meters: those are added for each reader.
    #: Its `indexes` hold positions of this table; a reader gets them as column numbers.
    value_format: Mapped[dict[str, Any]] = mapped_column(ExactJSON)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    #: When the source was last asked, whether or not it had anything new.
    synced: Mapped[datetime] = mapped_column(UtcDateTime)
    #: The site that is asked for the readings whenever somebody looks; None where they are stored.
    site_id: Mapped[str | None] = mapped_column(String, default=None)


class StoredSeries(NamedTuple):
    """What readings have to know of the series that they go to: plain, because a file brings those of many meters."""

    customer_key: int
    series: int
    customer_id: str
    series_id: str
    segment_key: str
    value_key: str
    contract_id: str | None
    meter_device_id: str | None
    interval_seconds: int
    phase_seconds: int
    timezone: str
    value_format: Mapping[str, Any]
    synced: datetime


class UsageBlockRow(DataBase):
    """The readings of one series in [start, start + span). Columns stand in an order that leaves no padding."""

    __tablename__ = "usage_blocks"
    __table_args__ = (
        PrimaryKeyConstraint("customer_key", "series", "start"),
        {"sqlite_with_rowid": False},
    )

    customer_key: Mapped[int] = mapped_column(BigInteger, autoincrement=False)
    #: Seconds since 1970 UTC of the first reading.
    start: Mapped[int] = mapped_column(BigInteger, autoincrement=False)
    #: Microseconds since 1970 UTC when this version was written.
    modified: Mapped[int] = mapped_column(BigInteger)
    #: Seconds from the start of the first reading to the end of the last.
    span: Mapped[int] = mapped_column(Integer)
    series: Mapped[int] = mapped_column(SmallInteger, autoincrement=False)
    payload: Mapped[bytes] = mapped_column(LargeBinary)


class UsageBlockPastRow(DataBase):
    """A version of a block that a correction replaced, kept as it was: true from `modified` until `superseded`."""

    __tablename__ = "usage_blocks_past"
    __table_args__ = (PrimaryKeyConstraint("customer_key", "series", "start", "superseded"),)

    customer_key: Mapped[int] = mapped_column(BigInteger, autoincrement=False)
    start: Mapped[int] = mapped_column(BigInteger, autoincrement=False)
    modified: Mapped[int] = mapped_column(BigInteger)
    #: Microseconds since 1970 UTC when the next version took over.
    superseded: Mapped[int] = mapped_column(BigInteger, autoincrement=False)
    span: Mapped[int] = mapped_column(Integer)
    series: Mapped[int] = mapped_column(SmallInteger, autoincrement=False)
    payload: Mapped[bytes] = mapped_column(LargeBinary)


for _table in (UsageBlockRow.__table__, UsageBlockPastRow.__table__):
    # Payloads are compressed already: the database should move long ones aside without trying again.
    event.listen(
        _table,
        "after_create",
        DDL("ALTER TABLE %(table)s ALTER COLUMN payload SET STORAGE EXTERNAL").execute_if(dialect="postgresql"),  # type: ignore[no-untyped-call]
    )
event.listen(
    UsageSeriesRow.__table__,
    "after_create",
    # Every series is marked as synced every day: half a page is left for that, so that no index has to follow.
    DDL("ALTER TABLE %(table)s SET (fillfactor = 50)").execute_if(dialect="postgresql"),  # type: ignore[no-untyped-call]
)


def series_of(row: UsageSeriesRow) -> Series:
    """What decides who sees a series."""
    return Series(
        row.series_id,
        row.segment_key,
        row.value_format,
        row.account_id,
        row.contract_id,
        row.service_point_id,
        row.meter_device_id,
    )


def has_intervals(session: Session, shortest: int, longest: int | None) -> bool:
    """
    Whether there are series with values of such a length.

    Args:
        shortest, longest: seconds; with None for the longest, periods with lengths of their own count, too.
    """
    interval = UsageSeriesRow.interval_seconds
    wanted = or_(interval >= shortest, interval == 0) if longest is None else interval.between(shortest, longest)
    return session.scalar(select(exists().where(wanted))) is True


def find_series(
    session: Session,
    customer_id: str,
    *,
    segment_keys: Collection[str] | None = None,
    meter_device_ids: Collection[str] | None = None,
) -> list[UsageSeriesRow]:
    """
    The series of one Customer, ordered by segment key, position and number.

    Args:
        segment_keys, meter_device_ids: only of these; None does not filter.
    """
    rows = select(UsageSeriesRow).where(UsageSeriesRow.customer_key == customer_key_of(customer_id))
    if segment_keys is not None:
        rows = rows.where(UsageSeriesRow.segment_key.in_(segment_keys))
    if meter_device_ids is not None:
        rows = rows.where(UsageSeriesRow.meter_device_id.in_(meter_device_ids))
    order = (UsageSeriesRow.segment_key, UsageSeriesRow.position, UsageSeriesRow.series)
    return list(session.scalars(rows.order_by(*order)))


_COLUMNS: Final = list(cast("Table", UsageSeriesRow.__table__).columns)
_OF_CUSTOMERS: Final = Prepared(
    select(*_COLUMNS)
    .where(among_given(UsageSeriesRow.customer_key, "customer_keys"))
    .order_by(UsageSeriesRow.customer_key, UsageSeriesRow.segment_key, UsageSeriesRow.position, UsageSeriesRow.series),
    _COLUMNS,
    writes=False,
)


def series_of_customers(session: Session, customer_ids: Collection[str]) -> Sequence[Any]:
    """
    The series of these Customers, of each ordered by segment key, position and number.

    Returns:
        Plain values with the names of the columns of `UsageSeriesRow`.
    """
    return _OF_CUSTOMERS.all(session, {"customer_keys": [customer_key_of(each) for each in customer_ids]})


def series_of_meters(
    session: Session, meters: Collection[tuple[int, str]], *, lock: bool = False
) -> Sequence[UsageSeriesRow]:
    """
    The series of meters whose readings are stored, given by the key of their Customer and their id; of each Customer
    by number.

    Args:
        lock: whether nobody else writes to them until the transaction ends.
    """
    row = UsageSeriesRow
    rows = select(row).where(among_pairs(row.customer_key, row.meter_device_id, meters), row.site_id.is_(None))
    if lock:
        rows = rows.with_for_update()
    return session.scalars(rows.order_by(row.customer_key, row.series)).all()


def stored_series_of(session: Session, meters: Collection[tuple[int, str]]) -> list[StoredSeries]:
    """As `series_of_meters`, of each series what readings have to know."""
    row = UsageSeriesRow
    return stored_series(session, among_pairs(row.customer_key, row.meter_device_id, meters) & row.site_id.is_(None))


def stored_series(session: Session, condition: ColumnElement[bool]) -> list[StoredSeries]:
    """The series of which this holds, of each Customer by number."""
    row = UsageSeriesRow
    rows = select(*(getattr(row, name) for name in StoredSeries._fields)).where(condition)
    return [StoredSeries._make(each) for each in session.execute(rows.order_by(row.customer_key, row.series))]


def mark_all_synced(session: Session, series: Collection[tuple[int, str]], *, at: datetime) -> None:
    """As `mark_synced`, for series of any Customers, given by the Customer's key and their id."""
    if not series:
        return
    session.execute(
        update(UsageSeriesRow)
        .where(among_pairs(UsageSeriesRow.customer_key, UsageSeriesRow.series_id, series))
        .values(synced=at),
        execution_options={"synchronize_session": False},
    )


def mark_synced(session: Session, customer_id: str, series_ids: Collection[str], *, at: datetime) -> None:
    """Note that the source was asked about these series, whether or not it had anything new (`cds_synced`)."""
    session.execute(
        update(UsageSeriesRow)
        .where(
            UsageSeriesRow.customer_key == customer_key_of(customer_id),
            UsageSeriesRow.series_id.in_(series_ids),
        )
        .values(synced=at),
        execution_options={"synchronize_session": False},
    )
