"""Operator accounts and the audit trail, as the command line makes them."""

import pytest

from cdsc_server.domain.operators import Role
from cdsc_server.errors import Conflict, InvalidRequest, NotFound
from cdsc_server.services import operators
from cdsc_server.storage.audit import AuditRow
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.operators import OperatorRow
from tests.support import commands

PASSWORD = "correct horse battery"


@pytest.fixture
def rows(app):
    def all_of(kind):
        with app.app_context(), reading() as session:
            return list(session.query(kind).all())

    return all_of


@pytest.fixture
def add(app, clock):
    def adds(username="olga@dge.example", *, roles=frozenset({Role.REVIEWER}), password=PASSWORD):
        with app.app_context():
            operators.add_operator(
                username, display_name="Olga", roles=roles, password=password, actor="command line", clock=clock
            )

    return adds


def test_an_account_keeps_its_password_only_as_argon2(add, rows):
    add(" Olga@DGE.example ")

    (row,) = rows(OperatorRow)
    assert row.username == "olga@dge.example"
    assert row.password_hash.startswith("$argon2id$")
    assert [(each.actor, each.action, each.subject) for each in rows(AuditRow)] == [
        ("command line", "operator.added", "operator:olga@dge.example")
    ]


@pytest.mark.parametrize(
    "wrong", [{"roles": frozenset()}, {"password": "too short"}, {"username": " "}], ids=["role", "password", "name"]
)
def test_an_account_that_lacks_something_is_not_made(add, rows, wrong):
    with pytest.raises(InvalidRequest):
        add(**wrong)

    assert rows(OperatorRow) == []
    assert rows(AuditRow) == []


def test_a_name_is_never_given_twice(app, add, rows, clock):
    """The audit trail holds it, so not even after the account was disabled."""
    add()
    with app.app_context():
        operators.disable_operator("olga@dge.example", actor="command line", clock=clock)
    with pytest.raises(Conflict):
        add()

    assert len(rows(OperatorRow)) == 1
    assert sorted(each.action for each in rows(AuditRow)) == ["operator.added", "operator.disabled"]


def test_what_is_not_there_cannot_be_changed(app, clock, rows):
    with app.app_context(), pytest.raises(NotFound):
        operators.change_password("nobody@dge.example", PASSWORD, actor="command line", clock=clock)

    assert rows(AuditRow) == []


def _forge(change):
    with transaction() as session:
        row = session.query(AuditRow).one()
        if change == "update":
            row.actor = "somebody else"
        else:
            session.delete(row)


@pytest.mark.parametrize("change", ["update", "delete"])
def test_the_audit_trail_is_never_changed(app, add, rows, change):
    add()
    with app.app_context(), pytest.raises(RuntimeError, match="never changed"):
        _forge(change)

    assert [each.actor for each in rows(AuditRow)] == ["command line"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_accounts_are_looked_after_on_the_command_line(settings, rows):
    def run(*words):
        done = commands.run(settings, "operators", *words)
        return done.returncode, done.stdout + done.stderr

    made = run("add", "olga@dge.example", "--name", "Olga", "--role", "admin", "--password", PASSWORD)
    assert made == (0, "olga@dge.example can sign in at /console.\n")
    assert run("password", "olga@dge.example", "--password", "another long one")[0] == 0
    assert run("disable", "olga@dge.example")[0] == 0
    assert run("list") == (0, "olga@dge.example  Olga  admin  disabled\n")
    assert run("disable", "olga@dge.example")[0] == 1
