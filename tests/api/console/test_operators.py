"""Accounts of operators and of programs, looked after at the console; and one's own."""

import re

import pytest

from cdsc_server.storage.audit import AuditRow
from cdsc_server.storage.operators import OperatorRow, OperatorSessionRow
from cdsc_server.storage.service_accounts import ServiceAccountRow
from tests.api.console.conftest import PASSWORD
from tests.support.pages import Visitor

NEW = "another long password"


@pytest.fixture
def admin(hire):
    """An admin at the console."""
    return hire("admin")


@pytest.fixture
def done(rows_of):
    """Actor, action and subject of what was done to accounts, without sign-ins and how the first ones came."""

    def entries():
        rows = sorted(rows_of(AuditRow), key=lambda row: row.at)
        kept = [row for row in rows if row.actor == "olga@dge.example" and row.action != "operator.signed_in"]
        return [(row.action, row.subject) for row in kept]

    return entries


@pytest.fixture
def stored(rows_of):
    """An account as it is stored."""
    return lambda username: next((row for row in rows_of(OperatorRow) if row.username == username), None)


def shown_once(answer):
    return re.search(r'<code id="secret">([^<]+)</code>', answer.get_data(as_text=True))[1]


def enter(app, username, password):
    """A browser after trying to sign in."""
    visitor = Visitor(app.test_client())
    visitor.load("/console")
    visitor.press(username=username, password=password)
    return visitor


def test_an_operator_is_added_with_a_password_that_is_shown_once(app, admin, stored, done):
    answer = admin.act("/console/operators", username="Pavel@dge.example", name="Pavel", roles="reviewer")
    password = shown_once(answer)

    assert stored("pavel@dge.example").roles == ["reviewer"]
    assert "What waits for us" in enter(app, "pavel@dge.example", password).load("/console").get_data(as_text=True)
    assert password not in admin.load("/console/operators").get_data(as_text=True)
    assert done() == [("operator.added", "operator:pavel@dge.example")]


def test_an_account_that_breaks_a_rule_is_not_made(admin, rows_of, done):
    for fields, status in (
        ({"username": "", "name": "P", "roles": "reviewer"}, 400),
        ({"username": "p", "name": " ", "roles": "reviewer"}, 400),
        ({"username": "p", "name": "P"}, 400),
        ({"username": "p", "name": "P", "roles": "owner"}, 400),
        ({"username": "olga@dge.example", "name": "P", "roles": "reviewer"}, 409),
    ):
        assert admin.act("/console/operators", **fields).status_code == status

    assert (len(rows_of(OperatorRow)), done()) == (1, [])


def test_the_list_says_who_may_what_and_who_is_signed_in(hire, admin):
    hire("support", username="pavel@dge.example", sign_in=False)
    text = admin.load("/console/operators").get_data(as_text=True)

    assert "pavel@dge.example" in text
    assert ">1 browser<" in text
    assert ">no<" in text


def test_a_name_may_have_what_an_address_may_not(hire, admin, done):
    hire("support", username="dge/programs?#1", sign_in=False)
    link = admin.load("/console/operators").get_data(as_text=True).split("/console/operators/dge")[1].split('"')[0]
    address = f"/console/operators/dge{link}"

    assert "dge/programs?#1" in admin.load(address).get_data(as_text=True)
    assert admin.press("disable", n=3).status_code == 303
    assert done() == [("operator.disabled", "operator:dge/programs?#1")]


def test_other_roles_hold_from_the_next_page_on(hire, admin, done):
    pavel = hire("support", username="pavel@dge.example")
    assert pavel.client.get("/console/audit").status_code == 403
    assert admin.act("/console/operators/pavel@dge.example", do="roles", roles="auditor").status_code == 303

    assert pavel.client.get("/console/audit").status_code == 200
    assert done() == [("operator.roles_changed", "operator:pavel@dge.example")]


@pytest.mark.parametrize(
    ("do", "action"),
    [
        ("disable", "operator.disabled"),
        ("sign-out", "operator.sessions_ended"),
        ("password", "operator.password_changed"),
    ],
)
def test_what_ends_sessions_ends_them_at_once(hire, admin, done, do, action):
    pavel = hire("reviewer", username="pavel@dge.example")
    answer = admin.act("/console/operators/pavel@dge.example", do=do)

    assert answer.status_code == (200 if do == "password" else 303)
    assert pavel.client.get("/console").status_code == 303
    assert done() == [(action, "operator:pavel@dge.example")]


def test_a_new_password_is_the_only_one(app, hire, admin):
    hire("reviewer", username="pavel@dge.example", sign_in=False)
    password = shown_once(admin.act("/console/operators/pavel@dge.example", do="password"))

    assert enter(app, "pavel@dge.example", PASSWORD).client.get("/console").status_code == 303
    assert enter(app, "pavel@dge.example", password).client.get("/console").status_code == 200


def test_nobody_closes_or_changes_their_own_account(admin, stored, done):
    """So there is always an admin left."""
    for fields in ({"do": "disable"}, {"do": "roles", "roles": "support"}):
        assert admin.act("/console/operators/olga@dge.example", **fields).status_code == 409

    row = stored("olga@dge.example")
    assert (row.roles, row.disabled, done()) == (["admin"], None, [])


