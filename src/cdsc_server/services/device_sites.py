"""Sites with devices: added for a Customer, given another password, asked again, removed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.orm import Session

from cdsc_server import exact_json
from cdsc_server.domain.device_readings import DeviceKind
from cdsc_server.errors import InvalidRequest, NotFound
from cdsc_server.ports import Mode, PlatformAccess, Ports
from cdsc_server.services import audit
from cdsc_server.services.device_access import sealed_access
from cdsc_server.services.imports import existing_customer
from cdsc_server.storage import devices
from cdsc_server.storage.db import transaction
from cdsc_server.storage.devices import DeviceSiteRow, SiteStatus

#: Lengths of slots that whole hours consist of.
_INTERVALS: Final = (60, 300, 600, 900, 1_800, 3_600)


@dataclass(frozen=True, kw_only=True)
class NewSite:
    """
    A site to be added.

    Args:
        label: as operators call it.
        platform: a name of `Ports.platforms`.
        meters: id of a device, or a DeviceKind, to the Meter Device of the Customer that its energy belongs to.
        interval: seconds of the slots that readings are brought to.
        history: how far back it is asked at first.
    """

    label: str
    platform: str
    mode: Mode
    access: PlatformAccess
    meters: Mapping[str, str]
    interval: int = 900
    history: timedelta = timedelta()


def add_site(new: NewSite, *, customer: str, actor: str, ports: Ports) -> str:
    """
    Add a site, and have it asked as soon as a worker looks.

    Args:
        customer: e-mail address or id of whose home it is.
        actor: as `audit.record`.

    Returns:
        The id of the site.

    Raises:
        InvalidRequest: no such Customer, platform or meter, or something that the platform cannot do or understand.
    """
    kind = ports.platforms.get(new.platform)
    if kind is None:
        known = ", ".join(sorted(ports.platforms))
        raise InvalidRequest(f"there is no connector for {new.platform}; there are {known}", field="platform")
    if new.mode not in kind.modes:
        raise InvalidRequest(f"{kind.title} cannot be used with the mode {new.mode}", field="mode")
    if new.interval not in _INTERVALS:
        raise InvalidRequest(f"the interval is one of {', '.join(map(str, _INTERVALS))} seconds", field="interval")
    _check_zone(new.access.timezone)
    try:
        kind.open(new.access, ports.clock).close()
    except ValueError as fault:
        raise InvalidRequest(f"{kind.title}: {fault}", field="access") from fault
    now = ports.clock.now()
    # Of letters and digits: a command would take an id that begins with a hyphen for an option.
    site_id = secrets.token_hex(10)
    with transaction() as session:
        customer_id = existing_customer(session, customer)
        _check_meters(session, customer_id, new.meters)
        session.add(
            DeviceSiteRow(
                customer_id=customer_id,
                site_id=site_id,
                label=new.label,
                platform=new.platform,
                mode=new.mode,
                account_key=_account_key(new.platform, new.access),
                sealed=sealed_access(site_id, new.access, ports.keys),
                timezone=new.access.timezone,
                interval_seconds=new.interval,
                meters=dict(new.meters),
                created=now,
                due=now,
                read_through=now - min(new.history, kind.history or timedelta()),
            )
        )
        _record(session, actor, "added", site_id, ports)
    return site_id


def change_access(site_id: str, access: PlatformAccess, *, actor: str, ports: Ports) -> None:
    """
    Reach a site in another way from now on, and ask it at once.

    Raises:
        NotFound: there is no such site.
    """
    with transaction() as session:
        site = _site(session, site_id)
        _check_zone(access.timezone)
        site.account_key = _account_key(site.platform, access)
        site.sealed = sealed_access(site_id, access, ports.keys)
        site.timezone = access.timezone
        _ask_again(site, ports)
        _record(session, actor, "access_changed", site_id, ports)


def ask_again(site_id: str, *, actor: str, ports: Ports) -> None:
    """
    Ask a site at once, also one that was put aside.

    Raises:
        NotFound: there is no such site.
    """
    with transaction() as session:
        _ask_again(_site(session, site_id), ports)
        _record(session, actor, "asked_again", site_id, ports)


def remove_site(site_id: str, *, actor: str, ports: Ports) -> None:
    """
    Forget a site, the way in and what its devices told; usage that was made of it stays its Customer's.

    Raises:
        NotFound: there is no such site.
    """
    with transaction() as session:
        devices.remove_site(session, _site(session, site_id))
        _record(session, actor, "removed", site_id, ports)


def _record(session: Session, actor: str, what: str, site_id: str, ports: Ports) -> None:
    audit.record(session, actor=actor, action=f"device_site.{what}", subject=site_id, now=ports.clock.now())


def _site(session: Session, site_id: str) -> DeviceSiteRow:
    site = devices.find_site(session, site_id, lock=True)
    if site is None:
        raise NotFound("there is no such site")
    return site


def _ask_again(site: DeviceSiteRow, ports: Ports) -> None:
    site.status, site.due, site.faults = SiteStatus.ACTIVE, ports.clock.now(), 0


def _account_key(platform: str, access: PlatformAccess) -> str:
    return sha256(exact_json.dumps([platform, access.address, access.account])).hexdigest()


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as fault:
        raise InvalidRequest(f"{name} is no time zone", field="timezone") from fault


def _check_meters(session: Session, customer_id: str, meters: Mapping[str, str]) -> None:
    for device, meter_device_id in meters.items():
        if not devices.has_meter(session, customer_id, meter_device_id):
            raise InvalidRequest(f"the Customer has no meter {meter_device_id} for {device}", field="meters")
    kinds = [DeviceKind(each) for each in meters if each in set(DeviceKind)]
    if DeviceKind.WEATHER in kinds:
        raise InvalidRequest("weather is no energy of a meter", field="meters")
