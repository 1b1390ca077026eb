"""How long something is shared, in whole sentences with real dates of the utility's time zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from cdsc_server.domain import durations
from cdsc_server.domain.catalogue import Scope
from cdsc_server.domain.detail_fields import FIELDS, SECTIONS, SEGMENTS, STATEMENTS, Window
from cdsc_server.languages import day, gettext, marked, marked_plural, ngettext, short_day

#: What comes anew while a window is open.
_NEW: Final = {
    SEGMENTS: marked("The past, and new use as it is measured."),
    SECTIONS: marked("The past, and new charges as they are billed."),
    STATEMENTS: marked("The past, and new bills as they are written."),
}
_ANY_TIME: Final = marked("You can stop it at any time.")
_SOONER: Final = marked("You can stop it sooner.")

#: By how it begins and how it ends; without their full stop they are short enough for lists.
_SAYS: Final = {
    ("day", "stop"): marked("From %(start)s until you stop it."),
    ("oldest", "stop"): marked("From the oldest we have until you stop it."),
    ("today", "stop"): marked("From today, %(today)s, until you stop it."),
    ("day", "day"): marked("From %(start)s until %(end)s."),
    ("oldest", "day"): marked("From the oldest we have until %(end)s."),
    ("today", "day"): marked("From today, %(today)s, until %(end)s."),
    ("day", "today"): marked("From %(start)s to today, %(today)s."),
    ("oldest", "today"): marked("From the oldest we have to today, %(today)s."),
    ("today", "today"): marked("Only today, %(today)s."),
    ("day", "over"): marked("From %(start)s to %(end)s."),
    ("oldest", "over"): marked("From the oldest we have to %(end)s."),
}
_SHORT: Final = {
    ("day", "today"): marked("From %(start)s to today, nothing after that"),
    ("oldest", "today"): marked("From the oldest we have to today, nothing after that"),
    ("today", "today"): marked("Only today, nothing older, nothing after that"),
    ("day", "over"): marked("From %(start)s to %(end)s, nothing after that"),
    ("oldest", "over"): marked("From the oldest we have to %(end)s, nothing after that"),
}
_SHORT_WITHOUT_PAST: Final = {
    ("today", "stop"): marked("From today until you stop it, nothing older"),
    ("today", "day"): marked("From today until %(end)s, nothing older"),
    ("day", "stop"): marked("From %(start)s until you stop it, nothing older"),
    ("day", "day"): marked("From %(start)s until %(end)s, nothing older"),
}
#: What each window bounds, where it stands after another.
_BESIDE: Final = {
    SEGMENTS: marked("Use: %(says)s"),
    SECTIONS: marked("Charges: %(says)s"),
    STATEMENTS: marked("Whole bills: %(says)s"),
}
_BROUGHT_BY: Final = {
    SEGMENTS: "include_usage_segments",
    SECTIONS: "include_bill_sections",
    STATEMENTS: "include_bill_statements",
}


@dataclass(frozen=True)
class Period:
    """
    One statement.

    Args:
        says: the whole of it in a sentence.
        adds: what follows from it.
        short: the same in a few words, for lists.
        past, next, open: how the bar is drawn; its labels stand at its two ends.
    """

    says: str
    adds: str
    short: str
    past: bool
    next: bool
    open: bool
    first: str
    last: str


def periods_of(scope: Scope, values: Mapping[str, Any], *, at: datetime, zone: ZoneInfo) -> tuple[Period, ...]:
    """
    The statements of one section: of its usage or charges, of whole bills that come with them, and of the details of
    services beside it when those end otherwise.

    Args:
        values: durations as written or as granted.
        at: the approval; relative durations count from it (CDS-WG3-01 7.3).

    Spec: CDS-WG3-01 9.2.2.2.
    """
    said: list[Period] = []
    told = bounds_told(scope, values)
    for window, what in _BESIDE.items():
        if window.start in told:
            period = _window(window, values, at=at, zone=zone)
            said.append(replace(period, says=gettext(what, says=_inside(period.says))) if said else period)
    windowed = bool(said)
    if "sync_until" in told:
        until = durations.resolve(values["sync_until"], at=at, zone=zone, sign=+1)
        kept = _kept(until, at=at, zone=zone)
        if windowed and said[0].open and until is None:
            # 9.2.2.2: the end of updates is told as well; here it is the same for both.
            kept_too = gettext("Details of the services are kept up to date as long as that.")
            said[0] = replace(said[0], adds=f"{kept_too} {said[0].adds}")
        elif windowed:
            says = gettext("Details of the services: %(says)s", says=_inside(kept.says))
            said.append(replace(kept, says=says))
        else:
            said.append(kept)
    if "expires" in scope.fields:
        said.append(_counted(durations.resolve(values["expires"], at=at, zone=zone, sign=+1), at=at, zone=zone))
    return tuple(said)


def bounds_told(scope: Scope, values: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields that bound something which is shared, in the order in which they are told."""
    told = [
        name
        for window in _BESIDE
        if {window.start, window.end} <= scope.fields.keys() and _brings_any(_BROUGHT_BY[window], scope, values)
        for name in (window.start, window.end)
    ]
    if "sync_until" in scope.fields and (not told or _brings_objects(scope, values)):
        told.append("sync_until")
    return tuple(told)


