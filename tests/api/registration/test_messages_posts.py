"""What a Client may post: every type as it should be, every rule broken once, and what follows from a submission."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from cdsc_server.domain.messages import RelatedTo
from cdsc_server.storage.db import reading
from cdsc_server.storage.messages import latest_submission
from tests.factories.messages import ANSWERS, BASE, attachment
from tests.factories.oauth import register
from tests.support import requirement

POSTED = {
    "private_message": "complete",
    "support_request": "pending",
    "production_request": "pending",
    "grant_request": "pending",
}
DETAILS = [{"type": "usage_data"}]


def grants(**changes):
    entry = {"scope": "usage_data", "authorization_details": [], **changes}
    return [{name: value for name, value in entry.items() if value is not ...}]


@requirement("WG1-02-6.9-01", "WG1-02-6.9-19", "WG1-02-6.9-20", "WG1-02-6.9-21", "WG1-02-6.9-22", "WG1-02-6.9-23")
@requirement("WG1-02-6.9-24", "WG1-02-6.9-25", "WG1-02-6.9-26", "WG1-02-6.1-07")
def test_the_server_fills_in_what_is_its_to_say(box, party, clock):
    """Whatever the Client says of it."""
    lies = {
        "uri": "x",
        "read": False,
        "creator": "you",
        "created": 1,
        "modified": 2,
        "status": "open",
        "message_id": "m",
    }

    for type, status in POSTED.items():
        message = box.posted(type, **lies)

        assert message["uri"] == f"{BASE}/messages/{message['message_id']}"
        assert (message["type"], message["status"], message["read"]) == (type, status, True)
        assert message["creator"] == party.admin.client_id
        assert message["created"] == message["modified"] == clock.now().isoformat().replace("+00:00", "Z")
        assert box.get(message) == message


@requirement("WG1-02-6.9-08", "WG1-02-6.9-10", "WG1-02-6.9-05")
def test_words_are_kept_as_they_were_written(box):
    name, description = "  Zähler <b>„7“</b> ", "Line one\n\n\tLine two \U0001f50c"

    for type in ("private_message", "support_request"):
        message = box.posted(type, name=name, description=description)

        assert (message["name"], message["description"], message["previous_uri"]) == (name, description, None)


@requirement("WG1-02-6.9-04", "WG1-02-6.9-30")
def test_a_reply_names_what_it_answers(box):
    told = box.server("private_message")

    for type in ("private_message", "support_request"):
        assert box.posted(type, previous_uri=told["uri"])["previous_uri"] == told["uri"]


@requirement("WG1-02-6.9-02", "WG1-02-6.9-16", "WG1-02-6.9-05", "WG1-02-6.9-06", "WG1-02-6.9-04")
def test_an_incomplete_or_wrong_post_is_refused_by_name(box):
    before = box.count()
    wrong = [
        ({name: ...}, name) for name in ("previous_uri", "type", "name", "description")
    ] + [
        ({"type": type}, "type")
        for type in ("notification", "field_changes", "server_request", "request_update", "x", None, 1)
    ] + [
        ({"name": value}, "name") for value in ("", "  ", None, 7, "n" * 501)
    ] + [
        ({"description": value}, "description") for value in ("", None, [], "d" * 100_001)
    ] + [
        ({"previous_uri": value}, "previous_uri")
        for value in ("", "https://elsewhere.example/messages/m", f"{BASE}/messages/none", f"{BASE}/clients/c", 5)
    ] + [
        ({"updates_requested": ANSWERS}, "updates_requested"),
        ({"grants_requested": grants()}, "grants_requested"),
        ({"related_uri": "not a URL"}, "related_uri"),
    ]  # fmt: skip

    for changes, field in wrong:
        answer = box.post(**{"type": "private_message", **changes})
        assert (answer.status_code, answer.json.get("field")) == (400, field), changes
        assert field in answer.json["detail"]
    for body in ([], "text", 5):
        assert box.send(body).status_code == 400
    assert box.count() == before


@requirement("WG1-02-6.1-22", "WG1-02-6.9-13", "WG1-02-6.9-16", "WG1-02-6.1-25")
def test_a_production_request_names_a_client_that_may_be_in_sandbox(box, party, client):
    stranger, before = register(client), box.count()
    admin, foreign = f"{BASE}/clients/{party.admin.client_id}", f"{BASE}/clients/{stranger.app.client_id}"

    for uri in (..., None, admin, foreign, f"{BASE}/clients/none", f"{BASE}/clients", "https://client.example/"):
        answer = box.post("production_request", related_uri=uri)
        assert (answer.status_code, answer.json["field"]) == (400, "related_uri"), uri
    assert box.count() == before

    message = box.posted("production_request")
    assert message["related_uri"] == f"{BASE}/clients/{party.app.client_id}"
    assert message["related_type"] == "client"


@requirement("WG1-02-6.1-14", "WG1-02-6.1-23", "WG1-02-6.9-15", "WG1-02-6.6-01", "WG1-02-6.6-02")
def test_a_grant_request_may_be_for_oneself_or_for_somebody_else(box, party, client):
    stranger = register(client)

    for target in (party.app, stranger.app):
        asked = grants() + grants(scope="", authorization_details=DETAILS)
        message = box.posted("grant_request", related_uri=f"{BASE}/clients/{target.client_id}", grants_requested=asked)

        assert message["grants_requested"] == asked
        assert (message["related_uri"], message["related_type"]) == (f"{BASE}/clients/{target.client_id}", "client")


@requirement("WG1-02-6.9-12", "WG1-02-6.6-01", "WG1-02-6.6-02", "WG1-02-6.6-03", "WG1-02-6.9-16")
@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (..., "grants_requested"),
        ([], "grants_requested"),
        ({}, "grants_requested"),
        (["usage_data"], "grants_requested.0._schema"),
        (grants(scope=...), "grants_requested.0.scope"),
        (grants(scope=7), "grants_requested.0.scope"),
        (grants(scope="usage_data  x"), "grants_requested.0.scope"),
        (grants(scope="cds_client_admin"), "grants_requested.0.scope"),
        (grants(scope="nonsense"), "grants_requested.0.scope"),
        (grants(scope=""), "grants_requested.0"),
        (grants(authorization_details=...), "grants_requested.0.authorization_details"),
        (grants(authorization_details={}), "grants_requested.0.authorization_details"),
        (grants(authorization_details=["usage_data"]), "grants_requested.0.authorization_details.0"),
        (grants(authorization_details=[{}]), "grants_requested.0.authorization_details.0.type"),
        (grants(authorization_details=[{"type": "nonsense"}]), "grants_requested.0.authorization_details.0.type"),
        (grants() + grants(authorization_details=[{"type": 5}]), "grants_requested.1.authorization_details.0.type"),
        (grants(authorization_details=[{"type": "usage_data", "x": 1}]), "grants_requested.0.authorization_details"),
    ],
)  # fmt: skip
def test_a_grant_request_for_what_the_client_could_not_hold_is_refused(box, asked, field):
    before = box.count()

    answer = box.post("grant_request", grants_requested=asked)

    assert (answer.status_code, answer.json["field"].removesuffix("._schema")) == (400, field.removesuffix("._schema"))
    assert box.count() == before


@requirement("WG1-02-6.9-15", "WG1-02-6.1-23")
def test_a_grant_request_without_a_client_it_is_for_is_refused(box):
    before = box.count()

    for uri in (..., None, f"{BASE}/clients/none", f"{BASE}/grants/g", "https://client.example/"):
        answer = box.post("grant_request", related_uri=uri)
        assert (answer.status_code, answer.json["field"]) == (400, "related_uri"), uri
    assert box.count() == before


@requirement("WG1-02-6.1-25", "WG1-02-6.4-01", "WG1-02-6.4-03")
def test_the_server_finds_out_what_a_support_request_is_about(box, party):
    """The Client cannot say it, but related_type goes with related_uri."""
    message = box.posted()
    credentials = party.http.get("/credentials", headers=party.bearer).json["credentials"]
    known = {
        f"/clients/{party.app.client_id}": "client",
        "/clients": "client_list",
        f"/credentials/{credentials[0]['credential_id']}": "credential",
        "/credentials?client_ids=a+b": "credential_list",
        "/grants": "grant_list",
        f"/messages/{message['message_id']}": "message",
        "/messages?message_ids=m": "message_list",
        "/messages/none": "more_info",
        "/coverage": "more_info",
    }

    for path, kind in known.items():
        asked = box.posted("support_request", related_uri=BASE + path)

        assert (asked["related_uri"], asked["related_type"]) == (BASE + path, kind)
        if kind != "more_info":
            assert party.http.get(path, headers=party.bearer).status_code == 200
    assert "related_type" not in box.posted("support_request", related_uri=None)


@requirement("WG1-02-6.9-03", "WG1-02-6.9-25", "WG1-02-6.9-27", "WG1-02-6.5-01")
def test_a_submission_hands_the_request_to_the_server(box):
    asked = box.server()

    sent = box.posted("client_submission", previous_uri=asked["uri"])

    assert (sent["status"], sent["previous_uri"], sent["name"]) == ("complete", asked["uri"], "")
    assert sent["updates_requested"] == ANSWERS
    now = box.get(asked)
    assert (now["status"], now["modified"]) == ("pending", sent["created"])
    assert {**now, "status": "open", "modified": asked["modified"]} == asked


@requirement("WG1-02-6.9-03", "WG1-02-6.9-07", "WG1-02-6.9-09", "WG1-02-6.9-11", "WG1-02-6.9-16")
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"previous_uri": None}, "previous_uri"),
        ({"name": "Our logo"}, "name"),
        ({"description": "Here it is"}, "description"),
        ({"related_uri": "https://client.example/"}, "related_uri"),
        ({"updates_requested": ...}, "updates_requested"),
        ({"updates_requested": []}, "updates_requested"),
        ({"updates_requested": None}, "updates_requested"),
        ({"updates_requested": ANSWERS[:1]}, "updates_requested"),
        ({"updates_requested": [*ANSWERS, {"field": "name", "description": "x"}]}, "updates_requested.2.field"),
        ({"updates_requested": [*ANSWERS, ANSWERS[0]]}, "updates_requested.0.field"),
        ({"updates_requested": [ANSWERS[0], {"field": "terms"}]}, "updates_requested.1"),
        ({"updates_requested": [ANSWERS[0], {"description": "x"}]}, "updates_requested.1.field"),
        ({"updates_requested": [{**ANSWERS[0], "uri": "logo.png"}, ANSWERS[1]]}, "updates_requested.0.uri"),
    ],
)
def test_a_submission_that_does_not_answer_the_request_is_refused(box, changes, field):
    asked, before = box.server(), box.count()

    answer = box.post("client_submission", **{"previous_uri": asked["uri"], **changes})

    assert (answer.status_code, answer.json["field"]) == (400, field)
    assert (box.get(asked), box.count()) == (asked, before)


@requirement("WG1-02-6.9-03")
def test_only_requests_that_wait_take_submissions(box):
    over = box.server()
    box.reply(over, status="rejected", description="Too late.")
    others = [box.server("private_message"), box.server("payment_request"), box.posted("support_request"), over]
    before = box.count()

    for message in others:
        answer = box.post("client_submission", previous_uri=message["uri"])
        assert (answer.status_code, answer.json["field"]) == (400, "previous_uri"), message["type"]
    assert (box.count(), box.get(over)["status"]) == (before, "rejected")


@requirement("WG1-02-6.11-04")
def test_the_newest_submission_overrides_the_others(box, app):
    asked = box.server()
    box.posted("client_submission", previous_uri=asked["uri"])
    better = [{**ANSWERS[0], "uri": "https://client.example/better.png"}, ANSWERS[1]]

    newest = box.posted("client_submission", previous_uri=asked["uri"], updates_requested=better)

    assert box.get(asked)["status"] == "pending"
    with app.app_context(), reading() as session:
        found = latest_submission(session, asked["message_id"])
    assert (found.message_id, found.updates_requested) == (newest["message_id"], better)


@requirement("WG1-02-6.9-27")
def test_two_submissions_at_once_leave_one_pending_request(box, party, app):
    asked, gate = box.server(), Barrier(2)
    body = box.sound("client_submission", previous_uri=asked["uri"])

    def submit(_):
        gate.wait(timeout=30)
        with app.test_client() as http:
            return http.post("/messages", json=body, headers=party.bearer).status_code

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(submit, range(2))) == [201, 201]

    assert box.get(asked)["status"] == "pending"
    assert len(box.listing()["outstanding"]) == 1


@requirement("WG1-02-3.6-40", "WG1-02-3.6-41", "WG1-02-6.2-04")
@pytest.mark.parametrize(("status", "word"), [("complete", "Thank you."), ("rejected", "Page two is empty.")])
def test_a_filled_form_comes_back_and_is_reviewed(box, status, word):
    """With the file, or with a link to it."""
    form = box.server("pdf_form_request")
    box.posted("client_submission", previous_uri=form["uri"], updates_requested=..., attachments=[attachment()])
    link = [{"field": "form", "uri": "https://client.example/form.pdf"}]
    sent = box.posted("client_submission", previous_uri=form["uri"], updates_requested=link)

    updates = [each for each in box.listing()["unread"] if each["type"] == "request_update"]
    assert [(each["status"], each["previous_uri"]) for each in updates] == [("pending", form["uri"])] * 2
    assert (box.get(form)["status"], sent["updates_requested"]) == ("pending", link)
    decision = box.reply(form, status=status, description=word)
    assert (decision["type"], decision["status"], decision["description"]) == ("request_update", status, word)
    assert box.listing()["outstanding"] == []


def test_a_form_that_is_sent_back_empty_is_refused(box):
    form, before = box.server("pdf_form_request"), box.count()

    answer = box.post("client_submission", previous_uri=form["uri"], updates_requested=...)

    assert (answer.status_code, answer.json["field"]) == (400, "updates_requested")
    assert (box.get(form), box.count()) == (form, before)


@requirement("WG1-02-6.11-05")
def test_amendments_belong_to_the_request_they_amend(box):
    """They are answered together."""
    request = box.posted("support_request")
    more = box.posted("support_request", previous_uri=request["uri"], description="It is the second meter.")
    most = box.posted("support_request", previous_uri=more["uri"], description="Of the shop.")
    word = box.posted(previous_uri=request["uri"], description="Sorry.")

    assert [more["previous_uri"], most["previous_uri"], word["previous_uri"]] == [
        request["uri"],
        more["uri"],
        request["uri"],
    ]
    assert len(box.listing()["outstanding"]) == 3
    box.reply(request, status="complete", description="Both work again.")
    assert [box.get(each)["status"] for each in (request, more, most)] == ["complete"] * 3
    assert box.listing()["outstanding"] == []


def test_what_follows_from_a_foreign_request_stays_there(box, client):
    """A Message of another registration is not there for this one."""
    stranger = register(client)
    theirs = client.post("/messages", json=box.sound(), headers=stranger.bearer).json

    answer = box.post(previous_uri=theirs["uri"])

    assert (answer.status_code, answer.json["field"]) == (400, "previous_uri")
    with pytest.raises(ValueError, match="of its registration"):
        box.told(lambda session: _answer_to(session, theirs["message_id"], box))


def _answer_to(session, message_id, box):
    from cdsc_server.services.messages import add_message
    from cdsc_server.storage.messages import find_message

    return add_message(
        session,
        registration_id="another",
        type="private_message",
        name="n",
        description="d",
        status="complete",
        now=box.clock.now(),
        previous=find_message(session, message_id),
        related=RelatedTo("support", "https://utility.example/help"),
    )
