"""
Readings of sites in the mode proxy: fetched when somebody looks, remembered for a moment, never stored.

A platform is asked in a thread of its own, which may hang; whoever waits for it goes on without it after PATIENCE, and
at once where many have hung.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from cdsc_server.domain.device_readings import DeviceReading
from cdsc_server.domain.device_usage import without_future
from cdsc_server.domain.readings import Readings
from cdsc_server.ports import Mode, Ports
from cdsc_server.services.polling import ask_once
from cdsc_server.storage.devices import DeviceSiteRow

log = logging.getLogger(__name__)

#: How long what was fetched is shown again instead of asking anew.
REMEMBERED: Final = timedelta(minutes=1)
#: How long it is shown while the platform does not answer.
SHOWN: Final = timedelta(minutes=5)
#: Seconds that somebody waits for platforms; half of them for an account that others ask.
PATIENCE: Final = 4.0
#: Seconds waited in vain that a process may be behind. It makes up for one in a second: of its few threads platforms
#: that hang, however many, cost one.
_MOST_IN_VAIN: Final = 20.0
#: How far back is looked for the newest value of each channel.
_RECENT: Final = timedelta(hours=1)
#: Readings in memory: a dozen homes with a week of five minutes each.
_MOST: Final = 300_000


@dataclass(frozen=True)
class Told:
    """
    What a site told.

    Args:
        sealed: the way in by which it was asked.
        since: from when on it was asked for readings.
        asked: when it was asked last.
        fetched: when it answered last; None when it did not of late.
        readings: of that answer.
        reason: why it gave none when it was asked last; "" when it answered.

    Attributes:
        made: what was made of the readings until an instant, by id of the series.
    """

    sealed: bytes
    since: datetime
    asked: datetime
    fetched: datetime | None = None
    readings: Sequence[DeviceReading] = ()
    reason: str = ""
    made: dict[datetime, Mapping[str, Readings]] = field(default_factory=dict, repr=False)


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


@dataclass(frozen=True)
class _Asking:
    """A question on its way; `begun` is on the clock that never jumps."""

    sealed: bytes
    since: datetime
    begun: float
    answer: Future[Told]


@dataclass
class _Vain:
    """When all that was waited in vain is made up for, on the clock that never jumps."""

    recovered: float = 0


#: By site; what was asked last stands last.
_remembered: dict[str, Told] = {}
_asking: dict[str, _Asking] = {}
_vain: Final = _Vain()
_lock: Final = threading.Lock()
_threads: Final = ThreadPoolExecutor(16, thread_name_prefix="proxied")


def told_by(sites: Sequence[tuple[DeviceSiteRow, datetime]], *, after: datetime, ports: Ports) -> dict[str, Told]:
    """
    What sites tell of the time from an instant each until now.

    Args:
        after: what was asked later than this counts as news.

    Returns:
        By id of the site, within PATIENCE; of one that does not answer what it told shortly before, or nothing.
    """
    _forget(ports.clock.now())
    told: dict[str, Told] = {}
    asking: dict[str, _Asking] = {}
    for site, since in sites:
        with _lock:
            known = _remembered.get(site.site_id)
            # Who changed the way in wants to see what it opens.
            same = known is not None and known.sealed == site.sealed and known.since <= since
            if known is not None and same and after < known.asked <= ports.clock.now():
                told[site.site_id] = known
            else:
                asking[site.site_id] = _begun(site, since, ports)
    # For a platform that hangs not everybody who comes later waits as long again.
    left = [each.begun + PATIENCE - time.monotonic() for each in asking.values()]
    _wait([each.answer for each in asking.values()], max([0.0, *left]))
    for site, since in sites:
        if site.site_id in asking:
            answer = asking[site.site_id].answer
            late = _without_answer(site, since, ports.clock.now(), "no answer came in time")
            told[site.site_id] = answer.result() if answer.done() else late
    return told


def _begun(site: DeviceSiteRow, since: datetime, ports: Ports) -> _Asking:
    """The question that is on its way to a site, or a new one; `_lock` is held."""
    running = _asking.get(site.site_id)
    if running is None or running.sealed != site.sealed or running.since > since:
        # With the context of the request, where the way to the database is found.
        answer = _threads.submit(copy_context().run, _ask, site, since, ports)
        running = _asking[site.site_id] = _Asking(site.sealed, since, time.monotonic(), answer)
    return running


def _wait(answers: Sequence[Future[Told]], patience: float) -> None:
    """Wait for answers; not at all once too much was waited in vain, though the questions go on."""
    begun = time.monotonic()
    with _lock:
        tired = _vain.recovered - begun > _MOST_IN_VAIN
    _, missing = wait(answers, timeout=0 if tired else patience)
    if missing:
        with _lock:
            _vain.recovered = max(_vain.recovered, begun) + time.monotonic() - begun


def fetch_now(site: DeviceSiteRow, *, ports: Ports) -> Now | None:
    """How things are at a site, as of at most REMEMBERED ago; None for one whose readings are kept."""
    if site.mode != Mode.PROXY:
        return None
    now = ports.clock.now()
    told = told_by([(site, now - _RECENT)], after=now - REMEMBERED, ports=ports)[site.site_id]
    if told.reason:
        return Now(told.asked, reason=told.reason)
    newest: dict[tuple[str, str], DeviceReading] = {}
    for each in told.readings:
        place = (each.device_id, each.channel)
        if each.measured_at >= now - _RECENT and (place not in newest or newest[place].measured_at < each.measured_at):
            newest[place] = each
    return Now(told.asked, [newest[place] for place in sorted(newest)])


def _ask(site: DeviceSiteRow, since: datetime, ports: Ports) -> Told:
    """Ask, and remember what came of it."""
    try:
        answer = ask_once(site, since=since, patience=PATIENCE / 2, ports=ports)
        now = ports.clock.now()
        if answer.contact.fault is None:
            told = Told(site.sealed, since, now, now, without_future(answer.readings))
        else:
            log.warning("site %s: %s: %s", site.site_id, answer.contact.fault, answer.contact.reason)
            told = _without_answer(site, since, now, answer.contact.reason)
        with _lock:
            _remembered.pop(site.site_id, None)
            _remembered[site.site_id] = told
        return told
    finally:
        with _lock:
            _asking.pop(site.site_id, None)


def _forget(now: datetime) -> None:
    """Forget what is old, and the oldest of what is too much."""
    with _lock:
        held = sum(len(each.readings) for each in _remembered.values())
        for site_id, each in list(_remembered.items()):
            if held > _MOST or now - each.asked > SHOWN:
                held -= len(_remembered.pop(site_id).readings)


def _without_answer(site: DeviceSiteRow, since: datetime, now: datetime, reason: str) -> Told:
    """What a site told shortly before by the same way in, or nothing; and why there is nothing new."""
    with _lock:
        before = _remembered.get(site.site_id)
    if before is None or before.sealed != site.sealed or before.fetched is None or now - before.fetched > SHOWN:
        return Told(site.sealed, since, now, reason=reason)
    return Told(site.sealed, since, now, before.fetched, before.readings, reason)
