"""How long something is shared, in whole sentences with real dates of the utility's time zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time

from cdsc_server.domain import durations
from cdsc_server.domain.catalogue import Scope
from cdsc_server.domain.detail_fields import FIELDS, SECTIONS, SEGMENTS, STATEMENTS, Window

_STOP: Final = "until you stop it"
#: What comes anew while a window is open.
_NEW: Final = {
    SEGMENTS: "new use as it is measured",
    SECTIONS: "new charges as they are billed",
    STATEMENTS: "new bills as they are written",
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


def day(instant: datetime, zone: ZoneInfo) -> str:
    """A date in full, as in 21 November 2026."""
    return str(format_date(instant.astimezone(zone), "d MMMM y", locale="en"))


def short_day(instant: datetime, zone: ZoneInfo) -> str:
    """A date for narrow places, as in 21 Nov 2026."""
    return str(format_date(instant.astimezone(zone), "d MMM y", locale="en"))


def moment(instant: datetime, zone: ZoneInfo) -> str:
    """Date and time, as in 21 November 2026, 10:42."""
    return f"{day(instant, zone)}, {clock_time(instant, zone)}"


def clock_time(instant: datetime, zone: ZoneInfo) -> str:
    """A time of day, as in 10:42."""
    return str(format_time(instant.astimezone(zone), "H:mm", locale="en"))


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
    for window in _NEW:
        if {window.start, window.end} <= scope.fields.keys() and (not said or _brings_bills(scope, values)):
            period = _window(window, values, at=at, zone=zone)
            says = f"Whole bills: {period.says[0].lower()}{period.says[1:]}" if said else period.says
            said.append(replace(period, says=says))
    windowed = bool(said)
    if "sync_until" in scope.fields and (not windowed or _brings_objects(scope, values)):
        until = durations.resolve(values["sync_until"], at=at, zone=zone, sign=+1)
        kept = _kept(until, at=at, zone=zone, what="Details of the services" if windowed else "")
        if windowed and said[0].open and until is None:
            # 9.2.2.2: the end of updates is told as well; here it is the same for both.
            told = f"Details of the services are kept up to date as long as that. {said[0].adds}"
            said[0] = replace(said[0], adds=told)
        else:
            said.append(kept)
    return tuple(said)


def _brings_bills(scope: Scope, values: Mapping[str, Any]) -> bool:
    return values.get("include_bill_statements") is True or "include_bill_statements" in scope.type.implied


def _brings_objects(scope: Scope, values: Mapping[str, Any]) -> bool:
    opening = ("include_accounts", "include_service_contracts", "include_service_points", "include_meter_devices")
    return any(values.get(name) is True or name in scope.type.implied for name in opening)


def _window(window: Window, values: Mapping[str, Any], *, at: datetime, zone: ZoneInfo) -> Period:
    dates = FIELDS[window.end].dates
    start = durations.resolve(values[window.start], at=at, zone=zone, sign=-1, dates=dates)
    end = durations.resolve(values[window.end], at=at, zone=zone, sign=+1, dates=dates)
    if dates:
        at = durations.local_midnight(at.astimezone(zone).date(), zone)
    past, ahead = start is None or start < at, end is None or end > at
    today = day(at, zone)
    since = "the oldest we have" if start is None else day(start, zone)
    until = "you stop it" if end is None else day(end, zone)
    if past and not ahead:
        told = today if end is None or end == at else until
        says = f"From {since} to {'today, ' if told == today else ''}{told}."
        adds = "Only the past. Nothing after that day is shared."
        if told == today:
            adds = "Only the past. Nothing after today is shared."
        short = f"From {since} to {'today' if told == today else told}, nothing after that"
    elif past:
        says = f"From {since} until {until}."
        adds = "You can stop it at any time under “Who has my data”." if end is None else "You can stop it sooner."
        adds = f"The past, and {_NEW[window]}. {adds}"
        short = f"From {since} until {until}"
    else:
        first = f"today, {today}," if start is None or start <= at else since
        says = f"From {first} until {until}."
        adds = "Nothing older is shared." + (
            " You can stop it at any time under “Who has my data”." if end is None else " You can stop it sooner."
        )
        short = f"From {'today' if first.startswith('today') else first} until {until}, nothing older"
    return Period(
        says,
        adds,
        short,
        past,
        ahead,
        end is None,
        first=("oldest we have" if start is None else short_day(start, zone)) if past else "nothing",
        last=(_STOP if end is None else short_day(end, zone)) if ahead else "nothing",
    )


def _kept(until: datetime | None, *, at: datetime, zone: ZoneInfo, what: str) -> Period:
    head, low = (f"{what}: kept", f"{what}: as") if what else ("Kept", "As")
    if until is None:
        return Period(
            f"{head} up to date until you stop it.",
            'You can stop it at any time under “Who has my data”.',
            "Kept up to date until you stop it",
            past=False, next=True, open=True, first="", last=_STOP,
        )  # fmt: skip
    if until <= at:
        return Period(
            f"{low} it is today, {day(at, zone)}. No updates.",
            "Changes after today are not shared.",
            "As it is today, no updates",
            past=False, next=False, open=False, first="", last="nothing",
        )  # fmt: skip
    return Period(
        f"{head} up to date until {day(until, zone)}.",
        "After that it stays as it was on that day. You can stop it sooner.",
        f"Kept up to date until {day(until, zone)}",
        past=False, next=True, open=False, first="", last=short_day(until, zone),
    )  # fmt: skip


def interval_words(seconds: int) -> str:
    """A measuring interval, as in "15 minutes"; empty for periods of no fixed length."""
    for unit, word in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if seconds and seconds % unit == 0:
            count = seconds // unit
            return word if count == 1 else f"{count} {word}s"
    return ""
