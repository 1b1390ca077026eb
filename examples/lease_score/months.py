"""Twelve whole months out of what was read; nothing finer than a month is kept."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from scoring import MONTHS, Month


def last_months(today: date) -> list[date]:
    """The first days of the last twelve months that are over, the oldest first."""
    counted = today.year * 12 + today.month - 1
    return [date(each // 12, each % 12 + 1, 1) for each in range(counted - MONTHS, counted)]


def monthly(segments: Iterable[dict[str, Any]], today: date, zone: ZoneInfo) -> list[Month]:
    """
    The electricity taken from the grid in each of the last twelve months; energy sent there counts for nothing.

    Args:
        segments: UsageSegments; of several meters each month is the sum, and as known as the least known of them.
    """
    firsts = last_months(today)
    kwh = dict.fromkeys(firsts, Decimal(0))
    seconds: dict[tuple[str, date], Decimal] = {}
    readings, estimated = dict.fromkeys(firsts, 0), dict.fromkeys(firsts, 0)
    meters: set[str] = set()
    for segment in segments:
        columns = [
            number
            for number, each in enumerate(segment["formats"])
            if each["type"] == "electric_usage"
            and each.get("direction", "forward") != "reverse"
            and "cdsc_device" not in each
        ]
        if not columns:
            continue
        meter = str(segment.get("related_servicecontracts") or "")
        meters.add(meter)
        start, step = datetime.fromisoformat(segment["segment_start"]), Decimal(segment["interval"])
        for row, values in enumerate(segment["values"]):
            at = (start + timedelta(seconds=float(row * step))).astimezone(zone).date().replace(day=1)
            known = [(number, values[number]) for number in columns if values[number] is not None]
            if at not in kwh or not known:
                continue
            seconds[meter, at] = seconds.get((meter, at), Decimal(0)) + step
            for number, value in known:
                kwh[at] += _in_kwh(value["eu"], segment["formats"][number]["units"])
                readings[at] += 1
                estimated[at] += segment["formats"][number].get("quality") == "estimated"
    return [
        Month(
            f"{first:%B %Y}",
            kwh[first],
            min((_known(seconds.get((meter, first), Decimal(0)), first, zone) for meter in meters), default=Decimal(0)),
            Decimal(estimated[first]) / readings[first] if readings[first] else Decimal(0),
        )
        for first in firsts
    ]


def mean_cost(sections: Iterable[dict[str, Any]]) -> tuple[Decimal | None, str]:
    """What a mean month cost by the bills of one currency, the newest; None without bills. A month has 365/12 days."""
    newest_first = sorted(sections, key=lambda each: each["end_date"], reverse=True)
    if not newest_first:
        return None, ""
    currency = str(newest_first[0]["currency"])
    total, days = Decimal(0), set()
    for section in newest_first:
        totals = [each["cost"] for each in section["cost_details"] if "overall_total" in each["types"]]
        if not totals or section["currency"] != currency:
            continue
        total += totals[0]
        first, last = date.fromisoformat(section["start_date"]), date.fromisoformat(section["end_date"])
        # Electricity and gas are billed for the same days: each day counts once.
        days |= {first + timedelta(days=n) for n in range((last - first).days + 1)}
    return (total / len(days) * 365 / 12, currency) if days else (None, currency)


def _in_kwh(value: Decimal, units: str) -> Decimal:
    return value / 1000 if units == "Wh" else value * 1000 if units == "MWh" else value


def _known(seconds: Decimal, first: date, zone: ZoneInfo) -> Decimal:
    following = (first + timedelta(days=31)).replace(day=1)
    start, end = (datetime(each.year, each.month, 1, tzinfo=zone).astimezone(UTC) for each in (first, following))
    return min(seconds / Decimal((end - start).total_seconds()), Decimal(1))
