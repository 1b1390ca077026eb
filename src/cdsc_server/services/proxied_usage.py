"""
Usage of proxied sites, made for one request of what their platforms tell now.

    live = ProxiedUsage(ports)
    for period in live.periods(series, start=..., end=...): ...   # nothing yet: it notes what would have to be asked
    while live.ask(): ...                                         # asks; then the same again finds segments
    columns = live.columns(period)

A segment is a local day of a channel, whose id never changes. What is shown ends at `until`, which travels from page to
page: so pages of one listing show the same, whichever process makes them and whenever.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cdsc_server.domain.device_usage import usage_columns
from cdsc_server.domain.readings import GAP, Readings
from cdsc_server.domain.tariffs.days import day_at, days_between, midnight
from cdsc_server.domain.usage import Column, usage_segment_id
from cdsc_server.ports import BACKING_OFF, Ports
from cdsc_server.services.proxied import REMEMBERED, Told, told_by
from cdsc_server.services.staging import meters_of, series_id_of
from cdsc_server.storage import devices
from cdsc_server.storage.db import reading
from cdsc_server.storage.devices import DeviceSiteRow, SiteStatus
from cdsc_server.storage.usage import UsageSeriesRow
from cdsc_server.storage.usage_segments import SegmentPeriod, columns_of

#: How far back platforms are asked, in seconds.
_REACH: Final = 7 * 86_400
#: How much earlier, for the state of counters when the first day began.
_LEAD: Final = timedelta(days=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True)
class _Answer:
    """Since when a site was asked, when it answered, and the readings of each of its series."""

    since: datetime
    fetched: datetime
    readings: Mapping[str, Readings]


class ProxiedUsage:
    """
    What proxied sites tell for one request.

    Args:
        mark: that of an earlier page, which a caller may have changed; None for the first.

    Attributes:
        until: no Value Set ends after this second since 1970; a moment ago at first, as far as what is remembered
            reaches.
        mark: what later pages are made with; None while no site was asked.
    """

    def __init__(self, ports: Ports, *, mark: int | None = None) -> None:
        self._ports = ports
        newest = _number(ports.clock.now() - REMEMBERED) // 60 * 60
        self.until = newest if mark is None else min(max(mark, newest - _REACH), newest)
        self.mark = mark
        #: By key of the Customer and id of the site, since when something is wanted of it.
        self._wanted: dict[tuple[int, str], datetime] = {}
        self._answers: dict[str, _Answer] = {}

    def periods(self, series: UsageSeriesRow, *, start: int, end: int) -> Iterator[SegmentPeriod]:
        """
        The segments of a series whose readings are not stored, the earliest first, as far as its site was asked.

        Args:
            start, end: seconds since 1970; outside of them nothing is wanted, though days there may be given.
        """
        since = max(start, self.until - _REACH)
        if series.site_id is None or since >= min(end, self.until):
            return
        first = _instant(midnight(day_at(since, series.timezone), series.timezone))
        answer = self._answers.get(series.site_id)
        if answer is None or answer.since > first:
            place = (series.customer_key, series.site_id)
            self._wanted[place] = min(first, self._wanted.get(place, first))
            return
        readings = answer.readings.get(series.series_id)
        if readings is not None:
            yield from _days(series, readings.between(first, None), answer.fetched)

    def columns(self, period: SegmentPeriod) -> list[Column]:
        """The columns of one of its segments, whole or cut."""
        row = period.series[0]
        readings = self._answers[str(row.site_id)].readings[row.series_id]
        return columns_of([(row, readings.between(period.segment_start, period.segment_end))])

    def ask(self) -> bool:
        """Ask the sites of which something was wanted; whether there were any. Takes no longer than PATIENCE."""
        if not self._wanted:
            return False
        wanted, self._wanted, self.mark = self._wanted, {}, self.until
        now = self._ports.clock.now()
        with reading() as session:
            sites = devices.find_sites(session, wanted)
            known = devices.devices_of_sites(session, sites)
        meters = {site.site_id: meters_of(site, known[site.site_id]) for site in sites}
        asked = [
            (site, wanted[site.customer_key, site.site_id] - _LEAD) for site in sites if not _left_alone(site, now)
        ]
        told = told_by(asked, after=_instant(self.until), ports=self._ports)
        self._answers |= {site_id: _Answer(since, now, {}) for (_, site_id), since in wanted.items()}
        for site, since in asked:
            answer = told[site.site_id]
            if answer.fetched is not None:
                readings = _readings(site, meters[site.site_id], answer, _instant(self.until))
                self._answers[site.site_id] = _Answer(since + _LEAD, answer.fetched, readings)
        return True


def _left_alone(site: DeviceSiteRow, now: datetime) -> bool:
    """Whether the worker does not ask it either, after faults."""
    return site.status != SiteStatus.ACTIVE or (site.fault in BACKING_OFF and site.due > now)


def _readings(site: DeviceSiteRow, meters: Mapping[str, str], told: Told, until: datetime) -> Mapping[str, Readings]:
    """The energy of each series, of what was measured until an instant; made once for all who ask within a minute."""
    made = told.made.get(until)
    if made is None:
        of_meters = [each for each in told.readings if each.device_id in meters and each.measured_at <= until]
        interval = timedelta(seconds=site.interval_seconds)
        columns = usage_columns(of_meters, interval=interval, since=told.since, until=until)
        made = {series_id_of(site, column, meters[column.device_id]): column.readings for column in columns}
        told.made[until] = made
    return made


def _days(series: UsageSeriesRow, readings: Readings, fetched: datetime) -> Iterator[SegmentPeriod]:
    """The readings in segments: the slots that begin on a local day, from the first that is known to the last."""
    marks, step = readings.spread_marks, readings.interval
    start, end = _number(readings.start), _number(readings.end)
    for day in days_between(start, end, series.timezone):
        period = midnight(day, series.timezone), midnight(day + timedelta(days=1), series.timezone)
        slots = range(max(0, -((start - period[0]) // step)), min(len(marks), -((start - period[1]) // step)))
        known = [number for number in slots if marks[number] != GAP]
        if known:
            first, last = (_instant(start + number * step) for number in (known[0], known[-1] + 1))
            yield SegmentPeriod(
                segment_id=usage_segment_id(series.customer_id, series.segment_key, period[0]),
                series=(series,),
                period=period,
                segment_start=first,
                segment_end=last,
                interval=step,
                # Of the readings alone, so that a page made anew has the same: nobody notes when they came.
                created=first + timedelta(seconds=step),
                modified=last,
                synced=fetched,
            )


def _number(instant: datetime) -> int:
    return (instant - _EPOCH) // _SECOND


def _instant(second: int) -> datetime:
    return _EPOCH + second * _SECOND
