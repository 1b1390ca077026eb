"""Every kind of record, in an order in which none refers to a later one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cdsc_server.services.provisioning import bills, label_partners, places, supply_mixes, tariffs, users
from cdsc_server.services.provisioning.batch import Kind

KINDS: Final[Mapping[str, Kind]] = {
    kind.record.name: kind
    for kind in (label_partners.KIND, users.KIND, *places.KINDS, *tariffs.KINDS, supply_mixes.KIND, *bills.KINDS)
}
