"""
Readings follow whoever lives where their meter hangs: what was stored before it was known goes to whose it is.

Nobody keeps a reading of a time in which the meter was not theirs, in any version that was ever stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from cdsc_server.domain.readings import Readings
from cdsc_server.domain.stays import Span
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.usage import UsageSeriesRow, series_of_meters
from cdsc_server.storage.usage_blocks import find_or_create_series, put_many, wanted_series
from cdsc_server.storage.usage_cuts import cut_to


@dataclass(frozen=True, slots=True)
class Holder:
    """A Customer who has a meter in these times, under these ids of their own."""

    customer_id: str
    meter_device_id: str
    service_point_id: str
    times: Sequence[Span]


@dataclass(frozen=True, slots=True)
class Metered:
    """Everybody who ever had one meter; at any time at most one of them."""

    holders: Sequence[Holder]


def hand_over(session: Session, meters: Sequence[Metered], *, now: datetime) -> None:
    """
    Let each holder of these meters have the readings of their own time, and no others.

    Args:
        now: becomes `modified` of what changes.
    """
    of = {
        (customer_key_of(holder.customer_id), holder.meter_device_id): (metered, holder)
        for metered in meters
        for holder in metered.holders
    }
    for series in series_of_meters(session, of.keys(), lock=True):
        metered, holder = of[series.customer_key, str(series.meter_device_id)]
        gone = cut_to(session, series, holder.times, now=now)
        for other in metered.holders:
            if other is not holder and gone:
                _take(session, series, gone, other, now=now)


def _take(session: Session, series: UsageSeriesRow, gone: Sequence[Readings], holder: Holder, *, now: datetime) -> None:
    """Give a holder what of these readings is of their time."""
    theirs = [part for cut in gone for time in holder.times if len(part := cut.between(time.start, time.end))]
    if not theirs:
        return
    own = find_or_create_series(
        session,
        wanted_series(
            customer_id=holder.customer_id,
            series_id=series.series_id,
            segment_key=series.segment_key,
            value_format=series.value_format,
            interval_seconds=series.interval_seconds,
            timezone=series.timezone,
            at=now,
            position=series.position,
            phase_seconds=series.phase_seconds,
            value_key=series.value_key,
            service_point_id=None if series.service_point_id is None else holder.service_point_id,
            meter_device_id=holder.meter_device_id,
        ),
    )
    put_many(session, [(own, each) for each in theirs], at=now)
