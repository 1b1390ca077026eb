"""Production, suspended Client Objects and limits, on the page of a Client Object: CDS-WG1-02 3.6, 4.2, 5.1, 5.2."""

import pytest

from cdsc_server.storage.audit import AuditRow
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import reading
from cdsc_server.storage.payments import PaymentRow
from cdsc_server.storage.reviews import RequirementRow
from tests.factories.messages import Box
from tests.factories.oauth import register


@pytest.fixture
def box(app, clock):
    """The Messages of a Client whose scope needs a review, a form, a payment and more before production."""
    return Box(app, register(app.test_client(), "cds_client_admin usage_data rate_plan"), clock)


@pytest.fixture
def address(box):
    return f"/console/objects/{box.party.app.client_id}"


@pytest.fixture
def stands(app, box):
    """Status and reason of each requirement, by field."""

    def find():
        with app.app_context(), reading() as session:
            rows = session.query(RequirementRow).filter_by(registration_id=box.registration_id)
            return {row.field_id: (row.status, row.waived_because) for row in rows}

    return find


@pytest.fixture
def production(rows_of):
    """The Client Objects in production, without those of admins."""
    return lambda: [row for row in rows_of(ClientRow) if row.status == "production" and row.response_types]


WAIVED = {"override": "yes", "note": "We know them well."}


class TestProduction:
    """Made from the page of the Client Object, asked for or not."""

    @pytest.mark.parametrize("asked", [True, False])
    def test_making_it_waives_what_is_missing_and_empties_the_queue(self, hire, box, address, stands, asked):
        """The record says why; nothing of it waits for anybody any more."""
        request = box.posted("production_request") if asked else None
        desk = hire("reviewer")
        page = desk.load(address).get_data(as_text=True)
        assert ("asked for it" in page, "things are not accepted yet" in page) == (asked, True) or not asked
        assert desk.act(f"{address}/production", **WAIVED).location == f"{address}?done=produced"

        assert set(stands().values()) == {("waived", "We know them well.")}
        assert "Nothing waits" in desk.load("/console").get_data(as_text=True)
        if request is not None:
            assert box.get(request)["status"] == "complete"
        page = desk.load(f"/console/clients/{box.registration_id}").get_data(as_text=True)
        assert page.count('<span class="chip">Waived</span>') == len(stands())

    def test_the_client_is_told_of_each_waiver(self, hire, box, address, stands):
        hire("reviewer").act(f"{address}/production", **WAIVED)

        told = [each["description"] for each in box.listing()["unread"]]
        assert told.count("We do without this. We know them well.") == len(stands())
        assert box.listing()["outstanding"] == []

    def test_what_was_accepted_stays_accepted(self, app, hire, box, address, stands):
        with app.app_context(), reading() as session:
            review = session.query(RequirementRow).filter_by(type="internal_review").one()
        desk = hire("reviewer")
        desk.act(f"/console/messages/{review.message_id}/decision", decision="accept")
        desk.act(f"{address}/production", **WAIVED)

        assert stands()[review.field_id] == ("accepted", None)
        assert list(stands().values()).count(("waived", "We know them well.")) == len(stands()) - 1

    def test_a_waived_fee_is_not_to_be_paid_any_more(self, hire, address, rows_of, stands, app):
        hire("reviewer").act(f"{address}/production", **WAIVED)

        (payment,) = rows_of(PaymentRow)
        assert (payment.status, stands()["setup_fee"][0]) == ("rejected", "waived")

    def test_a_waived_form_has_nothing_left_to_do(self, hire, address, rows_of, app):
        hire("reviewer").act(f"{address}/production", **WAIVED)
        form = next(row for row in rows_of(RequirementRow) if row.type == "online_form")

        page = app.test_client().get(f"/requirements/{form.link}").get_data(as_text=True)
        assert "We do without it" in page

    def test_it_inherits_the_limits_of_the_sandbox(self, hire, address, production):
        desk = hire("reviewer")
        desk.act(f"{address}/limits", of="usage_data segment_start", maximum="P1Y")
        desk.act(f"{address}/production", **WAIVED)

        assert [row.limits for row in production()] == [{"usage_data": {"segment_start": {"maximum": "P1Y"}}}]

    def test_without_tick_and_reason_nothing_is_made(self, hire, address, production, stands, trail):
        before, desk = stands(), hire("reviewer")
        for fields in ({}, {"override": "yes"}, {"note": "Because."}):
            answer = desk.act(f"{address}/production", **fields)

            assert answer.status_code in (400, 409)
            assert "Nothing was changed" in answer.get_data(as_text=True)
            assert (production(), stands(), trail()) == ([], before, [])

    def test_there_is_one_only(self, hire, address, production):
        desk = hire("reviewer")
        desk.act(f"{address}/production", **WAIVED)
        answer = desk.act(f"{address}/production", **WAIVED)

        assert (answer.status_code, len(production())) == (409, 1)
        assert production()[0].client_id in answer.get_data(as_text=True)


