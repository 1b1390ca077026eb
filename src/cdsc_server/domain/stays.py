"""Who is at a place when: spans of time that have a start, an end or none, and never overlap."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from cdsc_server.domain.durations import local_midnight, read_datetime

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """A time [start, end); no end is still."""

    start: datetime
    end: datetime | None = None

    @property
    def empty(self) -> bool:
        """Whether it is no time at all."""
        return self.end is not None and self.end <= self.start

    def shared(self, other: Span) -> Span | None:
        """The time that is in both; None for none."""
        ends = [each for each in (self.end, other.end) if each is not None]
        both = Span(max(self.start, other.start), min(ends, default=None))
        return None if both.empty else both


@dataclass(frozen=True, slots=True)
class Stay:
    """That a user lives at an installation."""

    id: str
    account: str
    span: Span


def stays_of(occupancies: Iterable[Mapping[str, Any]]) -> list[Stay]:
    """The stays of sound occupancies of one installation, the earliest first; without those that never came to be."""
    found = (
        Stay(each["external_occupancy_id"], each["external_account_id"], span_of(each, "move_in", "move_out"))
        for each in occupancies
    )
    return sorted((each for each in found if not each.span.empty), key=lambda each: each.span.start)


def overlapping(stays: Sequence[Stay]) -> Iterator[tuple[Stay, Stay]]:
    """Stays, the earliest first, that begin before the one before them has ended: two that stand beside each other."""
    for one, other in pairwise(stays):
        if one.span.end is None or other.span.start < one.span.end:
            yield one, other


def span_of(body: Mapping[str, Any], first: str, last: str) -> Span:
    """The time between two members of a sound record, of which the second may be missing."""
    return Span(read_datetime(body[first]), read_datetime(body[last]) if last in body else None)


def days_of(body: Mapping[str, Any], zone: ZoneInfo) -> Span:
    """The time from the first day to the last one of a sound contract."""
    start = local_midnight(date.fromisoformat(body["start"]), zone)
    if "end" not in body:
        return Span(start)
    return Span(start, local_midnight(date.fromisoformat(body["end"]) + _ONE_DAY, zone))
