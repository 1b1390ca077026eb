"""What operators do with a Grant, whatever status it has: CDS-WG1-02 8.2."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from cdsc_server.domain.grant_steps import GrantStep, steps_from
from cdsc_server.domain.grants import GrantStatus
from cdsc_server.services import aggregations
from cdsc_server.storage.audit import AuditRow
from cdsc_server.storage.db import transaction
from cdsc_server.storage.grants import GrantRow
from tests.factories import groups

OVER = ["revoked", "closed", "disabled", "expired"]
LIVE = [status.value for status in GrantStatus if status not in OVER and status != "suspended"]


def granted(rows_of, grant_id):
    return next(row for row in rows_of(GrantRow) if row.grant_id == grant_id)


@pytest.fixture
def having(app, stored_grant, clock):
    """Writes columns of the Grant, as if it had come to be so; one of the future begins after nine days."""

    def writes(**fields):
        if fields.get("status") == "future":
            fields = {"not_before": clock.now() + timedelta(days=9), **fields}
        with app.app_context(), transaction() as session:
            row = session.get_one(GrantRow, stored_grant)
            for name, value in fields.items():
                setattr(row, name, value)

    return writes


@pytest.fixture
def step(hire, stored_grant, clock):
    """A reviewer takes a step on the page of the Grant."""
    desk = hire("reviewer")

    def takes(do, **fields):
        clock.advance(seconds=1)
        return desk.act(f"/console/grants/{stored_grant}", do=do, **{"reason": "A complaint.", **fields})

    return takes


def test_whatever_lives_is_suspended_and_goes_back_to_what_it_was(box, step, having, grant_status):
    for status in LIVE:
        having(status=status, enabled_scope="")

        assert step("suspend").location.endswith("?done=suspend")
        assert (grant_status(), step("suspend").status_code) == ("suspended", 409)
        assert step("restore").location.endswith("?done=restore")
        assert grant_status() == status

    told = [each["description"] for each in box.listing()["unread"] if "grant-1" in each["description"]]
    assert len(told) == 2 * len(LIVE)


def test_a_grant_whose_time_came_while_it_was_suspended_is_active_afterwards(step, having, clock, hire, stored_grant):
    """The status it had is counted on, and not written over."""
    having(status="future", not_before=clock.now() + timedelta(minutes=1))
    step("suspend")
    clock.advance(minutes=2)
    step("restore")

    text = hire("support", username="pavel@dge.example").load(f"/console/grants/{stored_grant}").get_data(as_text=True)
    assert '<span class="chip chip-ok">Active</span>' in text


def test_nothing_is_done_with_a_grant_that_is_over(step, having, seen):
    for status in OVER:
        having(status=status)
        answers = [step(do) for do in GrantStep]

        assert {answer.status_code for answer in answers} == {409}
        assert seen() == (status, [])
        assert "Nothing can be done with it any more" in answers[0].get_data(as_text=True)


def test_how_its_data_are_can_be_said_and_taken_back(step, grant_status, trail):
    for status in ("pending", "delayed", "stopped", "errored"):
        assert step(status, eta="2026-03-31").status_code == 303
        assert grant_status() == status
        assert step("active").status_code == 303
        assert grant_status() == "active"

    assert [action for _, action, _ in trail()] == ["grant.changed"] * 8


def test_a_pending_grant_says_until_when(step, rows_of, hire, stored_grant):
    """A day of the utility's own time zone."""
    step("pending", eta="2026-03-31")

    assert granted(rows_of, "grant-1").eta.isoformat() == "2026-03-31T04:00:00+00:00"
    text = hire("support", username="pavel@dge.example").load(f"/console/grants/{stored_grant}").get_data(as_text=True)
    assert "about 31 March 2026" in text


def test_a_step_that_does_not_fit_changes_nothing(step, seen):
    """Only a Client closes, and only the Grant of a Customer is revoked."""
    for fields, status in (
        ({"do": "pending", "eta": "soon"}, 400),
        ({"do": "active"}, 409),
        ({"do": "restore"}, 409),
        ({"do": "revoke"}, 409),
        ({"do": "closed"}, 400),
        ({"do": "disable", "reason": " "}, 400),
    ):
        assert step(**fields).status_code == status
        assert seen() == ("active", [])


def test_a_disabled_grant_has_lost_what_it_opened(step, rows_of, trail, box):
    assert step("disable").status_code == 303

    row = granted(rows_of, "grant-1")
    assert (row.status, row.enabled_scope, row.enabled_authorization_details) == ("disabled", "", [])
    assert trail() == [("olga@dge.example", "grant.disabled", "grant:grant-1")]
    assert "This server disabled it." in box.listing()["unread"][0]["description"]


