"""Tariffs, and which contracts are on them since when."""

from __future__ import annotations

from typing import Final

from cdsc_server.domain.provisioned.installations import CONTRACT
from cdsc_server.domain.provisioned.record import EXTERNAL_ID, RecordKind
from cdsc_server.domain.shapes import Listed, Member, Shape, under
from cdsc_server.domain.tariffs.documents import ASSIGNED, LASTING, TARIFF_SHAPE, order_faults, version_faults

TARIFF: Final = RecordKind(
    name="tariff",
    path="tariffs",
    noun="tariff",
    about="What energy costs: prices by time, season and amount, fixed charges and taxes, each version from a day on.",
    id="external_tariff_id",
    shape=TARIFF_SHAPE,
    fixed=LASTING,
    faults=version_faults,
)

CONTRACT_TARIFFS: Final = RecordKind(
    name="contract_tariffs",
    path="contract-tariffs",
    noun="list of a contract's tariffs",
    about="Which tariffs a contract is and was on, each from a day on.",
    id="external_contract_id",
    shape=Shape({"external_contract_id": Member(EXTERNAL_ID), "tariffs": Member(Listed(ASSIGNED))}),
    refers={"external_contract_id": CONTRACT.name},
    faults=lambda body: under("tariffs", order_faults(body["tariffs"])),
)