class TestSuspending:
    """An operator holds a Client Object, whatever its Client does."""

    @pytest.fixture
    def app_row(self, rows_of, box):
        return lambda: next(row for row in rows_of(ClientRow) if row.client_id == box.party.app.client_id)

    def test_it_is_disabled_until_an_operator_restores_it(self, hire, box, address, app_row, clock):
        desk, party = hire("reviewer"), box.party
        assert desk.act(f"{address}/switch", do="suspend", reason="A complaint.").status_code == 303
        own = party.http.get(f"/clients/{party.app.client_id}", headers=party.bearer).json
        refused = party.http.put(
            f"/clients/{party.app.client_id}", json={**own, "cds_status": "sandbox"}, headers=party.bearer
        )
        renamed = party.http.put(
            f"/clients/{party.app.client_id}", json={**own, "client_name": "Other"}, headers=party.bearer
        )
        assert (own["cds_status"], refused.status_code, renamed.status_code) == ("disabled", 400, 200)
        assert (app_row().status, app_row().held) == ("disabled", clock.now().replace(second=app_row().held.second))
        assert desk.act(f"{address}/switch", do="restore", reason="Settled.").status_code == 303

        assert (app_row().status, app_row().held) == ("sandbox", None)

    def test_its_credentials_end_and_the_client_is_told(self, hire, box, address, clock):
        clock.advance(seconds=1)
        hire("reviewer").act(f"{address}/switch", do="suspend", reason="A complaint.")

        listed = box.party.http.get("/credentials", headers=box.party.bearer).json["credentials"]
        (own,) = [each for each in listed if each["client_id"] == box.party.app.client_id]
        assert 0 < own["client_secret_expires_at"] <= clock.now().timestamp()
        told = {each["name"] for each in box.listing()["unread"]}
        assert {"Credentials ended", "Client Object modified: Bright Bills"} <= told

    def test_both_are_on_record(self, hire, address, rows_of):
        desk = hire("reviewer")
        desk.act(f"{address}/switch", do="suspend", reason="A complaint.")
        desk.act(f"{address}/switch", do="restore", reason="Settled.")

        entries = [row for row in rows_of(AuditRow) if row.subject.startswith("client:")]
        assert {(row.action, row.detail["reason"], row.detail["after"]) for row in entries} == {
            ("client.suspended", "A complaint.", "disabled"),
            ("client.restored", "Settled.", "sandbox"),
        }

    def test_what_cannot_be_switched_stays_as_it_is(self, hire, box, address, app_row, trail):
        """The Client Admin cannot be disabled: its Client could not read why."""
        desk = hire("reviewer")
        for where, fields, status in (
            (address, {"do": "suspend", "reason": " "}, 400),
            (address, {"do": "restore", "reason": "It is not suspended."}, 409),
            (address, {"do": "delete", "reason": "x"}, 400),
            (f"/console/objects/{box.party.admin.client_id}", {"do": "suspend", "reason": "x"}, 409),
        ):
            assert desk.act(f"{where}/switch", **fields).status_code == status

        assert (app_row().status, app_row().held, trail()) == ("sandbox", None, [])

    def test_one_that_is_suspended_in_production_is_not_made_anew(self, hire, box, address, production):
        """Else its Client would get around the operator by asking once more."""
        desk = hire("reviewer")
        desk.act(f"{address}/production", **WAIVED)
        made = production()[0].client_id
        desk.act(f"/console/objects/{made}/switch", do="suspend", reason="A complaint.")
        request = box.posted("production_request")
        answer = desk.act(f"/console/messages/{request['message_id']}/decision", decision="accept")

        assert (answer.status_code, production(), box.get(request)["status"]) == (409, [], "pending")
        desk.act(f"/console/objects/{made}/switch", do="restore", reason="Settled.")
        assert [row.client_id for row in production()] == [made]


class TestLimits:
    """Narrower than everybody's, for one Client Object."""

    def test_a_limit_is_set_shown_and_lifted(self, hire, box, address):
        desk, party = hire("reviewer"), box.party
        where = f"/clients/{party.app.client_id}"
        everybodys = party.http.get(where, headers=party.bearer).json["cds_server_metadata"]
        answer = desk.act(f"{address}/limits", of="usage_data segment_start", maximum="P1Y")
        page = desk.load(answer.location).get_data(as_text=True)
        own = party.http.get(where, headers=party.bearer).json["cds_server_metadata"]

        assert "<strong>PT0S to P1Y</strong>" in page
        assert "&#34;maximum&#34;: &#34;P1Y&#34;" in page
        assert own in page
        assert desk.act(f"{address}/limits", of="usage_data segment_start", do="lift").status_code == 303
        assert party.http.get(where, headers=party.bearer).json["cds_server_metadata"] == everybodys != own

    def test_each_change_is_on_record(self, hire, address, rows_of):
        desk = hire("reviewer")
        desk.act(f"{address}/limits", of="usage_data segment_start", maximum="P1Y")
        desk.act(f"{address}/limits", of="usage_data segment_start", do="lift")

        entries = {row.action: row.detail for row in rows_of(AuditRow) if row.subject.startswith("client:")}
        assert entries["client.limited"]["after"] == {"maximum": "P1Y"}
        assert (entries["client.limit_lifted"]["before"], entries["client.limit_lifted"]["after"]) == (
            {"maximum": "P1Y"},
            None,
        )

    def test_a_limit_that_cannot_be_changes_nothing(self, hire, address, rows_of, trail):
        desk = hire("reviewer")
        for fields in (
            {"of": "usage_data segment_start", "maximum": "P9Y"},
            {"of": "usage_data segment_start", "maximum": "long"},
            {"of": "usage_data segment_start"},
            {"of": "usage_data nothing", "maximum": "P1Y"},
            {"of": "", "maximum": "P1Y"},
            {"of": "usage_data segment_start", "do": "lift"},
        ):
            assert desk.act(f"{address}/limits", **fields).status_code in (400, 404), fields

        assert {str(row.limits) for row in rows_of(ClientRow)} == {"{}"}
        assert trail() == []


@pytest.mark.parametrize("role", ["support", "auditor"])
@pytest.mark.parametrize("path", ["production", "switch", "limits"])
def test_only_reviewers_change_a_client_object(hire, address, trail, role, path):
    desk = hire(role)

    assert desk.load(address).status_code == desk.load(f"{address}/limits").status_code == 200
    assert desk.act(f"{address}/{path}", do="suspend", reason="x", **WAIVED).status_code == 403
    assert trail() == []
