"""
Keep what devices told, as it came and as usage of their Customer's meters; the same twice changes nothing.

Of a site in the mode proxy it keeps only which series there are: `announce`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from cdsc_server.domain.device_readings import Device, DeviceKind, DeviceReading
from cdsc_server.domain.device_usage import DEVICE, Column, first_gap, usage_columns
from cdsc_server.ports import Mode
from cdsc_server.services.import_places import derived_id
from cdsc_server.storage import devices
from cdsc_server.storage.device_packing import pack_readings, unpack_readings
from cdsc_server.storage.devices import DevicePollRow, DeviceSiteRow, SiteDeviceRow
from cdsc_server.storage.usage import UsageSeriesRow, find_series, mark_synced
from cdsc_server.storage.usage_blocks import Write, find_or_create_series, put_many, wanted_series

#: How long before new readings those are looked for that a counter may have stood still since.
_LONGEST_SLEEP: Final = timedelta(days=3)
#: Extension members of a Value Format (CDS-WG3-01 11.6): how its values came to be, and on which platform.
ORIGIN: Final = "cdsc_origin"
SOURCE: Final = "cdsc_source"


def keep_devices(session: Session, site: DeviceSiteRow, found: Iterable[Device]) -> None:
    """Note the devices of a site; those that are gone stay, for what they told."""
    known = devices.devices_of(session, site)
    for each in found:
        row = known.get(each.device_id)
        if row is None:
            row = SiteDeviceRow(
                customer_id=site.customer_id, site_id=site.site_id, device_id=each.device_id, kind=each.kind, model=""
            )
            session.add(row)
        row.kind, row.model = each.kind, each.model
    session.flush()


def stage(
    session: Session, site: DeviceSiteRow, poll: DevicePollRow, told: Sequence[DeviceReading], *, at: datetime
) -> datetime | None:
    """
    Keep readings, and make usage of those whose device belongs to a meter.

    Args:
        poll: gets what is new in the readings, and is added to the database.
        told: readings of the site; the platform did answer.
        at: becomes `modified` of what changed, and `synced` of all usage that the site is the source of.

    Returns:
        Start of the earliest slot among the readings that none of them fills; None when there is none.
    """
    known_devices = devices.devices_of(session, site)
    meters = meters_of(site, known_devices.values())
    gap = None
    if told:
        first, last = min(each.measured_at for each in told), max(each.measured_at for each in told)
        slot = timedelta(seconds=site.interval_seconds)
        known = known_readings(session, site, first - slot, last + slot)
        fresh = _fresh(told, known)
        if fresh:
            _note(poll, known_devices, fresh)
            columns = usage_columns(
                (each for each in (*known, *fresh) if each.device_id in meters),
                interval=slot,
                since=_reach(first, known),
                until=last,
            )
            put_many(session, _writes(session, site, columns, meters, at), at=at)
            gap = first_gap(columns)
    session.add(poll)
    _mark_synced(session, site, meters.values(), at)
    return gap


def announce(session: Session, site: DeviceSiteRow, told: Sequence[DeviceReading], *, at: datetime) -> None:
    """Have a series for each channel of a proxied site that counts for a meter, so that a Grant can open it."""
    meters = meters_of(site, devices.devices_of(session, site).values())
    of_meters = [each for each in told if each.device_id in meters]
    for column in usage_columns(of_meters, interval=timedelta(seconds=site.interval_seconds), since=at, until=at):
        _series(session, site, column, meters[column.device_id], at)


def known_readings(session: Session, site: DeviceSiteRow, first: datetime, last: datetime) -> list[DeviceReading]:
    """The readings kept that were measured in [first, last], and some around."""
    polls = devices.polls_around(session, site, first, last)
    return [reading for poll in polls if poll.payload is not None for reading in unpack_readings(poll.payload)]


def meters_of(site: DeviceSiteRow, known: Iterable[SiteDeviceRow]) -> dict[str, str]:
    """The meter of each device that belongs to one; one that is named by its id before its kind."""
    found = ((each.device_id, site.meters.get(each.device_id) or site.meters.get(each.kind)) for each in known)
    return {device_id: meter for device_id, meter in found if meter is not None}


def series_id_of(site: DeviceSiteRow, column: Column, meter: str) -> str:
    """The id of the series that a column belongs to; where readings are not stored, one of this site alone."""
    whose = ("device", site.customer_id, meter)
    if site.mode == Mode.PROXY:
        whose = ("proxied device", site.site_id, meter)
    parts = (site.platform, column.device_id, column.channel, column.direction, column.unit, str(site.interval_seconds))
    return derived_id(*whose, *parts)


def _fresh(told: Iterable[DeviceReading], known: Iterable[DeviceReading]) -> list[DeviceReading]:
    """What is not known already, with this value."""
    before = {(each.device_id, each.channel, each.measured_at): each.value for each in known}
    return [each for each in told if before.get((each.device_id, each.channel, each.measured_at)) != each.value]


def _note(poll: DevicePollRow, known: Mapping[str, SiteDeviceRow], fresh: Sequence[DeviceReading]) -> None:
    poll.payload, poll.readings = pack_readings(fresh), len(fresh)
    poll.first, poll.last = min(each.measured_at for each in fresh), max(each.measured_at for each in fresh)
    for each in fresh:
        device = known.get(each.device_id)
        if device is not None and (device.measured is None or device.measured < each.measured_at):
            device.measured = each.measured_at


def _reach(first: datetime, known: Iterable[DeviceReading]) -> datetime:
    """From when on slots may now be filled: a counter may have stood still since it was read last."""
    before = [each.measured_at for each in known if first - _LONGEST_SLEEP <= each.measured_at < first]
    return max(before, default=first)


def _writes(
    session: Session, site: DeviceSiteRow, columns: Iterable[Column], meters: Mapping[str, str], at: datetime
) -> Iterator[Write]:
    for column in columns:
        if len(column.readings):
            yield _series(session, site, column, meters[column.device_id], at), column.readings


def _series(session: Session, site: DeviceSiteRow, column: Column, meter: str, at: datetime) -> UsageSeriesRow:
    series_id = series_id_of(site, column, meter)
    known = find_series(session, site.customer_id, segment_keys=[series_id])
    if known:
        return known[0]
    place = devices.place_of_meter(session, site.customer_id, meter)
    kind = devices.devices_of(session, site)[column.device_id].kind
    return find_or_create_series(
        session,
        wanted_series(
            customer_id=site.customer_id,
            series_id=series_id,
            segment_key=series_id,
            value_format={
                "type": "electric_usage",
                "units": column.unit,
                "direction": column.direction,
                ORIGIN: column.origin,
                SOURCE: site.platform,
                **({} if kind == DeviceKind.METER else {DEVICE: kind}),
            },
            interval_seconds=site.interval_seconds,
            timezone=site.timezone,
            account_id=place.account_id,
            contract_id=place.contract_id,
            service_point_id=place.service_point_id,
            meter_device_id=meter,
            site_id=site.site_id if site.mode == Mode.PROXY else None,
            at=at,
        ),
    )


def _mark_synced(session: Session, site: DeviceSiteRow, meters: Collection[str], at: datetime) -> None:
    if meters:
        series = find_series(session, site.customer_id, meter_device_ids=set(meters))
        ours = [row.series_id for row in series if row.value_format.get(SOURCE) == site.platform]
        mark_synced(session, site.customer_id, ours, at=at)
