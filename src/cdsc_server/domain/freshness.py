"""
How long ago a source was heard of, and how long that may be for the scenarios that are claimed (CDS-WG3-01 4).

Data of a source is as of its last delivery: that is the run which confirmed it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from cdsc_server.domain.scenarios import SCENARIOS

#: Seconds up to which an interval is a short one (4.4): a day that the clocks make longer.
SHORT: Final = 90_000


class Source(StrEnum):
    """What deliveries tell of; the words are those of `Scenario.synced`."""

    SHORT_READINGS = "short_readings"
    LONG_READINGS = "long_readings"
    PRICE_PLANS = "price_plans"
    PROGRAMS = "programs"
    BILLS = "bills"


@dataclass(frozen=True, slots=True)
class Freshness:
    """
    How fresh a source is.

    Args:
        within: how long it may be silent; None where no claimed scenario says.
        scenarios: ids of those that say so.
        last: the last delivery; None when there never was one.
        late: whether it has been silent for longer.
    """

    source: Source
    within: timedelta | None
    scenarios: tuple[str, ...]
    last: datetime | None
    late: bool


def readings_of(intervals: Iterable[int]) -> frozenset[Source]:
    """What readings tell of, by their seconds; 0 stands for periods with lengths of their own, such as months."""
    return frozenset(Source.SHORT_READINGS if 0 < interval <= SHORT else Source.LONG_READINGS for interval in intervals)


def freshness(
    claimed: Collection[str], last: Mapping[Source, datetime], *, kept: Collection[Source], now: datetime
) -> list[Freshness]:
    """
    How fresh each source is.

    Args:
        claimed: ids of scenarios.
        last: when each that was ever heard of was heard of last.
        kept: the kinds of readings that are offered. Of the other kind none are awaited; short ones are as long as
            there are no readings at all.

    Spec: CDS-WG3-01 4.4 to 4.9 (data is synced from the source).
    """
    offered = set(kept) or {Source.SHORT_READINGS}
    unawaited = {Source.SHORT_READINGS, Source.LONG_READINGS} - offered
    found = []
    for source in Source:
        asking = {} if source in unawaited else _asking(claimed, source)
        within = min(asking.values(), default=None)
        heard = last.get(source)
        late = within is not None and (heard is None or now - heard > within)
        found.append(Freshness(source, within, tuple(asking), heard, late))
    return found


def _asking(claimed: Collection[str], source: Source) -> dict[str, timedelta]:
    return {name: SCENARIOS[name].synced[source] for name in claimed if source in SCENARIOS[name].synced}
