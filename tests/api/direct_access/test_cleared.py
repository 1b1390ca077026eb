"""“Who has my data” tells of those who read without the Customer's consent, because an operator cleared them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cdsc_server.domain.direct_access import Reach
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.customers import CustomerRow
from cdsc_server.storage.db import transaction
from tests.factories import people
from tests.support.pages import Visitor

WHAT = "Your accounts, supply details, meters and connection, your bills, charges for your services and energy use"
HEADING = "Cleared by us, not by you"


@pytest.fixture
def page(app, clock, direct):
    """What Ada reads on the page when she signs in."""
    with app.app_context(), transaction() as session:
        session.add(people.login("ada@example.com", "ada", at=clock.now()))

    def told():
        visitor = Visitor(app.test_client())
        visitor.load("/sign-in")
        visitor.sign_in()
        visitor.load("/my-data")
        return visitor.text

    return told


def test_a_client_that_a_customer_is_named_to_is_told_with_what_since_when_and_why(direct, page, clock):
    assert HEADING not in page()
    assert "Nobody has your data" in page()
    direct.permit("ada")
    clock.set(datetime(2026, 4, 1, tzinfo=UTC))

    shown = page()

    assert HEADING in shown
    assert "1 app can read your data now" in shown
    assert "Nobody has your data" not in shown
    assert f"{WHAT}, of all your accounts." in shown
    assert "Since 1 March 2026." in shown
    assert "Why: <bdi>Contract 7</bdi>" in shown


def test_one_account_is_told_by_its_number(direct, page):
    direct.permit("ada", "home")

    assert f"{WHAT}, of account A-home." in page()


def test_what_was_taken_back_or_concerns_others_is_not_told(direct, page):
    direct.permit("bob")
    direct.permit("ada")
    direct.forbid("ada")

    assert HEADING not in page()


@pytest.fixture(params=[Reach.CUSTOMERS, Reach.TEST_CUSTOMERS])
def reach(app, direct, request):
    """The reach that Ada is within, as she is real or made up."""
    with app.app_context(), transaction() as session:
        session.get_one(CustomerRow, "ada").is_test = request.param is Reach.TEST_CUSTOMERS
        session.get_one(ClientRow, direct.own.client_id).status = "production"
    return request.param


def test_who_reads_everybody_reads_each(direct, page, clock, reach):
    """Since that was set last; that somebody is named besides makes no difference."""
    direct.permit("ada", "home")
    direct.reach(Reach.CUSTOMERS if reach is Reach.TEST_CUSTOMERS else Reach.TEST_CUSTOMERS)
    assert HEADING not in page()
    clock.set(datetime(2026, 3, 9, 12, tzinfo=UTC))
    direct.reach(reach)

    shown = page()

    assert shown.count(WHAT) == 1
    assert f"{WHAT}, of all your accounts." in shown
    assert "Since 9 March 2026." in shown


def test_a_client_that_is_held_reads_nothing_and_is_not_told(app, direct, page):
    direct.permit("ada")
    with app.app_context(), transaction() as session:
        session.get_one(ClientRow, direct.own.client_id).status = "disabled"

    assert HEADING not in page()
