"""Which Energy Attribute Certificates prove the shares of a supply mix, as far as a Client may see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from cdsc_server.domain.customer_graph import CustomerGraph, Kind
from cdsc_server.domain.disclosure import earliest, frozen_at
from cdsc_server.domain.eacs import Certificate, Name, NamesAt, all_names, called, is_mix, proven, visible
from cdsc_server.domain.usage import Column
from cdsc_server.domain.usage_disclosure import Series, Tie
from cdsc_server.services.customer_data import Access
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.eacs import certificates_of, read_names
from cdsc_server.storage.usage_segments import SegmentPeriod
from cdsc_server.storage.versions import AS_THEY_ARE, read_versions

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Proofs:
    """
    The visible certificates, ready to be told beside the shares they prove.

    Args:
        tied: what each series belongs to, by its id.
        now: the instant at which they are visible.
    """

    certificates: Sequence[Certificate]
    names: NamesAt
    tied: Mapping[str, Mapping[Kind, Sequence[Tie]]]
    now: datetime
    #: Certificates by series and the names it had: months of one series mostly have the same.
    _known: dict[tuple[str, frozenset[Name]], list[Certificate]] = field(default_factory=dict)

    def beside(self, period: SegmentPeriod, columns: Sequence[Column], *, as_of: datetime | None) -> list[Column]:
        """The columns of a segment as of an instant, or now, those of a supply mix with their certificates."""
        at = as_of or self.now
        return [self._proven(period, column, at) if is_mix(column.value_format) else column for column in columns]

    def _proven(self, period: SegmentPeriod, column: Column, at: datetime) -> Column:
        start, end = _second(period.segment_start), _second(period.segment_end)
        key = column.series_id, called(self.names(at), self.tied[column.series_id], start, end)
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
    names, certificates = read_certificates(session, access)
    seen = visible(access.entries, graph, names, series, certificates, now=access.now)
    return Proofs([each for each in certificates if each.id in seen], names, tied, access.now)


def read_certificates(session: Session, access: Access) -> tuple[NamesAt, Sequence[Certificate]]:
    """What a Customer's objects are and were called, and the certificates applied to them, in no order."""
    frozen, versions = earliest(access.entries, now=access.now), AS_THEY_ARE
    if frozen is not None:
        versions = read_versions(session, [customer_key_of(access.customer_id)], since=frozen)
    names = read_names(session, [access.customer_id], versions)[access.customer_id]
    wanted = (all_names(names.at(frozen_at(entry, access.now))) for entry in access.entries)
    return names.at, certificates_of(session, frozenset[Name]().union(*wanted))


def _second(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(seconds=1)
