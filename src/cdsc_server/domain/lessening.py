"""
A Customer shares less than before: fewer things, a shorter time, a part left out.

Nothing here ever opens more: what is ticked anew, or lies beyond the bounds of before, is left away.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from cdsc_server.domain import durations
from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.detail_fields import FIELDS, WINDOWS
from cdsc_server.domain.grants import Selection
from cdsc_server.domain.rescoping import met

_DAY: Final = timedelta(days=1)
_KEPT: Final = "sync_until"


@dataclass(frozen=True)
class Less:
    """
    What a Customer wants to go on sharing of one entry of a Grant.

    Args:
        ticked: ids, of those that are shared now.
        future: whether what comes later is still shared.
        left_out: nothing of it.
        start, end: the first and the last local day; None leaves the bound as it is.
    """

    ticked: frozenset[str]
    future: bool
    left_out: bool = False
    start: date | None = None
    end: date | None = None


def chosen_now(selection: Selection, known: Collection[str]) -> frozenset[str]:
    """What of these objects a selection means."""
    return frozenset(known) - selection.left_out if selection.include_future else selection.ids & frozenset(known)


def fewer(selection: Selection, less: Less, known: Collection[str]) -> Selection:
    """
    The selection without what is ticked no more.

    Args:
        known: ids of all objects of its kind there are now.
    """
    kept = chosen_now(selection, known) & less.ticked
    future = selection.include_future and less.future
    left_out = selection.left_out | (frozenset(known) - kept) if future else frozenset()
    return Selection(selection.kind, kept, future, left_out)


def shorter(catalogue: Catalogue, entry: Mapping[str, Any], less: Less, *, zone: ZoneInfo) -> dict[str, Any]:
    """The entry of a Grant within these days; a bound that would reach further stays as it is."""
    asked = dict(entry)
    windows = [window for window in WINDOWS if window.start in entry and window.end in entry]
    for window in windows:
        if less.start is not None:
            asked[window.start] = _first(window.start, less.start, zone)
        if less.end is not None:
            asked[window.end] = _last(window.end, less.end, zone)
    if not windows and less.end is not None and _KEPT in entry:
        asked[_KEPT] = _last(_KEPT, less.end, zone)
    return met(catalogue, asked, entry)


def days_of(entry: Mapping[str, Any], *, zone: ZoneInfo) -> tuple[date | None, date | None]:
    """The first and the last local day of an entry, as a Customer may shorten them; None where it has no bound."""
    names = next(((each.start, each.end) for each in WINDOWS if each.start in entry and each.end in entry), None)
    if names is None:
        return None, _day(_KEPT, entry.get(_KEPT, durations.INFINITE), zone, last=True)
    start, end = names
    return _day(start, entry[start], zone), _day(end, entry[end], zone, last=True)


def _first(name: str, day: date, zone: ZoneInfo) -> str:
    return durations.written(durations.local_midnight(day, zone), zone=zone, dates=FIELDS[name].dates)


def _last(name: str, day: date, zone: ZoneInfo) -> str:
    # An instant that ends a day is the first of the next one; a date means the whole of its day.
    dates = FIELDS[name].dates
    return durations.written(durations.local_midnight(day if dates else day + _DAY, zone), zone=zone, dates=dates)


def _day(name: str, value: str, zone: ZoneInfo, *, last: bool = False) -> date | None:
    if value == durations.INFINITE:
        return None
    if FIELDS[name].dates:
        return durations.read_date(value)
    instant = durations.read_datetime(value)
    return (instant - timedelta(microseconds=1) if last else instant).astimezone(zone).date()