def _brings_objects(scope: Scope, values: Mapping[str, Any]) -> bool:
    opening = ("include_accounts", "include_service_contracts", "include_service_points", "include_meter_devices")
    return any(_brings_any(name, scope, values) for name in opening)


def _brings_any(include: str, scope: Scope, values: Mapping[str, Any]) -> bool:
    return values.get(include) is True or include in scope.type.implied


def _window(window: Window, values: Mapping[str, Any], *, at: datetime, zone: ZoneInfo) -> Period:
    dates = FIELDS[window.end].dates
    start = durations.resolve(values[window.start], at=at, zone=zone, sign=-1, dates=dates)
    end = durations.resolve(values[window.end], at=at, zone=zone, sign=+1, dates=dates)
    if dates:
        at = durations.local_midnight(at.astimezone(zone).date(), zone)
    past, ahead = start is None or start < at, end is None or end > at
    begins = "oldest" if start is None else "day" if past or start > at else "today"
    ends = ("stop" if end is None else "day") if ahead else "today" if end == at or begins == "today" else "over"
    dated = {
        "start": "" if start is None else day(start, zone),
        "end": "" if end is None else day(end, zone),
        "today": day(at, zone),
    }
    says = gettext(_SAYS[begins, ends], **dated)
    if not ahead:
        after = marked("Only the past. Nothing after today is shared.")
        adds = after if ends == "today" else marked("Only the past. Nothing after that day is shared.")
        short = gettext(_SHORT[begins, ends], **dated)
        adds = gettext(adds)
    elif past:
        adds = f"{gettext(_NEW[window])} {gettext(_ANY_TIME if end is None else _SOONER)}"
        short = says.rstrip(".")
    else:
        adds = f"{gettext('Nothing older is shared.')} {gettext(_ANY_TIME if end is None else _SOONER)}"
        short = gettext(_SHORT_WITHOUT_PAST[begins, ends], **dated)
    return Period(
        says,
        adds,
        short,
        past,
        ahead,
        end is None,
        first=(gettext("oldest we have") if start is None else short_day(start, zone)) if past else gettext("nothing"),
        last=_last(end, zone) if ahead else gettext("nothing"),
    )


def _last(end: datetime | None, zone: ZoneInfo) -> str:
    return gettext("until you stop it") if end is None else short_day(end, zone)


def _kept(until: datetime | None, *, at: datetime, zone: ZoneInfo) -> Period:
    if until is None:
        says = gettext("Kept up to date until you stop it.")
        adds, short = gettext(_ANY_TIME), says.rstrip(".")
    elif until <= at:
        says = gettext("As it is today, %(today)s. No updates.", today=day(at, zone))
        adds, short = gettext("Changes after today are not shared."), gettext("As it is today, no updates")
    else:
        says = gettext("Kept up to date until %(end)s.", end=day(until, zone))
        after = gettext("After that it stays as it was on that day.")
        adds, short = f"{after} {gettext(_SOONER)}", says.rstrip(".")
    ahead = until is None or until > at
    last = _last(until, zone) if ahead else gettext("nothing")
    return Period(says, adds, short, past=False, next=ahead, open=until is None, first="", last=last)


def _counted(until: datetime | None, *, at: datetime, zone: ZoneInfo) -> Period:
    """How long a Customer counts towards a total."""
    if until is None:
        says, adds = gettext("Counted until you stop it."), gettext(_ANY_TIME)
    elif until <= at:
        says = gettext("Counted this one time.")
        adds = gettext("Whoever wants it again has to ask you again.")
    else:
        says, adds = gettext("Counted until %(end)s.", end=day(until, zone)), gettext(_SOONER)
    ahead = until is None or until > at
    last = _last(until, zone) if ahead else gettext("nothing")
    return Period(says, adds, says.rstrip("."), past=True, next=ahead, open=until is None, first="", last=last)


def _inside(says: str) -> str:
    """A statement as the end of another."""
    return says[:1].lower() + says[1:]


def interval_words(seconds: int) -> str:
    """A measuring interval as it follows "every", as in "15 minutes"; empty for periods of no fixed length."""
    for unit, (one, several) in _UNITS.items():
        if seconds and seconds % unit == 0:
            return ngettext(one, several, seconds // unit)
    return ""


_UNITS: Final = {
    86_400: marked_plural("day", "%(count)s days"),
    3_600: marked_plural("hour", "%(count)s hours"),
    60: marked_plural("minute", "%(count)s minutes"),
    1: marked_plural("second", "%(count)s seconds"),
}
