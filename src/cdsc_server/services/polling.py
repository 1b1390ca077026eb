"""
Ask the platforms of devices, each as often as it likes, and keep what they tell.

Who asks holds the account of the platform in the database meanwhile; everything that follows from an answer is written
in one transaction that also ends the hold. So a worker may die at any instant: nothing is half-kept, its holds end by
themselves, and the next worker asks for the same stretch of time again.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Final

from sqlalchemy.orm import Session

from cdsc_server.domain.device_readings import Device, DeviceReading
from cdsc_server.domain.device_usage import without_future
from cdsc_server.domain.redaction import redacted
from cdsc_server.ports import (
    BACKING_OFF,
    Clock,
    Contact,
    DevicePlatform,
    FaultKind,
    Mode,
    PlatformAccess,
    PlatformFault,
    PlatformKind,
    Ports,
)
from cdsc_server.services.device_access import access_of
from cdsc_server.services.staging import announce, keep_devices, stage
from cdsc_server.storage import devices
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.devices import DevicePollRow, DeviceSiteRow, SiteStatus

log = logging.getLogger(__name__)

#: How long one question may take before its holder counts as dead: longer than any connector waits.
HOLD: Final = timedelta(minutes=3)
#: For how long a silent platform is left alone, and one that asks for it.
LONGEST_WAIT: Final = timedelta(hours=1)
LONGEST_RETRY: Final = timedelta(days=1)
#: Faults in a row that time does not heal, after which a site is put aside.
PATIENCE: Final = 5
#: The longest stretch that is asked for at once.
STRETCH: Final = timedelta(days=1)
#: How long a gap may still be filled, and how often that is tried.
REPAIRABLE: Final = timedelta(days=3)
REPAIR_EVERY: Final = timedelta(hours=1)
#: How often a site is looked after whose readings are not kept.
PING_EVERY: Final = timedelta(minutes=15)
#: Questions that one account may be ahead of its pace.
_BURST: Final = 4
#: Faults that time does not heal.
_UNHEALED: Final = frozenset({FaultKind.AUTH_EXPIRED, FaultKind.NOT_FOUND, FaultKind.PROTOCOL_ERROR})
_LOOK_SECONDS: Final = 1.0
#: How often an account that is held is tried.
_TRY_SECONDS: Final = 0.1
_FORGOTTEN: Final = 1_000
_THREADS: Final = 16


@dataclass(frozen=True)
class Question:
    """
    What a site is asked.

    Args:
        holder: who holds its account for that.
        at: when it is asked.
        since, until: the stretch of readings; equal for a site that is only looked after.
        repairs: whether it fills a gap rather than goes on.
        give_up: when its answer is not awaited any more, on the clock that never jumps.
        lists: whether its devices are asked for, too; once a day.
    """

    site: DeviceSiteRow
    kind: PlatformKind
    holder: str
    at: datetime
    since: datetime
    until: datetime
    give_up: float
    repairs: bool
    lists: bool


@dataclass(frozen=True)
class Answer:
    """
    What came of a question.

    Args:
        contact: how it went.
        retry_after: how long the platform wants to be left alone; None when it does not say.
        devices: None where they were not asked for.
    """

    contact: Contact
    retry_after: timedelta | None = None
    readings: Sequence[DeviceReading] = ()
    devices: Sequence[Device] | None = None


@dataclass
class Round:
    """
    What a round did.

    Attributes:
        asked: questions that came to an end, whichever.
        failed: those that ended in a fault.
        latest: how long after its time the last of them was asked.
    """

    asked: int = 0
    failed: int = 0
    latest: timedelta = field(default_factory=timedelta)


class Poller:
    """
    Asks what is due. One for a process: it keeps sessions with platforms between rounds.

    Args:
        threads: how many platforms are asked at once; they only wait for answers, and never see the database.
    """

    def __init__(self, ports: Ports, *, threads: int = _THREADS) -> None:
        self._ports = ports
        self._threads = threads
        self._open: dict[str, tuple[bytes, DevicePlatform]] = {}
        self._random = Random()  # noqa: S311 - spreads load, hides nothing

    def run(self, *, until: datetime | None = None) -> Round:
        """
        Ask every site whose time has come, until none is left.

        Args:
            until: no question is begun at this instant or later; None for as long as it takes.
        """
        done = Round()
        asking: dict[Future[Answer], Question] = {}
        threads = ThreadPoolExecutor(self._threads, thread_name_prefix="platform")
        try:
            while True:
                if until is None or self._ports.clock.now() < until:
                    for question in self._claim(list(asking.values()), done):
                        asking[threads.submit(self.ask, question)] = question
                if not asking:
                    return done
                self._collect(asking, done)
        finally:
            # A connector that hangs in spite of its own time limits must not hold up the worker.
            threads.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """End every session."""
        for _, platform in self._open.values():
            platform.close()
        self._open.clear()

    def _claim(self, asking: Sequence[Question], done: Round) -> list[Question]:
        """Hold the accounts of sites that are due, as many as threads are free; others that are due are put off."""
        free, now = self._threads - len(asking), self._ports.clock.now()
        busy = {each.site.account_key for each in asking}
        questions: list[Question] = []
        while free > len(questions):
            with reading() as session:
                if not devices.due_sites(session, now=now, limit=1, without=busy):
                    break
            with transaction() as session:
                for site in devices.due_sites(session, now=now, limit=free, without=busy):
                    done.latest = max(done.latest, now - site.due)
                    question = None if site.account_key in busy else self._question(session, site, now)
                    if question is not None:
                        questions.append(question)
                        busy.add(site.account_key)
        return questions

    def _question(self, session: Session, site: DeviceSiteRow, now: datetime) -> Question | None:
        kind = self._ports.platforms.get(site.platform)
        if kind is None:
            _put_aside(site, f"there is no connector for {site.platform} on this server any more; install it again")
            return None
        holder = secrets.token_urlsafe(12)
        free = _hold(session, site, kind, holder, now)
        if free is not None:
            site.due = free
            return None
        lists = site.answered is None or site.answered.date() != now.date()
        since, until, repairs = _stretch(site, kind, now, lists=lists)
        give_up = time.monotonic() + HOLD.total_seconds()
        return Question(site, kind, holder, now, since, until, give_up, repairs, lists)

    def _collect(self, asking: dict[Future[Answer], Question], done: Round) -> None:
        """Keep the answers that are there; a question that takes too long has cost its site a try."""
        ready, _ = wait(asking, timeout=_LOOK_SECONDS, return_when=FIRST_COMPLETED)
        for future in ready:
            self._count(_keep(asking.pop(future), future.result(), self._ports, self._random), done)
        late = [future for future, question in asking.items() if time.monotonic() > question.give_up]
        for future in late:
            contact = Contact(None, None, FaultKind.OFFLINE, "no answer came to an end in time; see its connector")
            self._count(_keep(asking.pop(future), Answer(contact), self._ports, self._random), done)

    @staticmethod
    def _count(well: bool, done: Round) -> None:
        done.asked += 1
        done.failed += not well

    def ask(self, question: Question) -> Answer:
        """What the platform says; this is where everything that a connector raises ends."""
        started = time.perf_counter()
        secret: list[str] = []
        try:
            access = access_of(question.site, self._ports.keys)
            secret = [access.account, access.secret, *access.options.values()]
            platform = self._platform(question, access)
            found = platform.devices() if question.lists else None
            if question.since == question.until:
                contact = platform.ping()
                return Answer(replace(contact, reason=redacted(contact.reason, secret)), devices=found)
            readings = platform.read(question.since, question.until)
        except PlatformFault as fault:
            words = redacted(str(fault), secret)
            return Answer(Contact(None, None, fault.kind, words), retry_after=fault.retry_after)
        except Exception as fault:  # the boundary: a connector may come from another package
            # Without its words and its trace, which may hold what opens an account.
            log.error(  # noqa: TRY400
                "the connector of %s failed: %s", question.kind.title, type(fault).__name__
            )
            words = (
                f"the connector failed ({type(fault).__name__}); tell who wrote it, or see whether the key was changed"
            )
            return Answer(Contact(None, None, FaultKind.PROTOCOL_ERROR, words))
        took = timedelta(seconds=time.perf_counter() - started)
        return Answer(Contact(None, took), readings=readings, devices=found)

    def _platform(self, question: Question, access: PlatformAccess) -> DevicePlatform:
        """The platform of a site, opened anew when the way in was changed."""
        site = question.site
        sealed, platform = self._open.get(site.site_id, (b"", None))
        if platform is None or sealed != site.sealed:
            if platform is not None:
                platform.close()
            platform = question.kind.open(access, self._ports.clock)
            self._open[site.site_id] = (site.sealed, platform)
        return platform


def ask_once(site: DeviceSiteRow, *, since: datetime, ports: Ports, patience: float = 0) -> Answer:
    """
    Ask a site for readings until now that are to be shown and not kept, within the pace of its account.

    Args:
        patience: seconds to wait for an account that is being asked just now, or has been asked too often.

    Returns:
        What it says; a fault BUSY when its account is being asked just now, or has been asked too often.
    """
    kind = ports.platforms.get(site.platform)
    if kind is None:
        return Answer(Contact(None, None, FaultKind.PROTOCOL_ERROR, "there is no connector for it on this server"))
    holder, give_up = secrets.token_urlsafe(12), time.monotonic() + patience
    while True:
        now = ports.clock.now()
        with transaction() as session:
            free = _hold(session, site, kind, holder, now)
        if free is None:
            break
        if time.monotonic() >= give_up or free - now > devices.LOOK_AGAIN:
            return Answer(Contact(None, None, FaultKind.BUSY, "it was asked often just now; look again in a minute"))
        time.sleep(_TRY_SECONDS)
    poller, left_alone = Poller(ports, threads=1), None
    try:
        answer = poller.ask(Question(site, kind, holder, now, since, now, give_up, repairs=False, lists=False))
        left_alone = _left_alone(answer, ports.clock.now())
        return answer
    finally:
        poller.close()
        with transaction() as session:
            devices.let_go(session, site.account_key, holder=holder, not_before=left_alone)


def _left_alone(answer: Answer, now: datetime) -> datetime | None:
    """Until when the platform wants its account to be left alone; None when it does not say."""
    if answer.contact.fault is not FaultKind.RATE_LIMITED or answer.retry_after is None:
        return None
    return now + min(answer.retry_after, LONGEST_RETRY)


def _hold(session: Session, site: DeviceSiteRow, kind: PlatformKind, holder: str, now: datetime) -> datetime | None:
    """Hold the account of a site; when it may be tried again if that fails."""
    pace = timedelta(minutes=1) / kind.calls_per_minute
    return devices.take_account(
        session, site.account_key, holder=holder, now=now, until=now + HOLD, pace=pace, burst=_BURST * pace
    )


def forget_polls(*, days: int, clock: Clock) -> int:
    """Delete what was asked, and told, more than so many days ago; usage made of it stays. Returns how many times."""
    forgotten = 0
    while True:
        with transaction() as session:
            gone = devices.forget_polls(session, before=clock.now() - timedelta(days=days), limit=_FORGOTTEN)
        forgotten += gone
        if gone < _FORGOTTEN:
            return forgotten


def _stretch(site: DeviceSiteRow, kind: PlatformKind, now: datetime, *, lists: bool) -> tuple[datetime, datetime, bool]:
    """What a site is asked for: the next stretch, or one with a gap whose turn it is."""
    if site.mode == Mode.PROXY:
        # What its devices tell of is seen by a day of readings, as what they are is seen by their list.
        looks = lists and bool(site.meters) and kind.history is not None
        return now - STRETCH if looks else now, now, False
    if site.repair_from is not None and site.repair_due is not None and site.repair_due <= now:
        return site.repair_from, min(site.repair_from + STRETCH, now), True
    if site.read_through < now - STRETCH:
        return site.read_through, site.read_through + STRETCH, False
    # What a device uploads late is asked for again, a little even when nothing seems late.
    since = min(site.read_through, site.measured or site.read_through) - 2 * kind.every
    return max(since, now - STRETCH, site.created - (kind.history or timedelta())), now, False


def _keep(question: Question, answer: Answer, ports: Ports, random: Random) -> bool:
    """
    Write down an answer and what follows from it, and end the hold.

    Returns:
        Whether it was an answer and no fault.
    """
    now = ports.clock.now()
    fault = answer.contact.fault
    well = fault is None
    with transaction() as session:
        site = devices.find_site(session, question.site.site_id, lock=True)
        held = devices.let_go(
            session, question.site.account_key, holder=question.holder, not_before=_left_alone(answer, now)
        )
        # Removed meanwhile, or so late that somebody else has begun to ask: what came will come again.
        if site is None or not held:
            return well
        site.asked, site.polls = question.at, site.polls + 1
        poll = DevicePollRow(
            customer_id=site.customer_id,
            site_id=site.site_id,
            number=site.polls,
            asked=question.at,
            round_trip=_milliseconds(answer.contact.round_trip),
            fault=fault,
        )
        if fault is None:
            _keep_told(session, site, poll, question, answer)
            site.due = _next_time(site, question, now, random)
        else:
            session.add(poll)
            site.faults = site.faults + 1 if site.fault == fault else 1
            site.fault, site.reason = fault, answer.contact.reason
            site.due = now + _wait(site, question.kind, answer.retry_after, random)
            if fault in _UNHEALED and site.faults >= PATIENCE:
                _put_aside(site, answer.contact.reason)
    if not well:
        log.warning("site %s (%s): %s: %s", question.site.site_id, question.kind.title, fault, answer.contact.reason)
    return well


def _keep_told(session: Session, site: DeviceSiteRow, poll: DevicePollRow, question: Question, answer: Answer) -> None:
    if answer.devices is not None:
        keep_devices(session, site, answer.devices)
    told = without_future(answer.readings)
    ahead = len(answer.readings) - len(told)
    site.fault, site.faults, site.answered = None, 0, question.at
    site.reason = f"{ahead} readings were left out: a clock of its devices is ahead of ours; set it" if ahead else ""
    gap = None
    if site.mode == Mode.PROXY:
        announce(session, site, told, at=question.at)
        session.add(poll)
    else:
        gap = stage(session, site, poll, told, at=question.at)
    newest = max((each.measured_at for each in told), default=answer.contact.last_contact)
    if newest is not None:
        site.measured = max(newest, site.measured or newest)
    if not question.repairs:
        site.read_through = max(site.read_through, question.until)
    if question.kind.history is not None:
        _plan_repair(site, question, gap, filled=poll.readings > 0)


def _plan_repair(site: DeviceSiteRow, question: Question, gap: datetime | None, *, filled: bool) -> None:
    """Remember where the earliest gap begins that the platform may still fill."""
    if question.repairs and filled:
        site.repair_from = gap
    elif gap is not None:
        site.repair_from = min(gap, site.repair_from or gap)
    if site.repair_from is not None and site.repair_from < question.at - REPAIRABLE:
        site.repair_from = None
    if site.repair_from is None:
        site.repair_due = None
    elif question.repairs or site.repair_due is None:
        site.repair_due = question.at + REPAIR_EVERY


def _next_time(site: DeviceSiteRow, question: Question, now: datetime, random: Random) -> datetime:
    """At an even pace, a little off so that sites added together drift apart; at once while history is missing."""
    if site.mode == Mode.STAGE and question.until < now - question.kind.every and not question.repairs:
        return now
    every = PING_EVERY if site.mode == Mode.PROXY else question.kind.every
    planned = question.site.due + every * random.uniform(0.95, 1.05)
    return planned if planned > now else now + every * random.uniform(0.5, 1)


def _wait(site: DeviceSiteRow, kind: PlatformKind, retry_after: timedelta | None, random: Random) -> timedelta:
    """How long a site is left alone after a fault."""
    if site.fault is None or site.fault not in BACKING_OFF:
        return kind.every
    longer: timedelta = min(kind.every * (1 << min(site.faults, 10)), LONGEST_WAIT)
    return max(longer, min(retry_after or timedelta(), LONGEST_RETRY)) * random.uniform(1, 1.2)


def _put_aside(site: DeviceSiteRow, reason: str) -> None:
    site.status, site.reason = SiteStatus.QUARANTINED, reason


def _milliseconds(length: timedelta | None) -> int | None:
    return None if length is None else length // timedelta(milliseconds=1)
