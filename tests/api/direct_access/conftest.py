"""`home`: Ada and Bob on each database. `direct`: a Client that comes for itself. `get`: reads with a token."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from cdsc_server.domain.direct_access import Reach
from cdsc_server.services import direct_access
from cdsc_server.web.context import mailing
from tests.api.customer_data.conftest import catalogue, get, home, statements
from tests.factories.oauth import Authentication, Party, register

__all__ = ["catalogue", "get", "home", "statements"]

SCOPES = (
    "query_accounts query_service_contracts query_service_points query_meter_devices "
    "query_bill_statements query_bill_sections query_usage"
)


@dataclass(frozen=True)
class Direct:
    """A Client Object for direct access, with what an operator can do for it."""

    party: Party
    own: Authentication
    permit: Callable[..., None]
    forbid: Callable[..., None]
    reach: Callable[[Reach], None]

    def ask(self, *entries: dict[str, Any], **form: str) -> Any:
        """Asks for a token, with these entries or whatever the form says; gives the answer."""
        details = {"authorization_details": json.dumps(entries)} if entries else {}
        return self.party.token({"grant_type": "client_credentials", **details, **form}, by=self.own)

    def token(self, scope: str, **fields: Any) -> str:
        """A token for one entry of a scope."""
        answer = self.ask({"type": scope, **fields})
        assert answer.status_code == 200, answer.json
        return str(answer.json["access_token"])

    def grants(self) -> list[dict[str, Any]]:
        """Its Grants, as the Grants API lists them."""
        token = self.party.token({"grant_type": "client_credentials"}, by=self.party.admin).json["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        query = {"client_ids": self.own.client_id}
        return list(self.party.http.get("/grants", query_string=query, headers=headers).json["grants"])


@pytest.fixture
def party(client):
    return register(client, f"cds_client_admin usage_data {SCOPES}")


@pytest.fixture
def direct(app, party, catalogue, clock, home):
    """A Client Object with every scope for direct access, which nobody permits anything yet."""
    clients = party.http.get("/clients", headers=party.bearer).json["clients"]
    [client_id] = [each["client_id"] for each in clients if "query_accounts" in each["scope"].split()]
    credentials = party.http.get("/credentials", headers=party.bearer).json["credentials"]
    secret = next(each["client_secret"] for each in credentials if each["client_id"] == client_id)
    common = {"reason": "Contract 7", "actor": "test", "clock": clock}

    def permit(customer_id: str, account_id: str | None = None) -> None:
        with app.app_context():
            direct_access.permit(client_id, customer_id, account_id, catalogue=catalogue, mailing=mailing(), **common)

    def forbid(customer_id: str, account_id: str | None = None) -> None:
        with app.app_context():
            direct_access.forbid(client_id, customer_id, account_id, mailing=mailing(), **common)

    def reach(whose: Reach) -> None:
        with app.app_context():
            direct_access.set_reach(client_id, whose, catalogue=catalogue, **common)

    return Direct(party, Authentication(client_id, secret), permit, forbid, reach)
