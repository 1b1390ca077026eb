"""The Customer's object graph, read in one statement: every request for Customer data begins with it."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import BindParameter, CompoundSelect, bindparam, literal, null, select, union_all
from sqlalchemy.orm import Session

from cdsc_server.domain.customer_graph import CustomerGraph, Kind, Link, Node
from cdsc_server.storage.accounts import AccountRow
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.meter_devices import InstallationRow, MeterDeviceRow
from cdsc_server.storage.service_contracts import ServiceContractRow
from cdsc_server.storage.service_points import ServedContractRow, ServicePointRow

_SERVED, _INSTALLED = "served", "installed"


def read_graph(session: Session, customer_id: str) -> CustomerGraph:
    """All objects of a Customer with their links; empty for a Customer who is not there."""
    nodes: dict[Kind, dict[str, Node]] = {kind: {} for kind in Kind}
    links: dict[str, list[Link]] = {_SERVED: [], _INSTALLED: []}
    for what, object_id, other_id, number, since, until in session.execute(
        _statement(), {"customer_key": customer_key_of(customer_id)}
    ):
        if what in links:
            links[what].append(Link(object_id, other_id, since, until))
        else:
            nodes[Kind(what)][object_id] = Node(object_id, number, since, other_id)
    return CustomerGraph(nodes, links[_SERVED], links[_INSTALLED])


@cache
def _statement() -> CompoundSelect[Any]:
    customer_key: BindParameter[int] = bindparam("customer_key")
    links = (
        (_SERVED, ServedContractRow, ServedContractRow.contract_id),
        (_INSTALLED, InstallationRow, InstallationRow.meter_device_id),
    )
    objects = (
        (Kind.ACCOUNT, AccountRow, AccountRow.account_id, AccountRow.parent_id, AccountRow.account_number),
        (
            Kind.SERVICE_CONTRACT,
            ServiceContractRow,
            ServiceContractRow.contract_id,
            ServiceContractRow.account_id,
            ServiceContractRow.contract_number,
        ),
        (
            Kind.SERVICE_POINT,
            ServicePointRow,
            ServicePointRow.service_point_id,
            null(),
            ServicePointRow.servicepoint_number,
        ),
        (Kind.METER_DEVICE, MeterDeviceRow, MeterDeviceRow.meter_device_id, null(), MeterDeviceRow.meter_number),
    )
    return union_all(
        # Links stand first: their columns give the types of the whole.
        *(
            select(literal(what), object_id, row.service_point_id, null(), row.start, row.end).where(
                row.customer_key == customer_key
            )
            for what, row, object_id in links
        ),
        *(
            select(literal(str(kind)), object_id, above, number, row.created, null()).where(
                row.customer_key == customer_key
            )
            for kind, row, object_id, above, number in objects
        ),
    )
