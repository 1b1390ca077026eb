"""Messages as their Client sees them: what each holds, reading one, marking it, and what answers do to requests."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from cdsc_server.domain.messages import RelatedTo
from cdsc_server.errors import Conflict
from cdsc_server.services import messages
from cdsc_server.storage.db import transaction
from cdsc_server.storage.messages import find_message
from tests.factories.messages import ASKED, BASE, FROM_SERVER
from tests.factories.oauth import register
from tests.support import requirement

MEMBERS = {
    "message_id": str,
    "uri": str,
    "type": str,
    "read": bool,
    "created": str,
    "modified": str,
    "status": str,
    "name": str,
    "description": str,
}


@requirement("WG1-02-6.1-01", "WG1-02-6.1-02", "WG1-02-6.1-03", "WG1-02-6.1-04", "WG1-02-6.1-05", "WG1-02-6.1-06")
@requirement("WG1-02-6.1-07", "WG1-02-6.1-08", "WG1-02-6.1-09", "WG1-02-6.1-10", "WG1-02-6.1-11", "WG1-02-6.1-12")
@requirement("WG1-02-6.1-25", "WG1-02-6.2-02", "WG1-02-6-01")
def test_what_the_server_sends_arrives_whole_and_unread(box):
    sent = [box.server(type) for type in FROM_SERVER]

    assert len({message["message_id"] for message in sent}) == len(sent)
    for message in sent:
        assert all(type(message[name]) is kind for name, kind in MEMBERS.items()), message
        assert message["uri"] == f"{BASE}/messages/{message['message_id']}"
        assert (message["previous_uri"], message["creator"], message["read"]) == (None, None, False)
        assert ("related_uri" in message) == ("related_type" in message)
        assert message["created"].endswith("Z")


@requirement("WG1-02-6.1-13", "WG1-02-6.1-18", "WG1-02-6.1-19", "WG1-02-6.1-20", "WG1-02-6.1-26", "WG1-02-6.1-27")
@requirement("WG1-02-6.1-21", "WG1-02-6.1-24", "WG1-02-6.5-06", "WG1-02-6.5-07", "WG1-02-6.5-02", "WG1-02-6.5-03")
def test_each_request_holds_what_its_type_needs(box, party):
    payment, form, pdf = (box.server(f"{kind}_request") for kind in ("payment", "online_form", "pdf_form"))
    changes = box.server("field_changes", related=RelatedTo("client", party.app.client_id))
    asked = box.server("server_request")

    assert (payment["related_type"], payment["related_uri"]) == ("payment_form", "https://pay.example/1")
    assert (str(payment["amount"]), payment["currency"]) == ("250.00", "EUR")
    assert (form["related_type"], form["related_uri"]) == ("online_form", f"{BASE}/forms/1")
    assert (pdf["related_type"], pdf["related_uri"]) == ("pdf_form", f"{BASE}/forms/1.pdf")
    assert changes["updates_requested"] == [{"field": "client_name", "previous_value": "Old", "new_value": "New"}]
    assert party.http.get(changes["related_uri"].removeprefix(BASE), headers=party.bearer).status_code == 200
    assert (asked["updates_requested"], asked["related_type"]) == (ASKED, "more_info")


def test_the_server_sends_nothing_that_breaks_the_rules_of_its_type(box):
    """Such a Message is a mistake of ours; nothing is stored."""
    before = box.count()

    for wrong in ({"status": "pending", "type": "private_message"}, {"related": None}, {"updates_requested": []}):
        with pytest.raises(ValueError, match=r"private_message|relates|updates_requested"):
            box.server(**wrong)
    assert box.count() == before


@requirement("WG1-02-6.10-01", "WG1-02-6.1-02")
def test_the_uri_of_a_message_gives_it_back(box, party):
    message = box.posted("support_request")

    assert party.http.get(message["uri"].removeprefix(BASE), headers=party.bearer).json == message


@requirement("WG1-02-6-04")
def test_only_the_client_admin_of_the_registration_gets_in(box, party, client):
    message = box.posted()
    stranger = register(client)
    path = f"/messages/{message['message_id']}"

    for method, address in (("get", "/messages"), ("post", "/messages"), ("get", path), ("patch", path)):
        assert getattr(client, method)(address, json={}).status_code == 401
    assert client.get(path, headers=stranger.bearer).status_code == 404
    assert client.patch(path, json={"read": False}, headers=stranger.bearer).status_code == 404
    assert client.get("/messages", headers=stranger.bearer).json["read"] == []
    reply = box.sound(previous_uri=message["uri"])
    assert client.post("/messages", json=reply, headers=stranger.bearer).status_code == 400
    assert box.get(message) == message


@requirement("WG1-02-6.11-01", "WG1-02-6.11-02", "WG1-02-6.11-03", "WG1-02-6.11-08")
def test_a_message_is_marked_as_read_and_as_unread(box):
    message = box.server()

    for read in (True, False):
        answer = box.patch(message, {"read": read})
        assert answer.status_code == 200
        assert answer.json == {**message, "read": read, "modified": answer.json["modified"]}
        assert answer.json["modified"] > message["modified"]
        assert box.get(message) == answer.json


@requirement("WG1-02-6.11-02", "WG1-02-6.11-07")
def test_everything_but_read_is_ignored(box):
    """Members nobody may modify are no reason to refuse, even when they make no sense."""
    message = box.server()

    for body in ({}, {"status": "complete", "name": 5, "type": "nonsense", "creator": "me", "attachments": None}):
        answer = box.patch(message, body)
        assert (answer.status_code, answer.json) == (200, message)


@requirement("WG1-02-6.11-06")
def test_read_is_true_or_false(box):
    message = box.server()

    for wrong in ("true", 1, 0, None, "yes", [], {}):
        answer = box.patch(message, {"read": wrong})
        assert (answer.status_code, answer.json["field"]) == (400, "read"), wrong
    assert box.patch(message, [True]).status_code == 400
    assert box.get(message) == message


@requirement("WG1-02-6.2-04", "WG1-02-6.9-31", "WG1-02-6.9-35", "WG1-02-6.3-08")
@pytest.mark.parametrize("type", ["production_request", "grant_request"])
def test_a_rejection_says_why_and_moves_the_request(box, type):
    request = box.posted(type)

    answer = box.reply(request, status="rejected", description="The statement of account is missing.")

    assert (answer["type"], answer["status"]) == ("request_update", "rejected")
    assert (answer["previous_uri"], answer["creator"], answer["read"]) == (request["uri"], None, False)
    assert answer["description"] == "The statement of account is missing."
    assert box.get(request)["status"] == "rejected"
    with pytest.raises(ValueError, match="says why"):
        box.reply(box.posted(type), status="rejected", description="")


@requirement("WG1-02-6.3-03", "WG1-02-6.3-04", "WG1-02-6.9-31", "WG1-02-6.9-35", "WG1-02-6.4-03")
@pytest.mark.parametrize(
    ("type", "made", "address"),
    [
        ("production_request", "client", "/clients/{}"),
        ("grant_request", "grant_list", "/grants?grant_ids={}"),
    ],
)
def test_an_approval_leads_to_what_was_made(box, party, type, made, address):
    """From the answer and from the request itself, whose status and related_uri move in the same transaction."""
    request, key = box.posted(type), party.app.client_id

    with pytest.raises(ValueError, match=made):
        box.reply(request, status="complete")
    answer = box.reply(request, status="complete", related=RelatedTo(made, address.rpartition("/")[2].format(key)
                       if made == "client" else f"grant_ids={key}"))  # fmt: skip

    for message in (answer, box.get(request)):
        assert (message["status"], message["related_type"]) == ("complete", made)
        assert message["related_uri"] == BASE + address.format(key)
        assert party.http.get(message["related_uri"].removeprefix(BASE), headers=party.bearer).status_code == 200


@requirement("WG1-02-6.3-05")
def test_a_settled_payment_leads_to_its_receipt(box):
    request = box.server("payment_request")

    with pytest.raises(ValueError, match="payment_receipt"):
        box.reply(request, status="complete")
    answer = box.reply(request, status="complete", related=RelatedTo("payment_receipt", "/payments/1/receipt"))

    assert (answer["related_type"], answer["related_uri"]) == ("payment_receipt", f"{BASE}/payments/1/receipt")
    assert answer["previous_uri"] == request["uri"]
    kept = box.get(request)
    assert (kept["status"], kept["related_type"]) == ("complete", "payment_form")


@requirement("WG1-02-6.9-29", "WG1-02-6.9-30", "WG1-02-6.2-05")
def test_both_sides_may_ask_and_answer_while_a_request_waits(box):
    request = box.posted("grant_request")

    question = box.reply(request, status="complete", type="private_message", description="Which year?")
    answer = box.posted(previous_uri=question["uri"])
    progress = box.reply(request, status="pending", description="Nearly done.")

    assert (question["previous_uri"], answer["previous_uri"]) == (request["uri"], question["uri"])
    assert (progress["type"], progress["status"]) == ("request_update", "pending")
    assert box.get(request) == request
    box.reply(request, status="rejected", description="Too old.")
    assert box.listing()["outstanding"] == []
    assert box.get(progress)["description"] == "Nearly done.\n\nToo old."


def test_a_link_that_is_over_is_followed_by_the_same_request_with_a_fresh_one(box):
    request = box.server("payment_request")

    again = box.reply(
        request,
        type="payment_request",
        status="open",
        original="errored",
        related=RelatedTo("payment_form", "https://pay.example/2"),
        amount=FROM_SERVER["payment_request"]["amount"],
        currency="EUR",
    )

    assert (again["previous_uri"], again["related_uri"]) == (request["uri"], "https://pay.example/2")
    assert [each["message_id"] for each in box.listing()["outstanding"]] == [again["message_id"]]


def test_a_decision_stands(box):
    """Later word on it is information only."""
    request = box.posted("grant_request")
    box.reply(request, status="rejected", description="No.")

    with pytest.raises(Conflict):
        box.reply(request, status="complete", related=RelatedTo("grant_list", "grant_ids=g"))

    assert box.get(request)["status"] == "rejected"
    assert box.reply(request, status="rejected", description="Still no.")["status"] == "rejected"


def test_of_two_decisions_at_once_one_stands(app, box, clock):
    request, before, gate = box.posted("grant_request"), box.count(), Barrier(2)
    decisions = ("rejected", None), ("complete", RelatedTo("grant_list", "grant_ids=g"))

    def decide(decision):
        status, related = decision
        gate.wait(timeout=30)
        with app.app_context(), transaction() as session:
            original = find_message(session, request["message_id"])
            messages.reply(session, original, status=status, description="So.", now=clock.now(), related=related)
        return status

    with ThreadPoolExecutor(2) as pool:
        made = [pool.submit(decide, decision) for decision in decisions]
    won = [each.result() for each in made if each.exception() is None]

    assert [type(each.exception()) for each in made if each.exception()] == [Conflict]
    assert [box.get(request)["status"]] == won
    assert box.count() == before + 1
