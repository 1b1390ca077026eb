"""What operators decide: production, Grants, changes and submissions: CDS-WG1-02 4.2, 5.5, 6.9."""

import json
import threading
from pathlib import Path

import pytest
from sqlalchemy import func, select

from cdsc_server.errors import Conflict, InvalidRequest, NotFound
from cdsc_server.services import reviews
from cdsc_server.storage import clients
from cdsc_server.storage.clients import ClientRow, CredentialRow
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.messages import MessageRow
from tests.factories import people
from tests.factories.messages import BASE, attachment
from tests.factories.oauth import CALLBACK, Authentication, register
from tests.factories.registration_fields import PDF
from tests.support import requirement
from tests.support.pages import Visitor


@pytest.fixture
def count(app):
    def rows(kind):
        with app.app_context(), reading() as session:
            return session.scalar(select(func.count()).select_from(kind))

    return rows


@pytest.fixture
def production(owed, party):
    """Everything is accepted, and so was the request; the new Client Object."""
    owed.fulfil()
    decision = owed.accept(owed.box.posted("production_request"))
    return party.http.get(f"/clients/{decision.made[0]}", headers=party.bearer).json


def put(party, client, **changes):
    """Replace a Client Object; ... leaves a member out."""
    own = party.http.get(f"/clients/{client['client_id']}", headers=party.bearer).json
    body = {name: value for name, value in {**own, **changes}.items() if value is not ...}
    return party.http.put(f"/clients/{client['client_id']}", json=body, headers=party.bearer)


