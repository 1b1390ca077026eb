"""The Customer's object graph, read in one statement: every request for Customer data begins with it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any, Final

from sqlalchemy import BindParameter, CompoundSelect, Select, bindparam, literal, null, select, union_all
from sqlalchemy.orm import Session

from cdsc_server.domain.customer_graph import CustomerGraph, Kind, Link, Node
from cdsc_server.storage.accounts import AccountRow
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.meter_devices import InstallationRow, MeterDeviceRow
from cdsc_server.storage.prepared import Prepared
from cdsc_server.storage.service_contracts import ServiceContractRow
from cdsc_server.storage.service_points import ServedContractRow, ServicePointRow

_SERVED, _INSTALLED = "served", "installed"


def read_graph(session: Session, customer_id: str) -> CustomerGraph:
    """All objects of a Customer with their links; empty for a Customer who is not there."""
    nodes: dict[Kind, dict[str, Node]] = {kind: {} for kind in Kind}
    links: dict[str, list[Link]] = {_SERVED: [], _INSTALLED: []}
    for what, object_id, other_id, number, since, until in _GRAPH.all(
        session, {"customer_key": customer_key_of(customer_id)}
    ):
        if what in links:
            links[what].append(Link(object_id, other_id, since, until))
        else:
            nodes[Kind(what)][object_id] = Node(object_id, number, since, other_id)
    return CustomerGraph(nodes, links[_SERVED], links[_INSTALLED])


@cache
def _statement(*, many: bool = False) -> CompoundSelect[Any]:
    """What makes a graph; of several Customers with the key of each in front."""
    customer_key: BindParameter[Any] = bindparam("customer_keys", expanding=True) if many else bindparam("customer_key")

    def of(row: Any, *columns: Any) -> Select[Any]:
        if many:
            return select(row.customer_key, *columns).where(row.customer_key.in_(customer_key))
        return select(*columns).where(row.customer_key == customer_key)

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
        # Links stand first: their columns give the names and types of the whole.
        *(
            of(
                row,
                literal(what).label("what"),
                object_id.label("object_id"),
                row.service_point_id.label("other_id"),
                null().label("number"),
                row.start.label("since"),
                row.end.label("until"),
            )
            for what, row, object_id in links
        ),
        *(
            of(row, literal(str(kind)), object_id, above, number, row.known, null())
            for kind, row, object_id, above, number in objects
        ),
    )


_GRAPH: Final = Prepared(_statement(), list(_statement().selected_columns), writes=False)

#: Where the values of a member stand that objects are compared by: table, its id, column, and the member of each entry.
_MORE: Final[Mapping[str, tuple[type[Any], Any, Any, str | None]]] = {
    "account_programs[].program_number": (AccountRow, AccountRow.account_id, AccountRow.programs, "program_number"),
    "service_types[]": (ServiceContractRow, ServiceContractRow.contract_id, ServiceContractRow.service_types, None),
    "service_programs[].program_number": (
        ServiceContractRow,
        ServiceContractRow.contract_id,
        ServiceContractRow.programs,
        "program_number",
    ),
    "servicepoint_types[]": (ServicePointRow, ServicePointRow.service_point_id, ServicePointRow.types, None),
    "premises[].premise_number": (
        ServicePointRow,
        ServicePointRow.service_point_id,
        ServicePointRow.premises,
        "premise_number",
    ),
    "meter_types[]": (MeterDeviceRow, MeterDeviceRow.meter_device_id, MeterDeviceRow.types, None),
    "meter_apps[].app_number": (MeterDeviceRow, MeterDeviceRow.meter_device_id, MeterDeviceRow.apps, "app_number"),
}


def read_graphs(
    session: Session, customer_ids: Collection[str], *, compared: Iterable[str] = ()
) -> Mapping[str, CustomerGraph]:
    """
    The graph of each of these Customers, in one statement and one more for each member by which objects are compared.

    Args:
        compared: paths of members, such as "service_types[]"; numbers need not be named.
    """
    keys = {customer_key_of(customer_id): customer_id for customer_id in customer_ids}
    more: dict[tuple[int, str], dict[str, frozenset[str]]] = {}
    for path in compared:
        if path in _MORE:
            table, row_id, column, member = _MORE[path]
            rows = select(table.customer_key, row_id, column).where(table.customer_key.in_(keys))
            for key, object_id, values in session.execute(rows):
                told = frozenset(values if member is None else (value[member] for value in values))
                more.setdefault((key, object_id), {})[path] = told
    nodes: dict[int, dict[Kind, dict[str, Node]]] = {key: {kind: {} for kind in Kind} for key in keys}
    links: dict[int, dict[str, list[Link]]] = {key: {_SERVED: [], _INSTALLED: []} for key in keys}
    for key, what, object_id, other_id, number, since, until in session.execute(
        _statement(many=True), {"customer_keys": list(keys)}
    ):
        if what in links[key]:
            links[key][what].append(Link(object_id, other_id, since, until))
        else:
            told_more = more.get((key, object_id), {})
            nodes[key][Kind(what)][object_id] = Node(object_id, number, since, other_id, told_more)
    return {
        customer_id: CustomerGraph(nodes[key], links[key][_SERVED], links[key][_INSTALLED])
        for key, customer_id in keys.items()
    }
