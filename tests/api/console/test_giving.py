"""Grants made by hand, and on request of a Client: for whom, of what, for how long: CDS-WG1-02 6.9, 8.1, 8.3."""

from dataclasses import replace

import pytest

from cdsc_server import exact_json
from cdsc_server.storage.db import transaction
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.outbox import OutboxRow
from tests.factories import people
from tests.support.pages import Visitor

ONE = "C-shop0002"


@pytest.fixture
def settings(settings):
    """No mail leaves, but mails are written into the outbox."""
    return replace(settings, mail_url="smtp://127.0.0.1:1?starttls=no", mail_from="no-reply@dge.example")


@pytest.fixture(autouse=True)
def customers(app, clock):
    """Two of the sandbox, and one who is real."""
    with app.app_context(), transaction() as session:
        people.baker(session, at=clock.now(), email="ada@example.com")
        people.baker(session, at=clock.now(), customer_id="bo")
        people.baker(session, at=clock.now(), customer_id="real", is_test=False)


@pytest.fixture
def address(box):
    """The page that gives usage_data to the Client Object that asks Customers."""
    client_id = box.party.app.client_id
    return f"/console/clients/{box.registration_id}/grants/new?client={client_id}&scope=usage_data"


@pytest.fixture
def give(hire, address):
    """A reviewer sends the form; gives the answer."""
    desk = hire("reviewer")

    def gives(**fields):
        fields = {"do": "give", "customer": "ada", "reason": "Paper form 17.", **fields}
        return desk.act(address, **{name: value for name, value in fields.items() if value is not None})

    return gives


@pytest.fixture
def given(rows_of):
    """The Grants of Customers."""
    return lambda: [row for row in rows_of(GrantRow) if row.customer_id is not None]


@pytest.fixture
def letters(rows_of, ports):
    """Recipient and words of every mail in the outbox."""

    def words():
        return [
            (row.recipient, exact_json.loads(ports.keys.open(row.sealed, context="mail" + row.outbox_id)))
            for row in rows_of(OutboxRow)
        ]

    return words


def test_the_page_of_a_client_leads_to_what_can_be_given(hire, box, address):
    desk = hire("reviewer")
    assert f"/console/clients/{box.registration_id}/grants/new" in desk.load(
        f"/console/clients/{box.registration_id}"
    ).get_data(as_text=True)

    text = desk.load(f"/console/clients/{box.registration_id}/grants/new").get_data(as_text=True)
    assert address.replace("&", "&amp;") in text
    assert "cds_client_admin" not in text


@pytest.mark.parametrize("sought", ["LINDQ ada", "A-a1", "ada@EXAMPLE.com", "ada"])
def test_a_customer_is_found_by_name_number_mail_and_id(give, sought):
    """Whatever was filled in stays, and who is real is not found for the sandbox."""
    page = give(do="find", q=sought, customer=None, reason="Kept words").get_data(as_text=True)

    assert 'value="ada"> ' in page
    assert "Kept words" in page
    assert 'value="real"' not in page


def test_who_was_chosen_stays_chosen_through_a_search(give, given):
    page = give(do="find", q="bo", customer="ada").get_data(as_text=True)

    assert 'value="ada" checked' in page
    assert 'value="bo"> ' in page
    assert given() == []


def test_a_search_for_wild_cards_finds_nobody(give):
    assert "Nobody fits" in give(do="find", q="%_", customer=None).get_data(as_text=True)


def test_a_grant_opens_what_was_chosen_and_is_written_down(give, given, trail, box):
    answer = give(**{"field-contract_numbers": ONE, "field-segment_start": "P1Y"})

    (row,) = given()
    assert answer.location == f"/console/grants/{row.grant_id}?done=made"
    assert (row.status, row.scope, row.customer_id, row.expires) == ("active", "usage_data", "ada", None)
    assert row.selections[0]["ids"] == ["shop0002"]
    assert row.enabled_authorization_details[0]["segment_start"] == "2025-03-01T12:00:00Z"
    assert trail() == [("olga@dge.example", "grant.made", f"grant:{row.grant_id}")]
    assert any(each["name"] == "Grant added" for each in box.listing()["unread"])


def test_its_customer_has_a_receipt_and_a_mail(app, give, given, letters):
    """With the words of the form; it says that the agreement came in another way, and can be stopped there."""
    give(ends="2026-12-24", **{"field-contract_numbers": ONE})
    (row,), ((to, letter),) = given(), letters()
    link = next(word for word in letter["text"].split() if "/receipt/" in word)
    visitor = Visitor(app.test_client())
    page = visitor.load(link[link.index("/receipt/") :]).get_data(as_text=True)

    assert to == "ada@example.com"
    assert "You agreed to this in another way than on our pages" in letter["text"]
    assert "It ends on 24 December 2026." in letter["text"]
    assert row.receipt_confirmations[0] in page
    for said in ("Written down by us on", "Energy use", "1 service", "24 December 2026"):
        assert said in page, said
    assert visitor.press("stop").status_code == 303
    assert given()[0].status == "revoked"


def test_a_grant_begins_and_ends_on_the_days_that_were_chosen(give, given):
    give(begins="2026-04-01", ends="2026-05-01")

    (row,) = given()
    assert row.status == "future"
    assert row.not_before.isoformat() == "2026-04-01T04:00:00+00:00"
    assert row.expires.isoformat() == "2026-05-01T04:00:00+00:00"


