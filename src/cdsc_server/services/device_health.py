"""How sites with devices are: for the page of the operators, and for the mails that tell of silent ones."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from cdsc_server.domain.device_health import IN_TROUBLE, Feed, FeedFacts, judged, silent_since
from cdsc_server.domain.letters import Letter
from cdsc_server.errors import NotFound
from cdsc_server.ports import Mode, PlatformKind, Ports
from cdsc_server.services.mails import Mailing
from cdsc_server.services.operator_mails import tell_operators
from cdsc_server.services.polling import PING_EVERY
from cdsc_server.storage import devices
from cdsc_server.storage.customers import CustomerRow
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.devices import DevicePollRow, DeviceSiteRow, SiteDeviceRow, SiteStatus
from cdsc_server.storage.keyset import Cursor

log = logging.getLogger(__name__)

#: The stretch that is plotted, and the length of a bar.
PLOTTED: Final = timedelta(hours=24)
BAR: Final = timedelta(minutes=30)
_BARS: Final = PLOTTED // BAR
#: What a pace is where the connector is gone.
_UNKNOWN_PACE: Final = timedelta(hours=1)
_MOST_NAMED: Final = 20


@dataclass(frozen=True)
class SeenSite:
    """A site and how it is."""

    row: DeviceSiteRow
    title: str
    feed: Feed


@dataclass(frozen=True)
class Bar:
    """
    What happened in a stretch of time.

    Args:
        round_trip: milliseconds of the slowest answer; None without one.
        readings: how many were measured and came then for the first time.
        faults: how many questions failed.
    """

    start: datetime
    round_trip: int | None
    readings: int
    faults: int


@dataclass(frozen=True)
class SitePage:
    """A site with its devices, its Customer, and the last day in bars."""

    seen: SeenSite
    customer: CustomerRow | None
    devices: Sequence[SiteDeviceRow]
    bars: Sequence[Bar]


@dataclass(frozen=True)
class SiteList:
    """
    A page of sites.

    Args:
        sites: the newest first.
        troubled: all that are stalled or put aside, the oldest first.
        previous, next: where the pages beside this one begin; None where the list ends.
    """

    sites: Sequence[SeenSite]
    troubled: Sequence[SeenSite]
    previous: Cursor | None
    next: Cursor | None


def list_sites(*, cursor: Cursor | None, size: int, ports: Ports) -> SiteList:
    """A page of sites, and all that are in trouble."""
    now = ports.clock.now()
    with reading() as session:
        page = devices.page_of_sites(session, cursor=cursor, size=size)
        troubled = _in_trouble(session, ports, now)
    return SiteList([_seen(row, ports, now) for row in page.rows], troubled, page.previous, page.next)


def find_site(site_id: str, *, ports: Ports) -> SitePage:
    """
    A site by its id.

    Raises:
        NotFound: there is none.
    """
    now = ports.clock.now()
    with reading() as session:
        row = devices.find_site(session, site_id)
        if row is None:
            raise NotFound("there is no such site")
        known = devices.devices_of(session, row)
        start = now - PLOTTED
        polls = devices.polls_since(session, row, start)
        customer = session.get(CustomerRow, row.customer_id)
    return SitePage(_seen(row, ports, now), customer, [known[each] for each in sorted(known)], _bars(polls, start))


def tell_of_silence(*, mailing: Mailing, ports: Ports) -> int:
    """
    Mail operators of sites that went silent since the last look, each once until it is heard of again.

    Returns:
        How many are told of now.
    """
    now = ports.clock.now()
    with transaction() as session:
        troubled = {each.row.site_id: each for each in _in_trouble(session, ports, now)}
        for row in devices.alarmed_sites(session):
            if row.site_id not in troubled:
                row.alarmed = None
                log.info("site %s (%s) is heard of again", row.site_id, row.platform)
        fresh = [each for each in troubled.values() if each.row.alarmed is None]
        for each in fresh:
            each.row.alarmed = now
            log.error("site %s (%s) is silent: %s", each.row.site_id, each.title, each.feed.why)
        if fresh:
            letter = _letter(fresh, f"{mailing.settings.base_url}/console/devices")
            tell_operators(session, letter, mailing=mailing, now=now)
    return len(fresh)


def _letter(fresh: Sequence[SeenSite], link: str) -> Letter:
    count = len(fresh)
    named = [f"{each.row.label} ({each.title}): {each.feed.why}" for each in fresh[:_MOST_NAMED]]
    return Letter(
        kind="silent_devices",
        subject="A site with devices is silent" if count == 1 else f"{count} sites with devices are silent",
        greeting="Hello,",
        lines=("Nothing new came from these sites for too long:",),
        items=named + ([f"and {count - _MOST_NAMED} more"] if count > _MOST_NAMED else []),
        after=("Each is told of once, and again only after it was heard of meanwhile.",),
        lead="What to do about each is said on this page:",
        link=link,
        closing=("{utility}",),
    )


def _in_trouble(session: Session, ports: Ports, now: datetime) -> list[SeenSite]:
    silent = {
        (name, mode.value): silent_since(_pace(kind, mode), now)
        for name, kind in ports.platforms.items()
        for mode in Mode
    }
    rows = devices.sites_in_trouble(session, silent_since=silent)
    return [each for each in (_seen(row, ports, now) for row in rows) if each.feed.state in IN_TROUBLE]


def _seen(row: DeviceSiteRow, ports: Ports, now: datetime) -> SeenSite:
    kind = ports.platforms.get(row.platform)
    facts = FeedFacts(
        every=_UNKNOWN_PACE if kind is None else _pace(kind, Mode(row.mode)),
        aside=row.status == SiteStatus.QUARANTINED,
        created=row.created,
        answered=row.answered,
        measured=row.measured,
        read_through=row.read_through if row.mode == Mode.STAGE else None,
        fault=row.fault,
        reason=row.reason,
    )
    return SeenSite(row, row.platform if kind is None else kind.title, judged(facts, now=now))


def _pace(kind: PlatformKind, mode: Mode) -> timedelta:
    return kind.every if mode is Mode.STAGE else max(kind.every, PING_EVERY)


def _bars(polls: Sequence[DevicePollRow], start: datetime) -> list[Bar]:
    places: dict[int, list[DevicePollRow]] = {}
    for each in polls:
        # The last bar holds what was asked at this very instant, too.
        places.setdefault(min((each.asked - start) // BAR, _BARS - 1), []).append(each)
    return [_bar(start + place * BAR, places.get(place, ())) for place in range(_BARS)]


def _bar(start: datetime, polls: Sequence[DevicePollRow]) -> Bar:
    trips = [each.round_trip for each in polls if each.round_trip is not None]
    faults = sum(each.fault is not None for each in polls)
    return Bar(start, max(trips, default=None), sum(each.readings for each in polls), faults)
