"""
`home`: Ada's house and shop on each database. `agreed`: a Grant over it. `get`: reads with its token.

Ada has an Account under a parent, and two contracts on it. At the house hung meter m-old until 2025 and m-house since;
the shop has a place and a meter of its own. Bob has one of everything, which nobody may see.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from flask import Flask

from cdsc_server import exact_json
from cdsc_server.domain.grants import Selection
from cdsc_server.services.import_tariffs import import_tariffs
from cdsc_server.storage.db import transaction
from cdsc_server.web.context import Context
from tests.factories import access, customer_data, tariffs
from tests.support.statements import asked_of

SWAPPED = datetime(2025, 1, 1, tzinfo=UTC)
#: A month of readings that tests of costs begin with.
BILLED_FROM = datetime(2025, 12, 1, tzinfo=UTC)

Get = Callable[..., Any]


@pytest.fixture
def catalogue(app: Flask) -> Any:
    context: Context = app.extensions["cdsc"]
    return context.catalogue


@pytest.fixture
def home(app: Flask) -> None:
    """Ada's and Bob's objects, without readings."""
    make = customer_data
    with app.app_context(), transaction() as session:
        session.add_all([make.customer("ada"), make.customer("bob")])
        session.flush()
        session.add_all(
            [
                make.account("family"),
                make.account("home", parent_id="family"),
                make.contract("house", "home"),
                make.contract("shop", "home", service_types=["natural_gas", "distribution"], status="stopped"),
                make.service_point("house-sp"),
                make.service_point("shop-sp"),
                make.served("house-sp", "house"),
                make.served("shop-sp", "shop"),
                make.meter("m-old"),
                make.meter("m-house"),
                make.meter("m-shop"),
                make.installed("m-old", "house-sp", end=SWAPPED),
                make.installed("m-house", "house-sp", start=SWAPPED),
                make.installed("m-shop", "shop-sp"),
                make.account("bobs", "bob"),
                make.contract("bobs-contract", "bobs", "bob"),
                make.service_point("bobs-sp", "bob"),
                make.served("bobs-sp", "bobs-contract", "bob"),
                make.meter("bobs-meter", "bob"),
                make.installed("bobs-meter", "bobs-sp", "bob"),
            ]
        )


@dataclass(frozen=True)
class Agreed:
    """Makes Grants over Ada's objects and tokens for them."""

    app: Flask
    catalogue: Any
    now: Callable[[], datetime]

    def entry(self, scope_id: str, *ids: str, kind: str = "service_contract_selection", **values: Any) -> Any:
        """An entry over the ids ticked; `later` and `left_out` make it a selection of what comes later too."""
        selection = Selection(kind, frozenset(ids), values.pop("later", False), frozenset(values.pop("left_out", ())))
        return access.entry(self.catalogue, scope_id, selection, at=self.now(), **values)

    def to(self, *entries: Any, token: str = "token", **fields: Any) -> str:
        """A token for a Grant of these entries."""
        with self.app.app_context(), transaction() as session:
            return access.grant(session, entries, at=self.now(), token=token, **fields)


@pytest.fixture
def agreed(app: Flask, catalogue: Any, clock: Any, home: None) -> Agreed:
    return Agreed(app, catalogue, clock.now)


@pytest.fixture
def get(client: Any) -> Get:
    """Reads an address with a token: the JSON of the answer with every digit; its status must be `status`, else 200."""

    def read(address: str, token: str = "token", *, status: int | None = None, **query: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        with client.get(address, query_string=query, headers=headers) as answer:
            assert answer.status_code == (status or 200), answer.get_data(as_text=True)
            return exact_json.loads(answer.get_data())

    return read


@pytest.fixture
def tariff(app: Flask, clock: Any, home: None) -> Callable[..., None]:
    """Has a contract, the house if none is named, on a tariff from 2020 on."""

    def tariff(made: Any, *, contract: str = "C-house") -> None:
        with app.app_context():
            import_tariffs(tariffs.document(made, assignments=[tariffs.on(contract)]), clock=clock)

    return tariff


@pytest.fixture
def put(app: Flask, home: None) -> Callable[..., None]:
    """Stores readings of a meter, by the hour; of the house's if none is named."""

    def put(texts: Sequence[str], start: datetime = BILLED_FROM, *, name: str = "used", **fields: Any) -> None:
        with app.app_context(), transaction() as session:
            row = customer_data.series(session, name, **{"segment_key": "m", "meter_device_id": "m-house", **fields})
            customer_data.readings(session, row, start, texts)

    return put


@pytest.fixture
def statements(app: Flask) -> Callable[[Callable[[], object]], list[str]]:
    """Runs a task and gives what was asked of the database meanwhile, transactions aside."""
    return partial(asked_of, app)
