"""Listings of 10,000: every page costs the same, and its objects are those that each address shows alone."""

from __future__ import annotations

import secrets
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from cdsc_server.storage.clients import ClientRow, CredentialRow
from cdsc_server.storage.db import db, transaction
from cdsc_server.storage.grants import GrantRow, ReplacementRow
from cdsc_server.storage.messages import MessageRow
from tests.factories.messages import attachment
from tests.support.statements import plan_of, statements_of

#: Address, its list, the link to the next page, the table and its key; the most statements a page may take.
LISTINGS = {
    "Messages": ("/messages?segment=unread", "unread", "unread_next", MessageRow, "message_id", 2),
    "Grants": ("/grants", "grants", "next", GrantRow, "grant_id", 3),
    "Clients": ("/clients", "clients", "next", ClientRow, "client_id", 1),
    "Credentials": ("/credentials", "credentials", "next", CredentialRow, "credential_id", 1),
}
ROWS = 10_000


@pytest.fixture
def read(party, settings):
    """Follows an address of this registration."""
    return lambda url: party.http.get(url.removeprefix(settings.base_url), headers=party.bearer).json


@pytest.fixture
def fill(app, box, approve, clock):
    """Adds 10,000 rows like one there is; three to each instant."""
    keys = app.extensions["cdsc"].ports.keys
    box.server()
    approve(modified=clock.now() - timedelta(days=1))

    def filled(kind, key):
        with app.app_context(), transaction() as session:
            table = kind.__table__
            model = session.execute(select(table).order_by(table.c.modified).limit(1)).one()._asdict()
            begin = clock.now() + timedelta(days=1)
            rows = [
                {**model, key: secrets.token_hex(12), "modified": begin + timedelta(seconds=n // 3)}
                for n in range(ROWS)
            ]
            if kind is CredentialRow:
                rows = [{**row, "secret_sealed": keys.seal("s", context=f"credential:{row[key]}")} for row in rows]
            session.execute(insert(table), rows)
            if kind is GrantRow:
                swaps = [{"grant_id": rows[n][key], "replaced_id": rows[n - 1][key]} for n in range(1, ROWS, 10)]
                session.execute(insert(ReplacementRow), swaps)

    return filled


@pytest.mark.slow
@pytest.mark.parametrize("name", LISTINGS)
def test_a_page_of_many_costs_what_a_page_of_few_does(app, read, fill, name):
    """First and deep, and PostgreSQL walks along an index however long the list is."""
    address, member, link, kind, key, most = LISTINGS[name]
    _, of_few = statements_of(app, lambda: read(address))
    fill(kind, key)
    page, first = statements_of(app, lambda: read(address))
    for _ in range(30):
        page = read(page[link])
    page, deep = statements_of(app, lambda: read(page[link]))

    assert len(page[member]) == 100
    # The token is one; on SQLite the frames of two transactions are statements too.
    assert len(of_few) == len(first) == len(deep) <= most + (3 if db_kind(app) == "sqlite" else 1)
    if db_kind(app) == "postgresql":
        plan = plan_of(app, next(each for each in deep if "LIMIT" in each.text))
        assert "Index" in plan, plan
        assert "Sort" not in plan, plan
        for each in deep:
            plan = plan_of(app, each)
            assert f"Seq Scan on {kind.__tablename__}" not in plan, plan


@pytest.mark.parametrize("name", LISTINGS)
def test_a_listing_shows_each_object_as_its_own_address_does(app, read, box, approve, name):
    """A page is not looked at by the schema of its objects, so nothing may be in it that the schema would take out."""
    address, member, _, _, key, _ = LISTINGS[name]
    box.server("payment_request")
    box.posted("support_request", attachments=[attachment()])
    approve()
    listed = read(address)[member]

    assert listed
    for each in listed:
        assert each == read(f"{address.partition('?')[0]}/{each[key]}")


def db_kind(app):
    with app.app_context():
        return db.engine.dialect.name
