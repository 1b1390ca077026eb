"""Rows that nobody can bring about from outside: Grants in every status, and how things are stored."""

from base64 import urlsafe_b64decode

import pytest
from sqlalchemy import Float

from cdsc_server.domain.grants import Selection
from cdsc_server.services.tokens import resolve_access_token
from cdsc_server.storage import models  # noqa: F401  # every table is known once this is imported
from cdsc_server.storage.db import db, transaction
from tests.factories import access, customer_data
from tests.support import requirement


@pytest.fixture
def granted(app, clock):
    """Stores a Grant of two scopes in a status, with the first of them enabled; gives what its token opens."""

    def in_status(status):
        catalogue = app.extensions["cdsc"].catalogue
        entries = [
            access.entry(catalogue, scope, Selection("account_selection", frozenset({"a1"})), at=clock.now())
            for scope in ("account_list", "supply_details")
        ]
        enabled = [details for details, _ in entries[:1]]
        with transaction() as session:
            session.add(customer_data.customer("ada"))
            session.flush()
            token = access.grant(
                session,
                entries,
                at=clock.now(),
                status=status,
                enabled_scope="account_list",
                enabled_authorization_details=enabled,
            )
        return resolve_access_token(token, clock=clock).grant, enabled

    with app.app_context():
        yield in_status


@requirement("WG1-02-8.2-04", "WG1-02-8.2-05", "WG1-02-8.2-06", "WG1-02-8.2-07", "WG1-02-8.2-12")
@pytest.mark.parametrize(
    "status", ["pending", "partial", "needs_authorization", "needs_sub_grants", "stopped", "delayed"]
)
def test_a_grant_that_waits_or_lags_opens_what_is_enabled_and_no_more(granted, status):
    view, enabled = granted(status)

    assert list(view.enabled_authorization_details) == enabled
    assert "supply_details" not in {each["type"] for each in view.enabled_authorization_details}


@requirement("WG1-02-2-07")
def test_no_table_stores_a_binary_float():
    floats = [
        column for table in db.metadata.tables.values() for column in table.columns if isinstance(column.type, Float)
    ]

    assert db.metadata.tables
    assert floats == []


@requirement("WG1-02-7.1-08")
def test_secrets_are_made_by_the_server_and_hold_256_bits(client):
    body = {"scope": "cds_client_admin", "client_secret": "chosen by the client"}
    secrets = {client.post("/oauth/register", json=body).json["client_secret"] for _ in range(5)}

    assert len(secrets) == 5
    assert all(len(urlsafe_b64decode(each + "==")) >= 32 for each in secrets)
    assert body["client_secret"] not in secrets
