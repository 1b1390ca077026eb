"""Changes of Grants that an operator looks at before a Customer does: CDS-WG1-02 8.7."""

import threading
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from flask import Flask

from cdsc_server.domain.grant_steps import GrantStep
from cdsc_server.domain.grants import GrantStatus
from cdsc_server.errors import Conflict
from cdsc_server.services import clean_up, console, operator_grants, reviews, server_grants, sharing
from cdsc_server.services.reviews import Desk
from cdsc_server.web.context import mailing
from tests.factories.catalogues import changed_catalogue
from tests.factories.messages import Box
from tests.support import requirement
from tests.support.oauth import judged_before_storage

MORE = "usage_data supply_details account_list"
ACCOUNTS = {"type": "usage_data", "include_accounts": True}


@pytest.fixture
def settings(settings, tmp_path):
    """A catalogue that ships, but for Grants for which more is asked: an operator looks first."""
    path = changed_catalogue(tmp_path, lambda text: text.replace("link_days = 90", "link_days = 90\ngrant_days = 3"))
    return replace(settings, catalogue_file=path)


@pytest.fixture
def grant(approve):
    """Ada's, for her use and her supply."""
    return approve(scopes=("usage_data", "supply_details"))


@dataclass(frozen=True)
class Operator:
    """Decides what waits."""

    app: Flask
    box: Box

    @property
    def desk(self):
        context = self.app.extensions["cdsc"]
        return Desk(context.catalogue, context.settings, context.ports)

    def asked(self):
        """The one Message that waits, as its Client sees it."""
        (message,) = [each for each in self.box.listing()["outstanding"] if each["type"] == "field_changes"]
        return message

    def accept(self, message):
        with self.app.app_context():
            return reviews.accept(message["message_id"], desk=self.desk)

    def reject(self, message, reason="Not by this Grant."):
        with self.app.app_context():
            return reviews.reject(message["message_id"], desk=self.desk, reason=reason)


@pytest.fixture
def operator(app, box):
    return Operator(app, box)


def read(party, approval):
    return party.http.get(f"/grants/{approval.grant_id}", headers=party.bearer).json


def patch(party, approval, **body):
    return party.http.patch(f"/grants/{approval.grant_id}", json=body, headers=party.bearer)


def as_before(grant):
    """Without when it was modified."""
    return {name: value for name, value in grant.items() if name != "modified"}


def opened(grant):
    return grant["enabled_scope"], grant["enabled_authorization_details"]


def changes_in(box):
    """Changes that wait for an operator; what production needs is outstanding beside them."""
    return [each for each in box.listing()["outstanding"] if each["type"] == "field_changes"]


@requirement("WG1-02-8.7-17", "WG1-02-8.7-18")
@pytest.mark.parametrize("body", [{"scope": MORE}, {"authorization_details": [ACCOUNTS]}])
def test_asking_for_more_waits_for_an_operator(party, grant, clock, body, operator):
    """The Grant lists what is asked for, and enables what it enabled."""
    before = read(party, grant)
    clock.advance(seconds=1)

    answer = patch(party, grant, **body)

    assert (answer.status_code, answer.json["status"]) == (202, "pending")
    assert answer.json == read(party, grant)
    assert answer.json["authorization_details"] != before["authorization_details"]
    assert answer.json["scope"] == body.get("scope", before["scope"])
    assert opened(answer.json) == opened(before)
    assert opened(before) == (before["scope"], before["authorization_details"])
    assert (answer.json["eta"], answer.json["modified"]) == ("2026-03-04T12:00:01Z", "2026-03-01T12:00:01Z")
    message = operator.asked()
    assert (message["status"], message["related_type"], message["related_uri"]) == ("pending", "grant", before["uri"])
    changed = {each["field"]: (each["previous_value"], each["new_value"]) for each in message["updates_requested"]}
    assert changed == {
        name: (before[name], answer.json[name])
        for name in ("scope", "authorization_details")
        if before[name] != answer.json[name]
    }


@requirement("WG1-02-8.7-18")
def test_tokens_open_what_they_opened_while_it_waits(party, grant):
    """Neither more nor less."""
    tokens = party.access(grant)
    before = party.introspect(tokens["access_token"])["authorization_details"]
    assert patch(party, grant, scope="usage_data supply_details distribution_details").status_code == 202

    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    codes = [party.http.get(path, headers=headers).status_code for path in ("/usage_data", "/distribution_details")]

    assert codes == [200, 403]
    assert party.introspect(tokens["access_token"])["authorization_details"] == before


