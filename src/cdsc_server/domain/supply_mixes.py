"""
Supply mixes as they are handed in: the shares of sources in the power of a tariff or of a grid, over a period.

The period is of whole local days. Where it has intervals, each has shares of its own, and a reader sees those that lie
wholly in what is open. Without intervals the shares are those of the whole period; of a part of it they are told as
estimated, because nobody said that they were the same all the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal, localcontext
from typing import Any, Final, NamedTuple

from cdsc_server.domain.provisioned.record import EXTERNAL_ID, TIMEZONE, optional
from cdsc_server.domain.readings import Quality, Readings
from cdsc_server.domain.shapes import MOST_DIGITS, Day, Fault, Listed, Member, Number, Seconds, Shape, Word, under
from cdsc_server.domain.tariffs.days import midnight
from cdsc_server.domain.usage import Column
from cdsc_server.domain.value_formats import ATTRIBUTIONS, SUPPLY_TYPES

Object = Mapping[str, Any]

#: The attribution of what a Customer's tariff buys; all others are of a grid (CDS-WG3-01 10.8.7.8).
OWN: Final = "individual"
#: Older than any reading; the very first days of the calendar begin at no instant that UTC has.
_FIRST: Final = date(2000, 1, 1)
#: A month of quarter hours, its clock set back.
_MOST_INTERVALS: Final = 2980
#: Sources that stand for others (CDS-WG3-01 10.8.7.9): beside those they would count twice.
_STAND_FOR: Final = {
    "general": SUPPLY_TYPES - {"general"},
    "carbonfree": frozenset({"solar", "wind", "hydro", "geothermal", "nuclear"}),
    "natural_gas": frozenset({"peaker"}),
}
#: So that no digit of a sum of shares is lost.
_EXACT: Final = Context(prec=2 * MOST_DIGITS)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_SOURCE: Final = Shape(
    {
        "supply_type": Member(Word(SUPPLY_TYPES)),
        # One for each interval, or one alone.
        "shares": Member(Listed(Number())),
        # Grams of CO2e for a kWh.
        "carbon_intensity": optional(Number()),
    }
)
MIX_SHAPE: Final = Shape(
    {
        "external_supply_mix_id": Member(EXTERNAL_ID),
        "attribution": Member(Word(ATTRIBUTIONS)),
        "external_tariff_id": optional(EXTERNAL_ID),
        "grid_region": optional(EXTERNAL_ID),
        "timezone": Member(TIMEZONE),
        "start": Member(Day()),
        # The first day on which it no longer holds.
        "end": Member(Day()),
        "interval": optional(Seconds()),
        "sources": Member(Listed(_SOURCE)),
    }
)


class Scope(NamedTuple):
    """Whose power a mix is of; at any time there is one mix of a scope at most."""

    attribution: str
    tariff_id: str | None
    grid_region: str | None


@dataclass(frozen=True, slots=True)
class Mix:
    """
    What is known of a supply mix, its shares left aside.

    Args:
        created: when it was handed in first; `modified`: when it was handed in as it is here.
        start, end: seconds since 1970 UTC.
        interval: seconds; 0 where the shares are those of the whole period.
        sources: words of CDS-WG3-01 10.8.7.9.
    """

    id: str
    created: datetime
    modified: datetime
    scope: Scope
    timezone: str
    start: int
    end: int
    interval: int
    sources: tuple[str, ...]

    def within(self, start: int, end: int) -> tuple[int, int] | None:
        """The part of it that lies in [start, end) and can be told; None where there is none."""
        low, high = max(start, self.start), min(end, self.end)
        if self.interval:
            low += (self.start - low) % self.interval
            high -= (high - self.start) % self.interval
        return (low, high) if low < high else None

    def columns(
        self, told: Sequence[Object], series: Iterable[tuple[str, Mapping[str, Any]]], start: int, end: int
    ) -> list[Column]:
        """
        The columns of a part of it.

        Args:
            told: its `sources`, as they were handed in.
            series: of each column its id and its Value Format.
            start, end: as `within` gave them.
        """
        first, last = (0, 1) if not self.interval else (_count(self, start), _count(self, end))
        quality = Quality.ESTIMATED if not self.interval and end - start < self.end - self.start else None
        at, step = _EPOCH + timedelta(seconds=start), self.interval or end - start
        by_source = {each["supply_type"]: each for each in told}
        columns = []
        for series_id, value_format in series:
            source = by_source[value_format["supply_type"]]
            shares = [Decimal(each) for each in source["shares"][first:last]]
            parts = [("sm", Readings.of(at, step, shares))]
            if "carbon_intensity" in source:
                one = Readings.of(at, step, [Decimal(source["carbon_intensity"])])
                parts.append(("ci", replace(one, values=one.values * len(shares))))
            columns.append(Column(value_format, quality, series_id, tuple(parts)))
        return columns


def mix_of(document: Object, *, created: datetime, modified: datetime) -> Mix:
    """
    A supply mix from what was handed in.

    Args:
        document: one that is sound.
    """
    start, end = (midnight(day, document["timezone"]) for day in _days(document))
    return Mix(
        id=document["external_supply_mix_id"],
        created=created,
        modified=modified,
        scope=Scope(document["attribution"], document.get("external_tariff_id"), document.get("grid_region")),
        timezone=document["timezone"],
        start=start,
        end=end,
        interval=document.get("interval", 0),
        sources=tuple(each["supply_type"] for each in document["sources"]),
    )


def mix_faults(document: Object) -> Iterator[Fault]:
    """What the members of a supply mix that is right in shape say wrongly of each other."""
    yield from _scope_faults(document)
    sources = [each["supply_type"] for each in document["sources"]]
    start, end = _days(document)
    if start < _FIRST:
        yield Fault("start", f"must be {_FIRST.isoformat()} or later")
    elif end <= start:
        yield Fault("end", "must be after start")
    elif not sources:
        yield Fault("sources", "must not be empty")
    elif faults := [*_interval_faults(document), *_source_faults(sources)]:
        yield from faults
    else:
        yield from _share_faults(document)


def _scope_faults(document: Object) -> Iterator[Fault]:
    own = document["attribution"] == OWN
    if own and "external_tariff_id" not in document:
        yield Fault("external_tariff_id", f"is missing: a mix of the attribution {OWN} is that of a tariff")
    for name in ("grid_region",) if own else ("external_tariff_id",):
        if name in document:
            yield Fault(name, f"must be left out of a mix of the attribution {document['attribution']}")


def _interval_faults(document: Object) -> Iterator[Fault]:
    interval = document.get("interval")
    if interval is None:
        return
    start, end = (midnight(day, document["timezone"]) for day in _days(document))
    if (end - start) % interval:
        yield Fault("interval", "must divide the time from start to end")
    elif (end - start) // interval > _MOST_INTERVALS:
        yield Fault("interval", f"must not be there more than {_MOST_INTERVALS} times: hand in a month at a time")


def _source_faults(sources: Sequence[str]) -> Iterator[Fault]:
    for number, source in enumerate(sources):
        if source in sources[:number]:
            yield Fault(f"sources[{number}].supply_type", "must not be that of one before")
        for other in sorted(_STAND_FOR.get(source, frozenset()) & set(sources)):
            yield Fault(f"sources[{number}].supply_type", f"{source} stands for {other}, too: leave one of them out")


def _share_faults(document: Object) -> Iterator[Fault]:
    mix = mix_of(document, created=_EPOCH, modified=_EPOCH)
    count = _count(mix, mix.end) if mix.interval else 1
    faults = [
        fault
        for number, each in enumerate(document["sources"])
        for fault in under(f"sources[{number}]", _own(each, count))
    ]
    yield from faults
    if not faults:
        for number, shares in enumerate(zip(*(each["shares"] for each in document["sources"]), strict=True)):
            with localcontext(_EXACT):
                whole = sum(map(Decimal, shares))
            if whole != 1:
                yield Fault("sources", f"must have shares that make exactly 1: those numbered {number} make {whole:f}")
                return


def _own(source: Object, count: int) -> Iterator[Fault]:
    if len(source["shares"]) != count:
        yield Fault("shares", f"must be {count}: one for each interval, or one where there is none")
    for number, share in enumerate(source["shares"]):
        if not 0 <= share <= 1:
            yield Fault(f"shares[{number}]", "must be from 0 to 1")
    if source.get("carbon_intensity", 0) < 0:
        yield Fault("carbon_intensity", "must not be negative")


def _days(document: Object) -> tuple[date, date]:
    return date.fromisoformat(document["start"]), date.fromisoformat(document["end"])


def _count(mix: Mix, second: int) -> int:
    """How many intervals end by a second."""
    return (second - mix.start) // mix.interval
