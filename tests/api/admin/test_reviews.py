"""The queue over HTTP: what waits, what is decided, and what is left as it was."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import insert

from cdsc_server.services import reviews
from cdsc_server.services.audit import noting
from cdsc_server.services.reviews import Desk
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.messages import MessageRow
from cdsc_server.storage.reviews import requirements_of
from tests.api.admin.conftest import BASE
from tests.factories.messages import ASKED, attachment


@pytest.fixture
def requirement(app, box):
    """The requirement that asks for this field, as it is now."""

    def found(type):
        with app.app_context(), reading() as session:
            rows = requirements_of(session, box.registration_id)
        return next(row for row in rows if row.type == type)

    return found


def decide(program, message, **body):
    return program.ask("PUT", f"reviews/{message['message_id']}/decision", {"decision": "accept", **body})


def test_what_waits_is_listed_the_longest_wait_first(employ, box):
    waiting = [box.posted("support_request", name=name) for name in ("First", "Second")]
    found = [each for each in employ("support").get("reviews")["reviews"] if each["kind"] == "support_request"]

    assert [each["title"] for each in found] == ["First", "Second"]
    assert found[0] == {
        "message_id": waiting[0]["message_id"],
        "uri": f"{BASE}/admin/reviews/{waiting[0]['message_id']}",
        "kind": "support_request",
        "registration_id": box.registration_id,
        "client_name": "Bright Bills",
        "title": "First",
        "status": "pending",
        "since": waiting[0]["modified"],
    }


def test_what_waits_is_narrowed_by_kind_and_registration(employ, box):
    for kind in ("support_request", "production_request"):
        box.posted(kind)
    program = employ("support")

    def kinds(**query):
        return {each["kind"] for each in program.get("reviews", **query)["reviews"]}

    assert kinds(kinds="support_request") == {"support_request"}
    assert kinds(kinds="support_request production_request") == {"support_request", "production_request"}
    assert kinds(kinds="internal_review") <= {"internal_review"}
    assert kinds(kinds="") == kinds(registration_ids="x") == set()
    assert kinds(registration_ids=f"x {box.registration_id}", kinds="support_request") == {"support_request"}


def test_one_item_shows_everything_to_decide_by(employ, box):
    message = box.posted("production_request")
    found = employ("auditor").get(f"reviews/{message['message_id']}")

    assert found["message"]["description"] == message["description"]
    assert found["message"]["registration_id"] == box.registration_id
    assert (found["requirement"], found["submission"], found["thread"]) == (None, None, [])
    assert box.party.app.client_id in [each["client_id"] for each in found["clients"]]
    assert set(found["unmet"]) <= {each["field_id"] for each in found["requirements"]}
    assert all("link" not in each for each in found["requirements"])


def test_a_submission_is_shown_with_its_files(employ, box):
    request = box.server("server_request", updates_requested=ASKED)
    answers = [{"field": "logo", "uri": "https://client.example/logo.png"}, {"field": "terms", "description": "Ours."}]
    box.posted("client_submission", previous_uri=request["uri"], updates_requested=answers, attachments=[attachment()])
    program = employ("reviewer")
    found = program.get(f"reviews/{request['message_id']}")
    (file,) = found["submission"]["attachments"]
    answer = program.ask("GET", file["download_uri"].removeprefix(BASE))

    assert found["submission"]["updates_requested"] == answers
    assert (file["filename"], file["size"], answer.data) == ("letter.pdf", 8, b"%PDF-1.7")
    assert answer.headers["Content-Disposition"] == "attachment; filename=letter.pdf"
    assert answer.mimetype == "application/octet-stream"


def test_accepting_makes_what_was_asked_for(employ, box, trail):
    message = box.posted("production_request")
    program = employ("reviewer")
    decided = decide(program, message, override=True, note="We know them well.").json

    (made,) = decided["made"]
    assert {**decided, "made": []} == {
        "decision": "accept",
        "kind": "production_request",
        "registration_id": box.registration_id,
        "note": "We know them well.",
        "made": [],
    }
    assert box.get(message)["status"] == "complete"
    assert program.get(f"clients/{made}")["cds_status"] == "production"
    assert trail() == [("service:reviewer", "review.accepted", f"message:{message['message_id']}")]


def test_what_stands_against_it_is_told_and_nothing_changes(employ, box, trail):
    message = box.posted("production_request")
    answer = decide(employ("reviewer"), message)

    assert (answer.status_code, answer.json["code"]) == (409, "conflict")
    assert "not everything is accepted yet" in answer.json["detail"]
    assert (box.get(message)["status"], trail()) == ("pending", [])


def test_the_client_reads_why_it_was_rejected(employ, box):
    message = box.posted("production_request")
    assert decide(employ("reviewer"), message, decision="reject", note="Your terms cannot be read.").json["made"] == []

    assert box.get(message)["status"] == "rejected"
    assert "Your terms cannot be read." in [each["description"] for each in box.listing()["unread"]]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"override": True, "note": "First."}, {"override": True, "note": "Again."}),
        ({"decision": "reject", "note": "First."}, {"decision": "reject", "note": "Again."}),
    ],
)
def test_the_same_decision_again_is_answered_as_the_first(employ, box, trail, first, second):
    """Whoever lost the answer may ask again; the Client is told once."""
    message = box.posted("production_request")
    program = employ("reviewer")
    before = decide(program, message, **first)
    count = box.count()
    again = decide(program, message, **second)

    assert (before.status_code, again.status_code) == (200, 200)
    assert again.json == before.json
    assert again.json["note"] == "First."
    assert (box.count(), len(trail())) == (count, 1)


@pytest.mark.parametrize(
    "course",
    [
        ({"override": True, "note": "Yes."}, "complete", {"decision": "reject", "note": "No."}),
        ({"decision": "reject", "note": "No."}, "rejected", {"override": True, "note": "Yes."}),
    ],
)
def test_another_decision_is_refused(employ, box, trail, course):
    first, status, second = course
    message = box.posted("production_request")
    program = employ("reviewer")
    decide(program, message, **first)
    count = box.count()
    answer = decide(program, message, **second)

    assert (answer.status_code, answer.json["code"], answer.json["field"]) == (409, "conflict", "decision")
    assert answer.json["detail"].endswith("before; nothing was changed")
    assert (box.get(message)["status"], box.count(), len(trail())) == (status, count, 1)


def test_what_a_colleague_decided_at_the_console_counts(app, employ, box, clock):
    message = box.posted("support_request")
    context = app.extensions["cdsc"]
    with app.app_context():
        desk = Desk(context.catalogue, context.settings, context.ports, noting("olga@dge.example", clock))
        reviews.accept(message["message_id"], desk=desk, note="Meters are read at night.")

    assert decide(employ("reviewer"), message, note="Other words.").json["note"] == "Meters are read at night."


def test_requirements_are_decided_and_asked_for_again(employ, box, requirement):
    row = requirement("online_form")
    asked = {"message_id": row.message_id}
    program = employ("reviewer")
    decide(program, asked, decision="reject", note="The address is missing.")
    again = program.do("POST", f"reviews/{row.message_id}/requests", {"why": "With the address, please."})

    assert requirement("online_form").status == "open"
    assert again["message_id"] == requirement("online_form").message_id != row.message_id
    assert again["previous_uri"] == f"{BASE}/admin/messages/{row.message_id}"
    assert decide(program, again).json["kind"] == "online_form"
    assert decide(program, again).status_code == 200
    assert requirement("online_form").status == "accepted"
    assert program.ask("POST", f"reviews/{again['message_id']}/requests", {"why": "Once more."}).status_code == 409


def test_production_is_approved_unasked(employ, box, trail):
    program, client_id = employ("reviewer"), box.party.app.client_id
    refused = program.ask("POST", f"clients/{client_id}/production", {})
    made = program.do("POST", f"clients/{client_id}/production", {"override": True, "note": "Signed on paper."})
    again = program.ask("POST", f"clients/{client_id}/production", {"override": True, "note": "Signed on paper."})

    assert (refused.status_code, again.status_code) == (409, 409)
    assert made["made"][0] in again.json["detail"]
    assert program.get(f"clients/{made['made'][0]}")["cds_status"] == "production"
    assert trail() == [("service:reviewer", "review.accepted", f"client:{client_id}")]


def test_of_two_programs_one_decides(employ, box, trail):
    """At once: one answer holds, the other is told; both see the same afterwards."""
    message = box.posted("production_request")
    yes, no = employ("reviewer", name="yes"), employ("reviewer", name="no")
    with ThreadPoolExecutor(2) as pool:
        accepted = pool.submit(decide, yes, message, override=True, note="Yes.")
        rejected = pool.submit(decide, no, message, decision="reject", note="No.")
        statuses = {"complete": accepted.result().status_code, "rejected": rejected.result().status_code}

    assert sorted(statuses.values()) == [200, 409]
    assert statuses[box.get(message)["status"]] == 200
    assert len(trail()) == 1


def test_of_two_that_agree_both_are_told_the_same(employ, box, trail):
    message = box.posted("support_request")
    programs = [employ("reviewer", name=name) for name in ("one", "two")]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda each: decide(each, message, note=each.name), programs))

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json == answers[1].json
    assert len(trail()) == 1


@pytest.fixture
def many(app, box, clock):
    """Ten thousand requests of one Client that wait."""
    with app.app_context(), transaction() as session:
        registration_id = session.get_one(ClientRow, box.party.admin.client_id).registration_id
        at = clock.now()
        session.execute(
            insert(MessageRow),
            [
                {
                    "message_id": f"m{n:05}",
                    "registration_id": registration_id,
                    "type": "support_request",
                    "status": "pending",
                    "read": True,
                    "creator": box.party.admin.client_id,
                    "name": f"Question {n}",
                    "description": "Why?",
                    # Three at each instant, so that ids break ties.
                    "created": at + timedelta(seconds=n // 3),
                    "modified": at + timedelta(seconds=n // 3),
                }
                for n in range(10_000)
            ],
        )


@pytest.mark.usefixtures("many")
def test_a_long_queue_is_paged_both_ways_in_constant_queries(employ, statements):
    program, pages, counts = employ("support"), [], []
    address = "/admin/reviews?kinds=support_request"
    while address:
        counts.append(statements(lambda at=address: pages.append(program.get(at))))
        address = (pages[-1]["next"] or "").removeprefix(BASE)
    seen = [each["message_id"] for page in pages for each in page["reviews"]]
    back = program.get(pages[-1]["previous"])

    assert seen == [f"m{n:05}" for n in range(10_000)]
    assert len(pages) == 100
    assert set(counts) == {counts[0]}
    assert counts[0] <= 6
    assert back["reviews"] == pages[-2]["reviews"]
    assert (pages[0]["previous"], pages[-1]["next"]) == (None, None)
    assert program.get(program.get(pages[1]["previous"])["next"])["reviews"] == pages[1]["reviews"]
