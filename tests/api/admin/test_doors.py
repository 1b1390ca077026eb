"""Who gets in where: tokens of others do not, and roles open what they open at the console."""

import pytest

from cdsc_server.web.bearer import access_of
from cdsc_server.web.describe import roles_of
from tests.factories.oauth import register

#: Views of the admin API, and those of the console that do the same.
SAME = {
    "admin.list_reviews": "console.queue",
    "admin.get_review": "console.message",
    "admin.decide": "console.decide",
    "admin.approve_production": "console.produce",
    "admin.ask_again": "console.ask_again",
    "admin.reply": "console.write",
    "admin.send_message": "console.write",
    "admin.get_message": "console.message",
    "admin.get_attachment": "console.attachment",
    "admin.list_messages": "console.messages",
    "admin.list_registrations": "console.clients",
    "admin.get_registration": "console.client",
    "admin.get_client": "console.client",
    "admin.list_grants": "console.grants",
    "admin.get_grant": "console.grant",
    "admin.list_unidentified": "console.unidentified",
    "admin.take_step": "console.step",
    "admin.name_customer": "console.identify",
    "admin.switch_client": "console.switch_client",
    "admin.list_limits": "console.limits",
    "admin.set_limit": "console.limit",
    "admin.lift_limit": "console.limit",
    "admin.get_direct_access": "console.permitted",
    "admin.change_direct_access": "console.permit",
    "admin.give_grant": "console.give",
    "admin.list_groups": "console.groups",
    "admin.define_group": "console.define_group",
    "admin.get_group": "console.group",
    "admin.change_readers": "console.open_group",
    "admin.list_group_members": "console.group_members",
    "admin.list_group_grants": "console.group",
    "admin.list_files": "console.shared_files",
    "admin.share_file": "console.share",
    "admin.withdraw_file": "console.withdraw",
    "admin.list_entries": "console.audit_trail",
    "admin.report": "console.figures",
    "admin.list_operators": "console.accounts",
    "admin.add_operator": "console.add_account",
    "admin.get_operator": "console.account",
    "admin.change_operator": "console.change_account",
}


def test_roles_open_what_they_open_at_the_console(app):
    """Whoever adds a view to the admin API says here what it is beside."""
    views = {name: view for name, view in app.view_functions.items() if name.startswith("admin.")}

    assert {name: roles_of(view) for name, view in views.items()} == {
        **{name: roles_of(app.view_functions[twin]) for name, twin in SAME.items()},
        "admin.me": (),
    }


def test_every_address_needs_an_operator_token(app):
    doors = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/admin")]
    told = {rule.endpoint for rule in doors if access_of(app.view_functions[rule.endpoint]) != "cdsc_operator"}

    assert len(doors) > 15
    assert told == {"docs.admin_document", "docs.admin_reader"}


@pytest.mark.parametrize("held", ["nothing", "nonsense", "client_admin", "grant", "basic"])
def test_nobody_else_gets_in(client, party, approval, held):
    tokens = {
        "nonsense": "Bearer x",
        "client_admin": party.bearer["Authorization"],
        "grant": f"Bearer {party.access(approval)['access_token']}",
        "basic": party.admin.headers["Authorization"],
    }
    headers = {"Authorization": tokens[held]} if held in tokens else {}
    for path in ("/admin/me", "/admin/reviews", "/admin/audit", "/admin/operators"):
        answer = client.get(path, headers=headers)
        assert (answer.status_code, answer.json["code"]) == (401, "invalid_token")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.headers["Cache-Control"] == "no-store"


def test_the_cookie_of_the_console_is_no_token(client):
    client.set_cookie("cdsc_console", "x", path="/admin")

    assert client.get("/admin/me").status_code == 401


def test_a_program_learns_who_it_is(employ):
    program = employ("support", "auditor", name="desk")

    assert program.get("me") == {
        "client_id": program.account.client_id,
        "name": "desk",
        "roles": ["auditor", "support"],
        "actor": "service:desk",
    }


def doors(message_id, client_id, registration_id):
    """Every change: how it is asked for, and who may."""
    return [
        ("PUT", f"reviews/{message_id}/decision", {"decision": "accept"}, {"reviewer"}),
        ("POST", f"reviews/{message_id}/requests", {"why": "Once more."}, {"reviewer"}),
        ("POST", f"clients/{client_id}/production", {"override": True, "note": "Known."}, {"reviewer"}),
        ("POST", f"messages/{message_id}/replies", {"text": "Which meters?"}, {"reviewer", "support"}),
        ("POST", f"registrations/{registration_id}/messages", {"name": "Hi", "text": "Hi."}, {"reviewer", "support"}),
        ("POST", "grants/g/steps", {"step": "suspend", "reason": "Complaint."}, {"reviewer"}),
        ("POST", "grants/g/customer", {"customer_id": "ada", "reason": "Called."}, {"reviewer"}),
        ("POST", f"clients/{client_id}/steps", {"step": "restore", "reason": "Settled."}, {"reviewer"}),
        ("PUT", f"clients/{client_id}/limits/usage_data/segment_start", {"maximum": "P1Y"}, {"reviewer"}),
        ("DELETE", f"clients/{client_id}/limits/usage_data/segment_start", None, {"reviewer"}),
        ("POST", f"clients/{client_id}/direct-access", {"step": "reach", "reason": "Contract."}, {"reviewer"}),
        ("POST", "grants", {"client_id": client_id}, {"reviewer"}),
        ("POST", "groups", {"number": "B", "name": "B"}, {"reviewer"}),
        ("POST", "groups/g/readers", {"step": "open", "registration_id": registration_id}, {"reviewer"}),
        ("POST", f"files?client_id={client_id}&name=a.txt", None, {"reviewer"}),
        ("DELETE", "files/f", None, {"reviewer"}),
        ("GET", "audit", None, {"auditor"}),
        ("GET", "operators", None, set()),
        ("PATCH", "operators/olga@dge.example", {"disabled": True}, set()),
        ("POST", "operators", {"username": "u", "name": "U", "roles": ["admin"], "password": "x" * 12}, set()),
    ]


