"""Registrations, Messages, Grants and files over HTTP, as operators look after them."""

from datetime import timedelta

import pytest

from cdsc_server import exact_json
from cdsc_server.services import aggregations
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.grants import GrantRow
from tests.api.admin.conftest import BASE
from tests.factories import customer_data, groups
from tests.factories.oauth import register


@pytest.fixture
def grant(app, box, clock):
    """Store a Grant of the Client."""
    registration_id = box.registration_id

    def stored(grant_id="grant-1", **fields):
        with app.app_context(), transaction() as session:
            plain = {
                "grant_id": grant_id,
                "registration_id": registration_id,
                "client_id": box.party.app.client_id,
                "status": "active",
                "scope": "usage_data",
                "authorization_details": [],
                "enabled_scope": "usage_data",
                "enabled_authorization_details": [],
                "selections": [],
                "states": [],
                "receipt_confirmations": [],
                "created": clock.now(),
                "modified": clock.now(),
            }
            session.add(GrantRow(**{**plain, **fields}))
        return grant_id

    return stored


def status_of(app, grant_id):
    with app.app_context(), reading() as session:
        return session.get_one(GrantRow, grant_id).status


def test_registrations_are_found_by_name_and_by_id(app, employ, box, grant):
    register(app.test_client(), client_name="Solar Sums")
    program = employ("auditor")

    def found(search):
        return [each["registration_id"] for each in program.get("registrations", search=search)["registrations"]]

    assert len(found("")) == 2
    for search in ("bright", box.registration_id, box.party.app.client_id, grant()):
        assert found(search) == [box.registration_id]
    assert found("nobody") == []


def test_registrations_are_paged(app, employ, clock):
    made = []
    for _ in range(101):
        clock.advance(seconds=1)
        made.append(app.test_client().post("/oauth/register", json={"scope": "cds_client_admin"}).json["client_id"])
    program = employ("auditor")
    first = program.get("registrations")
    second = program.get(first["next"])
    seen = [row["clients"][0]["client_id"] for page in (first, second) for row in page["registrations"]]

    assert seen == made[::-1]
    assert [len(page["registrations"]) for page in (first, second)] == [100, 1]
    assert program.get(second["previous"])["registrations"] == first["registrations"]


def test_a_registration_shows_what_it_holds_and_no_secret(employ, box, grant):
    grant()
    program = employ("auditor")
    answer = program.ask("GET", f"registrations/{box.registration_id}")
    found = answer.json

    assert box.party.app.client_id in [each["client_id"] for each in found["clients"]]
    assert {each["client_id"] for each in found["credentials"]} <= {each["client_id"] for each in found["clients"]}
    assert found["grants_total"] >= 1
    assert found["messages_total"] == box.count()
    assert box.party.app.secret not in answer.text
    assert box.party.admin.secret not in answer.text


def test_a_client_object_of_any_registration_is_shown(employ, box):
    found = employ("support").get(f"clients/{box.party.app.client_id}")
    own = box.party.http.get(f"/clients/{box.party.app.client_id}", headers=box.party.bearer).json

    assert {name: found[name] for name in own} == own
    assert found["uri"] == f"{BASE}/admin/clients/{box.party.app.client_id}"
    assert (found["registration_id"], found["limits"]) == (box.registration_id, {})


def test_a_program_writes_to_a_client(employ, box, trail):
    sent = employ("support").do(
        "POST",
        f"registrations/{box.registration_id}/messages",
        {"name": "Maintenance", "text": "Away on Monday."},
    )
    got = box.get(sent)

    assert (got["type"], got["status"], got["creator"]) == ("private_message", "complete", None)
    assert (got["name"], got["description"], got["read"]) == ("Maintenance", "Away on Monday.", False)
    assert trail() == [("service:support", "message.sent", f"message:{sent['message_id']}")]


def test_a_program_answers_a_message_and_decides_nothing(employ, box, trail):
    message = box.posted("support_request")
    program = employ("support")
    sent = program.do("POST", f"messages/{message['message_id']}/replies", {"text": "Which meters?"})
    found = program.get(f"messages/{message['message_id']}")

    assert found["thread"] == [sent]
    assert sent["previous_uri"] == found["uri"] == f"{BASE}/admin/messages/{message['message_id']}"
    assert (box.get(message)["status"], box.get(sent)["description"]) == ("pending", "Which meters?")
    assert trail() == [("service:support", "message.sent", f"message:{message['message_id']}")]


def test_messages_of_a_registration_are_listed_and_narrowed(app, employ, box):
    register(app.test_client())
    waiting = box.posted("support_request")
    box.posted("private_message")
    program, address = employ("auditor"), f"registrations/{box.registration_id}/messages"
    found = program.get(address)["messages"]
    narrowed = program.get(address, types="support_request private_message", statuses="pending")["messages"]

    assert [each["message_id"] for each in narrowed] == [waiting["message_id"]]
    assert {each["registration_id"] for each in found} == {box.registration_id}
    assert [each["modified"] for each in found] == sorted((each["modified"] for each in found), reverse=True)


