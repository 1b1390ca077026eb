"""Programs of the operator with a token, and a Client whose requests wait for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from cdsc_server.domain.operators import Role
from cdsc_server.services import service_accounts
from cdsc_server.storage.audit import AuditRow
from cdsc_server.storage.db import db, reading
from tests.factories.messages import Box
from tests.factories.oauth import ALL_SCOPES, Authentication, register
from tests.factories.registration_fields import catalogue_file

BASE = "http://127.0.0.1:8000"


@pytest.fixture
def settings(settings, tmp_path):
    return replace(settings, registrations_per_hour=10_000, catalogue_file=str(catalogue_file(tmp_path)))


@dataclass(frozen=True)
class Program:
    """A service account with a live token."""

    http: FlaskClient
    name: str
    account: Authentication
    token: str

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> TestResponse:
        """The answer to a request below /admin."""
        address = path if path.startswith("/") else f"/admin/{path}"
        return self.http.open(
            address,
            method=method,
            json=body,
            query_string=query or None,
            headers={"Authorization": f"Bearer {self.token}"},
        )

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """What a successful GET answers."""
        answer = self.ask("GET", path.removeprefix(BASE), **query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json)

    def do(self, method: str, path: str, body: Any = None, **query: Any) -> dict[str, Any]:
        """What a successful change answers."""
        answer = self.ask(method, path, body, **query)
        assert answer.status_code in (200, 201), answer.text
        return dict(answer.json)


def token_of(http: FlaskClient, account: Authentication, **form: str) -> TestResponse:
    """The answer to a token request by client_credentials."""
    return http.post("/oauth/token", data={"grant_type": "client_credentials", **form}, headers=account.headers)


@pytest.fixture
def employ(app: Flask, clock: Any) -> Callable[..., Program]:
    """Make a service account with these roles, named by them unless it is said; gives it with a token."""

    def employs(*roles: str, name: str = "") -> Program:
        called = name or "-".join(roles)
        with app.app_context():
            made = service_accounts.add_account(
                called, roles={Role(role) for role in roles}, actor="command line", clock=clock
            )
        account, http = Authentication(made.client_id, made.secret), app.test_client()
        answer = token_of(http, account)
        assert answer.status_code == 200, answer.text
        return Program(http, called, account, answer.json["access_token"])

    return employs


@pytest.fixture
def box(app: Flask, clock: Any) -> Box:
    """The Messages of a Client whose production needs something of every type."""
    return Box(app, register(app.test_client(), f"{ALL_SCOPES} rate_plan"), clock)


@pytest.fixture
def trail(app: Flask) -> Callable[[], list[tuple[str, str, str]]]:
    """Actor, action and subject of what was written down, the oldest first, without how service accounts came."""

    def entries() -> list[tuple[str, str, str]]:
        with app.app_context(), reading() as session:
            rows = session.query(AuditRow).order_by(AuditRow.at).all()
            return [(row.actor, row.action, row.subject) for row in rows if row.action != "service_account.added"]

    return entries


@pytest.fixture
def statements(app: Flask) -> Callable[[Callable[[], Any]], int]:
    """How many statements a call takes."""
    with app.app_context():
        engine = db.engine

    def count(call: Callable[[], Any]) -> int:
        seen: list[object] = []

        def note(*_: object) -> None:
            seen.append(None)

        event.listen(engine, "before_cursor_execute", note)
        try:
            call()
        finally:
            event.remove(engine, "before_cursor_execute", note)
        return len(seen)

    return count
