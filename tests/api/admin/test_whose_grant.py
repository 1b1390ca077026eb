"""Somebody agreed without signing in; a program of the operator says who it was (CDS-WG3-01 9.1.1, 9.2)."""

from datetime import timedelta

import pytest

from cdsc_server import exact_json
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


def test_what_waits_is_listed_with_what_is_known(employ, waiting, clock, box):
    program, path = employ("support"), waiting("C-shop0002")
    listing = program.get("unidentified-grants")

    (one,) = listing["grants"]
    assert one["uri"].endswith(f"/admin/{path}")
    assert (one["registration_id"], one["client_id"]) == (box.registration_id, box.party.app.client_id)
    assert (one["scope"], one["since"]) == ("usage_data", exact_json.instant(clock.now()))
    assert one["eta"] == exact_json.instant(clock.now() + timedelta(days=3))
    assert one["stated"] == program.get(path)["stated"]
    assert (listing["next"], listing["previous"]) == (None, None)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("customer", {"customer_id": "ada", "reason": "Called back."}),
        ("steps", {"step": "disable", "reason": "No such number."}),
    ],
)
def test_what_is_answered_waits_no_more(employ, waiting, path, body):
    program, grant = employ("reviewer"), waiting("C-shop0002")
    assert len(program.get("unidentified-grants")["grants"]) == 1
    program.do("POST", f"{grant}/{path}", body)

    assert program.get("unidentified-grants")["grants"] == []


def test_more_than_a_page_is_told_in_order(app, employ, waiting, clock, box):
    waiting("C-shop0002")
    with app.app_context(), transaction() as session:
        client = session.get_one(ClientRow, box.party.app.client_id)
        for n in range(100):
            unidentified_grant(session, client, ["1"], at=clock.now() + timedelta(seconds=n + 1), name=f"later{n:02}")
    program = employ("support")
    first = program.get("unidentified-grants")
    second = program.get(first["next"])

    names = [each["grant_id"] for each in first["grants"] + second["grants"]]
    assert names == ["grant-stated", *(f"grant-later{n:02}" for n in range(100))]
    assert program.get(second["previous"])["grants"] == first["grants"]