def test_grants_of_a_registration_are_listed_narrowed_and_paged(employ, box, grant, clock):
    for n in range(103):
        grant(f"g{n:03}", modified=clock.now() + timedelta(seconds=n), status="active" if n else "suspended")
    program, address = employ("auditor"), f"registrations/{box.registration_id}/grants"
    first = program.get(address, client_ids=box.party.app.client_id)
    second = program.get(first["next"])
    held = program.get(address, statuses="suspended")["grants"]

    assert [each["grant_id"] for page in (first, second) for each in page["grants"]] == [
        f"g{n:03}" for n in reversed(range(103))
    ]
    assert [each["grant_id"] for each in held] == ["g000"]
    assert (held[0]["registration_id"], held[0]["customer_id"]) == (box.registration_id, None)


def test_long_lists_take_no_more_statements_than_short_ones(app, employ, box, grant, statements):
    program = employ("admin")
    addresses = ["registrations", "audit", "operators"]
    addresses += [f"registrations/{box.registration_id}/{each}" for each in ("grants", "messages", "files")]

    def counted():
        return {address: statements(lambda at=address: program.get(at)) for address in addresses}

    grant("g0")
    before = counted()
    for n in range(1, 30):
        grant(f"g{n}")
        box.posted("private_message")
        register(app.test_client(), "cds_client_admin")
        program.do("POST", f"registrations/{box.registration_id}/messages", {"name": "Hello", "text": "Hello."})

    assert counted() == before
    assert max(before.values()) <= 8


def test_a_grant_is_held_and_let_go_on(employ, grant, trail, clock):
    program, address = employ("reviewer"), f"grants/{grant()}"
    assert "suspend" in program.get(address)["steps"]
    held = program.do("POST", f"{address}/steps", {"step": "suspend", "reason": "A complaint."})
    clock.advance(seconds=1)
    back = program.do("POST", f"{address}/steps", {"step": "restore", "reason": "Settled."})

    assert (held["status"], held["enabled_scope"]) == ("suspended", "")
    assert (back["status"], back["enabled_scope"]) == ("active", "usage_data")
    assert trail() == [
        ("service:reviewer", "grant.suspended", "grant:grant-1"),
        ("service:reviewer", "grant.restored", "grant:grant-1"),
    ]


@pytest.mark.parametrize("change", [("suspended", "suspend"), ("active", "restore"), ("revoked", "disable")])
def test_a_step_that_its_status_does_not_allow_changes_nothing(app, employ, grant, trail, change):
    status, step = change
    program, grant_id = employ("reviewer"), grant(status=status)
    answer = program.ask("POST", f"grants/{grant_id}/steps", {"step": step, "reason": "Why not."})

    assert (answer.status_code, answer.json["code"]) == (409, "conflict")
    assert status in answer.json["detail"]
    assert (status_of(app, grant_id), trail()) == (status, [])


def test_a_client_object_is_suspended_and_restored(employ, box, trail, clock):
    program, address = employ("reviewer"), f"clients/{box.party.app.client_id}"
    held = program.do("POST", f"{address}/steps", {"step": "suspend", "reason": "A complaint."})
    twice = program.ask("POST", f"{address}/steps", {"step": "suspend", "reason": "A complaint."})
    clock.advance(seconds=1)
    back = program.do("POST", f"{address}/steps", {"step": "restore", "reason": "Settled."})

    assert (held["cds_status"], held["held"] is None) == ("disabled", False)
    assert (back["cds_status"], back["held"]) == ("sandbox", None)
    assert (twice.status_code, twice.json["code"]) == (409, "conflict")
    assert [action for _, action, _ in trail()] == ["client.suspended", "client.restored"]


def test_limits_are_shown_set_and_lifted(employ, box, trail, clock):
    program, address = employ("reviewer"), f"clients/{box.party.app.client_id}"
    limit = next(each for each in program.get(f"{address}/limits")["limits"] if each["field"] == "segment_end")
    path = limit["uri"].removeprefix(BASE)
    narrowed = program.do("PUT", path, {"maximum": "P1M"})
    clock.advance(seconds=1)
    own = [each["own"] for each in program.get(f"{address}/limits")["limits"] if each["uri"] == limit["uri"]]
    lifted = program.do("DELETE", path)

    assert limit["own"] == {}
    assert own == [{"maximum": "P1M"}] == [narrowed["limits"][limit["scope"]][limit["field"]]]
    assert lifted["limits"] == {}
    assert program.ask("DELETE", path).status_code == 404
    assert trail() == [
        ("service:reviewer", "client.limited", f"client:{box.party.app.client_id}"),
        ("service:reviewer", "client.limit_lifted", f"client:{box.party.app.client_id}"),
    ]


@pytest.fixture
def ada(app, clock):
    """A test Customer with a contract."""
    make = customer_data
    with app.app_context(), transaction() as session:
        session.add(make.customer("ada"))
        session.flush()
        session.add_all([make.account("home"), make.contract("house", "home")])
    return "ada"


