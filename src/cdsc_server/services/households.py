"""What the utility knows of the homes of a Customer: shown to that Customer, and to nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cdsc_server.domain.durations import read_datetime
from cdsc_server.domain.provisioned.installations import INSTALLATION, OCCUPANCY, PROFILE, address_of
from cdsc_server.ports import Clock
from cdsc_server.storage.db import reading
from cdsc_server.storage.provisioned import find_records, records_of_customer


@dataclass(frozen=True)
class Home:
    """
    Where a Customer lives now.

    Args:
        profile: what is known of the household, by the names that provisioning has for it; never empty.
    """

    address: str
    profile: Mapping[str, Any]


def homes_of(customer_id: str, *, clock: Clock) -> list[Home]:
    """The homes of a Customer of which more is known than the address; those that were left are others' now."""
    now = clock.now()
    with reading() as session:
        stays = [each.body for each in records_of_customer(session, OCCUPANCY.name, customer_id)]
        lived_in = {
            stay[INSTALLATION.id]
            for stay in stays
            if read_datetime(stay["move_in"]) <= now
            and ("move_out" not in stay or now < read_datetime(stay["move_out"]))
        }
        found = find_records(session, INSTALLATION.name, lived_in) if lived_in else {}
    homes = [
        Home(address_of(row.body), {name: row.body[name] for name in PROFILE if name in row.body})
        for _, row in sorted(found.items())
    ]
    return [home for home in homes if home.profile]