@requirement("WG1-02-8.7-17", "WG1-02-8.7-18")
def test_less_of_one_and_more_of_another_waits_as_a_whole(party, grant, operator):
    """Then it goes on as it would have gone at once."""
    before = read(party, grant)

    pending = patch(party, grant, scope="usage_data account_list")

    assert (pending.status_code, opened(pending.json)) == (202, opened(before))
    operator.accept(operator.asked())
    after = read(party, grant)
    assert (after["status"], after["scope"]) == ("needs_authorization", "usage_data account_list")
    assert (after["enabled_scope"], after["eta"]) == ("usage_data", None)


@requirement("WG1-02-8.7-16")
@pytest.mark.parametrize(
    "body", [{"scope": "usage_data"}, {"authorization_details": [{"type": "usage_data", "segment_start": "PT0S"}]}, {}]
)
def test_less_waits_for_nobody(party, grant, box, body):
    answer = patch(party, grant, **body)

    assert (answer.status_code, answer.json["status"]) == (200, "active")
    assert opened(answer.json) == (answer.json["scope"], answer.json["authorization_details"])
    assert not changes_in(box)


@judged_before_storage
def test_what_cannot_be_had_does_not_wait(party, grant, box):
    before = read(party, grant)

    assert patch(party, grant, scope=f"{MORE} openid").status_code == 400
    assert (read(party, grant), changes_in(box)) == (before, [])


def test_a_yes_lets_the_client_ask_its_customer(party, grant, clock, operator):
    """As if nobody had to look at it."""
    before, wanted = read(party, grant), patch(party, grant, scope=MORE).json
    message = operator.asked()
    refused = party.http.get("/oauth/authorize", query_string=party.asking(scope=MORE, cds_grant_id=grant.grant_id))
    clock.advance(seconds=1)

    operator.accept(message)

    after = read(party, grant)
    assert (after["status"], after["eta"]) == ("needs_authorization", None)
    assert [after[name] for name in ("scope", "authorization_details")] == [
        wanted[name] for name in ("scope", "authorization_details")
    ]
    assert opened(after) == opened(before)
    assert operator.box.get(message)["status"] == "complete"
    granted = party.http.get("/oauth/authorize", query_string=party.asking(scope=MORE, cds_grant_id=grant.grant_id))
    assert "cds_grant_id_invalid_value" in refused.location
    assert "/consent/" in granted.location or "/sign-in" in granted.location


def test_a_no_brings_the_grant_back(party, grant, clock, operator):
    """And says why."""
    before = read(party, grant)
    patch(party, grant, scope=MORE)
    message = operator.asked()
    clock.advance(seconds=1)

    operator.reject(message, "Supply is enough.")

    after = read(party, grant)
    assert as_before(after) == as_before(before)
    assert after["modified"] > before["modified"]
    assert operator.box.get(message)["status"] == "rejected"
    told = [each["description"] for each in operator.box.listing()["unread"]]
    assert "Supply is enough." in told
    assert any("It is active again, for usage_data supply_details." in each for each in told)


class TestAnotherPatch:
    """While one waits."""

    def test_the_same_once_more_changes_nothing(self, party, grant, box):
        first = patch(party, grant, scope=MORE)
        said = box.count()

        again = patch(party, grant, scope=MORE)

        assert (again.status_code, again.json) == (202, first.json)
        assert box.count() == said

    def test_an_empty_one_is_none(self, party, grant):
        pending = patch(party, grant, scope=MORE).json

        answer = patch(party, grant)

        assert (answer.status_code, answer.json) == (200, pending)

    def test_the_newest_is_the_one_that_waits(self, party, grant, clock, operator):
        before = read(party, grant)
        patch(party, grant, scope=MORE)
        first = operator.asked()
        clock.advance(seconds=1)

        answer = patch(party, grant, scope=f"{MORE} generation_mix")

        second = operator.asked()
        assert (answer.status_code, opened(answer.json)) == (202, opened(before))
        assert (operator.box.get(first)["status"], second["updates_requested"][0]["previous_value"]) == (
            "rejected",
            before["scope"],
        )
        with pytest.raises(Conflict):
            operator.reject(first)
        operator.reject(second)
        assert as_before(read(party, grant)) == as_before(before)

    @pytest.mark.parametrize("scope", ["usage_data supply_details", "supply_details"])
    def test_a_wish_is_taken_back_at_once(self, party, grant, clock, scope, operator):
        patch(party, grant, scope=MORE)
        message = operator.asked()
        clock.advance(seconds=1)

        answer = patch(party, grant, scope=scope)

        assert (answer.status_code, answer.json["status"], answer.json["eta"]) == (200, "active", None)
        assert opened(answer.json) == (scope, answer.json["authorization_details"])
        assert (answer.json["scope"], operator.box.get(message)["status"]) == (scope, "rejected")
        assert answer.json["modified"] == "2026-03-01T12:00:01Z"

    def test_a_wrong_one_changes_nothing(self, party, grant, box):
        pending, said = patch(party, grant, scope=MORE).json, box.count()

        assert patch(party, grant, scope="openid").status_code == 400
        assert (read(party, grant), box.count()) == (pending, said)

    def test_what_the_grant_lists_already_needs_no_second_look(self, party, grant, operator):
        patch(party, grant, scope=MORE)
        operator.accept(operator.asked())

        answer = patch(party, grant, scope="usage_data account_list")

        assert (answer.status_code, answer.json["status"]) == (200, "needs_authorization")
        assert answer.json["enabled_scope"] == "usage_data"


