"""A change of a Grant that waits, on the pages of its Message and of the Grant: CDS-WG1-02 8.7."""

from dataclasses import replace

import pytest

from tests.factories.catalogues import changed_catalogue
from tests.factories.oauth import approve

MORE = "usage_data account_list"


@pytest.fixture
def settings(settings, tmp_path):
    path = changed_catalogue(tmp_path, lambda text: text.replace("link_days = 90", "link_days = 90\ngrant_days = 3"))
    return replace(settings, catalogue_file=path)


@pytest.fixture
def waiting(app, box, clock, settings):
    """Paths of a Grant at the API and of the Message about it in the console."""
    catalogue = app.extensions["cdsc"].catalogue
    party = box.party
    made = approve(app, party.app.client_id, catalogue=catalogue, clock=clock, settings=settings)
    path = f"/grants/{made.grant_id}"
    assert party.http.patch(path, json={"scope": MORE}, headers=party.bearer).status_code == 202
    (message,) = [each for each in box.listing()["outstanding"] if each["type"] == "field_changes"]
    return path, f"/console/messages/{message['message_id']}"


def test_the_pages_lead_to_each_other_and_show_what_is_asked_for(hire, waiting):
    path, message = waiting
    desk = hire("reviewer")
    assert message in desk.text

    page = desk.load(message).get_data(as_text=True)
    grant = desk.load(f"/console{path}").get_data(as_text=True)

    assert f'href="/console{path}"' in page
    assert page.count("<strong><bdi>account_list</bdi></strong>") == 1
    assert page.count("<strong><bdi>usage_data</bdi></strong>") == 2
    assert "not accepted yet" not in page
    assert f'href="{message}"' in grant
    assert 'value="delayed"' not in grant


@pytest.mark.parametrize("decision", ["accept", "reject"])
def test_a_reviewer_decides(hire, box, waiting, trail, decision):
    path, message = waiting
    status, scope = ("needs_authorization", MORE) if decision == "accept" else ("active", "usage_data")
    desk = hire("reviewer")

    answer = desk.act(f"{message}/decision", decision=decision, reason="We looked.")

    grant = box.party.http.get(path, headers=box.party.bearer).json
    assert answer.location == f"{message}?done=decided"
    assert (grant["status"], grant["scope"], grant["enabled_scope"]) == (status, scope, "usage_data")
    assert trail()[-1][1] == f"review.{decision}ed"
    assert message not in desk.load("/console").get_data(as_text=True)
