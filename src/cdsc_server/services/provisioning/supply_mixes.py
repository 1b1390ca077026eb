"""Supply mixes: kept as they were known at each instant, read by whoever has the tariff or is in the grid."""

from __future__ import annotations

from typing import Final

from cdsc_server.domain.provisioned.supply_mixes import SUPPLY_MIX
from cdsc_server.domain.supply_mixes import Mix, Scope, mix_of
from cdsc_server.services.provisioning.batch import Batch, Kind
from cdsc_server.services.told_of_many import note_mixes
from cdsc_server.storage.supply_mixes import keep_mixes, mixes_known
from cdsc_server.storage.tariffs import tariffs_known


def _store(batch: Batch) -> None:
    mixes = {each.id: mix_of(each.body, created=batch.now, modified=batch.now) for each in batch.given}
    named = {mix.scope.tariff_id for mix in mixes.values()} - {None}
    _check_tariffs(batch, mixes, {str(each) for each in named})
    _check_order(batch, mixes, {str(each) for each in named})
    kept = [(mixes[each.id], each.body["sources"]) for each in batch.given if each.id not in batch.rejected]
    note_mixes(batch.session, keep_mixes(batch.session, kept, at=batch.now), at=batch.now)


def _check_tariffs(batch: Batch, mixes: dict[str, Mix], named: set[str]) -> None:
    known = {None, *(row.external_tariff_id for row in tariffs_known(batch.session, named))}
    for each in batch.given:
        if mixes[each.id].scope.tariff_id not in known:
            batch.reject(each, "external_tariff_id", "names no tariff that is here")


def _check_order(batch: Batch, mixes: dict[str, Mix], named: set[str]) -> None:
    """No two mixes tell of the same power at the same time."""
    given = {each.id: each for each in batch.given}
    between = min(mix.start for mix in mixes.values()), max(mix.end for mix in mixes.values())
    held = [mix for mix in mixes_known(batch.session, named, between=between) if mix.id not in mixes]
    latest: dict[Scope, Mix] = {}
    for mix in sorted([*held, *mixes.values()], key=lambda each: each.start):
        before = latest.get(mix.scope)
        if before is not None and mix.start < before.end:
            blamed, other = (mix, before) if mix.id in given else (before, mix)
            batch.reject(given[blamed.id], "start", f"overlaps {other.id}, the mix of the same power", conflict=True)
        if before is None or mix.end > before.end:
            latest[mix.scope] = mix


KIND: Final = Kind(SUPPLY_MIX, store=_store)