def test_what_does_not_fit_changes_no_account(hire, admin, stored, done):
    hire("reviewer", username="pavel@dge.example")
    for fields, status in (({"do": "roles"}, 400), ({"do": "delete"}, 400), ({}, 400)):
        assert admin.act("/console/operators/pavel@dge.example", **fields).status_code == status
    assert admin.act("/console/operators/nobody", do="disable").status_code == 404

    assert (stored("pavel@dge.example").roles, done()) == (["reviewer"], [])


@pytest.mark.parametrize("role", ["reviewer", "support", "auditor"])
def test_accounts_are_for_admins(hire, rows_of, role):
    desk = hire(role)
    for path in ("operators", "operators/olga@dge.example", "programs", "programs/billing"):
        data = {"username": "p", "name": "P", "roles": "admin", "do": "disable", "program": "billing"}
        assert desk.act(f"/console/{path}", **data).status_code == 403
    pages = ("/console/operators", "/console/operators/olga@dge.example")

    assert {desk.client.get(path).status_code for path in pages} == {403}
    assert (len(rows_of(OperatorRow)), rows_of(ServiceAccountRow)) == (1, [])


class TestPrograms:
    """Service accounts, whose tokens open the admin API."""

    def test_a_program_is_added_and_gets_tokens_until_it_is_disabled(self, app, admin, done):
        made = admin.act("/console/programs", program="billing", roles="reviewer")
        first = shown_once(made)
        client_id = re.search(r"<code>(operator-[^<]+)</code>", made.get_data(as_text=True))[1]
        second = shown_once(admin.act("/console/programs/billing", do="secret"))

        def answers(secret):
            form = {"grant_type": "client_credentials"}
            return app.test_client().post("/oauth/token", data=form, auth=(client_id, secret)).status_code

        assert (answers(first), answers(second)) == (401, 200)
        assert admin.act("/console/programs/billing", do="disable").status_code == 303
        assert answers(second) == 401
        assert len(done()) == 3

    @pytest.mark.parametrize("fields", [{"program": "Not one!", "roles": "reviewer"}, {"program": "billing"}])
    def test_one_that_breaks_a_rule_is_not_made(self, admin, rows_of, fields):
        answer = admin.act("/console/programs", **fields)

        assert (answer.status_code, rows_of(ServiceAccountRow)) == (400, [])
        assert 'href="#program"' in answer.get_data(as_text=True)


class TestOwnAccount:
    """Everybody's own password and sessions."""

    @pytest.fixture
    def elsewhere(self, app, admin):
        """A second browser of the same operator."""
        return enter(app, "olga@dge.example", PASSWORD)

    def test_the_password_is_changed_and_other_browsers_are_out(self, app, admin, elsewhere, done):
        fields = {"old": PASSWORD, "password": NEW, "again": NEW}
        assert admin.act("/console/account/password", **fields).location == "/console/account?done=password"

        assert admin.client.get("/console").status_code == 200
        assert elsewhere.client.get("/console").status_code == 303
        assert enter(app, "olga@dge.example", NEW).client.get("/console").status_code == 200
        assert done() == [("operator.password_changed", "operator:olga@dge.example")]

    def test_a_password_that_does_not_fit_changes_nothing(self, admin, elsewhere, stored, done):
        before = stored("olga@dge.example").password_hash
        for fields, status in (
            ({"old": "wrong", "password": NEW, "again": NEW}, 403),
            ({"old": PASSWORD, "password": NEW, "again": NEW + "."}, 400),
            ({"old": PASSWORD, "password": "short", "again": "short"}, 400),
        ):
            assert admin.act("/console/account/password", **fields).status_code == status

        assert (stored("olga@dge.example").password_hash, done()) == (before, [])
        assert elsewhere.client.get("/console").status_code == 200

    def test_guessing_it_has_to_wait(self, admin):
        """Who sits at a browser that was left open cannot try for long."""
        wrong = {"old": "wrong", "password": NEW, "again": NEW}
        answers = [admin.act("/console/account/password", **wrong).status_code for _ in range(4)]

        assert answers == [403, 403, 403, 429]

    def test_the_other_browsers_are_listed_and_signed_out(self, admin, elsewhere, done):
        assert admin.load("/console/account").get_data(as_text=True).count("this one") == 1
        assert admin.act("/console/account/sessions", which="others").status_code == 303

        assert (admin.client.get("/console").status_code, elsewhere.client.get("/console").status_code) == (200, 303)
        assert done() == [("operator.sessions_ended", "operator:olga@dge.example")]

    def test_one_browser_is_signed_out(self, admin, elsewhere, rows_of):
        here = admin.client.get_cookie("cdsc_console", path="/console").value
        text = admin.load("/console/account").get_data(as_text=True)
        (other,) = re.findall(r'name="which" value="([0-9a-f]{64})"', text)
        assert here not in text
        assert admin.act("/console/account/sessions", which=other).status_code == 303

        assert len([row for row in rows_of(OperatorSessionRow) if row.username]) == 1
        assert elsewhere.client.get("/console").status_code == 303

    def test_the_browser_of_somebody_else_is_not(self, hire, admin, rows_of):
        pavel = hire("support", username="pavel@dge.example")
        other = next(row.session_hash for row in rows_of(OperatorSessionRow) if row.username == "pavel@dge.example")

        assert admin.act("/console/account/sessions", which=other).status_code == 404
        assert pavel.client.get("/console").status_code == 200
