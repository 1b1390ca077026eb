"""A Client that comes for groups of fictional Customers, and asks these."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from cdsc_server.domain.direct_access import Reach
from cdsc_server.domain.grants import Selection
from cdsc_server.services import aggregations, direct_access, grant_approvals, group_grants, sharing
from cdsc_server.services.mails import Mailing
from cdsc_server.storage import grants as grant_rows
from cdsc_server.storage.db import reading, transaction
from tests.factories import access
from tests.factories.oauth import Authentication, Party, register


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

    def part_of(self, customer_id: str) -> str:
        """The id of a Customer's sub-Grant; the API does not say whose it is."""
        parent_id = self.parent()["grant_id"]
        with self.app.app_context(), reading() as session:
            return next(
                row.grant_id for row in grant_rows.parts_of(session, parent_id) if row.customer_id == customer_id
            )

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


def come_for_groups(app: Flask, client: FlaskClient, clock: Any, *more: str) -> Direct:
    """Registers it, with more scopes perhaps, and lets it meet fictional Customers."""
    words = ("cds_client_admin", "query_aggregations", "group_usage", "aggregation_consent", *more)
    party = register(client, " ".join(words))
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
