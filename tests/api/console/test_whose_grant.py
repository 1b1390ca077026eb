"""Somebody agreed without signing in; an operator says at the console who it was (CDS-WG3-01 9.1.1, 9.2)."""

from datetime import timedelta

import pytest

from cdsc_server.domain.grant_steps import GrantStep
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.customers import CustomerRow
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


@pytest.fixture
def kept(rows_of):
    """What must not change when something is refused."""
    return lambda: [(row.status, row.customer_id, row.enabled_scope, row.selections) for row in rows_of(GrantRow)]


def test_the_queue_tells_who_waits_and_leads_there(hire, waiting, clock):
    """It counts with every page, and says what is overdue."""
    clock.advance(hours=26)
    desk = hire("support")
    assert "1 Grant waits for somebody to say whose data it opens" in desk.text
    desk.load("/console/unidentified")

    assert f'<a href="{waiting}"><bdi>somebody@mail.example</bdi>' in desk.text
    assert "usage_data: C-shop0002." in desk.text
    assert "1 day" in desk.text
    assert "Overdue" not in desk.text
    clock.advance(days=3)
    assert "Overdue" in hire("support", username="pavel@dge.example").load("/console/unidentified").text


def test_the_longest_wait_comes_first_on_every_page(app, hire, waiting, rows_of, clock):
    """26 more than one, page by page and back again."""
    with app.app_context(), transaction() as session:
        client = session.get_one(ClientRow, rows_of(GrantRow)[-1].client_id)
        for n in range(26):
            unidentified_grant(session, client, ["1"], at=clock.now() + timedelta(minutes=n + 1), name=f"later{n:02}")
    clock.advance(hours=1)
    desk = hire("support")
    seen = []
    for rel in ("start", "next", "prev"):
        link = desk.text.rpartition(f'rel="{rel}"')[0].rpartition('href="')[2].partition('"')[0]
        desk.load(link.replace("&amp;", "&") or "/console/unidentified")
        seen.append([part.partition('"')[0] for part in desk.text.split('href="/console/grants/')[1:]])

    assert seen[0] == ["grant-stated", *(f"grant-later{n:02}" for n in range(24))]
    assert seen[1] == ["grant-later24", "grant-later25"]
    assert seen[2] == seen[0]


@pytest.mark.parametrize(
    "fields", [{"status": "revoked"}, {"status": "suspended"}, {"expires": timedelta()}, {"customer_id": "ada"}]
)
def test_what_does_not_wait_is_not_in_the_queue(app, hire, waiting, clock, fields):
    with app.app_context(), transaction() as session:
        row = session.get_one(GrantRow, "grant-stated")
        for name, value in fields.items():
            setattr(row, name, clock.now() + value if isinstance(value, timedelta) else value)
    desk = hire("support")

    assert "say whose data" not in desk.text
    assert "All known" in desk.load("/console/unidentified").text


def test_a_grant_that_is_pending_for_another_reason_is_not_in_the_queue(app, hire, stored_grant):
    """Nobody agreed to this one on a form."""
    with app.app_context(), transaction() as session:
        session.get_one(GrantRow, stored_grant).status = "pending"

    assert "All known" in hire("support").load("/console/unidentified").text


def test_the_page_tells_what_was_named_and_takes_the_customer(hire, waiting, rows_of, trail):
    desk = hire("reviewer")
    desk.load(waiting)
    assert "somebody@mail.example" in desk.text
    assert "C-shop0002" in desk.text
    answer = desk.act(f"{waiting}/customer", do="identify", customer="ada", reason="Called back.")
    desk.load(answer.location)

    assert "The Grant belongs to <bdi>Ada Lindqvist</bdi>" in desk.text
    assert rows_of(GrantRow)[-1].enabled_scope == "usage_data"
    assert trail()[-1] == ("olga@dge.example", "grant.identified", "grant:grant-stated")
    assert "All known" in desk.load("/console/unidentified").text


def test_who_has_the_proven_address_on_file_is_found_without_a_search(app, hire, waiting):
    with app.app_context(), transaction() as session:
        session.get_one(CustomerRow, "ada").email = "somebody@mail.example"
    desk = hire("reviewer")

    assert 'name="customer" value="ada"' in desk.load(waiting).text


def test_a_search_finds_customers_and_says_nothing_yet(hire, waiting, kept, trail):
    before = kept()
    desk = hire("reviewer")
    assert 'value="ada"' not in desk.load(waiting).text
    found = desk.act(f"{waiting}/customer", do="find", q="Lindqvist", reason="Called")

    assert 'name="customer" value="ada"' in found.text
    assert ">Called</textarea>" in found.text
    assert (kept(), trail()) == (before, [])


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"customer": "nobody", "reason": "Called back."}, 404, "no Grant or no Customer has this id"),
        ({"reason": "Called back."}, 400, "Customer: choose one"),
        ({"customer": "ada", "reason": " "}, 400, "Reason: write why"),
    ],
)
def test_an_answer_that_does_not_do_is_refused_on_the_page(*, hire, waiting, kept, trail, fields, status, words):
    before = kept()
    answer = hire("reviewer").act(f"{waiting}/customer", do="identify", **fields)

    assert answer.status_code == status
    assert words in answer.text
    assert (kept(), trail()) == (before, [])


def test_it_is_refused_with_what_the_person_reads(hire, waiting, rows_of, trail):
    desk = hire("reviewer")
    answer = desk.act(waiting, do="disable", reason="No such number.", told="nobody here has that number")

    assert answer.status_code == 303
    assert rows_of(GrantRow)[-1].status == "disabled"
    assert trail()[-1] == ("olga@dge.example", "grant.disabled", "grant:grant-stated")
    assert "The Grant has ended" in desk.load(answer.location).text
    assert "Somebody at <bdi>somebody@mail.example</bdi> who did not sign in" in desk.text


def test_it_cannot_be_said_to_be_there_before_it_is_known_whose_it_is(hire, waiting, kept, trail):
    """It would open nothing, and nobody could say any more whose it is."""
    before = kept()
    desk = hire("reviewer")
    desk.load(waiting)
    offered = {do for do in GrantStep if f'name="do" value="{do}"' in desk.text}
    answers = [desk.act(waiting, do=do, reason="Why not.") for do in set(GrantStep) - offered]

    assert offered == {GrantStep.SUSPEND, GrantStep.DISABLE}
    assert {answer.status_code for answer in answers} == {409}
    assert (kept(), trail()) == (before, [])


@pytest.mark.parametrize("role", ["support", "auditor"])
def test_only_a_reviewer_says_whose_it_is(hire, waiting, kept, trail, role):
    before = kept()
    desk = hire(role)
    desk.load("/console")
    answer = desk.act(f"{waiting}/customer", do="identify", customer="ada", reason="Called back.")

    assert answer.status_code == 403
    assert (kept(), trail()) == (before, [])