@pytest.mark.parametrize("role", ["reviewer", "support", "auditor"])
def test_what_a_role_does_not_open_changes_nothing(employ, box, trail, role):
    message = box.posted("support_request")
    program, count = employ(role), box.count()
    for method, path, body, open_to in doors(message["message_id"], box.party.app.client_id, box.registration_id):
        if role not in open_to:
            answer = program.ask(method, path, body)
            assert (answer.status_code, answer.json["code"]) == (403, "insufficient_scope"), path
            assert "nothing was changed" in answer.json["detail"]

    assert (box.get(message)["status"], box.count(), trail()) == ("pending", count, [])


def test_an_admin_gets_in_everywhere(employ, box):
    message = box.posted("support_request")
    program = employ("admin")
    for method, path, body, _ in doors(message["message_id"], box.party.app.client_id, box.registration_id):
        assert program.ask(method, path, body).status_code in (200, 201, 400, 404, 409, 415), path


GIVEN = {
    "client_id": "{client}",
    "customer_id": "ada",
    "authorization_details": [{"type": "usage_data"}],
    "reason": "Signed on paper, folder 12.",
}

UNKNOWN = [
    ("GET", "reviews/x", None),
    ("PUT", "reviews/x/decision", {"decision": "accept"}),
    ("PUT", "reviews/x/decision", {"decision": "reject", "note": "No."}),
    ("POST", "reviews/x/requests", {"why": "Once more."}),
    ("GET", "messages/x", None),
    ("POST", "messages/x/replies", {"text": "Hello."}),
    ("GET", "messages/x/attachments/0", None),
    ("GET", "registrations/x", None),
    ("GET", "registrations/x/messages", None),
    ("POST", "registrations/x/messages", {"name": "Hello", "text": "Hello."}),
    ("GET", "registrations/x/grants", None),
    ("GET", "clients/x", None),
    ("POST", "clients/x/production", {}),
    ("GET", "grants/x", None),
    ("POST", "grants/x/steps", {"step": "suspend", "reason": "Why not."}),
    ("POST", "grants/x/customer", {"customer_id": "ada", "reason": "Why not."}),
    ("POST", "clients/x/steps", {"step": "suspend", "reason": "Why not."}),
    ("GET", "clients/x/limits", None),
    ("GET", "clients/x/direct-access", None),
    ("POST", "clients/x/direct-access", {"step": "reach", "reason": "Contract."}),
    ("PUT", "clients/x/limits/usage_data/segment_start", {"maximum": "P1Y"}),
    ("DELETE", "clients/x/limits/usage_data/segment_start", None),
    ("POST", "grants", {**GIVEN, "client_id": "x"}),
    ("GET", "groups/x", None),
    ("GET", "groups/x/members", None),
    ("GET", "groups/x/grants", None),
    ("POST", "groups/x/readers", {"step": "close", "registration_id": "x"}),
    ("GET", "registrations/x/files", None),
    ("DELETE", "files/x", None),
    ("GET", "operators/x", None),
    ("PATCH", "operators/x", {"disabled": True}),
    ("PATCH", "operators/x", {"roles": ["support"]}),
]


@pytest.mark.parametrize(("method", "path", "body"), UNKNOWN)
def test_what_is_not_there_is_not_found(employ, trail, method, path, body):
    answer = employ("admin").ask(method, path, body)

    assert (answer.status_code, answer.json["code"]) == (404, "not_found")
    assert trail() == []