def test_who_has_not_agreed_yet_is_asked_by_the_client(give, given, letters, box):
    """The Grant waits, opens nothing, and nobody has a receipt."""
    give(agreed="later")

    (row,) = given()
    assert (row.status, row.enabled_scope, row.receipt_confirmations) == ("needs_authorization", "", [])
    assert letters() == []
    assert any("waits for a Customer" in each["description"] for each in box.listing()["unread"])


def test_what_waits_becomes_what_its_customer_agrees_to(app, give, given, box, clock):
    """On our form, to which the Client sends the Customer with the id of the Grant."""
    give(agreed="later")
    clock.advance(seconds=1)
    visitor, grant_id = Visitor(app.test_client()), given()[0].grant_id
    asked = box.party.asking(scope="usage_data", cds_grant_id=grant_id)
    visitor.load(visitor.client.get("/oauth/authorize", query_string=asked).location)
    visitor.sign_in()
    answer = visitor.press("approve", tick=(("s1", "shop0001"),))

    (row,) = given()
    assert answer.location.startswith("https://client.example/callback?")
    assert (row.grant_id, row.status, row.enabled_scope) == (grant_id, "active", "usage_data")
    assert (row.selections[0]["ids"], len(row.receipt_confirmations)) == (["shop0001"], 1)


def test_several_customers_have_a_grant_each(hire, address, given, trail):
    desk = hire("reviewer")
    desk.load(address)
    data = {"do": "give", "reason": "Paper.", "form_token": desk.form(1).values("form_token")[0]}
    answer = desk.client.post(address, data={**data, "customer": ["ada", "bo"]})

    assert answer.location.endswith("/grants?done=2")
    assert sorted(row.customer_id for row in given()) == ["ada", "bo"]
    assert [action for _, action, _ in trail()] == ["grant.made"] * 2


def test_what_does_not_fit_gives_nothing(give, given, trail):
    """Of several Customers none gets anything when one does not fit."""
    for fields, status in (
        ({"customer": None}, 400),
        ({"customer": "real"}, 400),
        ({"customer": "nobody"}, 400),
        ({"reason": " "}, 400),
        ({"ends": "2026-01-01"}, 400),
        ({"begins": "2026-05-01", "ends": "2026-04-01"}, 400),
        ({"ends": "tomorrow"}, 400),
        ({"field-contract_numbers": "X-1"}, 400),
        ({"field-segment_start": "P9Y"}, 409),
    ):
        answer = give(**fields)
        assert (answer.status_code, given(), trail()) == (status, [], []), fields
        assert "Nothing was changed" in answer.get_data(as_text=True)


@pytest.mark.parametrize("role", ["support", "auditor"])
def test_giving_is_for_reviewers(hire, address, given, role):
    desk = hire(role)

    assert desk.client.get(address).status_code == 403
    assert desk.act(address, do="give", customer="ada", reason="x").status_code == 403
    assert given() == []


@pytest.mark.parametrize("ask", [{"scope": "cds_client_admin"}, {"client": "nobody"}])
def test_only_what_the_client_object_has_is_given(hire, box, given, ask):
    query = {"client": box.party.app.client_id, "scope": "usage_data", **ask}
    page = hire("reviewer").client.get(f"/console/clients/{box.registration_id}/grants/new", query_string=query)

    assert (page.status_code, given()) == (404, [])


class TestOnRequest:
    """A grant_request of a Client, decided on the page of its Message."""

    @pytest.fixture
    def request_address(self, box):
        message = box.posted("grant_request")
        return message, f"/console/messages/{message['message_id']}"

    def test_the_page_says_what_is_asked_and_finds_the_customer(self, hire, request_address, trail, given):
        _, address = request_address
        desk = hire("reviewer")
        assert "Whose data the Grants open" in desk.load(address).get_data(as_text=True)
        page = desk.act(f"{address}/decision", do="find", q="lindqvist", decision="accept", reason="Signed.")

        text = page.get_data(as_text=True)
        assert ('value="ada"> ' in text, 'value="bo"> ' in text, 'value="real"' in text) == (True, True, False)
        assert 'value="accept" checked' in text
        assert (given(), trail()) == ([], [])

    def test_the_page_reads_the_details_out(self, hire, box):
        """Whatever a Client wrote there is text."""
        entry = {"type": "usage_data", "contract_numbers": ["C-<b>1</b>", "C-2"], "include_accounts": True}
        message = box.posted("grant_request", grants_requested=[{"scope": "", "authorization_details": [entry]}])
        page = hire("support").load(f"/console/messages/{message['message_id']}").get_data(as_text=True)

        assert "C-&lt;b&gt;1&lt;/b&gt;, C-2" in page
        assert "<dt>Include accounts</dt><dd><bdi>yes</bdi></dd>" in page
        assert f"/console/objects/{box.party.app.client_id}" in page

    def test_accepting_it_gives_the_customer_a_receipt_and_a_mail(self, hire, request_address, given, letters, box):
        message, address = request_address
        answer = hire("reviewer").act(f"{address}/decision", decision="accept", customer="ada")

        (row,) = given()
        assert answer.status_code == 303
        assert (row.customer_id, row.status, len(row.receipt_confirmations)) == ("ada", "active", 1)
        assert [to for to, _ in letters()] == ["ada@example.com"]
        assert box.get(message)["status"] == "complete"

    @pytest.mark.parametrize("customer", [{}, {"customer": "real"}])
    def test_without_a_fitting_customer_nothing_is_given(self, hire, request_address, given, box, customer):
        message, address = request_address
        answer = hire("reviewer").act(f"{address}/decision", decision="accept", **customer)

        assert answer.status_code == 400
        assert 'href="#q"' in answer.get_data(as_text=True)
        assert (given(), box.get(message)["status"]) == ([], "pending")
