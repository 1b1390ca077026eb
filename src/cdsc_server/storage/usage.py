"""
Usage: readings in packed blocks, one row per value format and period.

A *series* is one value format measured for one owner (a Meter Device, or a contract for a supply mix).
A *block* is one period of a series. Series with the same `segment_key` are the columns of the same Usage Segments.
Packing and streaming stand in `storage/usage_blocks.py`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cdsc_server.storage.db import DataBase
from cdsc_server.storage.types import ExactJSON, UtcDateTime

#: 64 bits on PostgreSQL; on SQLite only INTEGER numbers itself.
BigKey = BigInteger().with_variant(Integer, "sqlite")


class UsageSeriesRow(DataBase):
    """One column of a row of Usage Segments: who it belongs to, its value format, its interval."""

    __tablename__ = "usage_series"
    __table_args__ = (
        UniqueConstraint("customer_id", "series_id"),
        Index(None, "customer_id", "segment_key"),
    )

    #: Short, because every block repeats it.
    series_key: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True, init=False)
    customer_id: Mapped[str] = mapped_column(String)
    #: Opaque and derived from the source, so that a second import finds the same series.
    series_id: Mapped[str] = mapped_column(String)
    #: Series of one key share owner, interval and alignment: together they are one Usage Segment per period.
    segment_key: Mapped[str] = mapped_column(String)
    #: Place of this column in the segment, from 0.
    position: Mapped[int] = mapped_column(SmallInteger)
    account_id: Mapped[str | None] = mapped_column(String, default=None)
    contract_id: Mapped[str | None] = mapped_column(String, default=None)
    service_point_id: Mapped[str | None] = mapped_column(String, default=None)
    meter_device_id: Mapped[str | None] = mapped_column(String, default=None)
    #: Seconds between values.
    interval_seconds: Mapped[int] = mapped_column(Integer)
    #: IANA zone whose calendar months cut the series into segments.
    timezone: Mapped[str] = mapped_column(String)
    #: The Value Format (CDS-WG3-01 10.8.5) without `id`, `quality` and ids of meters: those are added for each reader.
    value_format: Mapped[dict[str, Any]] = mapped_column(ExactJSON)
    created: Mapped[datetime] = mapped_column(UtcDateTime)


class UsageBlockRow(DataBase):
    """The readings of one series in [start, start + count * interval); blocks of a series never overlap."""

    __tablename__ = "usage_blocks"

    series_key: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    #: Seconds since 1970 UTC of the first reading.
    start: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    count: Mapped[int] = mapped_column(Integer)
    #: See storage/usage_blocks.py for the encoding of readings, gaps and qualities.
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    modified: Mapped[int] = mapped_column(BigInteger)


class UsageBlockPastRow(DataBase):
    """A version of a block that a correction replaced, kept as it was."""

    __tablename__ = "usage_blocks_past"

    series_key: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    start: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    #: Microseconds since 1970 UTC when the next version took over.
    superseded: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    count: Mapped[int] = mapped_column(Integer)
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    modified: Mapped[int] = mapped_column(BigInteger)
