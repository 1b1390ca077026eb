"""
Objects under direct Grants, page by page over everybody's: a fixed number of statements, however many there are.

What the Client filters by goes along as far as an index or a scan of one table can tell. That only spares work: whoever
calls judges the filters on what the Client is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, Text, and_, exists, false, func, or_, select, true, type_coerce
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.direct_access import MATCHED, Permission
from cdsc_server.domain.grants import GrantedEntry, everything_of
from cdsc_server.storage.accounts import AccountRow
from cdsc_server.storage.among import among, among_pairs
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.direct_rules import Reached, found
from cdsc_server.storage.listing import Place
from cdsc_server.storage.meter_devices import InstallationRow, MeterDeviceRow
from cdsc_server.storage.service_contracts import ServiceContractRow
from cdsc_server.storage.service_points import ServedContractRow, ServicePointRow

#: What names one object of any Customer.
Key: TypeAlias = tuple[int, str]
Asked: TypeAlias = Mapping[str, frozenset[str] | str]

_TABLES: Final[Mapping[Kind, tuple[type[Any], InstrumentedAttribute[str]]]] = {
    Kind.ACCOUNT: (AccountRow, AccountRow.account_id),
    Kind.SERVICE_CONTRACT: (ServiceContractRow, ServiceContractRow.contract_id),
    Kind.SERVICE_POINT: (ServicePointRow, ServicePointRow.service_point_id),
    Kind.METER_DEVICE: (MeterDeviceRow, MeterDeviceRow.meter_device_id),
}
#: Parameters of the listings whose values stand in one column.
_COLUMNS: Final[Mapping[Kind, Mapping[str, InstrumentedAttribute[Any]]]] = {
    Kind.ACCOUNT: {
        "cds_account_ids": AccountRow.account_id,
        "customer_numbers": AccountRow.customer_number,
        "account_numbers": AccountRow.account_number,
        "account_statuses": AccountRow.status,
    },
    Kind.SERVICE_CONTRACT: {
        "cds_servicecontract_ids": ServiceContractRow.contract_id,
        "contract_numbers": ServiceContractRow.contract_number,
        "contract_statuses": ServiceContractRow.status,
    },
    Kind.SERVICE_POINT: {
        "cds_servicepoint_ids": ServicePointRow.service_point_id,
        "servicepoint_numbers": ServicePointRow.servicepoint_number,
    },
    Kind.METER_DEVICE: {
        "cds_meterdevice_ids": MeterDeviceRow.meter_device_id,
        "meter_numbers": MeterDeviceRow.meter_number,
        "meter_number": MeterDeviceRow.meter_number,
    },
}
#: Where `q` may find something, besides in values inside of JSON.
_TEXTS: Final[Mapping[Kind, tuple[InstrumentedAttribute[Any], ...]]] = {
    Kind.ACCOUNT: (
        AccountRow.account_id,
        AccountRow.customer_number,
        AccountRow.account_number,
        AccountRow.name,
        AccountRow.address,
        AccountRow.contacts,
        AccountRow.programs,
    ),
    Kind.SERVICE_CONTRACT: (
        ServiceContractRow.contract_id,
        ServiceContractRow.contract_number,
        ServiceContractRow.address,
        ServiceContractRow.rateplan_code,
        ServiceContractRow.rateplan_name,
        ServiceContractRow.programs,
    ),
    Kind.SERVICE_POINT: (
        ServicePointRow.service_point_id,
        ServicePointRow.address,
        ServicePointRow.servicepoint_number,
        ServicePointRow.premises,
    ),
    Kind.METER_DEVICE: (MeterDeviceRow.meter_device_id, MeterDeviceRow.meter_number),
}
#: Anything but ASCII; what another case of such a letter is, the databases see in ways of their own.
_FOREIGN: Final = {"postgresql": "[^\\x01-\\x7f]", "sqlite": "*[^\x01-\x7f]*"}


@dataclass(frozen=True, slots=True)
class Found:
    """
    A row with what reaches it.

    Args:
        by: for each of the entries in the order given, whether it does.
    """

    row: Any
    by: tuple[bool, ...]


def objects(
    session: Session,
    kind: Kind,
    reached: Sequence[Reached],
    *,
    customer_ids: Collection[str] | None,
    asked: Asked,
    place: Place | None = None,
    backward: bool = False,
    limit: int,
) -> Iterator[Found]:
    """
    The objects of a kind that any of these entries reaches, the last modified first, one after another from a place on.

    Args:
        customer_ids: whose they can only be, where these are few.
        asked: filters by parameter; what does not pass may come all the same.
        backward: in the opposite order.
        limit: how many are fetched at once.
    """
    table, row_id = _TABLES[kind]
    by = [each.reaches(kind, table) for each in reached]
    # Of a single entry it is known already that it reaches what is found.
    flags = [condition.label(f"by_{n}") for n, condition in enumerate(by)] if len(by) > 1 else []
    order = (table.modified.asc(), row_id.desc()) if backward else (table.modified.desc(), row_id.asc())
    rows = select(table, *flags).where(or_(false(), *by)).order_by(*order).limit(limit)
    if customer_ids is not None:
        rows = rows.where(table.customer_key.in_([customer_key_of(each) for each in customer_ids]))
    for condition in _asked(session, kind, asked):
        rows = rows.where(condition)
    stretches: Sequence[ColumnElement[bool]] = [true()] if place is None else _beyond(kind, place, backward=backward)
    while stretches:
        chunk = session.execute(rows.where(stretches[0])).all()
        yield from (Found(row, tuple(flags) or (True,)) for row, *flags in chunk)
        if len(chunk) < limit:
            stretches = stretches[1:]
        else:
            last = chunk[-1][0]
            stretches = _beyond(kind, Place(last.modified, getattr(last, row_id.key)), backward=backward)


def _beyond(kind: Kind, place: Place, *, backward: bool) -> Sequence[ColumnElement[bool]]:
    """
    What lies beyond a place: the rest of those modified at the same instant, then all others.

    Each is a range of an index, which the two together are not: a file that is taken in makes many rows of one instant.
    """
    table, row_id = _TABLES[kind]
    further = row_id < place.id if backward else row_id > place.id
    beyond = table.modified > place.modified if backward else table.modified < place.modified
    return [and_(table.modified == place.modified, further), beyond]


def _asked(session: Session, kind: Kind, asked: Asked) -> Iterator[ColumnElement[bool]]:
    for name, values in asked.items():
        column = _COLUMNS[kind].get(name)
        if name == "q" and isinstance(values, str):
            yield _may_hold(session, kind, values)
        elif isinstance(values, str):
            continue
        elif column is not None:
            yield among(column, values)
        elif name == "account_numbers" and kind is Kind.SERVICE_CONTRACT:
            yield _of_account(partial(among, ids=values))


def _of_account(holds: Callable[[Any], ColumnElement[bool]]) -> ColumnElement[bool]:
    account, contract = aliased(AccountRow), ServiceContractRow
    return exists().where(
        account.customer_key == contract.customer_key,
        account.account_id == contract.account_id,
        holds(account.account_number),
    )


def _may_hold(session: Session, kind: Kind, text: str) -> ColumnElement[bool]:
    """Whether a text may stand in what is searched: surely where all is ASCII, else whoever calls looks closer."""
    dialect, sought = session.get_bind().dialect.name, text.casefold()

    def in_column(column: Any) -> ColumnElement[bool]:
        stored = func.coalesce(type_coerce(column, Text), "")
        foreign = stored.op("~" if dialect == "postgresql" else "GLOB")(_FOREIGN[dialect])
        if not sought.isascii():
            return foreign
        # In JSON these are written in another way.
        plain = sought.isprintable() and not {'"', "\\"} & set(sought)
        return or_(foreign, func.lower(stored).contains(sought, autoescape=True)) if plain else stored != ""

    columns = [in_column(column) for column in _TEXTS[kind]]
    if kind is Kind.SERVICE_CONTRACT:
        columns.append(_of_account(in_column))
    return or_(*columns)


def contracts_served(
    session: Session, reached: Sequence[Reached], points: Collection[Key]
) -> Mapping[Key, Sequence[tuple[str, datetime, datetime | None]]]:
    """Contracts that may be told, with from when until when each is or was served at these Service Points."""
    link, contract = ServedContractRow, ServiceContractRow
    told = [each.reaches(Kind.SERVICE_CONTRACT, contract) for each in reached if each.opens(Kind.SERVICE_CONTRACT)]
    rows = select(link.customer_key, link.service_point_id, link.contract_id, link.start, link.end).where(
        found(contract.customer_key == link.customer_key, contract.contract_id == link.contract_id, or_(false(), *told))
    )
    return _links(session, rows, link.service_point_id, points) if told else {}


def points_of_meters(
    session: Session, reached: Sequence[Reached], meters: Collection[Key]
) -> Mapping[Key, Sequence[tuple[str, datetime, datetime | None]]]:
    """Service Points that may be told, with from when until when each of these meters is or was installed there."""
    link, point = InstallationRow, ServicePointRow
    told = [each.reaches(Kind.SERVICE_POINT, point) for each in reached if each.opens(Kind.SERVICE_POINT)]
    rows = select(link.customer_key, link.meter_device_id, link.service_point_id, link.start, link.end).where(
        found(
            point.customer_key == link.customer_key,
            point.service_point_id == link.service_point_id,
            or_(false(), *told),
        )
    )
    return _links(session, rows, link.meter_device_id, meters) if told else {}


def parents_told(session: Session, reached: Sequence[Reached], parents: Collection[Key]) -> frozenset[Key]:
    """Which of these Accounts may be told."""
    row = AccountRow
    told = [each.reaches(Kind.ACCOUNT, row) for each in reached if each.opens(Kind.ACCOUNT)]
    if not parents or not told:
        return frozenset()
    rows = select(row.customer_key, row.account_id).where(
        among_pairs(row.customer_key, row.account_id, parents), or_(false(), *told)
    )
    return frozenset((key, account_id) for key, account_id in session.execute(rows))


def account_numbers(session: Session, accounts: Collection[Key]) -> Mapping[Key, str]:
    """The number of each of these Accounts, whether or not the Account itself may be told."""
    row = AccountRow
    rows = select(row.customer_key, row.account_id, row.account_number).where(
        among_pairs(row.customer_key, row.account_id, accounts)
    )
    return {(key, account_id): number for key, account_id, number in session.execute(rows)} if accounts else {}


def _links(
    session: Session, rows: Any, of: InstrumentedAttribute[str], objects: Collection[Key]
) -> Mapping[Key, Sequence[tuple[str, datetime, datetime | None]]]:
    if not objects:
        return {}
    links: dict[Key, list[tuple[str, datetime, datetime | None]]] = {key: [] for key in objects}
    for key, object_id, other_id, start, end in session.execute(
        rows.where(among_pairs(of.class_.customer_key, of, objects))
    ):
        links[key, object_id].append((other_id, start, end))
    return links


def table_of(kind: Kind) -> tuple[type[Any], InstrumentedAttribute[str]]:
    """The table of a kind, with its id."""
    return _TABLES[kind]


def id_of(kind: Kind) -> str:
    """The name of the column that holds the id of a kind."""
    return _TABLES[kind][1].key


def has_match(session: Session, permission: Permission, field: str, values: frozenset[str]) -> bool:
    """Whether a preselection field matches any object that a Client Object is permitted to see."""
    kind = MATCHED[field][0]
    _, row_id = _TABLES[kind]
    entry = GrantedEntry("", "", frozenset(), everything_of(kind), only={field: values})
    reached = Reached(entry, permission, datetime.max.replace(tzinfo=UTC))
    return session.scalars(select(row_id).where(reached.reaches(kind, row_id.class_)).limit(1)).first() is not None