@pytest.fixture
def end(app, party, clock):
    """Ends a Grant in one of the ways there are."""

    def ends(approval, how):
        if how == "closed":
            assert patch(party, approval, status="closed").status_code == 200
            return
        with app.test_request_context():
            match how:
                case "revoked":
                    sharing.stop(approval.grant_id, "ada", clock=clock, mailing=mailing())
                case "disabled":
                    server_grants.set_status(approval.grant_id, GrantStatus.DISABLED, clock=clock)
                case "expired":
                    clock.advance(seconds=600)
                    assert clean_up.expire_grants(mailing=mailing(), clock=clock) == 1

    return ends


@pytest.mark.parametrize("how", ["closed", "revoked", "disabled", "expired"])
def test_a_grant_that_ends_waits_for_nobody(party, approve, end, operator, how):
    """It keeps on record what was agreed to, and no decision brings it back."""
    approval = approve(expires=operator.box.clock.now() + timedelta(minutes=10))
    patch(party, approval, scope="usage_data account_list")
    message = operator.asked()

    end(approval, how)

    after = read(party, approval)
    assert (after["status"], after["scope"], opened(after)) == (how, "usage_data", ("", []))
    assert [each["type"] for each in after["authorization_details"]] == ["usage_data"]
    assert operator.box.get(message)["status"] == "rejected"
    with pytest.raises(Conflict):
        operator.accept(message)
    assert read(party, approval) == after


def test_a_grant_whose_time_is_over_is_not_accepted(party, approve, clock, operator):
    """Although nothing has noted it yet."""
    approval = approve(expires=clock.now() + timedelta(minutes=1))
    patch(party, approval, scope="usage_data account_list")
    message = operator.asked()
    clock.advance(seconds=60)

    with pytest.raises(Conflict, match="expired"):
        operator.accept(message)
    assert operator.box.get(message)["status"] == "pending"
    operator.reject(message)

    assert (read(party, approval)["status"], read(party, approval)["scope"]) == ("expired", "usage_data")


class TestSuspended:
    """An operator suspends a Grant of which a change waits."""

    @pytest.fixture
    def step(self, app, clock, grant):
        def takes(step):
            with app.test_request_context():
                operator_grants.change_grant(
                    grant.grant_id,
                    step,
                    reason="A complaint.",
                    actor="olga",
                    catalogue=app.extensions["cdsc"].catalogue,
                    clock=clock,
                    mailing=mailing(),
                )

        return takes

    def test_restored_it_waits_as_before(self, party, grant, step, operator):
        pending = patch(party, grant, scope=MORE).json
        step(GrantStep.SUSPEND)
        with pytest.raises(Conflict, match="suspended"):
            operator.accept(operator.asked())
        assert (read(party, grant)["status"], operator.asked()["status"]) == ("suspended", "pending")
        assert patch(party, grant, scope=f"{MORE} generation_mix").status_code == 409

        step(GrantStep.RESTORE)

        assert as_before(read(party, grant)) == as_before(pending)
        operator.accept(operator.asked())
        assert read(party, grant)["status"] == "needs_authorization"

    def test_rejected_meanwhile_it_goes_back_to_what_it_was(self, party, grant, step, operator):
        before = read(party, grant)
        patch(party, grant, scope=MORE)
        step(GrantStep.SUSPEND)

        operator.reject(operator.asked())

        held = read(party, grant)
        assert (held["status"], held["scope"], opened(held)) == ("suspended", before["scope"], ("", []))
        step(GrantStep.RESTORE)
        assert as_before(read(party, grant)) == as_before(before)

    def test_no_step_goes_round_the_decision(self, party, grant, step, operator):
        pending, clock = patch(party, grant, scope=MORE).json, operator.box.clock
        with operator.app.app_context():
            offered = console.grant(grant.grant_id, clock=clock).steps

        for each in (GrantStep.ACTIVE, GrantStep.DELAYED):
            with pytest.raises(Conflict, match="waits for review"):
                step(each)
            with operator.app.app_context(), pytest.raises(Conflict, match="waits for review"):
                server_grants.set_status(grant.grant_id, GrantStatus(each.value), clock=clock)

        assert set(offered) == {GrantStep.SUSPEND, GrantStep.DISABLE, GrantStep.REVOKE}
        assert read(party, grant) == pending


