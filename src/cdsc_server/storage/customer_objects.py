"""Every row of one Customer's objects, for who stores them anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from cdsc_server.domain.customer_graph import Kind
from cdsc_server.storage.accounts import AccountRow
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.meter_devices import InstallationRow, MeterDeviceRow
from cdsc_server.storage.service_contracts import ServiceContractRow
from cdsc_server.storage.service_points import ServedContractRow, ServicePointRow

#: The table of each kind.
TABLES: Final[Mapping[Kind, type[Any]]] = {
    Kind.ACCOUNT: AccountRow,
    Kind.SERVICE_CONTRACT: ServiceContractRow,
    Kind.SERVICE_POINT: ServicePointRow,
    Kind.METER_DEVICE: MeterDeviceRow,
}
#: For kinds that are at another one over time, the table that says so.
LINKS: Final[Mapping[Kind, type[Any]]] = {Kind.SERVICE_POINT: ServedContractRow, Kind.METER_DEVICE: InstallationRow}


def rows_of(session: Session, table: type[Any], customer_id: str) -> Sequence[Any]:
    """The rows of one of these tables that belong to a Customer."""
    return session.scalars(select(table).where(table.customer_key == customer_key_of(customer_id))).all()
