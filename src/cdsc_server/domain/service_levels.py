"""
What this server promises of its answers, and the report of how it kept that.

Tiers, thresholds and the list of figures follow the non-functional requirements and the metrics of the Australian
Consumer Data Right, because no other public standard for sharing data says what to count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from cdsc_server.domain.durations import local_midnight

_DAY: Final = timedelta(days=1)
_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_MINUTES_OF_AN_HOUR: Final = 60

#: Counts of one day by what was counted and which part of it, such as ("requests", "low_priority").
DayCounts = Mapping[tuple[str, str], int]


class Tier(StrEnum):
    """Kinds of requests that may take different times."""

    #: Whoever asks needs no token: metadata, documents, pages before sign-in.
    UNAUTHENTICATED = "unauthenticated"
    #: A person waits: the form, sign-in, and what a Client must ask before and after it.
    HIGH_PRIORITY = "high_priority"
    #: A Client looks after its registration.
    LOW_PRIORITY = "low_priority"
    #: A Client reads Customer data, most often while nobody waits.
    UNATTENDED = "unattended"
    #: Answers that may be long: readings, bills, certificates, sums of groups.
    LARGE_PAYLOAD = "large_payload"


#: Within how many seconds an answer of each tier is to be complete.
THRESHOLDS: Final[Mapping[Tier, Decimal]] = {
    Tier.UNAUTHENTICATED: Decimal("1.5"),
    Tier.HIGH_PRIORITY: Decimal(1),
    Tier.LOW_PRIORITY: Decimal("1.5"),
    Tier.UNATTENDED: Decimal(4),
    Tier.LARGE_PAYLOAD: Decimal(6),
}

#: What is counted. The part of the first three is a tier.
REQUESTS: Final = "requests"
WITHIN: Final = "within_threshold"
MICROSECONDS: Final = "microseconds"
#: Answers of 500 and above; their part is the status.
ERRORS: Final = "errors"
#: Answers of 429; their part is "public" or "authenticated".
REJECTIONS: Final = "rejections"
#: Access tokens issued, which the Consumer Data Right calls sessions.
SESSIONS: Final = "sessions"
#: Minutes in which this server answered, a bit for each; their part is the hour since local midnight.
ANSWERED: Final = "answered_minutes"
#: What became of authorization requests and Grants; their part is a Step.
STEPS: Final = "authorisations"
#: Where people left the way to a Grant; their part is a Stage.
STAGES: Final = "abandoned"
#: Grants at the end of a day, or now; their part is a status of CDS-WG1-02 8.2.
GRANTS: Final = "grants"


class Step(StrEnum):
    """What becomes of requests for access, and of access."""

    BEGUN = "begun"
    APPROVED = "approved"
    DECLINED = "declined"
    ABANDONED = "abandoned"
    NEW = "new"
    AMENDED = "amended"
    REVOKED = "revoked"
    EXPIRED = "expired"


class Stage(StrEnum):
    """How far somebody came who did not share in the end."""

    BEFORE_SIGN_IN = "before_sign_in"
    ON_FORM = "on_form"
    DECLINED = "declined"
    #: Agreed, but the Client never fetched its token.
    FAILED_TOKEN_EXCHANGE = "failed_token_exchange"  # noqa: S105  (no secret, a stage)


@dataclass(frozen=True)
class TierFigures:
    """
    How the requests of a tier went on one day.

    Args:
        within_threshold: the part of them answered in time, from 0 to 1; None where there were none.
        average_seconds: None where there were none.
    """

    invocations: int
    within_threshold: Decimal | None
    average_seconds: Decimal | None


@dataclass(frozen=True)
class DayFigures:
    """
    A local day of the utility.

    Args:
        availability: the part of its minutes in which this server answered itself, from 0 to 1; None before it was
            looked at for the first time.
        errors: answers by status.
        grants: at its end by status, or now.
    """

    day: date
    availability: Decimal | None
    tiers: Mapping[Tier, TierFigures]
    sessions: int
    errors: Mapping[str, int]
    rejections: Mapping[str, int]
    steps: Mapping[Step, int]
    stages: Mapping[Stage, int]
    grants: Mapping[str, int]

    @property
    def invocations(self) -> int:
        """Requests of every tier."""
        return sum(figures.invocations for figures in self.tiers.values())


@dataclass(frozen=True)
class MonthFigures:
    """Availability of a calendar month, written YYYY-MM."""

    month: str
    availability: Decimal | None


def minute_of_day(now: datetime, zone: ZoneInfo) -> tuple[date, str, int]:
    """The local day, the hour since its midnight and the bit of the minute that an instant lies in."""
    day = now.astimezone(zone).date()
    minutes = (now - local_midnight(day, zone)) // _MINUTE
    hour, minute = divmod(minutes, _MINUTES_OF_AN_HOUR)
    return day, f"{hour:02}", 1 << minute


def first_answer(days: Mapping[date, DayCounts], zone: ZoneInfo) -> datetime | None:
    """The first minute in which this server is known to have answered; None when it never was."""
    found = [
        local_midnight(day, zone) + int(part) * _HOUR + ((bits & -bits).bit_length() - 1) * _MINUTE
        for day, counts in days.items()
        for (name, part), bits in counts.items()
        if name == ANSWERED and bits
    ]
    return min(found, default=None)


def day_figures(day: date, counts: DayCounts, *, first: datetime | None, now: datetime, zone: ZoneInfo) -> DayFigures:
    """
    The figures of a day.

    Args:
        first: the first minute in which this server is known to have answered; what lies before counts for nothing.
    """
    answered, expected = _minutes(day, counts, first=first, now=now, zone=zone)
    return DayFigures(
        day=day,
        availability=_part(answered, expected),
        tiers={tier: _tier(tier, counts) for tier in Tier},
        sessions=counts.get((SESSIONS, ""), 0),
        errors=_parts(counts, ERRORS),
        rejections=_parts(counts, REJECTIONS),
        steps={step: counts.get((STEPS, step), 0) for step in Step},
        stages={stage: counts.get((STAGES, stage), 0) for stage in Stage},
        grants=_parts(counts, GRANTS),
    )


def month_figures(
    days: Mapping[date, DayCounts], *, first: datetime | None, now: datetime, zone: ZoneInfo
) -> Sequence[MonthFigures]:
    """Availability of each month with a day among these, the latest first; days without a count were not answered."""
    sums: dict[str, tuple[int, int]] = {}
    for day in _each_day(days):
        answered, expected = _minutes(day, days.get(day, {}), first=first, now=now, zone=zone)
        before = sums.get(f"{day:%Y-%m}", (0, 0))
        sums[f"{day:%Y-%m}"] = (before[0] + answered, before[1] + expected)
    return [MonthFigures(month, _part(*sums[month])) for month in sorted(sums, reverse=True)]


def _each_day(days: Iterable[date]) -> list[date]:
    known = sorted(days)
    return [known[0] + offset * _DAY for offset in range((known[-1] - known[0]).days + 1)] if known else []


def _minutes(day: date, counts: DayCounts, *, first: datetime | None, now: datetime, zone: ZoneInfo) -> tuple[int, int]:
    """In how many minutes of a day this server answered, and of how many; days of 23 and 25 hours have theirs."""
    if first is None:
        return 0, 0
    start, end = max(local_midnight(day, zone), first), min(local_midnight(day + _DAY, zone), now + _MINUTE)
    expected = max((end - start) // _MINUTE, 0)
    answered = sum(bits.bit_count() for (name, _), bits in counts.items() if name == ANSWERED)
    # The minute that is not over yet may not have been looked at.
    return answered, max(answered, expected - 1) if end > now else expected


def _tier(tier: Tier, counts: DayCounts) -> TierFigures:
    number = counts.get((REQUESTS, tier), 0)
    seconds = Decimal(counts.get((MICROSECONDS, tier), 0)).scaleb(-6)
    return TierFigures(
        invocations=number,
        within_threshold=_part(counts.get((WITHIN, tier), 0), number),
        average_seconds=(seconds / number).quantize(Decimal("0.000001")) if number else None,
    )


def _part(some: int, whole: int) -> Decimal | None:
    return (Decimal(some) / whole).quantize(Decimal("0.0001")) if whole else None


def _parts(counts: DayCounts, wanted: str) -> Mapping[str, int]:
    return {part: count for (name, part), count in sorted(counts.items()) if name == wanted}