@pytest.mark.parametrize("accepted", [True, False])
def test_a_grant_of_the_future_opens_nothing_while_it_waits(party, approve, clock, operator, accepted):
    """Nor does pending open it before its time."""
    approval = approve(status="future", not_before=clock.now() + timedelta(minutes=10))
    before = read(party, approval)

    pending = patch(party, approval, scope="usage_data account_list")

    assert (pending.status_code, pending.json["status"], opened(pending.json)) == (202, "pending", ("", []))
    if accepted:
        operator.accept(operator.asked())
        assert (read(party, approval)["status"], opened(read(party, approval))) == ("needs_authorization", ("", []))
    else:
        operator.reject(operator.asked())
        assert as_before(read(party, approval)) == as_before(before)
        clock.advance(seconds=600)
        assert opened(read(party, approval)) == (before["scope"], before["authorization_details"])


def test_an_estimate_of_before_comes_back(party, approve, clock, operator):
    """A Grant may be pending for its data already."""
    approval = approve(status="pending", eta=clock.now() + timedelta(days=30))
    before = read(party, approval)
    assert patch(party, approval, scope="usage_data account_list").json["eta"] == "2026-03-04T12:00:00Z"

    operator.reject(operator.asked())

    assert as_before(read(party, approval)) == as_before(before)


@pytest.mark.parametrize("part", ["needs_authorization", "active"])
def test_a_part_counts_as_what_it_was_while_it_waits(app, party, approve, clock, part):
    """Its pending says nothing of its data."""
    shut = {"enabled_scope": "", "enabled_authorization_details": []}
    parent = approve(status="needs_sub_grants", customer_id=None, **shut)
    first, second = (approve(status=status, parent_id=parent.grant_id) for status in (part, "errored"))
    assert patch(party, first, scope="usage_data account_list").status_code == 202

    with app.app_context():
        server_grants.set_status(second.grant_id, GrantStatus.ACTIVE, clock=clock)

    assert read(party, parent)["status"] == ("active" if part == "active" else "needs_sub_grants")


def at_once(app, *works):
    """What each gives, or the Conflict it meets, when all begin at the same moment."""
    gate, told = threading.Barrier(len(works)), []

    def does(work):
        with app.app_context():
            gate.wait()
            try:
                told.append(work())
            except Conflict as fault:
                told.append(fault)

    threads = [threading.Thread(target=does, args=[each]) for each in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == len(works), "one ended in another fault"
    return [each for each in told if not isinstance(each, Conflict)]


def test_of_operators_at_the_same_time_one_decides(app, party, grant, operator):
    """And the Grant is what that one has said."""
    before = read(party, grant)
    patch(party, grant, scope=MORE)
    id = operator.asked()["message_id"]

    decided = at_once(
        app,
        *[lambda: reviews.accept(id, desk=operator.desk)] * 2,
        *[lambda: reviews.reject(id, desk=operator.desk, reason="No.")] * 2,
    )

    after = read(party, grant)
    assert [each.id for each in decided] == [id]
    if decided[0].accepted:
        assert (after["status"], after["scope"], opened(after)) == ("needs_authorization", MORE, opened(before))
    else:
        assert as_before(after) == as_before(before)


@pytest.mark.parametrize("accepted", [True, False])
def test_a_decision_and_an_end_at_the_same_time_leave_the_grant_closed(app, party, grant, operator, accepted):
    """Whichever comes first."""
    patch(party, grant, scope=MORE)
    id, http = operator.asked()["message_id"], app.test_client()

    def decide():
        return (
            reviews.accept(id, desk=operator.desk) if accepted else reviews.reject(id, desk=operator.desk, reason="No.")
        )

    def close():
        return http.patch(f"/grants/{grant.grant_id}", json={"status": "closed"}, headers=party.bearer).status_code

    done = at_once(app, decide, close)

    after = read(party, grant)
    assert 200 in done
    assert (after["status"], opened(after)) == ("closed", ("", []))
    assert operator.box.get({"message_id": id})["status"] in ("complete", "rejected")
    assert after["scope"] == (
        MORE if operator.box.get({"message_id": id})["status"] == "complete" else "usage_data supply_details"
    )
