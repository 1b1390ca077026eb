"""
`define`: groups as an operator makes them. `mill`: flats of Ann, Ben and Cleo in a building. `get`: reads with a token.

Ann is the Customer who shares. Whatever is told of the others is told by mistake.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from flask import Flask

from cdsc_server import exact_json
from cdsc_server.domain.direct_access import Reach
from cdsc_server.domain.grants import Selection
from cdsc_server.services import aggregations, direct_access, grant_approvals, group_grants, sharing
from cdsc_server.services.mails import Mailing
from cdsc_server.storage import aggregations as store
from cdsc_server.storage import grants as grant_rows
from cdsc_server.storage.db import reading, transaction
from tests.factories import access, groups
from tests.factories.oauth import Authentication, Party, register
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


@dataclass(frozen=True)
class Direct:
    """A registration whose Client Object comes for itself, with the one that asks Customers."""

    app: Flask
    party: Party
    own: Authentication
    asker_id: str
    clock: Any

    def ask(self, *entries: dict[str, Any], **form: str) -> Any:
        """Asks for a token with these entries; gives the answer."""
        details = {"authorization_details": json.dumps(entries)} if entries else {}
        return self.party.token({"grant_type": "client_credentials", **details, **form}, by=self.own)

    def token(self, scope: str, **fields: Any) -> str:
        """A token for one entry of a scope."""
        answer = self.ask({"type": scope, **fields})
        assert answer.status_code == 200, answer.json
        return str(answer.json["access_token"])

    def usage(self, *numbers: str, **fields: Any) -> str:
        """A token for all usage of these groups."""
        plain = {"aggregation_numbers": list(numbers), "segment_start": "P5Y"}
        return self.token("group_usage", **{**plain, **fields})

    def known(self, number: str, *, members: bool = False) -> None:
        """Lets its Clients know of a group, and perhaps of what it is made of."""
        with self.app.app_context():
            with reading() as session:
                registration_id = session.get_one(access.ClientRow, self.own.client_id).registration_id
            aggregations.open_for(number, registration_id, members=members, actor="ops", clock=self.clock)

    def settle(self) -> int:
        """What the worker does every minute."""
        with self.app.app_context():
            return group_grants.settle_all(catalogue=self.app.extensions["cdsc"].catalogue, clock=self.clock)

    def grants(self, **query: str) -> list[dict[str, Any]]:
        """The Grants of the registration, as the Grants API lists them; those of Client Admins left out."""
        answer = self.party.http.get("/grants", query_string=query, headers=self.party.bearer)
        return [each for each in answer.json["grants"] if each["scope"] != "cds_client_admin"]

    def parent(self) -> dict[str, Any]:
        """Its one Grant for usage."""
        [found] = [each for each in self.grants() if each["scope"] == "group_usage"]
        return found

    def parts(self) -> list[dict[str, Any]]:
        """The sub-Grants of that one."""
        return self.grants(parents=self.parent()["grant_id"])

    def agree(self, *customers: str) -> None:
        """Lets Customers authorize their sub-Grants, as the form does it."""
        now, parent_id = self.clock.now(), self.parent()["grant_id"]
        with self.app.app_context(), transaction() as session:
            for row in grant_rows.parts_of(session, parent_id):
                if row.customer_id in customers and row.status == "needs_authorization":
                    details = [dict(entry) for entry in row.authorization_details]
                    chosen = [Selection("aggregation_selection", frozenset())]
                    grant_approvals.approved(
                        session, row, details, chosen, customer_id=str(row.customer_id), state=None, now=now
                    )

    def stop(self, customer_id: str) -> None:
        """Lets a Customer end it again."""
        parent_id = self.parent()["grant_id"]
        with self.app.app_context():
            catalogue, settings = self.app.extensions["cdsc"].catalogue, self.app.extensions["cdsc"].settings
            mailing = Mailing(catalogue.utility, settings, self.app.extensions["cdsc"].ports.keys)
            with transaction() as session:
                rows = grant_rows.parts_of(session, parent_id)
                ids = [row.grant_id for row in rows if row.customer_id == customer_id and row.status == "active"]
            for grant_id in ids:
                sharing.stop(grant_id, customer_id, clock=self.clock, mailing=mailing)


@pytest.fixture
def direct(app: Flask, client: Any, clock: Any) -> Direct:
    """It meets fictional Customers."""
    party = register(client, "cds_client_admin query_aggregations group_usage aggregation_consent")
    listed = party.http.get("/clients", headers=party.bearer).json["clients"]
    [own] = [each["client_id"] for each in listed if "group_usage" in each["scope"].split()]
    [asker] = [
        each["client_id"]
        for each in listed
        if "aggregation_consent" in each["scope"].split() and each["cds_status"] == "sandbox"
    ]
    credentials = party.http.get("/credentials", headers=party.bearer).json["credentials"]
    secret = next(each["client_secret"] for each in credentials if each["client_id"] == own)
    with app.app_context():
        direct_access.set_reach(
            own,
            Reach.TEST_CUSTOMERS,
            reason="Tests",
            actor="ops",
            catalogue=app.extensions["cdsc"].catalogue,
            clock=clock,
        )
    return Direct(app, party, Authentication(own, secret), asker, clock)
