"""Who gets into the provisioning API, and what its tokens open."""

import pytest

from cdsc_server.domain.operators import Role
from cdsc_server.web.bearer import access_of


def test_every_address_needs_a_token_of_this_scope(app):
    """But for the document and its reader."""
    doors = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/provisioning")]
    told = {rule.endpoint for rule in doors if access_of(app.view_functions[rule.endpoint]) != "provisioning"}

    assert len(doors) > 5
    assert told == {"docs.provisioning_document", "docs.provisioning_reader"}


@pytest.mark.parametrize("held", ["nothing", "nonsense", "client_admin", "grant"])
def test_nobody_else_gets_in(client, party, approval, held):
    tokens = {
        "nonsense": "Bearer x",
        "client_admin": party.bearer["Authorization"],
        "grant": f"Bearer {party.access(approval)['access_token']}",
    }
    headers = {"Authorization": tokens[held]} if held in tokens else {}
    answer = client.put("/provisioning/label-partners/north", json={"name": "North"}, headers=headers)

    assert (answer.status_code, answer.json["code"]) == (401, "invalid_token")
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("role", "scope", "path", "status"),
    [
        (Role.PROVISIONER, "provisioning", "/provisioning/label-partners", 200),
        (Role.ADMIN, "provisioning", "/provisioning/label-partners", 200),
        (Role.ADMIN, "provisioning cdsc_operator", "/admin/me", 200),
        (Role.PROVISIONER, "provisioning", "/admin/me", 403),
        (Role.ADMIN, "provisioning", "/admin/me", 403),
        (Role.ADMIN, "cdsc_operator", "/provisioning/label-partners", 403),
    ],
)
def test_a_token_opens_what_it_was_asked_for(employ, role, scope, path, status):
    """A program that hands in Customers has no business with Clients and Grants."""
    program = employ(role, scope=scope)

    assert program.http.get(path, headers={"Authorization": f"Bearer {program.token}"}).status_code == status


@pytest.mark.parametrize(("role", "scope"), [(Role.PROVISIONER, "cdsc_operator"), (Role.REVIEWER, "provisioning")])
def test_a_role_asks_for_no_more_than_it_opens(employ, role, scope):
    program = employ(role, scope="provisioning" if role is Role.PROVISIONER else "cdsc_operator")
    form = {"grant_type": "client_credentials", "scope": scope}
    answer = program.http.post("/oauth/token", data=form, headers=program.account.headers)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_scope")


def test_without_a_wish_a_program_gets_what_its_role_is_for(employ):
    program = employ(Role.PROVISIONER)
    form = {"grant_type": "client_credentials"}
    answer = program.http.post("/oauth/token", data=form, headers=program.account.headers)

    assert answer.json["scope"] == "provisioning"
