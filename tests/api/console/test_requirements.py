"""What production needs, reviewed at the console."""

import pytest

from cdsc_server.storage.db import reading
from cdsc_server.storage.reviews import RequirementRow
from tests.factories.messages import Box
from tests.factories.oauth import register


@pytest.fixture
def box(app, clock):
    """The Messages of a Client whose scope needs a review, a form and more before production."""
    return Box(app, register(app.test_client(), "cds_client_admin usage_data rate_plan"), clock)


@pytest.fixture
def needed(app, box):
    """The requirement of a type, as it is stored now."""
    registration_id = box.registration_id

    def find(type):
        with app.app_context(), reading() as session:
            return session.query(RequirementRow).filter_by(registration_id=registration_id, type=type).one()

    return find


def test_a_registration_is_reviewed(hire, needed, trail):
    asked = needed("internal_review").message_id
    desk = hire("reviewer")
    assert "We review your registration" in desk.text
    assert "Ask with a fresh link" not in desk.load(f"/console/messages/{asked}").get_data(as_text=True)
    assert desk.act(f"/console/messages/{asked}/decision", decision="accept").status_code == 303

    assert needed("internal_review").status == "accepted"
    assert trail() == [("olga@dge.example", "review.accepted", f"message:{asked}")]


def test_a_form_is_asked_for_again_with_a_fresh_link(hire, needed, trail):
    before = needed("online_form")
    answer = hire("reviewer").act(f"/console/messages/{before.message_id}/again", why="The form has changed.")

    after = needed("online_form")
    assert answer.location == f"/console/messages/{after.message_id}?done=asked"
    assert (after.link != before.link, after.status) == (True, "open")
    assert trail() == [("olga@dge.example", "review.asked_again", f"message:{before.message_id}")]


def test_asking_again_says_why(hire, needed, trail):
    before = needed("online_form")
    answer = hire("reviewer").act(f"/console/messages/{before.message_id}/again", why=" ")

    assert answer.status_code == 400
    assert (needed("online_form").message_id, trail()) == (before.message_id, [])


@pytest.mark.parametrize("fields", [{"decision": "accept"}, {"decision": "accept", "override": "yes"}])
def test_going_live_early_takes_a_tick_and_a_reason(hire, box, trail, fields):
    """Without either nothing changes, and the page says what is missing."""
    message = box.posted("production_request")
    address = f"/console/messages/{message['message_id']}"
    desk = hire("reviewer")
    answer = desk.act(f"{address}/decision", **fields)

    assert answer.status_code in (400, 409)
    assert "company review (open)" in answer.get_data(as_text=True)
    assert (box.get(message)["status"], trail()) == ("pending", [])
    both = {"decision": "accept", "override": "yes", "reason": "We know them well."}
    assert desk.act(f"{address}/decision", **both).status_code == 303
    assert box.get(message)["status"] == "complete"
