"""A program of the utility's back office with a token of the provisioning API."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cdsc_server import exact_json
from cdsc_server.domain.operators import Role
from cdsc_server.services import service_accounts
from cdsc_server.storage.audit import AuditRow
from cdsc_server.storage.db import reading
from tests.factories.oauth import Authentication


@dataclass(frozen=True)
class Office:
    """A service account with a live token."""

    http: FlaskClient
    account: Authentication
    token: str

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> TestResponse:
        """The answer to a request below /provisioning."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.http.open(
            f"/provisioning/{path}", method=method, json=body, query_string=query or None, headers=headers
        )

    def put(self, path: str, **members: Any) -> dict[str, Any]:
        """What handing in a record answers, which succeeds."""
        answer = self.ask("PUT", path, members)
        assert answer.status_code in (200, 201), answer.text
        return dict(answer.json)

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """What a successful GET answers."""
        answer = self.ask("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json)

    def upload(self, *records: Any, key: str | None = None) -> TestResponse:
        """The answer to these records as lines of JSON; bytes are lines as they stand."""
        lines = [each if isinstance(each, bytes) else exact_json.dumps(each) for each in records]
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/x-ndjson"}
        if key is not None:
            headers["Idempotency-Key"] = key
        return self.http.post("/provisioning/records", data=b"\n".join(lines), headers=headers)


@pytest.fixture
def employ(app: Flask, clock: Any) -> Callable[..., Office]:
    """Make a service account with these roles; gives it with a token of a scope."""

    def employs(*roles: Role, scope: str = "provisioning") -> Office:
        with app.app_context():
            made = service_accounts.add_account("-".join(roles), roles=roles, actor="command line", clock=clock)
        account, http = Authentication(made.client_id, made.secret), app.test_client()
        form = {"grant_type": "client_credentials", "scope": scope}
        answer = http.post("/oauth/token", data=form, headers=account.headers)
        assert answer.status_code == 200, answer.text
        return Office(http, account, answer.json["access_token"])

    return employs


@pytest.fixture
def office(employ: Callable[..., Office]) -> Office:
    """A program that hands in Customers."""
    return employ(Role.PROVISIONER)


@pytest.fixture
def trail(app: Flask) -> Callable[[], list[tuple[str, str, str]]]:
    """Actor, action and subject of what was handed in, the oldest first."""

    def entries() -> list[tuple[str, str, str]]:
        with app.app_context(), reading() as session:
            rows = session.query(AuditRow).filter(AuditRow.action.startswith("provisioning.")).order_by(AuditRow.at)
            return [(row.actor, row.action, row.subject) for row in rows]

    return entries
