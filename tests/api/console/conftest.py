"""A console with operators, and a Client whose requests wait there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from cdsc_server.domain.operators import Role
from cdsc_server.services import operators
from cdsc_server.storage.audit import AuditRow
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.grants import GrantRow
from tests.factories.catalogues import without_steps
from tests.factories.messages import Box
from tests.factories.oauth import register
from tests.support.pages import Visitor

PASSWORD = "correct horse battery"


@pytest.fixture
def settings(settings, tmp_path):
    """What production needs waits for operators, too, and would stand among what the tests have wait."""
    return replace(
        settings,
        registrations_per_hour=10_000,
        login_failures=3,
        login_wait_seconds=60,
        catalogue_file=without_steps(tmp_path),
    )


@pytest.fixture
def box(app, clock) -> Box:
    """The Messages of a Client, which has a browser of its own."""
    return Box(app, register(app.test_client()), clock)


class Desk(Visitor):
    """An operator in front of the console."""

    def act(self, path: str, **fields: str) -> TestResponse:
        """Send a form of the page that is open, or of the queue, to an address."""
        if self.page is None or "form_token" not in self.text:
            self.load("/console")
        return self.client.post(path, data={"form_token": self.form().values("form_token")[0], **fields})


@pytest.fixture
def hire(app: Flask, clock: Any) -> Callable[..., Desk]:
    """Make an operator with these roles; gives a browser in which the operator is signed in."""

    def hires(*roles: str, username: str = "olga@dge.example", sign_in: bool = True) -> Desk:
        with app.app_context():
            operators.add_operator(
                username,
                display_name="Olga",
                roles={Role(role) for role in roles},
                password=PASSWORD,
                actor="command line",
                clock=clock,
            )
        desk = Desk(app.test_client())
        desk.load("/console")
        if sign_in:
            desk.press(n=0, username=username, password=PASSWORD)
            desk.load("/console")
        return desk

    return hires


@pytest.fixture
def trail(app: Flask) -> Callable[[], list[tuple[str, str, str]]]:
    """Actor, action and subject of what was written down, without how accounts came and who signed in."""

    def entries() -> list[tuple[str, str, str]]:
        with app.app_context(), reading() as session:
            rows = session.query(AuditRow).order_by(AuditRow.at).all()
            return [(row.actor, row.action, row.subject) for row in rows if not row.action.startswith("operator.")]

    return entries


@pytest.fixture
def grant_status(app: Flask) -> Callable[[], str]:
    """The status of the Grant of these tests."""

    def status() -> str:
        with app.app_context(), reading() as session:
            return session.get_one(GrantRow, "grant-1").status

    return status


@pytest.fixture
def stored_grant(app: Flask, box: Box, clock: Any) -> str:
    """An active Grant of the Client; gives its id."""
    registration_id = box.registration_id
    with app.app_context(), transaction() as session:
        row = GrantRow(
            grant_id="grant-1",
            registration_id=registration_id,
            client_id=box.party.app.client_id,
            status="active",
            scope="usage_data",
            authorization_details=[],
            enabled_scope="usage_data",
            enabled_authorization_details=[],
            selections=[],
            states=[],
            receipt_confirmations=[],
            created=clock.now(),
            modified=clock.now(),
        )
        session.add(row)
        return row.grant_id


@pytest.fixture
def seen(trail: Callable[[], list[tuple[str, str, str]]], grant_status: Callable[[], str]) -> Callable[[], Any]:
    """What must not change when something is refused: the Grant, and the trail."""
    return lambda: (grant_status(), trail())


@pytest.fixture
def rows_of(app: Flask) -> Callable[[type[Any]], list[Any]]:
    """All rows of a table."""

    def rows(kind: type[Any]) -> list[Any]:
        with app.app_context(), reading() as session:
            return list(session.query(kind).all())

    return rows
