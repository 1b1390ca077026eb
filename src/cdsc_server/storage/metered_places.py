"""Whose usage a meter counts, over time: found by the numbers that the utility knows meters by."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from cdsc_server.storage.among import among
from cdsc_server.storage.meter_devices import InstallationRow, MeterDeviceRow
from cdsc_server.storage.service_contracts import ServiceContractRow
from cdsc_server.storage.service_points import ServedContractRow


class MeteredPlace(NamedTuple):
    """
    Whose usage a meter counts or counted in [start, end), and under which contract.

    Attributes:
        service_point_id, contract_id, account_id: None where nobody has said where the meter is.
        start, end: None is no bound.
    """

    meter_number: str
    customer_key: int
    customer_id: str
    meter_device_id: str
    service_point_id: str | None
    contract_id: str | None
    account_id: str | None
    start: datetime | None
    end: datetime | None


def metered_places(session: Session, meter_numbers: Collection[str]) -> list[MeteredPlace]:
    """The places of meters with these numbers, of each number the earliest first; times of two Customers may meet."""
    meter, installed, served, contract = MeterDeviceRow, InstallationRow, ServedContractRow, ServiceContractRow
    rows = (
        select(
            meter.meter_number,
            meter.customer_key,
            meter.customer_id,
            meter.meter_device_id,
            installed.service_point_id,
            served.contract_id,
            contract.account_id,
            installed.start,
            installed.end,
            served.start,
            served.end,
        )
        .outerjoin(
            installed,
            and_(installed.customer_key == meter.customer_key, installed.meter_device_id == meter.meter_device_id),
        )
        .outerjoin(
            served,
            and_(served.customer_key == installed.customer_key, served.service_point_id == installed.service_point_id),
        )
        .outerjoin(
            contract,
            and_(contract.customer_key == served.customer_key, contract.contract_id == served.contract_id),
        )
        .where(among(meter.meter_number, meter_numbers))
        .order_by(meter.meter_number, installed.start, served.start, meter.customer_id, served.contract_id)
    )
    found = []
    for number, key, *ids, installed_from, installed_until, served_from, served_until in session.execute(rows):
        start = max((each for each in (installed_from, served_from) if each is not None), default=None)
        end = min((each for each in (installed_until, served_until) if each is not None), default=None)
        if start is None or end is None or start < end:
            found.append(MeteredPlace._make((number, key, *ids, start, end)))
    return found
