"""Somebody agreed without signing in; an operator says at the console who it was (CDS-WG3-01 9.1.1, 9.2)."""

import pytest

from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import transaction
from cdsc_server.storage.grants import GrantRow
from tests.factories import people
from tests.factories.access import unidentified_grant


@pytest.fixture
def waiting(app, box, clock):
    """The page of a Grant that waits to be known whose it is."""
    with app.app_context(), transaction() as session:
        people.baker(session, at=clock.now())
        client = session.get_one(ClientRow, box.party.app.client_id)
        return "/console/grants/" + unidentified_grant(session, client, ["C-shop0002"], at=clock.now())


def test_the_page_tells_what_was_named_and_takes_the_customer(hire, waiting, rows_of, trail):
    desk = hire("reviewer")
    desk.load(waiting)
    assert "somebody@mail.example" in desk.text
    assert "C-shop0002" in desk.text
    answer = desk.act(f"{waiting}/customer", customer_id="ada", reason="Called back.")
    desk.load(answer.location)

    assert "The Grant belongs to <bdi>Ada Lindqvist</bdi>" in desk.text
    assert rows_of(GrantRow)[-1].enabled_scope == "usage_data"
    assert trail()[-1] == ("olga@dge.example", "grant.identified", "grant:grant-stated")


def test_a_customer_who_is_not_there_is_refused_on_the_page(hire, waiting, rows_of):
    desk = hire("reviewer")
    answer = desk.act(f"{waiting}/customer", customer_id="nobody", reason="Called back.")

    assert answer.status_code == 404
    assert "no Grant or no Customer has this id" in answer.text
    assert rows_of(GrantRow)[-1].status == "pending"
