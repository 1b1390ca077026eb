"""
Work in the background: the queue, and what recurs.

The queue is huey's: a SQLite file by default, Redis when CDSC_JOBS_URL names one.
`cdsc worker` runs it; `cdsc serve` starts a worker beside the web processes unless told not to.
"""

from __future__ import annotations

import logging
from hashlib import sha256
from pathlib import Path

from flask import Flask
from huey import Huey, RedisHuey, SqliteHuey, crontab
from huey.api import TaskWrapper
from huey.serializer import SignedSerializer

from cdsc_server.ports import Ports
from cdsc_server.services import clean_up
from cdsc_server.settings import Settings

log = logging.getLogger(__name__)


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


def register(jobs: Huey, app: Flask, ports: Ports) -> dict[str, TaskWrapper]:
    """
    Put the recurring work of the application on the queue's timetable.

    Returns:
        The tasks by name; calling one queues it at once.
    """

    def expire_grants() -> None:
        with app.app_context():
            expired = clean_up.expire_grants(clock=ports.clock)
        if expired:
            log.info("%d Grants expired", expired)

    def remove_ended() -> None:
        with app.app_context():
            removed = clean_up.remove_ended(clock=ports.clock)
        if removed:
            log.info("removed %d rows that had ended", removed)

    timetable = {"*": expire_grants, "*/10": remove_ended}
    return {
        work.__name__: jobs.periodic_task(crontab(minute=minute), name=work.__name__)(work)
        for minute, work in timetable.items()
    }


def run(settings: Settings, app: Flask, ports: Ports) -> None:
    """Work until SIGINT or SIGTERM; what runs at that moment is finished first."""
    jobs = queue(settings)
    register(jobs, app, ports)
    jobs.create_consumer(workers=1, worker_type="thread", periodic=True, check_worker_health=True).run()
