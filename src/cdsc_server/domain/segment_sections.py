"""Which Bill Sections readings stand on: those for the same contract and meter, while their days and hours overlap."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cdsc_server.domain.durations import local_midnight

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Billed:
    """
    What a Bill Section covers.

    Args:
        meters: empty where its source names none; then any meter of its contracts.
        first, last: its days of service, both inside.
    """

    section_id: str
    contracts: frozenset[str]
    meters: frozenset[str]
    first: date
    last: date


class SectionsOfReadings:
    """
    Finds the Bill Sections among these that a segment is applicable to (CDS-WG3-01 10.8.1, related_billsections).

    Args:
        sections: those that may be told.
    """

    def __init__(self, sections: Iterable[Billed]) -> None:
        self._by_contract: dict[str, list[Billed]] = {}
        for section in sections:
            for contract in section.contracts:
                self._by_contract.setdefault(contract, []).append(section)

    def of(self, contracts: Collection[str], meters: Collection[str], start: int, end: int, zone: str) -> Sequence[str]:
        """
        The ids, sorted, of those for a segment of these contracts and meters.

        Args:
            start, end: seconds since 1970, the end outside.
            zone: IANA name of the days' time zone.
        """
        return sorted(
            {
                section.section_id
                for contract in contracts
                for section in self._by_contract.get(contract, ())
                if (not section.meters or not meters or not section.meters.isdisjoint(meters))
                and _midnight(section.first, zone) < end
                and start < _midnight(section.last + _DAY, zone)
            }
        )


@lru_cache(maxsize=4096)
def _midnight(day: date, zone: str) -> int:
    return int(local_midnight(day, ZoneInfo(zone)).timestamp())
