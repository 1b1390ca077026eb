"""Supply mixes of tariffs and grids: every version that was ever handed in, with when it was the one known."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Integer, String, exists, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from cdsc_server.domain.supply_mixes import Mix, Scope
from cdsc_server.storage.among import among
from cdsc_server.storage.db import DataBase
from cdsc_server.storage.known import Known, known_at, succeed
from cdsc_server.storage.types import ExactJSON, UtcDateTime

#: Id of a mix, and when this version of it was handed in.
Version = tuple[str, datetime]


class SupplyMixRow(Known, DataBase):
    """The shares of sources in the power of a tariff or of a grid, in [start, end)."""

    __tablename__ = "supply_mixes"

    external_supply_mix_id: Mapped[str] = mapped_column(String, primary_key=True)
    attribution: Mapped[str] = mapped_column(String)
    external_tariff_id: Mapped[str | None] = mapped_column(String, index=True)
    grid_region: Mapped[str | None] = mapped_column(String)
    timezone: Mapped[str] = mapped_column(String)
    #: Seconds since 1970 UTC.
    start: Mapped[int] = mapped_column(BigInteger)
    end: Mapped[int] = mapped_column(BigInteger)
    #: Seconds; 0 where the shares are those of the whole period.
    interval: Mapped[int] = mapped_column(Integer)
    supply_types: Mapped[list[str]] = mapped_column(ExactJSON)
    #: In the shape of `domain.supply_mixes`.
    sources: Mapped[list[dict[str, Any]]] = mapped_column(ExactJSON)
    #: When it was handed in first.
    created: Mapped[datetime] = mapped_column(UtcDateTime)


_TOLD = (
    SupplyMixRow.external_supply_mix_id,
    SupplyMixRow.created,
    SupplyMixRow.modified,
    SupplyMixRow.attribution,
    SupplyMixRow.external_tariff_id,
    SupplyMixRow.grid_region,
    SupplyMixRow.timezone,
    SupplyMixRow.start,
    SupplyMixRow.end,
    SupplyMixRow.interval,
    SupplyMixRow.supply_types,
)


def has_mixes(session: Session) -> bool:
    """Whether any was ever handed in."""
    return session.scalar(select(exists(SupplyMixRow))) is True


def mixes_known(
    session: Session,
    tariff_ids: Collection[str],
    *,
    as_of: datetime | None = None,
    between: tuple[int, int] | None = None,
) -> list[Mix]:
    """
    The mixes of these tariffs and those of every grid, the earliest first.

    Args:
        as_of: as they were known at this instant; None is now.
        between: those that hold at any time in [start, end), in seconds since 1970; None for all.
    """
    row = SupplyMixRow
    of_these = or_(row.external_tariff_id.is_(None), among(row.external_tariff_id, tariff_ids))
    rows = select(*_TOLD).where(of_these, known_at(row, as_of)).order_by(row.start, row.external_supply_mix_id)
    if between is not None:
        rows = rows.where(row.start < between[1], row.end > between[0])
    return [
        Mix(name, created, modified, Scope(attribution, tariff, region), timezone, start, end, interval, tuple(types))
        for name, created, modified, attribution, tariff, region, timezone, start, end, interval, types in (
            session.execute(rows)
        )
    ]


def sources_told(session: Session, versions: Collection[Version]) -> Mapping[Version, Sequence[Mapping[str, Any]]]:
    """The shares of these versions."""
    row = SupplyMixRow
    ids, instants = {name for name, _ in versions}, {modified for _, modified in versions}
    wanted = select(row.external_supply_mix_id, row.modified, row.sources)
    rows = session.execute(wanted.where(among(row.external_supply_mix_id, ids), row.modified.in_(sorted(instants))))
    return {(name, modified): sources for name, modified, sources in rows if (name, modified) in versions}


def keep_mixes(session: Session, mixes: Iterable[tuple[Mix, list[dict[str, Any]]]], *, at: datetime) -> set[Scope]:
    """
    Let these mixes, each with its shares, be what is known from an instant on.

    Returns:
        Whose power these are and were of.
    """
    given = {mix.id: (mix, sources) for mix, sources in mixes}
    row = SupplyMixRow
    before = {
        each.external_supply_mix_id: each
        for each in session.scalars(select(row).where(among(row.external_supply_mix_id, given), known_at(row, None)))
    }
    concerned = {mix.scope for mix, _ in given.values()}
    concerned |= {Scope(each.attribution, each.external_tariff_id, each.grid_region) for each in before.values()}
    for name, (mix, sources) in given.items():
        now = SupplyMixRow(
            external_supply_mix_id=name,
            attribution=mix.scope.attribution,
            external_tariff_id=mix.scope.tariff_id,
            grid_region=mix.scope.grid_region,
            timezone=mix.timezone,
            start=mix.start,
            end=mix.end,
            interval=mix.interval,
            supply_types=list(mix.sources),
            sources=sources,
            created=before[name].created if name in before else at,
            modified=at,
        )
        succeed(session, before.get(name), now, at=at)
    return concerned
