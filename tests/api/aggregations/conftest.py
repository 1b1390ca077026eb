"""
`define`: groups as an operator makes them. `mill`: flats of Ann, Ben and Cleo in a building. `get`: reads with a token.

Ann is the Customer who shares. Whatever is told of the others is told by mistake.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from flask import Flask

from cdsc_server import exact_json
from cdsc_server.domain.grants import Selection
from cdsc_server.services import aggregations
from cdsc_server.storage import aggregations as store
from cdsc_server.storage.db import transaction
from tests.factories import access, groups
from tests.factories.group_client import Direct, come_for_groups
from tests.support.statements import asked_of

FLATS = ("ann", "ben", "cleo")


@pytest.fixture
def define(app: Flask, clock: Any) -> Callable[..., list[aggregations.Defined]]:
    """Defines groups as an operator of a utility in the United States."""

    def defines(*definitions: Any, is_test: bool = True) -> list[aggregations.Defined]:
        with app.app_context():
            return aggregations.define(definitions, is_test=is_test, country="US", actor="ops", clock=clock)

    return defines


@pytest.fixture
def mill(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        for name in FLATS:
            groups.flat(session, name)


@pytest.fixture
def opened(app: Flask, clock: Any) -> Callable[[str], None]:
    """Opens a group for the Clients of registration `reg`, which is made when it is not there."""

    def opens(number: str) -> None:
        with app.app_context(), transaction() as session:
            if session.get(access.RegistrationRow, "reg") is None:
                session.add(access.registration(at=clock.now()))
                session.flush()
                session.add(access.client_object(at=clock.now()))
            row = store.find_aggregation(session, number)
            assert row is not None
            store.open_for(session, row.aggregation_id, "reg", at=clock.now())

    return opens


@pytest.fixture
def shared(app: Flask, clock: Any) -> Callable[..., str]:
    """A token for what Ann shares of one scope, usage with its meters, unless the words say otherwise."""

    def shares(scope_id: str = "usage_data", *ids: str, token: str = "token", **values: Any) -> str:
        kind = values.pop("kind", "service_contract_selection")
        if scope_id == "usage_data":
            values = {"include_meter_devices": True, **values}
        selection = Selection(kind, frozenset(ids or ("ann",)))
        catalogue = app.extensions["cdsc"].catalogue
        entry = access.entry(catalogue, scope_id, selection, at=clock.now(), **values)
        with app.app_context(), transaction() as session:
            return access.grant(session, [entry], at=clock.now(), token=token, customer_id="ann")

    return shares


@pytest.fixture
def get(client: Any) -> Callable[..., Any]:
    """Reads an address with a token: the JSON of the answer with every digit; its status must be `status`, else 200."""

    def read(address: str = "/cds/aggregations", token: str = "token", *, status: int = 200, **query: Any) -> Any:
        with client.get(address, query_string=query, headers={"Authorization": f"Bearer {token}"}) as answer:
            assert answer.status_code == status, answer.get_data(as_text=True)
            return exact_json.loads(answer.get_data())

    return read


@pytest.fixture
def statements(app: Flask) -> Callable[[Callable[[], object]], list[str]]:
    """Runs a task and gives what was asked of the database meanwhile, transactions aside."""
    return partial(asked_of, app)


@pytest.fixture
def direct(app: Flask, client: Any, clock: Any) -> Direct:
    """It meets fictional Customers."""
    return come_for_groups(app, client, clock)