def test_a_suspended_grant_can_still_be_ended(step, grant_status):
    step("suspend")

    assert (step("pending").status_code, grant_status()) == (409, "suspended")
    assert (step("disable").status_code, grant_status()) == (303, "disabled")


def test_a_part_that_is_restored_lets_the_whole_go_on(app, step, having, rows_of, clock):
    """Whichever of them was suspended, and whatever came meanwhile."""
    having(status="pending", parent_id=None)
    with app.app_context(), transaction() as session:
        part = session.get_one(GrantRow, "grant-1")
        copied = {c: getattr(part, c) for c in ("registration_id", "client_id", "scope", "authorization_details")}
        lists = {c: [] for c in ("enabled_authorization_details", "selections", "states", "receipt_confirmations")}
        whole = GrantRow(
            grant_id="whole",
            status="needs_sub_grants",
            enabled_scope="",
            created=clock.now(),
            modified=clock.now(),
            **copied,
            **lists,
        )
        session.add(whole)
        session.flush()
        part.parent_id = "whole"
    step("suspend")
    waits = {id: granted(rows_of, id).status for id in ("grant-1", "whole")}
    step("restore")

    assert waits["whole"] == "needs_sub_grants"
    assert {id: granted(rows_of, id).status for id in ("grant-1", "whole")} == {"grant-1": "pending", "whole": "active"}


def test_of_two_reviewers_at_once_one_suspends_and_one_is_told(hire, stored_grant, grant_status, trail):
    desks = [hire("reviewer"), hire("reviewer", username="pavel@dge.example")]
    fields = {"do": "suspend", "reason": "A complaint."}
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda desk: desk.act(f"/console/grants/{stored_grant}", **fields), desks))

    assert sorted(answer.status_code for answer in answers) == [303, 409]
    assert (grant_status(), len(trail())) == ("suspended", 1)


def test_a_suspended_grant_that_waits_is_not_widened_by_a_change(step, having, box, rows_of):
    """What it lists is what nobody has agreed to yet; sending it back must open none of it."""
    wide = [{"type": "usage_data", "segment_start": "infinite"}]
    having(status="needs_authorization", authorization_details=wide, enabled_scope="")
    step("suspend")
    answer = box.party.http.patch("/grants/grant-1", json={"authorization_details": wide}, headers=box.party.bearer)
    assert answer.status_code == 409
    step("restore")

    row = granted(rows_of, "grant-1")
    assert (row.status, row.enabled_scope, row.enabled_authorization_details) == ("needs_authorization", "", [])


def test_a_paper_is_written_down_on_the_page_of_the_grant_that_waits(*, app, clock, hire, rows_of, trail):
    """Once, with the place where it is filed."""
    with app.app_context():
        with transaction() as session:
            groups.flat(session, "ann")
            groups.waiting_for(session, "ann", at=clock.now())
        aggregations.define([groups.building()], is_test=True, country="US", actor="ops", clock=clock)
    desk, address = hire("reviewer"), "/console/grants/part-ann"
    offered = desk.load(address).get_data(as_text=True)
    unfiled = desk.act(address, do="agree", reason=" ")
    before = (granted(rows_of, "part-ann").status, [each for each in trail() if each[1].startswith("grant")])
    written, again = desk.act(address, do="agree", reason="Form 9"), desk.act(address, do="agree", reason="Form 9")

    assert "It waits for <bdi>Ann" in offered
    assert (unfiled.status_code, before) == (400, ("needs_authorization", []))
    assert (written.location, again.status_code) == (f"{address}?done=agree", 409)
    assert "The agreement is written down" in desk.load(written.location).get_data(as_text=True)
    assert (granted(rows_of, "part-ann").status, granted(rows_of, "whole").status) == ("active", "active")
    assert ("olga@dge.example", "grant.agreed", "grant:part-ann") in trail()


def test_the_trail_tells_what_it_was_and_what_it_is(step, having, rows_of):
    having(status="delayed")
    step("suspend")

    entry = next(row for row in rows_of(AuditRow) if row.action == "grant.suspended")
    assert {name: entry.detail[name] for name in ("reason", "before", "after")} == {
        "reason": "A complaint.",
        "before": "delayed",
        "after": "suspended",
    }


def test_the_page_offers_no_step_that_would_be_refused(having, hire, stored_grant):
    desk = hire("reviewer")
    for status in GrantStatus:
        having(status=status)
        text = desk.load(f"/console/grants/{stored_grant}").get_data(as_text=True)
        offered = {do for do in GrantStep if f'name="do" value="{do}"' in text}

        assert offered == set(steps_from(status, of_customer=False)), status
