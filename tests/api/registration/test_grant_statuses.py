"""Statuses of Grants, and what each opens: CDS-WG1-02 8.2."""

from datetime import timedelta

import pytest

from cdsc_server.domain.grants import SHUT, GrantStatus
from cdsc_server.errors import Conflict, InvalidRequest, NotFound
from cdsc_server.services import clean_up, server_grants, sharing
from cdsc_server.storage.db import transaction
from cdsc_server.storage.grants import GrantRow
from cdsc_server.web.context import mailing
from tests.support import requirement
from tests.support.oauth import judged_before_storage

LIVE = [status for status in GrantStatus if status not in SHUT]
ENDED = ["revoked", "closed", "disabled", "expired"]


def read(party, approval):
    return party.http.get(f"/grants/{approval.grant_id}", headers=party.bearer).json


def answers(party, token, *paths):
    headers = {"Authorization": f"Bearer {token}"}
    return [party.http.get(path, headers=headers).status_code for path in paths]


def told(party):
    return [each["description"] for each in party.http.get("/messages", headers=party.bearer).json["unread"]]


@pytest.fixture
def change(app):
    """Writes columns of a Grant, as if it had come to be so."""

    def changes(approval, **fields):
        with app.app_context(), transaction() as session:
            row = session.get_one(GrantRow, approval.grant_id)
            for name, value in fields.items():
                setattr(row, name, value)

    return changes


@pytest.fixture
def decide(app, clock):
    """Sets a status as the Server does."""

    def decides(approval, status, **more):
        with app.app_context():
            server_grants.set_status(approval.grant_id, GrantStatus(status), clock=clock, **more)

    return decides


@requirement(
    "WG1-02-8.1-13",
    "WG1-02-8.2-01",
    "WG1-02-8.2-02",
    "WG1-02-8.2-04",
    "WG1-02-8.2-05",
    "WG1-02-8.2-06",
    "WG1-02-8.2-07",
    "WG1-02-8.2-12",
)
@pytest.mark.parametrize("status", LIVE)
def test_a_live_grant_opens_what_is_enabled(party, approve, change, status):
    """Whether it is delayed, pending or waiting for somebody: what works, works."""
    approval = approve(scopes=("usage_data", "supply_details"))
    token = party.access(approval)["access_token"]
    grant = read(party, approval)
    change(
        approval,
        status=status,
        enabled_scope="usage_data",
        enabled_authorization_details=[each for each in grant["authorization_details"] if each["type"] == "usage_data"],
    )

    assert answers(party, token, "/usage_data", "/supply_details") == [200, 403]
    assert (read(party, approval)["status"], read(party, approval)["enabled_scope"]) == (status, "usage_data")
    assert party.introspect(token)["scope"] == "usage_data"


@requirement("WG1-02-8.2-03", "WG1-02-8.2-13", "WG1-02-8.1-19", "WG1-02-8.1-20")
@pytest.mark.parametrize("status", sorted(SHUT))
def test_a_shut_grant_opens_nothing_and_says_so(party, approval, change, clock, status):
    """Whatever is stored beside its status."""
    token = party.access(approval)["access_token"]
    change(approval, status=status, not_before=clock.now() + timedelta(days=1))

    grant = read(party, approval)

    assert answers(party, token, "/usage_data") == [401]
    assert (grant["status"], grant["enabled_scope"], grant["enabled_authorization_details"]) == (status, "", [])
    assert grant["scope"] == "usage_data"


@requirement("WG1-02-8.1-11")
def test_only_a_pending_grant_has_an_eta(party, approval, decide, clock):
    """It is about the end of being pending."""
    eta = clock.now() + timedelta(days=2)
    decide(approval, "pending", eta=eta)
    pending = read(party, approval)
    decide(approval, "active", eta=eta)

    assert (pending["status"], pending["eta"]) == ("pending", "2026-03-03T12:00:00Z")
    assert (read(party, approval)["status"], read(party, approval)["eta"]) == ("active", None)


