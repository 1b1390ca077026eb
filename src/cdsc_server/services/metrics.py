"""Figures for operators: counted every few minutes into days, and told as a report or to Prometheus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.durations import local_midnight
from cdsc_server.domain.freshness import Freshness
from cdsc_server.domain.service_levels import (
    ANSWERED,
    GRANTS,
    SESSIONS,
    STAGES,
    STEPS,
    DayFigures,
    MonthFigures,
    day_figures,
    first_answer,
    minute_of_day,
    month_figures,
)
from cdsc_server.ports import Clock, FrontDoor
from cdsc_server.services import deliveries
from cdsc_server.storage import daily_counts, outbox
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.outbox import Channel

_DAY: Final = timedelta(days=1)
#: How long a day is counted once more after its end: what began in it may end later. Shorter than what has ended is
#: kept beyond a day (services/clean_up.KEPT).
SETTLING: Final = timedelta(hours=4)
#: Days after which what each process counted is added up; no process writes down so old a day any more.
_FOLDED_AFTER: Final = 3 * _DAY
#: When the worker counted, in seconds since 1970.
_WORKER: Final = "worker"
MOST_DAYS: Final = 400


@dataclass(frozen=True)
class Report:
    """
    How this server did.

    Args:
        made: when.
        days: the latest first, today included.
        months: availability of each month that one of the days lies in, the latest first.
    """

    made: datetime
    days: Sequence[DayFigures]
    months: Sequence[MonthFigures]


@dataclass(frozen=True)
class Gauges:
    """
    What is told to Prometheus beside the requests.

    Args:
        steps, stages, sessions: since the first day.
        grants: of Customers, by status, as counted last.
        outbox: what is kept there, by channel and status.
        waits: by channel, how long waits what should have gone first; zero when nothing is due.
        sources: how fresh each source of data is.
        worker: when the worker counted last; None for never.
    """

    steps: Mapping[str, int]
    stages: Mapping[str, int]
    sessions: int
    grants: Mapping[str, int]
    outbox: Mapping[tuple[str, str], int]
    waits: Mapping[str, timedelta]
    sources: Sequence[Freshness]
    worker: datetime | None


def note_answering(*, door: FrontDoor, zone: ZoneInfo, clock: Clock) -> bool:
    """Look whether this server answers at its public address, and note the minute if it does."""
    asked = clock.now()
    if not door.answers():
        return False
    day, hour, bit = minute_of_day(asked, zone)
    with transaction() as session:
        daily_counts.mark_minute(session, day, hour, bit)
    return True


def roll_up(*, zone: ZoneInfo, clock: Clock) -> None:
    """
    Count today, and yesterday while it settles.

    Each number is counted anew and replaces the one before, in one transaction: killed or run twice, it changes
    nothing that the next run would not put right.
    """
    now = clock.now()
    today = now.astimezone(zone).date()
    days = sorted({today, (now - SETTLING).astimezone(zone).date()})
    with transaction() as session:
        for day in days:
            start, end = local_midnight(day, zone), local_midnight(day + _DAY, zone)
            steps = daily_counts.count_steps(session, start, end, now=now)
            stages = daily_counts.count_stages(session, start, end, now=now)
            counts = {(STEPS, step.value): count for step, count in steps.items()}
            counts |= {(STAGES, stage.value): count for stage, count in stages.items()}
            daily_counts.put_counts(session, day, counts)
        # A status that no Grant has any more must not keep its number.
        grants = {(GRANTS, status): 0 for status in _last_grants(daily_counts.days_of(session, first=today))}
        grants |= {(GRANTS, status): count for status, count in daily_counts.count_grants(session).items()}
        daily_counts.put_counts(session, today, {**grants, (_WORKER, ""): int(now.timestamp())})
        daily_counts.fold(session, before=today - _FOLDED_AFTER)


def report(*, days: int, catalogue: Catalogue, clock: Clock) -> Report:
    """
    The figures of the last days.

    Args:
        days: how many, today included; at most MOST_DAYS.
    """
    now, zone = clock.now(), catalogue.utility.timezone
    today = now.astimezone(zone).date()
    wanted = [today - offset * _DAY for offset in range(days)]
    # Availability is told of whole months.
    begins = wanted[-1].replace(day=1)
    with reading() as session:
        counted = daily_counts.days_of(session, first=begins)
        answered = daily_counts.first_day(session, ANSWERED)
        of_first = {} if answered is None else daily_counts.days_of(session, first=answered, last=answered)
    first = first_answer(of_first, zone)
    of_months = {begins: {}, today: {}, **counted}
    return Report(
        made=now,
        days=[day_figures(day, counted.get(day, {}), first=first, now=now, zone=zone) for day in wanted],
        months=month_figures(of_months, first=first, now=now, zone=zone),
    )


def gauges(*, catalogue: Catalogue, clock: Clock) -> Gauges:
    """What Prometheus is told beside the requests, in a handful of statements however many Grants there are."""
    now = clock.now()
    with reading() as session:
        steps = daily_counts.totals(session, STEPS)
        stages = daily_counts.totals(session, STAGES)
        sessions = daily_counts.totals(session, SESSIONS).get("", 0)
        worker = daily_counts.highest(session, _WORKER)
        recent = daily_counts.days_of(session, first=now.astimezone(catalogue.utility.timezone).date() - _DAY)
        kept = outbox.count(session)
        due = {channel: outbox.longest_waiting(session, channel, now=now) for channel in Channel}
    return Gauges(
        steps=steps,
        stages=stages,
        sessions=sessions,
        grants=_last_grants(recent),
        outbox=kept,
        waits={channel: timedelta() if since is None else now - since for channel, since in due.items()},
        sources=deliveries.sources(catalogue=catalogue, clock=clock),
        worker=None if worker is None else datetime.fromtimestamp(worker, tz=now.tzinfo),
    )


def _last_grants(days: Mapping[date, Mapping[tuple[str, str], int]]) -> Mapping[str, int]:
    for day in sorted(days, reverse=True):
        found = {part: count for (name, part), count in days[day].items() if name == GRANTS}
        if found:
            return found
    return {}
