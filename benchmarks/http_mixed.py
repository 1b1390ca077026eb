"""
The mixed load of the Australian CDR's top tier, 450 authorised and 300 public calls a second, for ten minutes.

Parts of it go before, for a minute each. Calls come when they are due, whether or not earlier ones are answered. Each
authorised call is of another Customer: the listings as apps poll them, and one in ten reads a month of quarter hours.
"""

from __future__ import annotations

import itertools
import random
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

import cdsc_server
from benchmarks.context import Context
from benchmarks.load import Load, paced, request
from benchmarks.meters import NOW, START, readings, series, thousandths
from benchmarks.servers import served
from cdsc_server.domain.catalogue import Catalogue, read_catalogue
from cdsc_server.domain.grants import Selection
from cdsc_server.storage.db import engine_options, prepare
from cdsc_server.storage.usage_blocks import put_many
from tests.factories import access, customer_data

_AUTHORISED, _PUBLIC = 450, 300
#: Parts of the tier and how many seconds of each: how much a machine holds says more than that it does not hold all.
_STEPS = ((0.6, 60.0), (0.8, 60.0), (0.9, 60.0), (1.0, 600.0))
_CONNECTIONS = 64
_CATALOGUE = Path(cdsc_server.__file__).with_name("default.toml")
_DAYS = 400
_MONTH = {"after": START + timedelta(days=335), "before": START + timedelta(days=340)}
_LISTINGS = (
    "/cds/accounts",
    "/cds/service_contracts",
    "/cds/service_points",
    "/cds/meter_devices",
    "/cds/bill_statements",
    "/supply_details",
    "/distribution_details",
    "/bill_statements",
    "/cds/service_contracts?service_types=electric",
)
_OPEN = ("/.well-known/cds-server-metadata.json", "/.well-known/oauth-authorization-server", "/coverage")


def run(context: Context) -> None:
    """
    Latency from the moment each call was due, on PostgreSQL and two server processes.

    The time of the processor is what these two take for a call: it tells how fast the machine is just now.
    """
    customers = 20 if context.quick else 500
    with context.databases() as urls:
        database_url = urls["PostgreSQL"]
        engine = create_engine(database_url, **engine_options(database_url))
        prepare(engine)
        _fill(engine, customers)
        engine.dispose()
        with served(database_url) as server:
            _ask(server.url, customers, 2.0, share=_STEPS[0][0])
            found = []
            for share, seconds in _STEPS:
                used = server.processor_seconds()
                shown = _ask(server.url, customers, 2.0 if context.quick else seconds, share=share)
                found.append((share, shown, (server.processor_seconds() - used) / shown.answers))
    context.table(
        ("of the tier", "calls", "a second", "p50 ms", "p95 ms", "p99 ms", "longest ms", "refused", "CPU ms"),
        [
            (
                f"{share:.0%}",
                shown.answers,
                f"{shown.rate:.0f}",
                *(f"{shown.milliseconds(part):.1f}" for part in (0.5, 0.95, 0.99, 1)),
                shown.refused,
                f"{used * 1000:.2f}",
            )
            for share, shown, used in found
        ],
    )


def _ask(url: str, customers: int, seconds: float, *, share: float) -> Load:
    return paced(
        url,
        _calls(customers),
        rate=(_AUTHORISED + _PUBLIC) * share,
        seconds=seconds,
        connections=_CONNECTIONS,
        expected=(b"200",),
    )


def _calls(customers: int) -> Iterator[bytes]:
    chance = random.Random(7)
    month = "/usage_data?" + urlencode({name: moment.isoformat() for name, moment in _MONTH.items()})
    public = itertools.cycle([request("GET", path, {"Accept-Encoding": "gzip"}) for path in _OPEN])
    listings = itertools.cycle((*_LISTINGS, month))
    while True:
        if chance.random() < _PUBLIC / (_AUTHORISED + _PUBLIC):
            yield next(public)
        else:
            token = f"token-{chance.randrange(customers)}"
            yield request("GET", next(listings), {"Authorization": f"Bearer {token}"})


def _fill(engine: Engine, customers: int) -> None:
    catalogue = read_catalogue(tomllib.loads(_CATALOGUE.read_text(encoding="utf-8")))
    for number in range(customers):
        with Session(engine) as session, session.begin():
            _customer(session, catalogue, number)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")


def _customer(session: Session, catalogue: Catalogue, number: int) -> None:
    """A home: an Account, a contract, a Service Point, a meter with more than a year behind it, a year of bills."""
    make, customer = customer_data, f"customer-{number}"
    names = {name: f"{name}-{number}" for name in ("account", "contract", "point", "meter")}
    session.add(make.customer(customer))
    session.flush()
    session.add_all(
        [
            make.account(names["account"], customer),
            make.contract(names["contract"], names["account"], customer),
            make.service_point(names["point"], customer),
            make.served(names["point"], names["contract"], customer),
            make.meter(names["meter"], customer),
            make.installed(names["meter"], names["point"], customer),
        ]
    )
    session.add_all(
        make.statement(f"bill-{number}-{month}", names["account"], date(2025, month, 1), customer)
        for month in range(1, 13)
    )
    put_many(session, [(series(session, number), readings(thousandths(_DAYS, number)))], at=NOW)
    by_contract = Selection("service_contract_selection", frozenset({names["contract"]}))
    by_account = Selection("account_selection", frozenset({names["account"]}))
    includes = dict.fromkeys(
        ("include_accounts", "include_service_contracts", "include_contract_numbers", "include_meter_devices"), True
    )
    granted = [
        access.entry(catalogue, "usage_data", by_contract, at=NOW, segment_start="P5Y", **includes),
        access.entry(catalogue, "supply_details", by_contract, at=NOW, include_contract_numbers=True),
        access.entry(catalogue, "distribution_details", by_contract, at=NOW, include_service_points=True),
        access.entry(catalogue, "bill_statements", by_account, at=NOW, statement_date_start="P5Y"),
    ]
    access.grant(session, granted, at=datetime.now(UTC), customer_id=customer, token=f"token-{number}")
