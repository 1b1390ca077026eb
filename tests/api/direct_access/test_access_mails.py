"""Customers are told of who reads without a form: an app of their own, and a Client that an operator cleared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from cdsc_server import exact_json
from cdsc_server.domain.direct_access import Reach
from cdsc_server.errors import Conflict
from cdsc_server.storage.customers import CustomerRow
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.news import NewsRow
from cdsc_server.storage.outbox import OutboxRow
from tests.api.console.conftest import hire
from tests.api.direct_access.test_own_access import Own, own
from tests.api.reviews.conftest import desk
from tests.factories import people, provisioned

__all__ = ["desk", "hire", "own"]


@pytest.fixture
def settings(settings):
    """Nothing is sent here, so nobody has to listen."""
    return replace(settings, mail_url="smtp://127.0.0.1:1?starttls=no", mail_from="no-reply@dge.example")


@pytest.fixture
def told(app, ports, home) -> Callable[[], list[tuple[str, str]]]:
    """What Ada, who has an address, is told: kind and text of each mail; each stands under her news, too."""
    with app.app_context(), transaction() as session:
        session.get_one(CustomerRow, "ada").email = "ada@ada.example"

    def read() -> list[tuple[str, str]]:
        with app.app_context(), reading() as session:
            rows = session.query(OutboxRow).filter_by(recipient="ada@ada.example").order_by(OutboxRow.created).all()
            noted = [row.kind for row in session.query(NewsRow).order_by(NewsRow.at)]
        assert noted == [row.kind for row in rows]
        opened = [exact_json.loads(ports.keys.open(row.sealed, context="mail" + row.outbox_id)) for row in rows]
        return [(row.kind, mail["text"]) for row, mail in zip(rows, opened, strict=True)]

    return read


def test_an_app_of_the_customers_own_is_told_of_when_it_may_read_and_when_it_stops(own: Own, told, clock):
    own.say("send")
    assert told() == []
    own.owed.accept(own.owed.asked("own_account"))
    clock.advance(minutes=5)
    own.browser.load("/my-data")
    own.browser.press("stop")

    (began, first), (ended, last) = told()
    assert (began, ended) == ("own_began", "own_ended")
    assert "somebody showed with your sign-in" in first
    assert "- Energy use." in first
    assert "http://127.0.0.1:8000/my-data\n" in first
    assert "You stopped it on 1 March 2026 at 7:05." in last


def test_a_no_of_an_operator_ends_it_for_the_server(own: Own, told, clock):
    own.show()
    clock.advance(minutes=5)
    own.owed.reject(own.owed.asked("own_account"), reason="It was somebody else")

    (_, (ended, last)) = told()
    assert ended == "own_ended"
    assert "We stopped it on 1 March 2026 at 7:05." in last
    assert "somebody else" not in last


def test_a_client_that_is_cleared_is_told_of_with_what_whose_and_why(app, direct, told, clock):
    with app.app_context(), transaction() as session:
        session.add(people.login("ada@example.com", "ada", at=clock.now()))
        session.get_one(CustomerRow, "ada").language = "de"
    direct.permit("ada", "home")
    clock.advance(minutes=5)
    direct.forbid("ada", "home")

    (began, first), (ended, last) = told()
    assert (began, ended) == ("cleared", "cleared_ended")
    assert "Nur zum Kundenkonto A-home." in first
    assert "Grund: Contract 7" in first
    assert "http://127.0.0.1:8000/my-data\n" in first
    assert "Wir haben es am 1. März 2026 um 07:05 Uhr beendet." in last


def test_who_cannot_sign_in_is_not_sent_where_that_is_needed(app, direct, told, clock):
    """But to where the brand, which the mail comes from, answers questions."""
    brand = {"label_partner": "north", "name": "North Power", "support_url": "https://north.example/help"}
    with app.app_context(), transaction() as session:
        provisioned.brand(session, brand, at=clock.now(), customer_id="ada")
    direct.permit("ada")

    ((_, text),) = told()
    assert "https://north.example/help\n" in text
    assert "/my-data" not in text
    assert "North Power, " in text


def test_a_part_of_what_is_open_is_not_told_of(direct, told, clock):
    """Nobody reads that an app can no longer read what it still can."""
    direct.permit("ada")
    direct.permit("ada", "home")
    direct.forbid("ada", "home")
    assert [kind for kind, _ in told()] == ["cleared"]
    clock.advance(minutes=5)
    direct.forbid("ada")

    assert [kind for kind, _ in told()] == ["cleared", "cleared_ended"]


def test_what_changes_nothing_is_not_told(direct, told):
    """Named beside a reach that is wider, refused, and taken back beside it."""
    direct.reach(Reach.TEST_CUSTOMERS)
    direct.permit("ada")
    with pytest.raises(Conflict):
        direct.permit("ada")
    direct.forbid("ada")

    assert told() == []
