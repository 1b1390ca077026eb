"""A person in front of the pages, and requests that wait for a decision in their browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cdsc_server.domain.catalogue import CLIENT_ADMIN
from cdsc_server.domain.secrets import secret_hash
from cdsc_server.storage.authorizations import AuthorizationRequestRow
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.grants import GrantRow
from cdsc_server.web.context import Context
from tests.factories import people
from tests.support.pages import Visitor


@pytest.fixture
def catalogue(app):
    context: Context = app.extensions["cdsc"]
    return context.catalogue


@pytest.fixture
def visitor(client) -> Visitor:
    """A browser that has been to the sign-in page."""
    visitor = Visitor(client)
    visitor.load("/sign-in")
    return visitor


@pytest.fixture
def session_hash(visitor) -> Callable[[], str]:
    """SHA-256 of the secret in the browser's cookie."""
    return lambda: secret_hash(visitor.client.get_cookie("cdsc_session").value)


@pytest.fixture
def ask(app, clock, catalogue, visitor, session_hash) -> Callable[..., str]:
    """Have a Client ask for these scopes, each with the values of its fields; gives the request_id."""

    def asks(
        *scopes: tuple[str, dict[str, Any]] | str,
        contracts: int = 3,
        client: dict[str, Any] | None = None,
        is_test: bool = True,
        **more: Any,
    ) -> str:
        entries = tuple(
            people.requested(catalogue, scope)
            if isinstance(scope, str)
            else people.requested(catalogue, scope[0], **scope[1])
            for scope in scopes
        )
        with app.app_context(), transaction() as session:
            if session.get(people.LoginRow, "ada@example.com") is None:
                people.baker(session, at=clock.now(), contracts=contracts, is_test=is_test)
            people.requester(session, at=clock.now(), **(client or {}))
            return people.waiting(session, entries, session_hash=session_hash(), at=clock.now(), **more)

    return asks


@pytest.fixture
def opened(ask: Callable[..., str], visitor: Visitor) -> Callable[..., str]:
    """Have a Client ask, sign in as Ada unless she is, and open the form; gives the request_id."""

    def opens(*scopes: tuple[str, dict[str, Any]] | str, **more: Any) -> str:
        request_id = ask(*scopes, **more)
        visitor.load(f"/consent/{request_id}")
        if "password" in visitor.form().names:
            visitor.sign_in()
        return request_id

    return opens


@pytest.fixture
def stored(app) -> Callable[..., Any]:
    """All rows of a table; of Grants those that are about a Customer."""

    def rows(kind: type[Any]) -> list[Any]:
        with app.app_context(), reading() as session:
            found = [row for row in session.query(kind) if kind is not GrantRow or row.scope != CLIENT_ADMIN]
            session.expunge_all()
            return found

    return rows


@pytest.fixture
def undecided(stored) -> Callable[[], bool]:
    """Whether nothing was decided yet."""
    return lambda: all(row.decided is None for row in stored(AuthorizationRequestRow))
