"""Which Energy Attribute Certificates prove the shares of a supply mix, as far as a Client may see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from cdsc_server.domain.customer_graph import CustomerGraph, Kind
from cdsc_server.domain.eacs import Certificate, Name, Names, all_names, called, is_mix, proven, visible
from cdsc_server.domain.usage import Column
from cdsc_server.domain.usage_disclosure import Series, Tie
from cdsc_server.services.customer_data import Access
from cdsc_server.storage.eacs import certificates_of, read_names
from cdsc_server.storage.usage_segments import SegmentPeriod

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Proofs:
    """
    The visible certificates, ready to be told beside the shares they prove.

    Args:
        tied: what each series belongs to, by its id.
    """

    certificates: Sequence[Certificate]
    names: Names
    tied: Mapping[str, Mapping[Kind, Sequence[Tie]]]
    #: Certificates by series and the names it had: months of one series mostly have the same.
    _known: dict[tuple[str, frozenset[Name]], list[Certificate]] = field(default_factory=dict)

    def beside(self, period: SegmentPeriod, columns: Sequence[Column]) -> list[Column]:
        """The columns of a segment, those of a supply mix with their certificates."""
        return [self._proven(period, column) if is_mix(column.value_format) else column for column in columns]

    def _proven(self, period: SegmentPeriod, column: Column) -> Column:
        start, end = _second(period.segment_start), _second(period.segment_end)
        key = column.series_id, called(self.names, self.tied[column.series_id], start, end)
        if key not in self._known:
            self._known[key] = [each for each in self.certificates if each.proves(column.value_format, key[1])]
        found = proven(self._known[key], start=start, interval=period.interval, count=period.count)
        return replace(column, proven=found)


def read_proofs(
    session: Session,
    access: Access,
    graph: CustomerGraph,
    series: Sequence[Series],
    tied: Mapping[str, Mapping[Kind, Sequence[Tie]]],
) -> Proofs | None:
    """The certificates that may stand beside these series; None, without asking, where the Grant opens none."""
    if not any("include_eacs" in entry.opens for entry in access.entries):
        return None
    if not any(is_mix(one.value_format) for one in series):
        return None
    names = read_names(session, access.customer_id)
    certificates = certificates_of(session, all_names(names))
    seen = visible(access.entries, graph, names, series, certificates, now=access.now)
    return Proofs([each for each in certificates if each.id in seen], names, tied)


def _second(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(seconds=1)
