"""One meter's quarter hours over HTTP: token checked, access view applied, whole body; beside the work in process."""

from __future__ import annotations

import http.client
import time
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

import cdsc_server
from benchmarks.context import Context
from benchmarks.meters import NOW, START, readings, series, thousandths
from benchmarks.servers import served
from cdsc_server.domain.catalogue import read_catalogue
from cdsc_server.domain.grants import Selection
from cdsc_server.storage.db import engine_options, prepare
from cdsc_server.storage.usage import find_series
from cdsc_server.storage.usage_blocks import put_many
from cdsc_server.storage.usage_segments import read_columns, segment_periods
from cdsc_server.web.customer_data.usage_values import values_json
from tests.factories import access, customer_data

_CUSTOMER = "customer-0"
_CATALOGUE = Path(cdsc_server.__file__).with_name("default.toml")


def run(context: Context) -> None:
    """A year and three years, plain and compressed, until the first byte and until the last."""
    days = 60 if context.quick else 1095
    rows = []
    with context.databases() as urls:
        for kind, database_url in urls.items():
            engine = create_engine(database_url, **engine_options(database_url))
            prepare(engine)
            fill(engine, days)
            with served(database_url) as server:
                for name, length in {"year": min(365, days), "3 years": days}.items():
                    rows.append((f"{kind}, {name}", *_figures(context, engine, server.url, length)))
            engine.dispose()
    context.table(("read", "ms", "first byte ms", "gzip ms", "in process ms", "of it in process"), rows)


def fill(engine: Engine, days: int) -> None:
    """A Customer as most are: an Account, a contract, a Service Point, a meter, and a Grant of everything."""
    make = customer_data
    selection = Selection("service_contract_selection", frozenset({"contract"}))
    catalogue = read_catalogue(tomllib.loads(_CATALOGUE.read_text(encoding="utf-8")))
    includes = dict.fromkeys(
        ("include_accounts", "include_service_contracts", "include_contract_numbers", "include_meter_devices"), True
    )
    with Session(engine) as session, session.begin():
        session.add(make.customer(_CUSTOMER))
        session.flush()
        session.add_all(
            [
                make.account("account", _CUSTOMER),
                make.contract("contract", "account", _CUSTOMER),
                make.service_point("point", _CUSTOMER),
                make.served("point", "contract", _CUSTOMER),
                make.meter("meter-0", _CUSTOMER),
                make.installed("meter-0", "point", _CUSTOMER),
            ]
        )
        put_many(session, [(series(session, 0), readings(thousandths(days, 0)))], at=NOW)
        entry = access.entry(catalogue, "usage_data", selection, at=NOW, segment_start="P5Y", **includes)
        access.grant(session, [entry], at=datetime.now(UTC), customer_id=_CUSTOMER)
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def _figures(context: Context, engine: Engine, url: str, days: int) -> tuple[str, ...]:
    before = START + timedelta(days=days - 31)
    path = "/usage_data?" + urlencode({"before": before.isoformat()})
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    first: list[float] = []
    tasks: dict[str, Callable[[], object]] = {
        "plain": partial(_read, connection, path, first),
        "gzip": partial(_read, connection, path, [], "gzip"),
        "in process": partial(_in_process, engine, before),
    }
    figures = context.rounds(tasks, 40)
    connection.close()
    waited = type(figures["plain"])(first[1:])
    share = figures["plain"].times(figures["in process"])
    return (
        figures["plain"].spread(1e3),
        waited.spread(1e3),
        figures["gzip"].spread(1e3),
        figures["in process"].spread(1e3),
        share.spread(),
    )


def _read(connection: http.client.HTTPConnection, path: str, first: list[float], encoding: str = "identity") -> int:
    begun = time.perf_counter()
    connection.request("GET", path, headers={"Authorization": "Bearer token", "Accept-Encoding": encoding})
    answer = connection.getresponse()
    body = answer.read(1)
    first.append(time.perf_counter() - begun)
    body += answer.read()
    assert answer.status == 200, body[:200]
    return len(body)


def _in_process(engine: Engine, before: datetime) -> int:
    with engine.connect().execution_options(cdsc_writes=False) as connection, Session(connection) as session:
        found = find_series(session, _CUSTOMER)
        periods = [each for each in segment_periods(session, found) if each.segment_start <= before]
        return sum(len(piece) for _, columns in read_columns(session, periods) for piece in values_json(columns))
