"""Changes that wait, and answers to what we asked for, decided on the page of their Message: CDS-WG1-02 5.5, 6.9."""

import pytest

from cdsc_server.services import reviews
from cdsc_server.services.reviews import Desk
from cdsc_server.storage.reviews import RequirementRow
from tests.factories.messages import Box, attachment
from tests.factories.oauth import register


@pytest.fixture
def in_production(app):
    """Makes the production Client Object of the one that asks Customers; gives its id."""

    def makes(box):
        context = app.extensions["cdsc"]
        desk = Desk(context.catalogue, context.settings, context.ports)
        with app.app_context():
            client_id = box.party.app.client_id
            return reviews.approve_production(client_id, desk=desk, override=True, note="For a test.").made[0]

    return makes


def put(box, client_id, **changes):
    party = box.party
    own = party.http.get(f"/clients/{client_id}", headers=party.bearer).json
    answer = party.http.put(f"/clients/{client_id}", json={**own, **changes}, headers=party.bearer)
    assert answer.status_code == 202, answer.json
    return next(each for each in box.listing()["outstanding"] if each["type"] == "field_changes")


def shown(box, client_id):
    return box.party.http.get(f"/clients/{client_id}", headers=box.party.bearer).json


class TestFieldChanges:
    """What the catalogue has reviewed, and scopes that are new in production."""

    @pytest.fixture
    def change(self, box, in_production):
        """Id of a production Client Object, and the Message about another name for it."""
        client_id = in_production(box)
        return client_id, put(box, client_id, client_name="Brighter <b>Bills</b>")

    def test_the_page_shows_what_is_and_what_is_to_be(self, hire, change):
        _, message = change
        desk = hire("support")
        assert message["message_id"] in desk.text

        page = desk.load(f"/console/messages/{message['message_id']}").get_data(as_text=True)
        assert "Brighter &lt;b&gt;Bills&lt;/b&gt;" in page
        assert "Now: <bdi>Bright Bills</bdi>" in page
        assert ("A reviewer decides this" in page, "although something is missing" in page) == (True, False)

    def test_it_is_made_when_accepted(self, hire, box, change, trail):
        client_id, message = change
        address = f"/console/messages/{message['message_id']}"
        assert hire("reviewer").act(f"{address}/decision", decision="accept").location == f"{address}?done=decided"

        assert shown(box, client_id)["client_name"] == "Brighter <b>Bills</b>"
        assert box.get(message)["status"] == "complete"
        assert trail() == [("olga@dge.example", "review.accepted", f"message:{message['message_id']}")]

    def test_it_is_not_made_when_rejected(self, hire, box, change, trail):
        client_id, message = change
        fields = {"decision": "reject", "reason": "That name is taken."}
        hire("reviewer").act(f"/console/messages/{message['message_id']}/decision", **fields)

        assert shown(box, client_id)["client_name"] == "Bright Bills"
        assert box.get(message)["status"] == "rejected"
        assert trail() == [("olga@dge.example", "review.rejected", f"message:{message['message_id']}")]

    def test_new_scopes_need_what_they_need(self, hire, app, clock, in_production, rows_of):
        """Without it a tick and a reason are needed, and then it is waived for good."""
        box = Box(app, register(app.test_client(), "cds_client_admin usage_data"), clock)
        client_id = in_production(box)
        message = put(box, client_id, scope="usage_data rate_plan")
        address, desk = f"/console/messages/{message['message_id']}", hire("reviewer")
        refused = desk.act(f"{address}/decision", decision="accept")
        assert (refused.status_code, shown(box, client_id)["scope"]) == (409, "usage_data")
        assert "setup fee (open)" in refused.get_data(as_text=True)
        assert {row.status for row in rows_of(RequirementRow)} == {"open"}
        desk.act(f"{address}/decision", decision="accept", override="yes", reason="Known.")

        assert set(shown(box, client_id)["scope"].split()) == {"usage_data", "rate_plan"}
        assert {(row.status, row.waived_because) for row in rows_of(RequirementRow)} == {("waived", "Known.")}
        assert "Nothing waits" in desk.load("/console").get_data(as_text=True)


class TestServerRequests:
    """What we asked a Client for, and its answer."""

    @pytest.fixture
    def request_of_ours(self, box):
        return box.server("server_request")

    @pytest.fixture
    def answered(self, box, request_of_ours):
        box.posted(
            "client_submission",
            previous_uri=request_of_ours["uri"],
            updates_requested=[
                {"field": "logo", "uri": "https://client.example/logo.png"},
                {"field": "terms", "description": "See <script>our</script> site."},
            ],
            attachments=[attachment(b"%PDF-1.7", filename="terms.pdf")],
        )
        return request_of_ours

    def test_one_without_an_answer_waits_for_its_client(self, hire, box, request_of_ours):
        desk, address = hire("reviewer"), f"/console/messages/{request_of_ours['message_id']}"
        page = desk.load(address).get_data(as_text=True)
        assert ("Waits for the Client" in page, 'id="save"' in page) == (True, False)

        assert "Nothing waits" in desk.load("/console").get_data(as_text=True)
        assert desk.act(f"{address}/decision", decision="accept").status_code == 409
        assert box.get(request_of_ours)["status"] == "open"

    def test_the_page_shows_the_answer_with_its_files(self, hire, box, answered):
        desk = hire("support")
        assert answered["message_id"] in desk.text
        page = desk.load(f"/console/messages/{answered['message_id']}").get_data(as_text=True)

        assert "What the Client handed in" in page
        assert "https://client.example/logo.png" in page
        assert "See &lt;script&gt;our&lt;/script&gt; site." in page
        file = page.split('" download')[0].rsplit('href="', 1)[1]
        assert desk.client.get(file).get_data() == b"%PDF-1.7"

    @pytest.mark.parametrize("decision", ["accept", "reject"])
    def test_it_is_decided(self, hire, box, answered, trail, decision):
        address = f"/console/messages/{answered['message_id']}"
        answer = hire("reviewer").act(f"{address}/decision", decision=decision, reason="We looked at it.")

        assert (answer.status_code, box.get(answered)["status"]) == (
            303,
            "complete" if decision == "accept" else "rejected",
        )
        assert trail() == [("olga@dge.example", f"review.{decision}ed", f"message:{answered['message_id']}")]

    def test_a_rejection_without_a_reason_decides_nothing(self, hire, box, answered, trail):
        address = f"/console/messages/{answered['message_id']}/decision"
        answer = hire("reviewer").act(address, decision="reject")

        assert answer.status_code == 400
        assert 'aria-invalid="true"' in answer.get_data(as_text=True)
        assert (box.get(answered)["status"], trail()) == ("pending", [])
