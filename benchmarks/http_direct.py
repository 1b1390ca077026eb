"""Pages of 100 out of 100,000 contracts under one direct Grant: of as many Customers, and of a single one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

import requests
from sqlalchemy import Engine, create_engine, insert, update
from sqlalchemy.orm import Session

from benchmarks.context import Context, Figures
from benchmarks.load import request
from benchmarks.targets import FORM, Always, Target, basic_header, hello, measure, ours
from cdsc_server.domain.direct_access import Reach
from cdsc_server.storage.accounts import AccountRow
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.customers import CustomerRow, customer_key_of
from cdsc_server.storage.db import engine_options, prepare
from cdsc_server.storage.meter_devices import InstallationRow, MeterDeviceRow
from cdsc_server.storage.permissions import EVERY, PermittedAccountRow
from cdsc_server.storage.service_contracts import ServiceContractRow
from cdsc_server.storage.service_points import ServedContractRow, ServicePointRow

#: Contracts of Customers with one each, and again as many of a Customer who has them all.
LISTED: Final = 100_000
ENTERPRISE: Final = "enterprise"
SCOPES: Final = "query_accounts query_service_contracts query_service_points query_meter_devices"
#: How many pages lie before the deep ones.
DEEP: Final = 40
_THEN: Final = datetime(2026, 1, 1, tzinfo=UTC)


def run(context: Context) -> None:
    """How long a page takes by itself, in every round one of each kind."""
    rounds, seconds = (2, 0.5) if context.quick else (5, 2.0)
    taken: dict[tuple[str, str], list[float]] = {}
    with ExitStack() as stack:
        targets = [stack.enter_context(_ours(context)), stack.enter_context(hello("granian"))]
        for turn in range(-1, rounds):
            for target in targets:
                for scenario in target.scenarios:
                    calm = measure(target, scenario, seconds, connections=1)
                    if turn >= 0:
                        taken.setdefault((scenario, target.name), []).append(calm.milliseconds(0.5))
    figures = {key: Figures(each) for key, each in taken.items()}
    alone = figures["hello", "Flask alone"]
    rows = [(*key, each.spread(digits=1), alone.times(each).spread(digits=3)) for key, each in figures.items()]
    context.table(("what", "target", "ms, one connection", "times Flask alone"), rows)


@contextmanager
def _ours(context: Context) -> Iterator[Target]:
    with ours(context, "granian", CDSC_REGISTRATIONS_PER_HOUR="100000000") as target:
        engine = create_engine(target.database_url, **engine_options(target.database_url))
        prepare(engine)
        wide, narrow = _client(target), _client(target)
        _fill(engine, wide[0], narrow[0], LISTED // 50 if context.quick else LISTED)
        engine.dispose()
        for name, (client_id, secret) in (("of as many Customers", wide), ("of one Customer", narrow)):
            _scenarios(target, name, client_id, secret)
        yield target


def _client(target: Target) -> tuple[str, str]:
    """A Client Object for direct access, with its secret."""
    asked = {"scope": f"cds_client_admin {SCOPES}", "client_name": "Building manager"}
    admin = requests.post(f"{target.url}/oauth/register", json=asked, timeout=30).json()
    token = _token(target, admin["client_id"], admin["client_secret"], {})
    bearer = {"Authorization": f"Bearer {token}"}
    clients = requests.get(f"{target.url}/clients", headers=bearer, timeout=30).json()["clients"]
    client_id = next(each["client_id"] for each in clients if each["scope"] == SCOPES)
    credentials = requests.get(f"{target.url}/credentials", headers=bearer, timeout=30).json()["credentials"]
    return client_id, next(each["client_secret"] for each in credentials if each["client_id"] == client_id)


def _token(target: Target, client_id: str, secret: str, entry: dict[str, Any]) -> str:
    details = {"authorization_details": json.dumps([entry])} if entry else {}
    form = urlencode({"grant_type": "client_credentials", **details})
    basic = basic_header(client_id, secret)
    answer = requests.post(f"{target.url}/oauth/token", data=form, headers={**basic, **FORM}, timeout=30)
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def _scenarios(target: Target, name: str, client_id: str, secret: str) -> None:
    entries: dict[str, tuple[str, dict[str, Any]]] = {
        "contracts": ("/cds/service_contracts", {"type": "query_service_contracts"}),
        "contracts with a filter in the Grant": (
            "/cds/service_contracts",
            {"type": "query_service_contracts", "service_types": ["electric"]},
        ),
        "service points": ("/cds/service_points", {"type": "query_service_points"}),
        "meters and where they are": ("/cds/meter_devices", {"type": "query_meter_devices"}),
    }
    for what, (path, entry) in entries.items():
        bearer = {"Authorization": f"Bearer {_token(target, client_id, secret, entry)}"}
        place = path
        for _ in range(DEEP if what == "contracts" else 0):
            page = requests.get(target.url + place, headers=bearer, timeout=60).json()
            place = (page["next"] or target.url + path).removeprefix(target.url)
        target.scenarios[f"{what}, {name}"] = Always(request("GET", path, bearer))
        if place != path:
            target.scenarios[f"{what}, {name}, page {DEEP + 1}"] = Always(request("GET", place, bearer))
            searched = f"{path}?{urlencode({'contract_numbers': 'C-17 C-18'})}"
            target.scenarios[f"two of the {what}, {name}"] = Always(request("GET", searched, bearer))


def _fill(engine: Engine, wide: str, narrow: str, count: int) -> None:
    """A home for each of as many Customers, and as many homes of a single one; all are linked as homes are."""
    with Session(engine) as session, session.begin():
        session.execute(update(ClientRow).where(ClientRow.client_id == wide).values(reach=Reach.CUSTOMERS.value))
        customers = [{"customer_id": f"c{n}", "display_name": f"Customer {n}"} for n in range(count)]
        customers.append({"customer_id": ENTERPRISE, "display_name": "Enterprise"})
        plain = {"locale": "en", "is_test": False, "created": _THEN}
        rows = [{**each, **plain, "customer_key": customer_key_of(each["customer_id"])} for each in customers]
        session.execute(insert(CustomerRow), rows)
        session.flush()
        session.add(PermittedAccountRow(client_id=narrow, customer_id=ENTERPRISE, account_id=EVERY, created=_THEN))
        session.execute(insert(AccountRow), [_account(f"c{n}", f"c{n}") for n in range(count)])
        session.execute(insert(AccountRow), [_account(ENTERPRISE, ENTERPRISE)])
        for n in range(0, count, 10_000):
            block = range(n, min(n + 10_000, count))
            homes = [(f"c{k}", f"c{k}", f"c{k}") for k in block] + [(f"e{k}", ENTERPRISE, ENTERPRISE) for k in block]
            for table, made in _homes(homes).items():
                session.execute(insert(table), made)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")


def _homes(homes: list[tuple[str, str, str]]) -> dict[Any, list[dict[str, Any]]]:
    made: dict[Any, list[dict[str, Any]]] = {}
    for name, customer_id, account_id in homes:
        number = int(name[1:])
        at = _THEN + timedelta(seconds=number)
        own = {"customer_id": customer_id, "customer_key": customer_key_of(customer_id)}
        stamps = {"created": _THEN, "modified": at, "synced": at, "known": _THEN, "valid": at}
        contract = {
            "contract_id": f"k-{name}",
            "account_id": account_id,
            "contract_number": f"C-{number}",
            "label": "Home",
            "address": f"{number} Main Street\nAshford Bay",
            "types": ["service_agreement"],
            "entity": None,
            "status": "active",
            "contract_start": date(2020, 1, 1),
            "service_types": ["electric", "supply"],
            "rateplan_code": "R1",
            "rateplan_name": "Residential",
            "programs": [],
        }
        point = {
            "service_point_id": f"s-{name}",
            "servicepoint_number": f"S-{number}",
            "types": ["electric"],
            "address": f"{number} Main Street\nAshford Bay",
            "premises": [],
        }
        meter = {"meter_device_id": f"m-{name}", "meter_number": f"M-{number}", "types": ["electric_usage"], "apps": []}
        served = {"service_point_id": f"s-{name}", "contract_id": f"k-{name}", "start": _THEN}
        hung = {"service_point_id": f"s-{name}", "meter_device_id": f"m-{name}", "start": _THEN}
        for table, row in (
            (ServiceContractRow, {**contract, **stamps}),
            (ServicePointRow, {**point, **stamps}),
            (MeterDeviceRow, {**meter, **stamps}),
            (ServedContractRow, served),
            (InstallationRow, hung),
        ):
            made.setdefault(table, []).append({**own, **row})
    return made


def _account(account_id: str, customer_id: str) -> dict[str, Any]:
    return {
        "customer_id": customer_id,
        "customer_key": customer_key_of(customer_id),
        "account_id": account_id,
        "account_number": f"A-{account_id}",
        "name": "A name",
        "address": "1 Main Street\nAshford Bay",
        "types": ["customer", "residential"],
        "status": "active",
        "contacts": [],
        "programs": [],
        "created": _THEN,
        "modified": _THEN,
        "synced": _THEN,
        "known": _THEN,
        "valid": _THEN,
    }
