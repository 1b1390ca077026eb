"""Tariffs and who is on them: what costs are worked out from, kept as it was known at each instant."""

from __future__ import annotations

from typing import Final

from cdsc_server.domain.customer_graph import Kind as ObjectKind
from cdsc_server.domain.provisioned.tariffs import CONTRACT_TARIFFS, TARIFF
from cdsc_server.services.import_tariffs import assigned_faults, keep_contract_tariffs, keep_tariffs
from cdsc_server.services.provisioning.batch import Batch, Kind
from cdsc_server.services.provisioning.rows import object_id
from cdsc_server.storage.provisioned import find_records
from cdsc_server.storage.tariffs import tariffs_known


def _store_tariffs(batch: Batch) -> None:
    keep_tariffs(batch.session, [each.body for each in batch.given], at=batch.now)


def _store_assignments(batch: Batch) -> None:
    contracts = {each.id: batch.named["contract"][each.id].body for each in batch.given}
    users = find_records(batch.session, "user", {each["external_account_id"] for each in contracts.values()})
    named = {one["external_tariff_id"] for each in batch.given for one in each.body["tariffs"]}
    held = {row.external_tariff_id: row.content for row in tariffs_known(batch.session, named)}
    wanted = {}
    for each in batch.given:
        for fault in assigned_faults(each.body["tariffs"], held):
            batch.reject(each, f"tariffs{fault.at}", fault.rule)
        customer = str(users[contracts[each.id]["external_account_id"]].customer_id)
        if each.id not in batch.rejected:
            contract = object_id(ObjectKind.SERVICE_CONTRACT, customer, each.id)
            wanted[customer, contract] = each.body["tariffs"]
    keep_contract_tariffs(batch.session, wanted, at=batch.now)


#: In an order in which none refers to a later one.
KINDS: Final = (Kind(TARIFF, store=_store_tariffs), Kind(CONTRACT_TARIFFS, store=_store_assignments))
