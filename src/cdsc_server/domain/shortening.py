"""
What a Customer takes out of one scope on the form: a shorter time, or less of what is included (CDS-WG3-01 7.4.5).

Nothing here ever makes it more than was asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from cdsc_server.domain import durations
from cdsc_server.domain.catalogue import Scope
from cdsc_server.domain.detail_fields import WINDOWS
from cdsc_server.domain.offered_fields import OfferedField
from cdsc_server.domain.periods import bounds_told
from cdsc_server.domain.wording import ADDS
from cdsc_server.languages import day, gettext, marked

#: Lengths that a Customer may choose instead, the longest first; the last is now.
_LENGTHS: Final = ("P2Y", "P1Y", "P6M", "P3M", "P1M", "PT0S")
_NOW: Final = {False: "PT0S", True: "P0D"}
_LABELS: Final[Mapping[str, str]] = {
    "segment_start": marked("From when"),
    "segment_end": marked("Until when"),
    "start_date": marked("Charges from when"),
    "end_date": marked("Charges until when"),
    "statement_date_start": marked("Bills from when"),
    "statement_date_end": marked("Bills until when"),
    "sync_until": marked("Kept up to date until when"),
}


@dataclass(frozen=True)
class Bound:
    """
    One end of a period that the Customer may move.

    Args:
        label: what it is the end of.
        options: value and words of each choice; the first, whose value is empty, is what was asked for.
        chosen: the value of one of the options.
    """

    field: str
    label: str
    options: tuple[tuple[str, str], ...]
    chosen: str


@dataclass(frozen=True)
class Inclusion:
    """Something that is included beside what the scope is about, and may be left out."""

    field: str
    words: str
    kept: bool


def bounds_of(
    scope: Scope, values: Mapping[str, Any], chosen: Mapping[str, str], *, at: datetime, zone: ZoneInfo
) -> tuple[Bound, ...]:
    """
    The ends of periods that may be moved, in the order of the form; an end that can only be as asked is not among them.

    Args:
        values: as asked for.
        chosen: value by field, of those that were moved.
    """
    found = []
    for name in bounds_told(scope, values):
        offered = scope.fields[name]
        options = _options(offered, values[name], at=at, zone=zone)
        if options:
            asked = _words(offered, values[name], at=at, zone=zone)
            picked = chosen.get(name, "")
            known = [value for value, _ in options]
            found.append(
                Bound(name, gettext(_LABELS[name]), (("", asked), *options), picked if picked in known else "")
            )
    return tuple(found)


def inclusions_of(scope: Scope, values: Mapping[str, Any], left_out: Collection[str]) -> tuple[Inclusion, ...]:
    """What is included and may be left out, in the order of its words."""
    return tuple(
        Inclusion(name, gettext(words), name not in left_out)
        for name, words in ADDS.items()
        if name in scope.fields and values.get(name) is True and name not in scope.type.implied
    )


def shortened(
    scope: Scope,
    values: Mapping[str, Any],
    chosen: Mapping[str, str],
    left_out: Collection[str],
    *,
    at: datetime,
    zone: ZoneInfo,
) -> dict[str, Any]:
    """The values with only those changes that the form offers; whatever else was sent changes nothing."""
    moved = {bound.field: bound.chosen for bound in bounds_of(scope, values, chosen, at=at, zone=zone) if bound.chosen}
    gone = {each.field: False for each in inclusions_of(scope, values, left_out) if not each.kept}
    return {**values, **moved, **gone}


def leaves_nothing(scope: Scope, values: Mapping[str, Any], *, at: datetime, zone: ZoneInfo) -> bool:
    """Whether a period ends before it begins, or as it begins."""
    for window in WINDOWS:
        first, last = scope.fields.get(window.start), scope.fields.get(window.end)
        if first is not None and last is not None:
            start, end = (
                durations.resolve(values[each.field.id], at=at, zone=zone, sign=each.field.sign, dates=each.field.dates)
                for each in (first, last)
            )
            # Both days of a window of days are inside.
            if start is not None and end is not None and (end < start or (end == start and not last.field.dates)):
                return True
    return False


def _options(offered: OfferedField, asked: Any, *, at: datetime, zone: ZoneInfo) -> tuple[tuple[str, str], ...]:
    sign, dates = offered.field.sign, offered.field.dates

    def instant(text: Any) -> datetime | None:
        return durations.resolve(str(text), at=at, zone=zone, sign=sign, dates=dates)

    furthest, nearest = instant(asked), instant(offered.minimum)
    found = []
    for length in _LENGTHS:
        value = _NOW[dates] if length == "PT0S" else length
        there = instant(value)
        shorter = furthest is None or (there is not None and sign * (furthest - there).total_seconds() > 0)
        allowed = nearest is None or (there is not None and sign * (there - nearest).total_seconds() >= 0)
        if shorter and allowed:
            found.append((value, _words(offered, value, at=at, zone=zone)))
    return tuple(found)


def _words(offered: OfferedField, value: Any, *, at: datetime, zone: ZoneInfo) -> str:
    sign, dates = offered.field.sign, offered.field.dates
    there = durations.resolve(str(value), at=at, zone=zone, sign=sign, dates=dates)
    now = durations.local_midnight(at.astimezone(zone).date(), zone) if dates else at
    if there is None:
        return gettext("The oldest we have") if sign < 0 else gettext("Until you stop it")
    if there == now:
        return gettext("From today, nothing older") if sign < 0 else gettext("Until today, nothing newer")
    if sign < 0:
        return gettext("From %(start)s", start=day(there, zone))
    return gettext("Until %(end)s", end=day(there, zone))