@requirement("WG1-02-8.2-13", "WG1-02-8.1-08")
def test_a_suspended_grant_comes_back_as_it_was(party, approval, decide, clock):
    """Its tokens too; the Client is told of both."""
    token = party.access(approval)["access_token"]
    before = read(party, approval)
    clock.advance(seconds=1)

    decide(approval, "suspended")
    shut = answers(party, token, "/usage_data")
    decide(approval, "active")
    after = read(party, approval)

    assert (shut, answers(party, token, "/usage_data")) == ([401], [200])
    assert after["modified"] > before["modified"]
    assert {**after, "modified": before["modified"]} == before
    assert len([each for each in told(party) if approval.grant_id in each]) == 2


@requirement("WG1-02-8.1-19", "WG1-02-8.1-20", "WG1-02-8.2-13")
def test_a_disabled_grant_is_over(party, approval, decide):
    """Nothing of it is enabled any more, and it cannot be made active again."""
    token = party.access(approval)["access_token"]

    decide(approval, "disabled")

    assert read(party, approval)["enabled_authorization_details"] == []
    assert answers(party, token, "/usage_data") == [401]
    with pytest.raises(Conflict):
        decide(approval, "active")
    assert read(party, approval)["status"] == "disabled"


@judged_before_storage
@pytest.mark.parametrize("status", ["revoked", "closed", "expired", "future", "partial", "needs_authorization"])
def test_the_server_does_not_speak_for_others(party, approval, decide, status):
    """Revoking is the Customer's, closing the Client's, and time moves by itself."""
    before = read(party, approval)

    with pytest.raises(InvalidRequest):
        decide(approval, status)
    assert read(party, approval) == before


@pytest.mark.parametrize("status", [*ENDED, "needs_authorization", "needs_sub_grants", "future"])
def test_a_grant_that_ended_or_waits_is_not_made_active(party, approve, decide, status, clock):
    """That would be a way round the Customer."""
    approval = approve(status=status, not_before=clock.now() + timedelta(days=1))

    with pytest.raises(Conflict):
        decide(approval, "active")
    assert read(party, approval)["status"] == status


def test_a_grant_that_is_not_there_has_no_status(app, clock):
    with app.app_context(), pytest.raises(NotFound):
        server_grants.set_status("unknown", GrantStatus.ACTIVE, clock=clock)


@requirement("WG1-02-8.2-09")
def test_a_customer_who_stops_sharing_revokes_the_grant(app, party, approval, clock):
    """The Client sees that it was the Customer."""
    token = party.access(approval)["access_token"]
    with app.test_request_context():
        sharing.stop(approval.grant_id, "ada", clock=clock, mailing=mailing())

    grant = read(party, approval)

    assert (grant["status"], grant["enabled_scope"]) == ("revoked", "")
    assert answers(party, token, "/usage_data") == [401]


@requirement("WG1-02-8.1-09", "WG1-02-8.1-10", "WG1-02-8.1-12", "WG1-02-8.2-03", "WG1-02-8.2-11")
def test_the_work_that_recurs_notes_what_time_has_done(app, party, approve, clock):
    """Once each: `modified` and the Messages tell of it, and the second run finds nothing."""
    now = clock.now()
    life = {"not_before": now + timedelta(minutes=5), "expires": now + timedelta(minutes=10)}
    approval = approve(status="future", **life)

    def run(minutes):
        clock.advance(minutes=minutes)
        with app.app_context():
            moved = [clean_up.expire_grants(mailing=mailing(), clock=clock) for _ in range(2)]
        grant = read(party, approval)
        return moved, grant["status"], grant["modified"], grant["enabled_scope"]

    assert run(1) == ([0, 0], "future", "2026-03-01T12:00:00Z", "")
    assert run(4) == ([1, 0], "active", "2026-03-01T12:05:00Z", "usage_data")
    assert run(5) == ([1, 0], "expired", "2026-03-01T12:10:00Z", "")
    grant = read(party, approval)
    assert (grant["not_before"], grant["not_after"]) == ("2026-03-01T12:05:00Z", "2026-03-01T12:10:00Z")
    assert grant["expires"] == grant["not_after"]
    assert len([each for each in told(party) if approval.grant_id in each]) == 2


