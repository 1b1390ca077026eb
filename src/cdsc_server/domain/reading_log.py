"""What was read by a Grant, as its Customer is shown it: day by day, in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from cdsc_server.domain.wording import KINDS
from cdsc_server.languages import day, gettext, marked, marked_plural, ngettext, short_day

#: Local days that are plotted, today among them.
DAYS: Final = 30

#: What the objects of each listing are called, one and several.
_CALLED: Final[Mapping[str, tuple[str, str]]] = {
    "accounts": KINDS["account_selection"].counted,
    "service_contracts": KINDS["service_contract_selection"].counted,
    "service_points": KINDS["servicepoint_selection"].counted,
    "meter_devices": KINDS["meter_device_selection"].counted,
    "bill_statements": marked_plural("%(count)s bill", "%(count)s bills"),
    "bill_files": marked_plural("%(count)s bill as a file", "%(count)s bills as files"),
    "bill_sections": marked_plural("%(count)s charge of a service", "%(count)s charges of services"),
    "usage_segments": marked_plural("%(count)s set of readings", "%(count)s sets of readings"),
    "cost_estimates": marked_plural("%(count)s estimate of costs", "%(count)s estimates of costs"),
    "aggregations": marked_plural("%(count)s group", "%(count)s groups"),
    "eacs": marked_plural("%(count)s certificate", "%(count)s certificates"),
}


class CountedReads(Protocol):
    """What was read from one listing, in one hour or on one day."""

    @property
    def listing(self) -> str: ...
    @property
    def answers(self) -> int: ...
    @property
    def objects(self) -> int: ...
    @property
    def earliest(self) -> datetime | None: ...
    @property
    def latest(self) -> datetime | None: ...
    @property
    def last(self) -> datetime: ...


@dataclass(frozen=True)
class Reads:
    """
    What was read in some time.

    Args:
        earliest, latest: what the objects were about; None where they have no period.
        last: when it was read last.
    """

    answers: int
    objects: int
    earliest: datetime | None
    latest: datetime | None
    last: datetime


@dataclass(frozen=True)
class LogLine:
    """
    What was read from one listing on one local day.

    Args:
        last: when it was read last.
        says: how much, in words.
        covering: what that was about, in words; empty where it has no period.
    """

    last: datetime
    answers: int
    says: str
    covering: str


@dataclass(frozen=True)
class ReadingLog:
    """
    The past days.

    Args:
        answers: of all days together.
        bars: of each day, the oldest first, as shares of the busiest.
        says: the same in a sentence.
        lines: the newest first.
    """

    answers: int
    bars: Sequence[float]
    says: str
    first: str
    lines: Sequence[LogLine]


def begin_of_log(now: datetime, zone: ZoneInfo) -> datetime:
    """The first instant of the days that are shown."""
    local = now.astimezone(zone)
    return datetime(local.year, local.month, local.day, tzinfo=zone) - timedelta(days=DAYS - 1)


def reading_log(reads: Iterable[CountedReads], *, now: datetime, zone: ZoneInfo) -> ReadingLog:
    """
    The log of the past days.

    Args:
        reads: since `begin_of_log`.
        zone: says when a day begins.
    """
    grouped: dict[tuple[date, str], list[CountedReads]] = {}
    for each in reads:
        grouped.setdefault((each.last.astimezone(zone).date(), each.listing), []).append(each)
    first = begin_of_log(now, zone).date()
    counts = [
        sum(each.answers for (on, _), some in grouped.items() if on == first + timedelta(days=n) for each in some)
        for n in range(DAYS)
    ]
    lines = sorted((_line(some, zone) for some in grouped.values()), key=lambda line: line.last, reverse=True)
    busiest = max(counts)
    return ReadingLog(
        answers=sum(counts),
        bars=[count / busiest if busiest else 0.0 for count in counts],
        says=_says(counts, first, zone),
        first=short_day(first, zone),
        lines=lines,
    )


def _says(counts: Sequence[int], first: date, zone: ZoneInfo) -> str:
    busiest = max(counts)
    if not busiest:
        return gettext("Nothing was read in the past %(days)s days", days=DAYS)
    when = day(first + timedelta(days=counts.index(busiest)), zone)
    told = marked_plural(
        "Read once a day at most, on %(active)s of the past %(days)s days; the first was %(when)s",
        "Read on %(active)s of the past %(days)s days; most on %(when)s, %(count)s times",
    )
    return ngettext(*told, busiest, active=sum(map(bool, counts)), days=DAYS, when=when)


def together(some: Sequence[CountedReads]) -> Reads:
    """All of these, at least one, as if it were one."""
    return Reads(
        answers=sum(each.answers for each in some),
        objects=sum(each.objects for each in some),
        earliest=min((each.earliest for each in some if each.earliest), default=None),
        latest=max((each.latest for each in some if each.latest), default=None),
        last=max(each.last for each in some),
    )


def _line(some: Sequence[CountedReads], zone: ZoneInfo) -> LogLine:
    listing, read = some[0].listing, together(some)
    called = _CALLED.get(listing)
    says = f"{listing.replace('_', ' ')}: {read.objects}" if called is None else ngettext(*called, read.objects)
    return LogLine(read.last, read.answers, says, _covering(read.earliest, read.latest, zone))


def _covering(earliest: datetime | None, latest: datetime | None, zone: ZoneInfo) -> str:
    if earliest is None or latest is None:
        return ""
    # A period ends before its last instant, and one that has no length is of that day.
    end = max(earliest, latest - timedelta(microseconds=1))
    first, last = day(earliest, zone), day(end, zone)
    return first if first == last else gettext(_FROM_TO, first=first, last=last)


_FROM_TO: Final = marked("%(first)s to %(last)s")
