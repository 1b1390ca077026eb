"""Readings of sites in the mode proxy: fetched when somebody looks, remembered for a moment, never stored."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cdsc_server.domain.device_readings import DeviceReading
from cdsc_server.domain.device_usage import without_future
from cdsc_server.ports import Mode, Ports
from cdsc_server.services.polling import ask_once
from cdsc_server.storage.devices import DeviceSiteRow

#: How long what was fetched is shown again instead of asking anew.
REMEMBERED: Final = timedelta(minutes=1)
#: How far back is looked for the newest value of each channel.
_RECENT: Final = timedelta(hours=1)
_MOST: Final = 500


@dataclass(frozen=True)
class Now:
    """
    How things are at a site.

    Args:
        fetched: when it was asked.
        readings: the newest of each channel, by device and channel.
        reason: why there are none; "" when it answered.
    """

    fetched: datetime
    readings: Sequence[DeviceReading] = ()
    reason: str = ""


_remembered: dict[str, tuple[bytes, Now]] = {}
_lock: Final = threading.Lock()


def fetch_now(site: DeviceSiteRow, *, ports: Ports) -> Now | None:
    """How things are at a site, as of at most REMEMBERED ago; None for one whose readings are kept."""
    if site.mode != Mode.PROXY:
        return None
    now = ports.clock.now()
    with _lock:
        sealed, before = _remembered.get(site.site_id, (b"", None))
    # Who changed the way in wants to see what it opens.
    if before is not None and sealed == site.sealed and timedelta() <= now - before.fetched < REMEMBERED:
        return before
    found = _fetched(site, now, ports)
    with _lock:
        if len(_remembered) >= _MOST:
            _remembered.clear()
        _remembered[site.site_id] = (site.sealed, found)
    return found


def _fetched(site: DeviceSiteRow, now: datetime, ports: Ports) -> Now:
    answer = ask_once(site, since=now - _RECENT, until=now, ports=ports)
    if answer.contact.fault is not None:
        return Now(now, reason=answer.contact.reason)
    newest: dict[tuple[str, str], DeviceReading] = {}
    for each in without_future(answer.readings):
        place = (each.device_id, each.channel)
        if place not in newest or newest[place].measured_at < each.measured_at:
            newest[place] = each
    return Now(now, [newest[place] for place in sorted(newest)])
