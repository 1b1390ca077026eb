"""The way through the Accounts that a Client is permitted to read, by number: what belongs to them is listed by it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, collate, false, or_, select
from sqlalchemy.orm import Session

from cdsc_server.domain.customer_graph import Kind
from cdsc_server.storage.accounts import AccountRow
from cdsc_server.storage.among import among
from cdsc_server.storage.bill_sections import BillSectionRow
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.direct_rules import Reached, found
from cdsc_server.storage.meter_devices import MeterDeviceRow
from cdsc_server.storage.service_contracts import ServiceContractRow
from cdsc_server.storage.service_points import ServicePointRow
from cdsc_server.storage.usage import UsageSeriesRow

#: Table of each kind, with its id and its number.
_TABLES: Final[Mapping[Kind, tuple[type[Any], Any, Any]]] = {
    Kind.ACCOUNT: (AccountRow, AccountRow.account_id, AccountRow.account_number),
    Kind.SERVICE_CONTRACT: (ServiceContractRow, ServiceContractRow.contract_id, ServiceContractRow.contract_number),
    Kind.SERVICE_POINT: (ServicePointRow, ServicePointRow.service_point_id, ServicePointRow.servicepoint_number),
    Kind.METER_DEVICE: (MeterDeviceRow, MeterDeviceRow.meter_device_id, MeterDeviceRow.meter_number),
}
#: Numbers whose Accounts are looked at together; with 12 months each they fill a page several times.
_TOGETHER = 25


def account_groups(
    session: Session,
    reached: Sequence[Reached],
    *,
    of_usage: bool,
    of_mixes: bool,
    by_number: bool,
    customer_ids: Collection[str] | None,
    related: Mapping[Kind, Collection[str]],
    numbers: Mapping[Kind, Collection[str]],
    start: str | None = None,
    backward: bool = False,
) -> Iterator[Mapping[str, Collection[str]]]:
    """
    The Accounts that any of these entries holds and that something may belong to, some numbers at a time, in order.

    Args:
        of_usage: with usage of their Customer; otherwise with Bill Sections.
        of_mixes: with contracts of their Customer, too, for which a supply mix may have been handed in.
        by_number: in the order of their numbers; otherwise of their ids, which tell nothing.
        customer_ids: whose they can only be, where these are few.
        related, numbers: ids and numbers of objects of each kind; only Customers who have any of them.
        start: the number, or id, to begin with.
        backward: in the opposite order.

    Yields:
        The numbers, or ids, of a group, by each Customer who has Accounts of them.
    """
    row = AccountRow
    order = row.account_number if by_number else _in_code_points(session, row.account_id)
    belonging = [UsageSeriesRow if of_usage else BillSectionRow, *([ServiceContractRow] if of_mixes else [])]
    conditions: list[ColumnElement[bool]] = [
        or_(false(), *(each.holds(row) for each in reached)),
        or_(*(found(table.customer_key == row.customer_key) for table in belonging)),
    ]
    if customer_ids is not None:
        conditions.append(row.customer_key.in_([customer_key_of(each) for each in customer_ids]))
    for wanted, place_of in ((related, 1), (numbers, 2)):
        for kind, values in wanted.items():
            table, column = _TABLES[kind][0], _TABLES[kind][place_of]
            conditions.append(row.customer_key.in_(select(table.customer_key).where(among(column, values))))
    place: Any = None if start is None else (order <= start if backward else order >= start)
    while True:
        here = conditions if place is None else [*conditions, place]
        turn = session.scalars(
            select(order).where(*here).distinct().order_by(order.desc() if backward else order.asc()).limit(_TOGETHER)
        ).all()
        if not turn:
            return
        groups: dict[str, set[str]] = {}
        for customer_id, number in session.execute(
            select(row.customer_id, order).where(*conditions, among(order, turn))
        ):
            groups.setdefault(customer_id, set()).add(number)
        yield groups
        if len(turn) < _TOGETHER:
            return
        place = order < turn[-1] if backward else order > turn[-1]


def _in_code_points(session: Session, column: Any) -> Any:
    """The column in the order of Python's strings, whatever the language of the database."""
    return collate(column, "C") if session.get_bind().dialect.name == "postgresql" else column
