"""The numbers of what one Customer has, by kind of list: five statements."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cdsc_server.storage.accounts import AccountRow
from cdsc_server.storage.aggregations import members_of_customer
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.meter_devices import MeterDeviceRow
from cdsc_server.storage.service_contracts import ServiceContractRow
from cdsc_server.storage.service_points import ServicePointRow


def ids_by_number(session: Session, customer_id: str, *, at: datetime) -> dict[str, dict[str, str]]:
    """
    Kind of list: id of each thing of this Customer by its number; what has no number is not among them.

    Args:
        at: groups are those that something of the Customer's belongs to then.
    """
    key = customer_key_of(customer_id)
    listed = {
        "account_selection": select(AccountRow.account_number, AccountRow.account_id).where(
            AccountRow.customer_key == key
        ),
        "service_contract_selection": select(ServiceContractRow.contract_number, ServiceContractRow.contract_id).where(
            ServiceContractRow.customer_key == key
        ),
        "servicepoint_selection": select(ServicePointRow.servicepoint_number, ServicePointRow.service_point_id).where(
            ServicePointRow.customer_key == key
        ),
        "meter_device_selection": select(MeterDeviceRow.meter_number, MeterDeviceRow.meter_device_id).where(
            MeterDeviceRow.customer_key == key
        ),
    }
    found = {
        kind: {number: object_id for number, object_id in session.execute(statement) if number}
        for kind, statement in listed.items()
    }
    members = members_of_customer(session, customer_id, at=at)
    groups = {str(group.aggregation_number): group.aggregation_id for group, _, _ in members}
    return {**found, "aggregation_selection": groups}
