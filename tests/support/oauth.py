"""`party`: a registered Client. `approval`: a Customer's approval for it, not redeemed yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from cdsc_server.settings import Settings
    from tests.factories.oauth import Approval, Party
    from tests.support.clock import FakeClock

Approving = Callable[..., "Approval"]

#: For long lists of refusals that are judged before the database is asked anything: one kind of it is enough.
judged_before_storage = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def party(client: FlaskClient) -> Party:
    """A Client registered for every scope."""
    from tests.factories.oauth import register

    return register(client)


@pytest.fixture
def approve(app: Flask, party: Party, clock: FakeClock, settings: Settings) -> Approving:
    """Makes approvals for the Client Object that asks Customers; takes what `factories.oauth.approve` does."""
    from cdsc_server.app import load_catalogue
    from tests.factories.oauth import approve as make

    def made(client_id: str = party.app.client_id, **fields: Any) -> Approval:
        return make(app, client_id, catalogue=load_catalogue(settings), clock=clock, settings=settings, **fields)

    return made


@pytest.fixture
def approval(approve: Approving) -> Approval:
    """One approval of usage_data."""
    return approve()
