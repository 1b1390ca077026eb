"""Somebody agreed without signing in; a program of the operator says who it was (CDS-WG3-01 9.1.1, 9.2)."""

import pytest

from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.grants import GrantRow, ReceiptRow
from tests.factories import people
from tests.factories.access import unidentified_grant


@pytest.fixture
def waiting(app, box, clock):
    """A Grant about these contracts that waits to be known whose it is, and Ada, who has three; gives its address."""

    def waits(*numbers, is_test=True):
        with app.app_context(), transaction() as session:
            people.baker(session, at=clock.now(), is_test=is_test)
            client = session.get_one(ClientRow, box.party.app.client_id)
            return "grants/" + unidentified_grant(session, client, numbers, at=clock.now())

    return waits


@pytest.fixture
def kept(app):
    def reads():
        with app.app_context(), reading() as session:
            grant, receipt = session.get_one(GrantRow, "grant-stated"), session.get_one(ReceiptRow, "stated")
            return grant.status, grant.customer_id, grant.enabled_scope, grant.selections, receipt.customer_id

    return reads


WAITS = ("pending", None, "", [], None)


@pytest.mark.parametrize(
    ("numbers", "ids"),
    [(["C-shop0002"], ["shop0002"]), (["_all"], ["shop0001", "shop0002", "shop0003"])],
)
def test_it_opens_what_was_named_of_that_customer(*, employ, waiting, kept, box, numbers, ids):
    """Its Client is told."""
    program, path = employ("reviewer"), waiting(*numbers)
    assert program.get(path)["stated"]["contact"] == "somebody@mail.example"
    answer = program.do("POST", f"{path}/customer", {"customer_id": "ada", "reason": "Called back."})

    assert (answer["status"], answer["customer_id"], answer["stated"]) == ("active", "ada", None)
    status, customer_id, scope, selections, of_receipt = kept()
    assert (status, customer_id, scope, of_receipt) == ("active", "ada", "usage_data", "ada")
    assert selections[0]["ids"] == ids
    assert any("grant-stated" in each["description"] for each in box.listing()["unread"])


@pytest.mark.parametrize(
    ("numbers", "is_test", "customer_id", "status"),
    [
        (["C-shop0002", "C-nobody"], True, "ada", 409),
        (["C-shop0002"], False, "ada", 409),
        (["C-shop0002"], True, "nobody", 404),
    ],
)
def test_a_customer_who_does_not_fit_is_refused(*, employ, waiting, kept, numbers, is_test, customer_id, status):
    program, path = employ("reviewer"), waiting(*numbers, is_test=is_test)
    answer = program.ask("POST", f"{path}/customer", {"customer_id": customer_id, "reason": "Called back."})

    assert answer.status_code == status
    assert kept() == WAITS


def test_it_is_said_once_and_with_a_reason(employ, waiting, kept):
    program, path = employ("reviewer"), waiting("C-shop0002")
    assert program.ask("POST", f"{path}/customer", {"customer_id": "ada", "reason": " "}).status_code == 400
    assert kept() == WAITS
    said = {"customer_id": "ada", "reason": "Called back."}
    program.do("POST", f"{path}/customer", said)

    assert program.ask("POST", f"{path}/customer", said).status_code == 409
