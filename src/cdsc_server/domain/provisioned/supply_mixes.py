"""Supply mixes: where the power of a tariff or of a grid comes from."""

from __future__ import annotations

from typing import Final

from cdsc_server.domain.provisioned.record import RecordKind
from cdsc_server.domain.supply_mixes import MIX_SHAPE, mix_faults

SUPPLY_MIX: Final = RecordKind(
    name="supply_mix",
    path="supply-mixes",
    noun="supply mix",
    about="The shares of sources in the power of a tariff, or of the grid of a region, over a period.",
    id="external_supply_mix_id",
    shape=MIX_SHAPE,
    faults=mix_faults,
)
