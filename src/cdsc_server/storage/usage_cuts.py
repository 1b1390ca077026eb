"""Taking readings away for good, from every version there is: they were never those of this Customer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, delete, false, not_, or_, select, true, update
from sqlalchemy.orm import Session

from cdsc_server.domain.readings import GAP, Readings
from cdsc_server.domain.stays import Span
from cdsc_server.storage.usage import UsageBlockPastRow, UsageBlockRow, UsageSeriesRow
from cdsc_server.storage.usage_packing import pack, unpack

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def cut_to(session: Session, series: UsageSeriesRow, times: Sequence[Span], *, now: datetime) -> list[Readings]:
    """
    Keep only the readings of a series that lie wholly in these times, in what is stored and in all that was before.

    Args:
        times: in order, without overlap; none for no reading at all.
        now: becomes `modified` of the blocks that are left with less.

    Returns:
        What was taken out of what is stored now, the earliest first.
    """
    outside = [*zip([None, *(each.end for each in times)], [*(each.start for each in times), None], strict=True)]
    if times and times[-1].end is None:
        outside.pop()
    gone: list[Readings] = []
    tables: tuple[type[Any], ...] = (UsageBlockRow, UsageBlockPastRow)
    for table in tables:
        for row in session.scalars(select(table).where(*_of(table, series), _reaches_out(table, times))).all():
            interval = series.interval_seconds or row.span
            whole = unpack(row.payload, row.start, interval, row.span // interval)
            if table is UsageBlockRow:
                gone += [part for low, high in outside if _tells(part := whole.between(low, high))]
            kept = [part for each in times if len(part := whole.between(each.start, each.end))]
            left = Readings.assembled(whole.start, interval, len(whole), kept)
            _replace(session, table, row, left, now=now)
    return sorted(gone, key=lambda each: each.start)


def _of(table: type[Any], series: UsageSeriesRow) -> tuple[ColumnElement[bool], ...]:
    return table.customer_key == series.customer_key, table.series == series.series


def _reaches_out(table: type[Any], times: Sequence[Span]) -> ColumnElement[bool]:
    """Whether a block does not lie wholly in one of these times."""
    inside = [
        and_(
            table.start >= int(each.start.timestamp()),
            true() if each.end is None else table.start + table.span <= int(each.end.timestamp()),
        )
        for each in times
    ]
    return not_(or_(false(), *inside))


def _tells(readings: Readings) -> bool:
    """Whether there is any reading that is no gap."""
    return len(readings) > 0 and readings.marks != bytes([GAP])


def _replace(session: Session, table: type[Any], row: Any, left: Readings, *, now: datetime) -> None:
    keys = [table.customer_key == row.customer_key, table.series == row.series, table.start == row.start]
    if table is UsageBlockPastRow:
        keys.append(table.superseded == row.superseded)
    if not _tells(left):
        session.execute(delete(table).where(*keys))
        return
    values: dict[str, Any] = {"payload": pack(left)}
    if table is UsageBlockRow:
        values["modified"] = (now - _EPOCH) // timedelta(microseconds=1)
    session.execute(update(table).where(*keys).values(values))
