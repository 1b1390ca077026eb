"""Customers see who may know that what they have belongs to a group."""

from __future__ import annotations

import pytest

from cdsc_server.services import aggregations
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import transaction
from tests.factories import groups, people
from tests.support.pages import Visitor

TOLD = "Supply details and meters and connection, as a part of Mill House."


@pytest.fixture
def page(app, clock, mill, define):
    """What Ann reads under "Who has my data"; her flat is in Mill House."""
    define(groups.building())
    with app.app_context(), transaction() as session:
        session.add(people.login("ann@example.com", "ann", at=clock.now()))

    def told():
        visitor = Visitor(app.test_client())
        visitor.load("/sign-in")
        visitor.sign_in("ann@example.com")
        visitor.load("/my-data")
        return visitor.text

    return told


def test_who_was_told_the_members_of_a_group_is_named_with_the_group(direct, page, clock):
    direct.known("B-17", members=True)
    since = clock.now()
    clock.advance(days=40)

    assert TOLD in page()
    assert f"Since {since.day} {since:%B %Y}." in page()


def test_who_knows_of_the_group_alone_is_not_named(direct, page):
    direct.known("B-17")

    assert "as a part of" not in page()


def test_a_group_of_others_is_not_told(direct, page, define):
    define(groups.building("B-18", premise="18", name="Bay House"))
    direct.known("B-18", members=True)

    assert "as a part of" not in page()


def test_what_ended_is_not_told(app, direct, page, clock):
    direct.known("B-17", members=True)
    with app.app_context():
        with transaction() as session:
            client = session.get_one(ClientRow, direct.own.client_id)
            client.status, registration_id, before = "disabled", client.registration_id, client.status
        held = page()
        with transaction() as session:
            session.get_one(ClientRow, direct.own.client_id).status = before
        again = page()
        aggregations.close_for("B-17", registration_id, actor="ops", clock=clock)

    assert "as a part of" not in held
    assert TOLD in again
    assert "as a part of" not in page()
