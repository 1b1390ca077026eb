"""A solar home of the demonstration whose devices tell how it is while somebody looks, in place of the old meter."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from cdsc_server.companions.simulated_site import PASSWORD
from cdsc_server.demo.months import TIMEZONE
from cdsc_server.demo.town import Resident
from cdsc_server.ports import Mode, PlatformAccess, Ports
from cdsc_server.services.device_sites import NewSite, add_site, change_access
from cdsc_server.storage import devices
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.meter_devices import InstallationRow, MeterDeviceRow, installations_of

#: Whose home it is, also on the platform.
ACCOUNT: Final = "ben@example.com"
#: Days of history that are fetched at first.
DAYS: Final = 2
_ACTOR: Final = "demo"
#: What the energy of each kind of device is counted by; from then on the utility reads its own meter no more.
_MONITORS: Final = {"meter": "GRID", "inverter": "SOLAR"}


def settle(resident: Resident, url: str, *, now: datetime, ports: Ports) -> None:
    """
    Have the home's devices asked at this address; monitors for what they count are put in at the first start.

    Args:
        resident: whose home it is.
    """
    access = PlatformAccess(url, ACCOUNT, PASSWORD, TIMEZONE)
    with reading() as session:
        known = devices.sites_of(session, resident.customer_id)
    if known:
        change_access(known[0].site_id, access, actor=_ACTOR, ports=ports)
        return
    home = resident.contracts[0]
    monitors = {kind: f"md_{home.service_point_number}-{name}" for kind, name in _MONITORS.items()}
    stamps = {"created": now, "modified": now, "synced": now}
    begun = now - timedelta(days=DAYS)
    with transaction() as session:
        for meter in home.meters:
            for installed in installations_of(
                session,
                customer_id=resident.customer_id,
                service_point_id=home.service_point_id,
                meter_device_id=meter.meter_id,
            ):
                installed.end = installed.end or begun
        for kind, meter_device_id in monitors.items():
            session.add(
                MeterDeviceRow(
                    customer_id=resident.customer_id,
                    meter_device_id=meter_device_id,
                    meter_number=f"{home.meters[0].number}-{_MONITORS[kind]}",
                    types=["electric_usage"],
                    apps=[],
                    **stamps,
                )
            )
            session.add(
                InstallationRow(
                    customer_id=resident.customer_id,
                    service_point_id=home.service_point_id,
                    meter_device_id=meter_device_id,
                    start=begun,
                )
            )
    new = NewSite(
        label=f"Live home of {resident.person.name}",
        platform="simulation",
        mode=Mode.STAGE,
        access=access,
        meters=monitors,
        interval=300,
        history=timedelta(days=DAYS),
    )
    add_site(new, customer=resident.customer_id, actor=_ACTOR, ports=ports)