def given(box, customer_id, **changes):
    return {
        "client_id": box.party.app.client_id,
        "customer_id": customer_id,
        "authorization_details": [{"type": "usage_data", "include_contract_numbers": True}],
        "reason": "Signed on paper, folder 12.",
        **changes,
    }


def test_a_grant_is_given_by_hand(employ, box, ada, trail, clock):
    program = employ("reviewer")
    ends = exact_json.instant(clock.now() + timedelta(days=30))
    made = program.do("POST", "grants", given(box, ada, ends=ends))

    assert (made["status"], made["customer_id"], made["client_id"]) == ("active", "ada", box.party.app.client_id)
    assert (made["scope"], made["expires"]) == ("usage_data", ends)
    assert made["authorization_details"][0]["include_contract_numbers"] is True
    assert program.get(f"grants/{made['grant_id']}") == made
    assert trail() == [("service:reviewer", "grant.made", f"grant:{made['grant_id']}")]


def test_a_grant_given_by_hand_may_wait_for_its_customer(employ, box, ada):
    made = employ("reviewer").do("POST", "grants", given(box, ada, waits=True))

    assert (made["status"], made["enabled_scope"]) == ("needs_authorization", "")


def test_what_cannot_be_given_changes_nothing(app, employ, box, ada, trail):
    details = [{"type": "usage_data", "include_contract_numbers": "perhaps"}]
    answer = employ("reviewer").ask("POST", "grants", given(box, ada, authorization_details=details))

    assert answer.status_code == 409
    assert "include_contract_numbers" in answer.json["detail"]
    with app.app_context(), reading() as session:
        assert session.query(GrantRow).filter_by(customer_id="ada").count() == 0
    assert trail() == []


@pytest.fixture
def receiver(app):
    """A Client that files can be shared with."""
    return register(app.test_client(), "cds_client_admin cds_server_provided_files")


def share(program, client_id, content=b"Readings of the north.", **query):
    return program.http.post(
        "/admin/files",
        query_string={"client_id": client_id, "name": "north.txt", **query},
        data=content,
        content_type="application/octet-stream",
        headers={"Authorization": f"Bearer {program.token}"},
    )


def test_a_file_is_shared_listed_and_taken_back(app, employ, receiver, trail, clock):
    program = employ("reviewer")
    shared = share(program, receiver.admin.client_id, description="Of October.").json
    registration_id = program.get(f"clients/{shared['client_id']}")["registration_id"]
    listed = program.get(f"registrations/{registration_id}/files")["files"]
    clock.advance(seconds=1)
    back = program.do("DELETE", f"files/{shared['file_id']}")

    assert listed == [shared]
    assert (shared["name"], shared["mime_type"], shared["size"]) == ("north.txt", "text/plain", 22)
    assert shared["open"] is True
    assert (back["open"], back["withdrawn"] is None) == (False, False)
    assert status_of(app, shared["grant_id"]) == "disabled"
    assert program.ask("DELETE", f"files/{shared['file_id']}").status_code == 404
    assert [(actor, action) for actor, action, _ in trail()] == [
        ("service:reviewer", "file.shared"),
        ("service:reviewer", "file.withdrawn"),
    ]


def test_a_file_may_be_larger_than_other_bodies(employ, receiver, settings):
    content = b"x" * (settings.body_bytes + 1)

    answer = share(employ("reviewer"), receiver.admin.client_id, content)
    assert answer.json.get("size") == len(content), answer.text
    assert share(employ("support"), receiver.admin.client_id, content).status_code == 403


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"name": "../north.txt"}, "name"),
        ({"mime_type": "text"}, "mime_type"),
        ({"ends": "2020-01-01T00:00:00Z"}, "ends"),
        ({"ends": "soon"}, "ends"),
        ({"client_id": ["a", "b"]}, "client_id"),
    ],
)
def test_a_file_that_breaks_a_rule_is_not_shared(employ, receiver, trail, query, field):
    program = employ("reviewer")
    answer = share(program, **{"client_id": receiver.admin.client_id, **query})

    assert (answer.status_code, answer.json["field"]) == (400, field)
    assert program.ask("POST", "files", {"client_id": "x", "name": "a"}).status_code == 415
    assert share(program, "nobody").status_code == 404
    assert trail() == []


def test_a_program_writes_down_what_was_agreed_on_paper(app, employ, clock):
    """The step is offered as long as the Grant waits for its Customer's first yes."""
    with app.app_context():
        with transaction() as session:
            groups.flat(session, "ann")
            groups.waiting_for(session, "ann", at=clock.now())
        aggregations.define([groups.building()], is_test=True, country="US", actor="ops", clock=clock)
    program, step = employ("reviewer"), {"step": "agree", "reason": "Form 9"}
    before = program.get("grants/part-ann")
    after = program.do("POST", "grants/part-ann/steps", step)

    assert (before["status"], "agree" in before["steps"]) == ("needs_authorization", True)
    assert (after["status"], after["enabled_scope"], "agree" in after["steps"]) == (
        "active",
        "aggregation_consent",
        False,
    )
    assert program.ask("POST", "grants/part-ann/steps", step).status_code == 409
    assert status_of(app, "part-ann") == "active"
