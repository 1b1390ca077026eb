"""
Work in the background: the queue, and what recurs.

The queue is huey's: a SQLite file by default, Redis when CDSC_JOBS_URL names one.
`cdsc worker` runs it; `cdsc serve` starts a worker beside the web processes unless told not to.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final

from flask import Flask
from huey import Huey, RedisHuey, SqliteHuey, crontab
from huey.api import TaskWrapper
from huey.serializer import SignedSerializer

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.intake.folder import look_through
from cdsc_server.ports import Ports
from cdsc_server.services import (
    aggregations,
    clean_up,
    deliveries,
    grant_reads,
    group_grants,
    late_data,
    mails,
    metrics,
    news,
    outbox,
    requirements,
    tickets,
    webhook_events,
)
from cdsc_server.services.device_health import tell_of_silence
from cdsc_server.services.mails import Mailing
from cdsc_server.services.polling import Poller, forget_polls
from cdsc_server.services.webhook_sending import Dispatcher
from cdsc_server.settings import Settings
from cdsc_server.storage.outbox import Channel

log = logging.getLogger(__name__)

#: How often the outbox is looked at; the queue's own timetable knows minutes only.
_SECONDS_BETWEEN_LOOKS: Final = 1
_SECONDS_AFTER_A_FAULT: Final = 15
#: How long a round of questions to devices goes on; the next one begins at the next full minute.
_ROUND: Final = timedelta(seconds=50)


def queue(settings: Settings) -> Huey:
    """
    The queue of these settings.

    Messages are pickled by huey, so they are signed: who can write to the queue but has no key cannot run code here.
    """
    secret = sha256(b"jobs" + Path(settings.key_file).read_bytes()).hexdigest()
    options = {"results": False, "utc": True, "serializer": SignedSerializer(secret=secret)}
    if settings.jobs_url.startswith("sqlite:///"):
        path = Path(settings.jobs_url.removeprefix("sqlite:///"))
        path.parent.mkdir(parents=True, exist_ok=True)
        return SqliteHuey("cdsc", filename=str(path), **options)
    return RedisHuey("cdsc", url=settings.jobs_url, **options)


def register(jobs: Huey, app: Flask, settings: Settings, ports: Ports) -> dict[str, TaskWrapper]:
    """
    Put the recurring work of the application on the queue's timetable.

    Returns:
        The tasks by name; calling one queues it at once.
    """
    catalogue: Catalogue = app.extensions["cdsc"].catalogue
    mailing = Mailing(catalogue.utility, settings, ports.keys)
    poller = Poller(ports)

    def expire_grants() -> None:
        expired = clean_up.expire_grants(mailing=mailing, clock=ports.clock)
        if expired:
            log.info("%d Grants expired", expired)

    def remove_ended() -> None:
        removed = clean_up.remove_ended(clock=ports.clock)
        if removed:
            log.info("removed %d rows that had ended", removed)

    def send_mails() -> None:
        if ports.mailer is None:
            return
        mails.send_due(mailer=ports.mailer, keys=ports.keys, clock=ports.clock, settings=settings)

    def hand_on_tickets() -> None:
        if ports.desk is None:
            return
        tickets.hand_on_due(desk=ports.desk, settings=settings, clock=ports.clock)

    def forget_sent() -> None:
        forgotten = outbox.forget(settings=settings, clock=ports.clock)
        if forgotten:
            log.info("forgot %d mails and events", forgotten)

    def tell_customers() -> None:
        told = news.tell_of_first_reads(mailing=mailing, clock=ports.clock)
        told += news.tell_of_ends(days=settings.ends_soon_days, mailing=mailing, clock=ports.clock)
        if told:
            log.info("told Customers of %d beginnings and ends", told)

    def tell_of_arrivals() -> None:
        told = webhook_events.tell_of_arrivals(catalogue=catalogue, clock=ports.clock)
        if told:
            log.info("webhooks will be told of new data %d times", told)

    def renew_links() -> None:
        renewed = requirements.renew_links(catalogue=catalogue, clock=ports.clock)
        if renewed:
            log.info("%d links of forms ran out and were renewed", renewed)

    def find_members() -> None:
        changed = aggregations.refresh(country=catalogue.utility.country, clock=ports.clock)
        if changed:
            log.info("%d groups have other members than before", changed)

    def open_late_grants() -> None:
        opened = late_data.open_what_is_there(clock=ports.clock)
        if opened:
            log.info("%d Grants open a part of what they wait for", opened)

    def settle_groups() -> None:
        settled = group_grants.settle_all(catalogue=catalogue, clock=ports.clock)
        if settled:
            log.info("%d Grants for the usage of groups are others now", settled)

    def fold_reads() -> None:
        folded = grant_reads.fold_hours(days=settings.read_log_days, zone=catalogue.utility.timezone, clock=ports.clock)
        if folded:
            log.info("folded %d hours of the access log into days", folded)

    def note_answering() -> None:
        if ports.door is None:
            return
        answering = metrics.note_answering(door=ports.door, zone=catalogue.utility.timezone, clock=ports.clock)
        if not answering:
            log.error("this server does not answer at %s", settings.base_url)

    def roll_up_metrics() -> None:
        metrics.roll_up(zone=catalogue.utility.timezone, clock=ports.clock)

    def import_folder() -> None:
        if not settings.import_dir:
            return
        look_through(Path(settings.import_dir), catalogue=catalogue, ports=ports)

    def poll_devices() -> None:
        done = poller.run(until=ports.clock.now() + _ROUND)
        if done.asked:
            log.info("asked %d sites with devices, %d of them in vain", done.asked, done.failed)

    def forget_device_polls() -> None:
        forgotten = forget_polls(days=settings.device_days, clock=ports.clock)
        if forgotten:
            log.info("forgot what %d questions to devices brought", forgotten)

    def watch_devices() -> None:
        tell_of_silence(mailing=mailing, ports=ports)

    def watch_sources() -> None:
        late = deliveries.tell_of_late_sources(catalogue=catalogue, mailing=mailing, clock=ports.clock)
        for each in late:
            since = "ever" if each.last is None else f"since {each.last:%Y-%m-%d %H:%M} UTC"
            log.error("no delivery told of %s %s: %s allow %s", each.source, since, each.scenarios, each.within)

    timetable = {
        import_folder: crontab(minute=f"*/{settings.import_minutes}" if settings.import_minutes < 60 else "0"),
        watch_sources: crontab(minute="41"),
        poll_devices: crontab(),
        watch_devices: crontab(minute="*/5"),
        forget_device_polls: crontab(minute="51"),
        note_answering: crontab(),
        roll_up_metrics: crontab(minute="*/5"),
        open_late_grants: crontab(),
        settle_groups: crontab(),
        find_members: crontab(minute="23", hour="3"),
        fold_reads: crontab(minute="41", hour="2"),
        renew_links: crontab(minute="*/5"),
        expire_grants: crontab(),
        remove_ended: crontab(minute="*/10"),
        send_mails: crontab(),
        hand_on_tickets: crontab(),
        forget_sent: crontab(minute="17"),
        tell_of_arrivals: crontab(),
        tell_customers: crontab(minute="*/5"),
    }
    return {
        work.__name__: jobs.periodic_task(when, name=work.__name__)(_within(app, work))
        for work, when in timetable.items()
    }


def _within(app: Flask, work: Callable[[], None]) -> Callable[[], None]:
    def done() -> None:
        with app.app_context():
            work()

    return done


def run(settings: Settings, app: Flask, ports: Ports) -> None:
    """Work until SIGINT or SIGTERM; what runs at that moment is finished first."""
    jobs = queue(settings)
    tasks = register(jobs, app, settings, ports)
    # Three, so that a mail server or devices that take their time hold up nothing else.
    consumer = jobs.create_consumer(workers=3, worker_type="thread", periodic=True, check_worker_health=True)
    with _watched_outbox(jobs, app, ports, send=tasks["send_mails"]), _calling_webhooks(app, settings, ports):
        consumer.run()


@contextmanager
def _calling_webhooks(app: Flask, settings: Settings, ports: Ports) -> Iterator[None]:
    """Send events to webhooks beside the queue, whose few threads would all be held by a few receivers that hang."""
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    dispatcher = Dispatcher(caller=ports.caller, keys=ports.keys, clock=ports.clock, settings=settings)

    def call() -> None:
        with app.app_context(), closing(loop):
            loop.run_until_complete(dispatcher.work(stop))

    thread = threading.Thread(target=call, name="webhooks", daemon=True)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        # Calls that are under way end within their time; what they bring is written down then.
        thread.join(settings.webhook_seconds + 5)


@contextmanager
def _watched_outbox(jobs: Huey, app: Flask, ports: Ports, *, send: TaskWrapper) -> Iterator[None]:
    """Queue the sending of mails as soon as one is due, instead of at the next full minute."""
    ended = threading.Event()

    def watch() -> None:
        wait = _SECONDS_BETWEEN_LOOKS
        while not ended.wait(wait):
            wait = _SECONDS_BETWEEN_LOOKS
            try:
                with app.app_context():
                    due = outbox.anything_due(Channel.MAIL, clock=ports.clock)
                # What is queued already will send this one too.
                if due and jobs.pending_count() == 0:
                    send()
            except Exception:
                log.exception("the outbox cannot be looked at")
                wait = _SECONDS_AFTER_A_FAULT

    watcher = threading.Thread(target=watch, name="outbox", daemon=True)
    if ports.mailer is not None:
        watcher.start()
    try:
        yield
    finally:
        ended.set()
        if watcher.is_alive():
            watcher.join(5)