class TestProduction:
    """A request becomes a Client Object beside the one in the sandbox."""

    @requirement(
        "WG1-02-4.2-22",
        "WG1-02-4.2-23",
        "WG1-02-4.2-24",
        "WG1-02-4.2-25",
        "WG1-02-6.3-03",
        "WG1-02-6.9-28",
        "WG1-02-6.9-31",
        "WG1-02-6.9-32",
        "WG1-02-5.3-09",
        "WG1-02-7.3-12",
    )
    def test_an_accepted_request_makes_an_equivalent_client_object(self, owed, party):
        owed.fulfil()
        request = owed.box.posted("production_request")
        assert request["message_id"] in owed.waiting()

        decision = owed.accept(request)

        answer = next(each for each in owed.replies(request) if each["type"] == "request_update")
        assert (answer["status"], answer["related_type"]) == ("complete", "client")
        assert owed.box.get(request)["status"] == "complete"
        made = party.http.get(answer["related_uri"].removeprefix(BASE), headers=party.bearer).json
        sandbox = party.http.get(f"/clients/{party.app.client_id}", headers=party.bearer).json
        own = {"client_id", "client_id_issued_at", "cds_created", "cds_modified", "cds_client_uri"}
        assert {n for n in made if made[n] != sandbox[n]} <= own | {"cds_status", "cds_status_options"}
        assert (made["cds_status"], made["cds_status_options"]) == ("production", ["production", "disabled"])
        assert (sandbox["cds_status"], decision.made) == ("sandbox", (made["client_id"],))
        credentials = party.http.get("/credentials", headers=party.bearer).json["credentials"]
        assert [each["client_id"] for each in credentials].count(made["client_id"]) == 1
        told = {each["name"]: each.get("related_uri") for each in owed.box.listing()["unread"]}
        assert told[f"Client Object added: {made['client_name']}"] == made["cds_client_uri"]
        assert "Credential added" in told

    @requirement("WG1-02-7-03")
    def test_a_credential_that_an_operator_made_is_in_the_credentials_api(self, party, production):
        """With the secret, which works."""
        query = {"client_ids": production["client_id"]}
        [made] = party.http.get("/credentials", query_string=query, headers=party.bearer).json["credentials"]
        basic = Authentication(production["client_id"], made["client_secret"]).headers

        read = party.http.get(made["uri"].removeprefix(BASE), headers=party.bearer).json
        asked = party.http.post("/oauth/introspect", data={"token": "unknown"}, headers=basic)

        assert read == made
        assert (asked.status_code, asked.json) == (200, {"active": False})

    def test_what_is_not_met_stands_against_it(self, owed, count):
        request = owed.box.posted("production_request")
        before = count(ClientRow), count(CredentialRow), count(MessageRow)
        assert len(owed.show(request).unmet) == 6

        with pytest.raises(Conflict, match="setup_fee \\(open\\)"):
            owed.accept(request)

        assert (count(ClientRow), count(CredentialRow), count(MessageRow)) == before
        assert owed.box.get(request)["status"] == "pending"

    @requirement("WG1-02-3.6-18")
    def test_an_operator_may_override_what_is_not_met(self, owed, count):
        before = count(ClientRow)
        owed.accept(owed.box.posted("production_request"), override=True)

        assert count(ClientRow) == before + 1

    @requirement("WG1-02-6.9-31", "WG1-02-6.3-08")
    def test_a_rejection_says_why_and_makes_nothing(self, owed, count):
        before = count(ClientRow)
        request = owed.box.posted("production_request")
        owed.reject(request, "Your site is not reachable.")

        answer = owed.replies(request)[-1]
        assert (answer["type"], answer["status"]) == ("request_update", "rejected")
        assert answer["description"] == "Your site is not reachable."
        assert (owed.box.get(request)["status"], count(ClientRow)) == ("rejected", before)

    @pytest.mark.parametrize("reason", ["", "  "])
    def test_a_rejection_without_reason_is_none(self, owed, reason):
        request = owed.box.posted("production_request")
        with pytest.raises(InvalidRequest):
            owed.reject(request, reason)

        assert owed.box.get(request)["status"] == "pending"

    def test_there_is_one_for_the_same_scopes(self, owed, production, count):
        before = count(ClientRow)
        with pytest.raises(Conflict, match=production["client_id"]):
            owed.accept(owed.box.posted("production_request"))

        assert count(ClientRow) == before

    @requirement("WG1-02-4.2-24")
    def test_an_operator_needs_no_request(self, app, owed, desk, party, count):
        noted = []
        owed.fulfil()
        desk = reviews.Desk(desk.catalogue, desk.settings, desk.ports, lambda _, decision: noted.append(decision))
        before = count(ClientRow)
        with app.app_context():
            decision = reviews.approve_production(party.app.client_id, desk=desk)
            with pytest.raises(Conflict):
                reviews.approve_production(party.admin.client_id, desk=desk)
            with pytest.raises(NotFound):
                reviews.approve_production("nobody", desk=desk)

        assert (count(ClientRow), noted) == (before + 1, [decision])

    @requirement("WG1-02-5.2-02", "WG1-02-5.2-03")
    @pytest.mark.parametrize("is_test", [True, False])
    def test_production_meets_real_customers_and_the_sandbox_made_up_ones(self, owed, app, clock, production, is_test):
        with app.app_context(), transaction() as session:
            people.baker(session, at=clock.now(), is_test=is_test)
        for client_id, meets in ((production["client_id"], not is_test), (owed.box.party.app.client_id, is_test)):
            visitor = Visitor(app.test_client())
            visitor.load("/oauth/authorize", query_string=owed.box.party.asking(client_id=client_id, scope="rate_plan"))
            visitor.sign_in()

            assert ('value="approve"' in visitor.text) == meets

    def test_what_is_noted_goes_with_the_decision(self, app, owed, desk, count):
        """When writing it down fails, nothing was decided."""

        def fails(session, decision):
            raise RuntimeError("no")

        request = owed.box.posted("production_request")
        before = count(ClientRow), count(MessageRow)
        careful = reviews.Desk(desk.catalogue, desk.settings, desk.ports, fails)
        with app.app_context(), pytest.raises(RuntimeError):
            reviews.accept(request["message_id"], desk=careful, override=True)

        assert (count(ClientRow), count(MessageRow)) == before
        assert owed.box.get(request)["status"] == "pending"