@pytest.mark.parametrize("status", LIVE)
def test_every_live_grant_ends_in_time(app, party, approve, clock, status):
    """Waiting for somebody does not keep it alive."""
    approval = approve(status=status, expires=clock.now())

    with app.app_context():
        assert clean_up.expire_grants(mailing=mailing(), clock=clock) == 1
    assert read(party, approval)["status"] == "expired"


@pytest.fixture
def family(approve, change):
    """A Grant that waits for two parts."""
    parent = approve(status="needs_sub_grants", enabled_scope="", enabled_authorization_details=[], customer_id=None)
    parts = [approve(status="errored", parent_id=parent.grant_id) for _ in range(2)]
    return parent, *parts


@requirement("WG1-02-8.1-05", "WG1-02-8.1-06", "WG1-02-8.5-07")
def test_a_grant_and_its_parts_know_each_other(party, family):
    """By their ids, and the parts can be listed by their parent."""
    parent, *parts = family
    query = {"parents": f"{parent.grant_id} unknown"}

    listed = party.http.get("/grants", query_string=query, headers=party.bearer).json["grants"]

    assert sorted(read(party, parent)["children"]) == sorted(part.grant_id for part in parts)
    assert {each["grant_id"] for each in listed} == {part.grant_id for part in parts}
    assert {each["parent"] for each in listed} == {parent.grant_id}
    assert read(party, parent)["parent"] is None


@requirement("WG1-02-8.2-07")
@pytest.mark.parametrize("status", ["active", "pending", "delayed", "stopped"])
def test_a_grant_goes_on_when_all_its_parts_are_there(party, family, decide, status):
    """Until then it opens only what is enabled, which is nothing here."""
    parent, first, second = family
    seen = [read(party, parent)]
    decide(first, status)
    seen.append(read(party, parent))
    decide(second, "active")

    assert [(each["status"], each["enabled_scope"]) for each in seen] == [("needs_sub_grants", "")] * 2
    assert (read(party, parent)["status"], read(party, parent)["enabled_scope"]) == ("active", "usage_data")


@requirement("WG1-02-8.2-07")
def test_a_part_that_is_shut_is_not_there(party, family, decide):
    parent, first, second = family
    decide(first, "active")
    decide(second, "suspended")

    assert read(party, parent)["status"] == "needs_sub_grants"


@pytest.fixture
def replace(app, approve, clock):
    """The Server makes the Grant "newer", which takes the place of another."""
    model = approve()

    def replaces(old, **fields):
        with app.app_context(), transaction() as session:
            row = session.get_one(GrantRow, model.grant_id)
            columns = {column.key: getattr(row, column.key) for column in GrantRow.__table__.columns}
            grant = GrantRow(**{**columns, "grant_id": "newer", **fields})
            server_grants.add_grant(session, grant, replaces=[old.grant_id], now=clock.now())

    return replaces


@requirement("WG1-02-8.1-03", "WG1-02-8.1-04")
def test_a_grant_that_takes_the_place_of_another_is_linked_with_it(party, approve, replace, settings):
    """Both ways, by their addresses."""
    old = approve()
    replace(old)

    newer = party.http.get("/grants/newer", headers=party.bearer).json

    assert (newer["replacing"], newer["replaced_by"]) == ([f"{settings.base_url}/grants/{old.grant_id}"], [])
    assert read(party, old)["replaced_by"] == [f"{settings.base_url}/grants/newer"]
    assert "newer" in " ".join(told(party))


def test_a_grant_of_another_registration_cannot_be_replaced(party, approve, replace):
    """Nor be linked with."""
    old = approve()

    with pytest.raises(NotFound):
        replace(old, registration_id="another")
    assert read(party, old)["replaced_by"] == []
