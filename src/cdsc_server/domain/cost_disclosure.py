"""
Which stretches of what a contract costs a Grant opens.

A cost may be told of where three things are open at once: the contract, values of the type `cost`, and the readings
that it is worked out from.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Final

from cdsc_server.domain.intervals import month_around
from cdsc_server.domain.usage_disclosure import Opening, Tie

_BEGINNING: Final = -(2**62)
_END: Final = 2**62
#: After every instant that stays.
_NOW: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class OpenPart:
    """
    That readings of one segment key count for a contract in [start, end), seconds since 1970, and are open there.

    Args:
        columns: ids of series whose values are shown, a column of costs among them.
        as_of: the instant whose readings and tariffs are shown; None is now.
    """

    contract_id: str
    segment_key: str
    start: int
    end: int
    columns: frozenset[str]
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class OpenStretch:
    """A stretch [start, end) over which parts of one contract, known at one instant, follow each other or overlap."""

    contract_id: str
    as_of: datetime | None
    start: int
    end: int
    parts: tuple[OpenPart, ...]

    def whole(self, tied: Mapping[str, Sequence[Tie]], start: int, end: int) -> bool:
        """
        Whether every reading that counts for the contract in [start, end) is open, and not only some of its meters.

        Args:
            tied: by segment key, the contracts that its readings belong to.
        """
        return all(
            any(part.segment_key == key and part.start <= low and high <= part.end for part in self.parts)
            for key, ties in tied.items()
            for low, high in (_inner(tie, start, end) for tie in ties if tie.object_id == self.contract_id)
            if low < high
        )


def open_parts(
    openings: Mapping[str, Sequence[Opening]],
    costs: Mapping[str, str],
    tied: Mapping[str, Sequence[Tie]],
    contracts: Collection[str],
) -> Iterator[OpenPart]:
    """
    What is open of the readings that costs of visible contracts are worked out from.

    Args:
        openings: of what a Grant opens, by segment key.
        costs: the id of the column of costs of each segment key that has one.
        tied: by segment key, the contracts that its readings belong to.
        contracts: ids of those that the Grant opens.
    """
    for key, column in costs.items():
        for opening in openings.get(key, ()):
            for tie in tied[key] if column in opening.columns else ():
                low, high = _inner(
                    tie,
                    _BEGINNING if opening.start is None else opening.start,
                    _END if opening.end is None else opening.end,
                )
                if tie.object_id in contracts and low < high:
                    yield OpenPart(tie.object_id, key, low, high, opening.columns, opening.as_of)


def stretches_of(parts: Iterable[OpenPart]) -> list[OpenStretch]:
    """Parts put together: those of a contract and an instant that touch are one stretch."""
    found: list[OpenStretch] = []
    ordered = sorted(parts, key=lambda part: (*_whose(part), part.start, part.end))
    for _, together in groupby(ordered, _whose):
        last: OpenStretch | None = None
        for part in together:
            if last is not None and part.start <= last.end:
                found.pop()
                last = replace(last, end=max(last.end, part.end), parts=(*last.parts, part))
            else:
                last = OpenStretch(part.contract_id, part.as_of, part.start, part.end, (part,))
            found.append(last)
    return found


def months_with(readings: Iterable[tuple[int, int]], timezone: str) -> Iterator[tuple[int, int]]:
    """
    Every local month that has any of these stretches of readings in it, in order.

    Args:
        readings: first second and the one after the last of each, since 1970.
        timezone: IANA name.
    """
    months: set[tuple[int, int]] = set()
    for start, end in readings:
        month = month_around(start, timezone)
        months.add(month)
        while month[1] < end:
            month = month_around(month[1], timezone)
            months.add(month)
    return iter(sorted(months))


def _whose(part: OpenPart) -> tuple[str, datetime]:
    return part.contract_id, part.as_of or _NOW


def _inner(tie: Tie, start: int, end: int) -> tuple[int, int]:
    low = start if tie.start is None else max(start, tie.start)
    return low, end if tie.end is None else min(end, tie.end)