def at_once(app, *decisions):
    """What several reviewers get who decide at the same time: a Decision, or the name of the refusal."""
    gate, told = threading.Barrier(len(decisions)), []

    def decides(decide):
        with app.app_context():
            gate.wait()
            try:
                told.append(decide())
            except Conflict as fault:
                told.append(fault)

    threads = [threading.Thread(target=decides, args=[each]) for each in decisions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [each for each in told if not isinstance(each, Conflict)], [e for e in told if isinstance(e, Conflict)]


@pytest.mark.parametrize("kind", ["production_request", "terms", "setup_fee", "company_review"])
def test_of_reviewers_at_the_same_time_one_decides(app, owed, desk, count, kind):
    """The others are told, whatever they wanted, and nothing is made twice."""
    request = owed.box.posted(kind) if kind == "production_request" else owed.asked(kind)
    before, id = count(ClientRow), request["message_id"]
    decided, refused = at_once(
        app,
        *[lambda: reviews.accept(id, desk=desk, override=True)] * 2,
        *[lambda: reviews.reject(id, desk=desk, reason="No.")] * 2,
    )

    assert (len(decided), len(refused)) == (1, 3)
    assert len(owed.replies(request)) == 1
    assert count(ClientRow) == before + (kind == "production_request" and decided[0].accepted)


def test_two_requests_for_the_same_make_one(app, owed, desk, count):
    """Whoever decides them, and whenever."""
    ids = [owed.box.posted("production_request")["message_id"] for _ in range(2)]
    before = count(ClientRow)
    decided, refused = at_once(app, *[lambda id=id: reviews.accept(id, desk=desk, override=True) for id in ids])

    assert (len(decided), len(refused)) == (1, 1)
    assert count(ClientRow) == before + 1


def test_two_changes_at_once_ask_for_what_they_need_once(app, client):
    party = register(client, "cds_client_admin usage_data")
    address = f"/clients/{party.app.client_id}"
    body = {**client.get(address, headers=party.bearer).json, "scope": "usage_data rate_plan"}
    answers, _ = at_once(
        app, *[lambda: app.test_client().put(address, json=body, headers=party.bearer).status_code] * 3
    )

    assert 200 in answers
    assert set(answers) <= {200, 400}
    assert len(client.get("/messages", headers=party.bearer).json["outstanding"]) == 5


class TestGrantRequests:
    """Grants that an operator makes on request."""

    @requirement("WG1-02-6.9-33", "WG1-02-6.9-35", "WG1-02-6.9-36", "WG1-02-6.3-04", "WG1-02-6.9-15")
    def test_an_accepted_request_makes_grants_that_open_what_was_asked_for(self, owed, party, app, clock):
        with app.app_context(), transaction() as session:
            people.baker(session, at=clock.now(), is_test=True)
        request = owed.box.posted(
            "grant_request",
            grants_requested=[
                {"scope": "rate_plan", "authorization_details": []},
                {
                    "scope": "",
                    "authorization_details": [{"type": "rate_plan", "contract_numbers": ["_all"]}],
                },
            ],
        )

        decision = owed.accept(request, customer_id="ada")

        answer = next(each for each in owed.replies(request) if each["type"] == "request_update")
        assert (answer["status"], answer["related_type"]) == ("complete", "grant_list")
        listed = party.http.get(answer["related_uri"].removeprefix(BASE), headers=party.bearer).json["grants"]
        assert {each["grant_id"] for each in listed} == set(decision.made)
        for grant in listed:
            assert (grant["status"], grant["scope"], grant["client_id"]) == ("active", "rate_plan", party.app.client_id)
            assert grant["enabled_authorization_details"][0]["type"] == "rate_plan"
        with app.app_context(), reading() as session:
            chosen = [len(row.selections[0]["ids"]) for row in session.scalars(select(GrantRow)) if row.selections]
        assert chosen == [3, 3]
        assert sum(each["name"].startswith("Grant ") for each in owed.box.listing()["unread"]) == 2

    @requirement("WG1-02-3.3.2-01")
    def test_such_a_grant_is_read_by_a_grant_admin_token(self, owed, party, app, clock):
        with app.app_context(), transaction() as session:
            people.baker(session, at=clock.now(), is_test=True)
        (grant_id,) = owed.accept(
            owed.box.posted("grant_request", grants_requested=[{"scope": "rate_plan", "authorization_details": []}]),
            customer_id="ada",
        ).made
        entry = {"type": "cds_grant_admin", "client_id": party.app.client_id, "grant_id": grant_id}
        token = party.token(
            {"grant_type": "client_credentials", "authorization_details": json.dumps([entry])}, by=party.grant_admin
        ).json["access_token"]

        listed = party.http.get("/cds/service_contracts", headers={"Authorization": f"Bearer {token}"})
        assert len(listed.json["service_contracts"]) == 3

    @pytest.mark.parametrize(("customer_id", "is_test"), [(None, True), ("nobody", True), ("ada", False)])
    def test_a_customer_who_does_not_fit_gets_nothing_shared(self, owed, app, clock, customer_id, is_test):
        """Not even by an operator: the sandbox meets test Customers only."""
        with app.app_context(), transaction() as session:
            people.baker(session, at=clock.now(), is_test=is_test)
        request = owed.box.posted(
            "grant_request", grants_requested=[{"scope": "rate_plan", "authorization_details": []}]
        )
        with pytest.raises(InvalidRequest):
            owed.accept(request, customer_id=customer_id)

        assert owed.box.get(request)["status"] == "pending"
        with app.app_context(), reading() as session:
            assert session.scalars(select(GrantRow.scope)).all() == ["cds_client_admin"]

    @requirement("WG1-02-6.9-35", "WG1-02-6.9-34", "WG1-02-6.9-30")
    def test_questions_may_come_before_a_rejection(self, owed, count):
        request = owed.box.posted(
            "grant_request", grants_requested=[{"scope": "rate_plan", "authorization_details": []}]
        )
        owed.ask_question(request, "Who agreed to it?")
        owed.box.posted("private_message", previous_uri=request["uri"])
        owed.reject(request, "Nobody agreed.")

        assert [each["type"] for each in owed.replies(request)] == ["private_message", "request_update"]
        # The Client Admin's own alone.
        assert (owed.box.get(request)["status"], count(GrantRow)) == ("rejected", 1)


class TestFieldChanges:
    """What the catalogue has reviewed waits, on production Client Objects only."""

    @requirement("WG1-02-5.5-34", "WG1-02-5.5-35", "WG1-02-5.5-36", "WG1-02-6.1-21", "WG1-02-6.5-06", "WG1-02-6.5-07")
    def test_a_change_waits_with_the_old_value_and_is_made_on_acceptance(self, owed, party, production):
        answer = put(party, production, client_name="Brighter Bills", client_uri="https://client.example/")

        assert answer.status_code == 202
        assert answer.json["client_name"] == production["client_name"]
        assert answer.json["client_uri"] == "https://client.example/"
        message = next(each for each in owed.box.listing()["outstanding"] if each["type"] == "field_changes")
        assert (message["status"], message["creator"]) == ("pending", None)
        assert message["related_uri"] == production["cds_client_uri"]
        assert message["updates_requested"] == [
            {"field": "client_name", "previous_value": production["client_name"], "new_value": "Brighter Bills"}
        ]

        owed.accept(message)

        shown = party.http.get(f"/clients/{production['client_id']}", headers=party.bearer).json
        assert (shown["client_name"], shown["client_uri"]) == ("Brighter Bills", "https://client.example/")
        assert owed.box.get(message)["status"] == "complete"
        assert shown["redirect_uris"] == production["redirect_uris"] == [CALLBACK]

    @requirement("WG1-02-6.3-08")
    def test_a_rejected_change_is_not_made(self, owed, party, production):
        put(party, production, client_name="Brighter Bills")
        message = next(each for each in owed.box.listing()["outstanding"] if each["type"] == "field_changes")
        owed.reject(message, "That name is taken.")

        shown = party.http.get(f"/clients/{production['client_id']}", headers=party.bearer).json
        assert shown["client_name"] == production["client_name"]
        assert owed.replies(message)[-1]["description"] == "That name is taken."
        assert owed.box.get(message)["status"] == "rejected"

    def test_the_newest_change_is_the_one_that_waits(self, owed, party, production):
        """The same once more changes nothing; another one takes its place."""
        for name in ("Brighter Bills", "Brighter Bills", "Brightest Bills"):
            owed.box.clock.advance(seconds=1)
            assert put(party, production, client_name=name).status_code == 202

        found = [each for each in owed.box.listing()["unread"] if each["type"] == "field_changes"]
        assert sorted((each["status"], each["updates_requested"][0]["new_value"]) for each in found) == [
            ("pending", "Brightest Bills"),
            ("rejected", "Brighter Bills"),
        ]

    @requirement("WG1-02-5.5-37")
    def test_the_sandbox_and_other_members_change_at_once(self, party, production):
        sandbox = put(party, {"client_id": party.app.client_id}, client_name="Brighter Bills")
        other = put(party, production, contacts=["new@client.example"])

        assert (sandbox.status_code, sandbox.json["client_name"]) == (200, "Brighter Bills")
        assert (other.status_code, other.json["contacts"]) == (200, ["new@client.example"])

    def test_more_scopes_in_production_wait_for_what_they_need(self, owed, client, clock):
        """A Client cannot clear itself for production by a PUT."""
        party = register(client, "cds_client_admin usage_data")
        box = type(owed.box)(owed.app, party, clock)
        mine = type(owed)(owed.app, box, owed.desk)
        mine.fulfil()
        made = mine.accept(box.posted("production_request")).made[0]

        answer = put(party, {"client_id": made}, scope="usage_data rate_plan", cds_default_scope="rate_plan")

        assert (answer.status_code, answer.json["scope"]) == (202, "usage_data")
        assert answer.json["cds_default_scope"] == "usage_data"
        message = next(each for each in box.listing()["outstanding"] if each["type"] == "field_changes")
        with pytest.raises(Conflict, match="setup_fee"):
            mine.accept(message)
        assert len(box.listing()["outstanding"]) == 4
        mine.accept(message, override=True)
        shown = client.get(f"/clients/{made}", headers=party.bearer).json
        assert set(shown["scope"].split()) == {"usage_data", "rate_plan"}
        assert shown["cds_default_scope"] == "rate_plan"


@requirement("WG1-02-6.9-27", "WG1-02-6.3-07")
@pytest.mark.parametrize("accepted", [True, False])
def test_an_answer_to_a_request_of_ours_is_decided(owed, accepted):
    request = owed.box.server("server_request")
    with pytest.raises(Conflict, match="not answered"):
        owed.accept(request)
    owed.box.posted("client_submission", previous_uri=request["uri"])
    assert request["message_id"] in owed.waiting()
    assert owed.show(request).submission.type == "client_submission"

    if accepted:
        owed.accept(request)
    else:
        owed.reject(request, "The logo is too small.")

    status = "complete" if accepted else "rejected"
    assert (owed.box.get(request)["status"], owed.replies(request)[-1]["status"]) == (status, status)
    assert request["message_id"] not in owed.waiting()


def test_a_support_request_is_answered_but_not_rejected(owed):
    request = owed.box.posted("support_request")
    with pytest.raises(Conflict):
        owed.reject(request, "No.")
    assert owed.box.get(request)["status"] == "pending"

    owed.accept(request, note="Try again now.")
    assert (owed.box.get(request)["status"], owed.replies(request)[-1]["description"]) == ("complete", "Try again now.")


def test_the_longest_wait_comes_first(owed):
    """What waits for the Client is not on the list."""
    first = owed.asked("company_review")["message_id"]
    second = owed.box.posted("production_request")["message_id"]
    third = owed.box.posted("support_request")["message_id"]

    assert owed.waiting() == [first, second, third]


@pytest.mark.parametrize("decide", ["accept", "reject"])
def test_only_what_can_be_decided_is(owed, decide):
    message = owed.box.posted("private_message")
    for id in (message["message_id"], "nothing"):
        with pytest.raises(NotFound):
            getattr(owed, decide)({"message_id": id}, *(["No."] if decide == "reject" else []))


def test_a_form_is_decided_with_its_files(owed):
    message = owed.asked("data_agreement")
    owed.box.posted(
        "client_submission", previous_uri=message["uri"], attachments=[attachment(PDF)], updates_requested=...
    )

    (file,) = owed.show(message).attachments
    assert (file.filename, file.size) == ("letter.pdf", len(PDF))


class TestEveryMember:
    """An operator may review any of these members; what depends on one waits along with it."""

    @pytest.fixture
    def settings(self, settings):
        path = Path(settings.catalogue_file)
        members = '["client_name", "contacts", "client_uri", "redirect_uris", "cds_purposes"]'
        path.write_text(path.read_text().replace('client_fields = ["client_name"]', f"client_fields = {members}"))
        return settings

    @requirement("WG1-02-5.5-34", "WG1-02-5.5-35")
    def test_all_of_it_waits_and_comes_together(self, owed, party, production):
        wanted = {
            "redirect_uris": ["https://new.example/callback"],
            "cds_default_redirect_uri": "https://new.example/callback",
            "contacts": [],
            "client_uri": "https://new.example/",
        }
        answer = put(party, production, **wanted)
        assert answer.status_code == 202
        assert {n: answer.json.get(n) for n in wanted} == {n: production.get(n) for n in wanted}

        owed.accept(next(each for each in owed.box.listing()["outstanding"] if each["type"] == "field_changes"))

        shown = party.http.get(f"/clients/{production['client_id']}", headers=party.bearer).json
        assert {name: shown[name] for name in wanted} == wanted

    @requirement("WG3-01-8.2-07")
    def test_a_new_purpose_waits_for_a_review(self, owed, party, production):
        mine = {"name": "Footprint", "content": "We count.", "related_uri": None, "related_name": None}
        answer = put(party, production, cds_purposes={"x": mine})
        assert answer.status_code == 202
        assert answer.json["cds_purposes"] == production["cds_purposes"]

        owed.accept(next(each for each in owed.box.listing()["outstanding"] if each["type"] == "field_changes"))

        shown = party.http.get(f"/clients/{production['client_id']}", headers=party.bearer).json["cds_purposes"]
        assert [each["content"] for each in shown.values() if each["id"] not in production["cds_purposes"]] == [
            "We count."
        ]

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    def test_a_reviewer_waits_for_a_change_that_has_begun_and_not_the_other_way_round(
        self, app, owed, party, production
    ):
        """Whoever changes a Client Object holds its registration first, and then the Messages about it."""
        put(party, production, client_uri="https://new.example/")
        message = next(each for each in owed.box.listing()["outstanding"] if each["type"] == "field_changes")
        held = select(MessageRow.status).where(MessageRow.message_id == message["message_id"]).with_for_update()
        reviewer = threading.Thread(target=owed.accept, args=[message])
        with app.app_context(), transaction() as session:
            clients.lock_registration(session, owed.box.registration_id)
            reviewer.start()
            reviewer.join(0.5)
            assert reviewer.is_alive()
            assert session.scalars(held).one() == "pending"
        reviewer.join()

        assert owed.box.get(message)["status"] == "complete"

    def test_what_does_not_fit_any_more_is_told_to_the_operator(self, owed, party, production):
        put(party, production, client_uri="https://new.example/")
        message = next(each for each in owed.box.listing()["outstanding"] if each["type"] == "field_changes")
        put(party, production, cds_status="disabled")

        with pytest.raises(Conflict):
            owed.accept(message)

        assert owed.box.get(message)["status"] == "pending"

    @pytest.mark.parametrize("wrong", [{"redirect_uris": ["ftp://x"]}, {"contacts": "x"}, {"cds_status": "sandbox"}])
    def test_a_wrong_change_is_refused_at_once(self, owed, party, production, wrong):
        """Review is for what could be made."""
        answer = put(party, production, client_name="New", **wrong)

        assert answer.status_code == 400
        assert [each for each in owed.box.listing()["unread"] if each["type"] == "field_changes"] == []


def test_a_customer_sees_and_stops_what_an_operator_granted(owed, app, clock, visitor):
    """Nobody asked on a form; it stands under "Who has my data" all the same."""
    with app.app_context(), transaction() as session:
        people.baker(session, at=clock.now(), is_test=True)
    request = owed.box.posted("grant_request", grants_requested=[{"scope": "rate_plan", "authorization_details": []}])
    (grant_id,) = owed.accept(request, customer_id="ada").made
    visitor.load("/sign-in")
    visitor.sign_in()
    assert "Bright Bills" in visitor.load("/my-data").text
    assert visitor.load(f"/my-data/{grant_id}").status_code == 200

    visitor.press("stop")

    listed = owed.box.party.http.get(f"/grants/{grant_id}", headers=owed.box.party.bearer).json
    assert (listed["status"], listed["enabled_scope"]) == ("revoked", "")