BAD = [
    ("PUT", "reviews/{message}/decision", {}, "decision"),
    ("PUT", "reviews/{message}/decision", {"decision": "maybe"}, "decision"),
    ("PUT", "reviews/{message}/decision", {"decision": "reject"}, "note"),
    ("PUT", "reviews/{message}/decision", {"decision": "reject", "note": " "}, "note"),
    ("PUT", "reviews/{message}/decision", {"decision": "accept", "override": True}, "note"),
    ("PUT", "reviews/{message}/decision", {"decision": "accept", "override": "yes"}, "override"),
    ("PUT", "reviews/{message}/decision", {"decision": "accept", "reason": "?"}, "reason"),
    ("POST", "reviews/{message}/requests", {"why": ""}, "why"),
    ("POST", "clients/{client}/production", {"override": True}, "note"),
    ("POST", "clients/{client}/production", {"override": 1}, "override"),
    ("POST", "messages/{message}/replies", {"text": ""}, "text"),
    ("POST", "messages/{message}/replies", {"text": " "}, "text"),
    ("POST", "messages/{message}/replies", {"text": 1}, "text"),
    ("POST", "registrations/{registration}/messages", {"text": "Hello."}, "name"),
    ("POST", "registrations/{registration}/messages", {"name": " ", "text": "Hello."}, "name"),
    ("POST", "grants/x/steps", {"step": "close", "reason": "Why not."}, "step"),
    ("POST", "grants/x/steps", {"step": "suspend"}, "reason"),
    ("POST", "grants/x/steps", {"step": "pending", "reason": "Late.", "eta": "soon"}, "eta"),
    ("POST", "grants", {**GIVEN, "reason": ""}, "reason"),
    ("POST", "grants", {**GIVEN, "reason": " "}, "reason"),
    ("POST", "grants", {**GIVEN, "customer_id": "nobody"}, "customer_id"),
    ("POST", "grants", {**GIVEN, "authorization_details": []}, "authorization_details"),
    ("POST", "grants", {**GIVEN, "authorization_details": [{"type": 1}]}, "authorization_details"),
    ("POST", "grants", {**GIVEN, "authorization_details": [{"type": "cds_client_admin"}]}, "scope"),
    ("POST", "grants", {**GIVEN, "ends": "2020-01-01T00:00:00Z"}, "ends"),
    ("POST", "clients/{client}/steps", {"step": "suspend", "reason": " "}, "reason"),
    ("POST", "clients/{client}/steps", {"step": "delete", "reason": "Why not."}, "step"),
    ("POST", "clients/{client}/direct-access", {"step": "permit"}, "reason"),
    ("POST", "clients/{client}/direct-access", {"step": "open", "reason": "Why not."}, "step"),
    ("PUT", "clients/{client}/limits/usage_data/segment_start", {}, "maximum"),
    ("PUT", "clients/{client}/limits/usage_data/segment_start", {"maximum": "P"}, "maximum"),
    ("PUT", "clients/{client}/limits/cds_client_admin/segment_start", {"maximum": "P1Y"}, "scope"),
    ("POST", "operators", {"username": "u", "name": "U", "roles": ["king"], "password": "x" * 12}, "roles.0"),
    ("POST", "operators", {"username": "u", "name": "U", "roles": [], "password": "x" * 12}, "roles"),
    ("POST", "operators", {"username": "u", "name": "U", "roles": ["admin"], "password": "x" * 11}, "password"),
    ("POST", "operators", {"username": "u u", "name": "U", "roles": ["admin"], "password": "x" * 12}, "username"),
    ("POST", "operators", {"username": "service:u", "name": "U", "roles": ["admin"], "password": "x" * 12}, "username"),
    ("PATCH", "operators/x", {"disabled": False}, "disabled"),
    ("PATCH", "operators/x", {"roles": []}, "roles"),
    ("PATCH", "operators/x", {"roles": ["admin"], "disabled": True}, "disabled"),
    ("PATCH", "operators/x", {"password": "x" * 12}, "password"),
    ("GET", "reviews?cursor=x", None, "cursor"),
    ("GET", "reviews?kinds=a&kinds=b", None, "kinds"),
    ("GET", "audit?cursor=W10", None, "cursor"),
]


@pytest.mark.parametrize("bad", BAD)
def test_a_fault_is_named_and_changes_nothing(employ, box, trail, bad):
    method, path, body, field = bad
    message = box.posted("production_request")
    count = box.count()
    address = path.format(
        message=message["message_id"], client=box.party.app.client_id, registration=box.registration_id
    )
    if body and body.get("client_id") == "{client}":
        body = {**body, "client_id": box.party.app.client_id}
    answer = employ("admin").ask(method, address, body)

    assert (answer.status_code, answer.json["code"], answer.json["field"]) == (400, "invalid_request", field)
    assert answer.mimetype == "application/problem+json"
    assert field.partition(".")[0] in answer.json["detail"].lower()
    assert (box.get(message)["status"], box.count(), trail()) == ("pending", count, [])


def test_a_body_that_is_not_json_is_refused(employ, box):
    message = box.posted("support_request")
    program = employ("reviewer")
    answer = program.http.put(
        f"/admin/reviews/{message['message_id']}/decision",
        data={"decision": "accept"},
        headers={"Authorization": f"Bearer {program.token}"},
    )

    assert answer.status_code == 415
    assert box.get(message)["status"] == "pending"


def test_a_registration_of_another_client_is_open_too(app, employ, box):
    """Operators look after all of them."""
    other = register(app.test_client())
    found = employ("support").get("registrations")["registrations"]

    assert len(found) == 2
    assert {box.party.admin.client_id, other.admin.client_id} <= {
        each["client_id"] for row in found for each in row["clients"]
    }
