"""Service Points of many Customers with what hangs on them, a few Customers at a time: for work that looks at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from cdsc_server.domain.aggregations import Connection, Facts
from cdsc_server.storage.accounts import AccountRow
from cdsc_server.storage.customers import CustomerRow
from cdsc_server.storage.meter_devices import InstallationRow, MeterDeviceRow
from cdsc_server.storage.service_contracts import ServiceContractRow
from cdsc_server.storage.service_points import ServedContractRow, ServicePointRow

#: Customers read at once.
_CHUNK: Final = 200


def read_connections(session: Session, *, is_test: bool, now: datetime) -> Iterator[Connection]:
    """
    Every Service Point, Customer after Customer, each with the contracts served there now and the meters it ever had.

    Args:
        is_test: of fictional Customers, or of real ones.
    """
    last = -1
    while True:
        keys = session.scalars(
            select(CustomerRow.customer_key)
            .where(CustomerRow.customer_key > last, CustomerRow.is_test.is_(is_test))
            .order_by(CustomerRow.customer_key)
            .limit(_CHUNK)
        ).all()
        if not keys:
            return
        yield from _of(session, keys, now)
        last = keys[-1]


def _of(session: Session, keys: Sequence[int], now: datetime) -> Iterator[Connection]:
    point, contract, account, meter = ServicePointRow, ServiceContractRow, AccountRow, MeterDeviceRow

    def asked(row: Any, *columns: Any) -> Sequence[Any]:
        found = select(row.customer_key, *columns).where(row.customer_key.in_(keys))
        if row is ServedContractRow:
            found = found.where(row.start <= now, or_(row.end.is_(None), row.end > now))
        return session.execute(found.distinct() if row is InstallationRow else found).all()

    accounts = {
        (key, account_id): Facts(account_id, number, frozenset(types), _numbers(programs, "program_number"))
        for key, account_id, number, types, programs in asked(
            account, account.account_id, account.account_number, account.types, account.programs
        )
    }
    contracts = {
        (key, contract_id): Facts(
            contract_id, number, frozenset(types), _numbers(programs, "program_number"), rateplan, account_id
        )
        for key, contract_id, number, types, programs, rateplan, account_id in asked(
            contract,
            contract.contract_id,
            contract.contract_number,
            contract.service_types,
            contract.programs,
            contract.rateplan_code,
            contract.account_id,
        )
    }
    meters = {
        (key, meter_id): Facts(meter_id, number, frozenset(types), _numbers(apps, "app_number"))
        for key, meter_id, number, types, apps in asked(
            meter, meter.meter_device_id, meter.meter_number, meter.types, meter.apps
        )
    }
    served: dict[tuple[int, str], list[str]] = {}
    for key, point_id, contract_id in asked(
        ServedContractRow, ServedContractRow.service_point_id, ServedContractRow.contract_id
    ):
        served.setdefault((key, point_id), []).append(contract_id)
    installed: dict[tuple[int, str], list[str]] = {}
    for key, point_id, meter_id in asked(
        InstallationRow, InstallationRow.service_point_id, InstallationRow.meter_device_id
    ):
        installed.setdefault((key, point_id), []).append(meter_id)
    points = (point.customer_id, point.service_point_id, point.servicepoint_number, point.types, point.address)
    for key, customer_id, point_id, number, types, address, premises in sorted(
        asked(point, *points, point.premises), key=lambda each: (each[0], each[2])
    ):
        here = [contracts[key, each] for each in sorted(served.get((key, point_id), ())) if (key, each) in contracts]
        owned = dict.fromkeys(str(each.account_id) for each in here)
        yield Connection(
            customer_id,
            Facts(point_id, number, frozenset(types), _numbers(premises, "premise_number")),
            address or "",
            [meters[key, each] for each in sorted(installed.get((key, point_id), ())) if (key, each) in meters],
            here,
            [accounts[key, each] for each in owned if (key, each) in accounts],
        )


def _numbers(objects: Sequence[dict[str, Any]], name: str) -> frozenset[str]:
    return frozenset(each[name] for each in objects if each.get(name) is not None)
