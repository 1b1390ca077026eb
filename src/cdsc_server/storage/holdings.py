"""What a Customer has, as the form lists it: seven statements, whatever the number of things."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, or_, select
from sqlalchemy.orm import Session

from cdsc_server.domain.choosing import Holdings, Item
from cdsc_server.domain.customer_graph import SELECTED_KIND, Kind
from cdsc_server.domain.type_words import CONNECTIONS, GROUPS, METERS, SERVICES, in_words
from cdsc_server.domain.wording import counted
from cdsc_server.languages import gettext, marked
from cdsc_server.storage.accounts import AccountRow
from cdsc_server.storage.aggregations import AggregationRow, members_of_customer
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.meter_devices import InstallationRow, MeterDeviceRow
from cdsc_server.storage.service_contracts import ServiceContractRow
from cdsc_server.storage.service_points import ServedContractRow, ServicePointRow

#: The list that things of each kind stand in.
_LIST: Final[Mapping[Kind, str]] = {kind: selection for selection, kind in SELECTED_KIND.items()}


def read_holdings(session: Session, customer_id: str, *, now: datetime) -> Holdings:
    """All a Customer has, each kind in the order of title, address and number; relations as they are now."""
    key = customer_key_of(customer_id)
    accounts = session.execute(
        select(
            AccountRow.account_id,
            AccountRow.account_number,
            AccountRow.name,
            AccountRow.address,
            AccountRow.programs,
        ).where(AccountRow.customer_key == key)
    ).all()
    contracts = session.execute(
        select(
            ServiceContractRow.contract_id,
            ServiceContractRow.contract_number,
            ServiceContractRow.account_id,
            ServiceContractRow.label,
            ServiceContractRow.address,
            ServiceContractRow.service_types,
            ServiceContractRow.contract_end,
            ServiceContractRow.programs,
        ).where(ServiceContractRow.customer_key == key)
    ).all()
    points = session.execute(
        select(
            ServicePointRow.service_point_id,
            ServicePointRow.servicepoint_number,
            ServicePointRow.address,
            ServicePointRow.types,
            ServicePointRow.premises,
        ).where(ServicePointRow.customer_key == key)
    ).all()
    meters = session.execute(
        select(
            MeterDeviceRow.meter_device_id, MeterDeviceRow.meter_number, MeterDeviceRow.types, MeterDeviceRow.apps
        ).where(MeterDeviceRow.customer_key == key)
    ).all()
    served = session.execute(
        select(ServedContractRow.contract_id, ServedContractRow.service_point_id).where(
            *_of_now(ServedContractRow, key, now)
        )
    ).all()
    installed = session.execute(
        select(InstallationRow.service_point_id, InstallationRow.meter_device_id).where(
            *_of_now(InstallationRow, key, now)
        )
    ).all()
    account_numbers = {row.account_id: row.account_number for row in accounts}
    counts = Counter(row.account_id for row in contracts)
    addresses = {row.service_point_id: row.address or "" for row in points}
    meter_numbers = {row.meter_device_id: row.meter_number for row in meters}
    meters_at: dict[str, list[str]] = {}
    points_of_meter: dict[str, str] = {}
    for point_id, meter_id in installed:
        meters_at.setdefault(point_id, []).append(meter_numbers.get(meter_id) or gettext("without a number"))
        points_of_meter[meter_id] = point_id
    meters_of: dict[str, list[str]] = {}
    for contract_id, point_id in served:
        meters_of.setdefault(contract_id, []).extend(meters_at.get(point_id, ()))
    items = {
        "account_selection": _accounts(accounts, counts),
        "service_contract_selection": _contracts(contracts, account_numbers, meters_of, now),
        "servicepoint_selection": _points(points),
        "meter_device_selection": _meters(meters, addresses, points_of_meter),
    }
    lists = _with_groups(items, members_of_customer(session, customer_id, at=now))
    return Holdings(
        {kind: sorted(listed, key=_order) for kind, listed in lists.items()},
        (
            [(row.account_id, row.contract_id) for row in contracts],
            [(row.contract_id, row.service_point_id) for row in served],
            [(row.service_point_id, row.meter_device_id) for row in installed],
        ),
    )


def _of_now(row: type[ServedContractRow | InstallationRow], key: int, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return row.customer_key == key, row.start <= now, or_(row.end.is_(None), row.end > now)


def _accounts(rows: Sequence[Row[Any]], counts: Mapping[str, int]) -> list[Item]:
    return [
        Item(
            row.account_id,
            row.name,
            _joined(row.address, counted("service_contract_selection", counts.get(row.account_id, 0))),
            (gettext("Account %(number)s", number=row.account_number),),
            named={
                "account_numbers": [row.account_number],
                "account_programs": [each["program_number"] for each in row.programs],
            },
            address=row.address,
        )
        for row in rows
    ]


def _contracts(
    rows: Sequence[Row[Any]], account_numbers: Mapping[str, str], meters_of: Mapping[str, Sequence[str]], now: datetime
) -> list[Item]:
    return [
        Item(
            row.contract_id,
            row.label,
            _joined(
                in_words(SERVICES, row.service_types),
                row.address,
                gettext("ended") if _ended(row.contract_end, now) else "",
            ),
            tuple(
                gettext(told, number=number)
                for told, number in (
                    (marked("Contract %(number)s"), row.contract_number),
                    (marked("Account %(number)s"), account_numbers.get(row.account_id)),
                )
                if number
            ),
            details=tuple(sorted(meters_of.get(row.contract_id, ()))),
            named={
                "contract_numbers": _numbers(row.contract_number),
                "service_types": row.service_types,
                "service_programs": [each["program_number"] for each in row.programs],
            },
            address=row.address,
        )
        for row in rows
    ]


def _points(rows: Sequence[Row[Any]]) -> list[Item]:
    return [
        Item(
            row.service_point_id,
            _joined(row.address or gettext("Connection")),
            in_words(CONNECTIONS, row.types),
            (gettext("Connection %(number)s", number=row.servicepoint_number),) if row.servicepoint_number else (),
            named={
                "servicepoint_numbers": _numbers(row.servicepoint_number),
                "servicepoint_types": row.types,
                "premise_numbers": [each["premise_number"] for each in row.premises],
            },
            address=row.address or "",
        )
        for row in rows
    ]


def _meters(rows: Sequence[Row[Any]], addresses: Mapping[str, str], points_of_meter: Mapping[str, str]) -> list[Item]:
    return [
        Item(
            row.meter_device_id,
            gettext("Meter %(number)s", number=row.meter_number) if row.meter_number else gettext("Meter"),
            _joined(in_words(METERS, row.types), addresses.get(points_of_meter.get(row.meter_device_id, ""), "")),
            (),
            named={
                "meter_numbers": _numbers(row.meter_number),
                "meter_types": row.types,
                "meter_apps": [each["app_number"] for each in row.apps],
            },
        )
        for row in rows
    ]


def _with_groups(
    items: Mapping[str, list[Item]], belongs: Sequence[tuple[AggregationRow, Kind, str]]
) -> dict[str, list[Item]]:
    """The lists with the groups that things in them count towards, and a list of these groups."""
    numbers: dict[tuple[str, str], list[str]] = {}
    rows: dict[str, AggregationRow] = {}
    own: dict[str, list[str]] = {}
    titles = {(kind, item.id): item.title for kind, each in items.items() for item in each}
    for row, kind, object_id in belongs:
        numbers.setdefault((_LIST[kind], object_id), []).append(str(row.aggregation_number))
        rows[row.aggregation_id] = row
        if (_LIST[kind], object_id) in titles and kind in (Kind.SERVICE_CONTRACT, Kind.METER_DEVICE):
            own.setdefault(row.aggregation_id, []).append(titles[_LIST[kind], object_id])
    found = {
        kind: [
            replace(item, named={**item.named, "aggregation_numbers": numbers.get((kind, item.id), ())})
            for item in each
        ]
        for kind, each in items.items()
    }
    found["aggregation_selection"] = [_group(row, own.get(row.aggregation_id, ())) for row in rows.values()]
    return found


def _group(row: AggregationRow, own: Sequence[str]) -> Item:
    """A group as its own Customer sees it: what it is, and what of theirs is in it; nothing of others."""
    return Item(
        row.aggregation_id,
        row.name,
        _joined(in_words(GROUPS, row.types), *row.addresses[:1]),
        (gettext("Group %(number)s", number=row.aggregation_number), *dict.fromkeys(own)),
        named={"aggregation_numbers": _numbers(row.aggregation_number), "addresses": row.addresses},
    )


def _order(item: Item) -> tuple[str, str, tuple[str, ...], str]:
    return item.title.casefold(), item.about.casefold(), item.numbers, item.id


def _numbers(number: str | None) -> tuple[str, ...]:
    return () if number is None else (number,)


def _joined(*parts: str) -> str:
    # An address keeps the lines it has on a bill; here it stands in one.
    return " · ".join(", ".join(part.splitlines()) for part in parts if part)


def _ended(contract_end: object, now: datetime) -> bool:
    return contract_end is not None and str(contract_end) < now.date().isoformat()
