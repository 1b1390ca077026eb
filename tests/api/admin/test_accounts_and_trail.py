"""Accounts of operators and the audit trail over HTTP."""

import pytest

from cdsc_server.domain.operators import Role
from cdsc_server.storage.db import reading
from cdsc_server.storage.operators import OperatorRow
from tests.api.admin.conftest import BASE

PASSWORD = "correct horse battery"
OLGA = {"username": "Olga@dge.example", "name": "Olga", "roles": ["reviewer", "support"], "password": PASSWORD}


@pytest.fixture
def stored(app):
    def rows():
        with app.app_context(), reading() as session:
            return list(session.query(OperatorRow).all())

    return rows


def test_an_operator_is_added_and_listed(employ, stored, trail, clock):
    program = employ("admin")
    made = program.ask("POST", "operators", OLGA)

    assert made.status_code == 201
    assert made.json == {
        "username": "olga@dge.example",
        "uri": f"{BASE}/admin/operators/olga@dge.example",
        "name": "Olga",
        "roles": ["reviewer", "support"],
        "created": made.json["created"],
        "disabled": None,
    }
    assert program.get("operators")["operators"] == [made.json]
    assert program.get(made.json["uri"]) == made.json
    assert stored()[0].password_hash.startswith("$argon2id$")
    assert trail() == [("service:admin", "operator.added", "operator:olga@dge.example")]


def test_a_name_with_a_slash_has_an_address_too(employ):
    program = employ("admin")
    made = program.do("POST", "operators", {**OLGA, "username": "north/olga"})

    assert made["uri"] == f"{BASE}/admin/operators/north%2Folga"
    assert program.get("/admin/operators/north%2Folga") == made


def test_a_name_is_never_given_twice(employ, stored):
    program = employ("admin")
    program.do("POST", "operators", OLGA)
    program.do("PATCH", "operators/olga@dge.example", {"disabled": True})
    answer = program.ask("POST", "operators", {**OLGA, "name": "Olga the second"})

    assert (answer.status_code, answer.json["code"]) == (409, "conflict")
    assert [row.display_name for row in stored()] == ["Olga"]


def test_roles_are_changed(employ, trail):
    program = employ("admin")
    program.do("POST", "operators", OLGA)
    changed = program.do("PATCH", "operators/OLGA@dge.example", {"roles": ["auditor", "auditor"]})
    again = program.do("PATCH", "operators/olga@dge.example", {"roles": ["auditor"]})

    assert changed["roles"] == ["auditor"]
    assert again == changed == program.do("PATCH", "operators/olga@dge.example", {})
    assert sorted(action for _, action, _ in trail()) == ["operator.added", "operator.roles_changed"]


def test_a_disabled_account_stays_as_it_is(employ, trail):
    program = employ("admin")
    program.do("POST", "operators", OLGA)
    closed = program.do("PATCH", "operators/olga@dge.example", {"disabled": True})
    for change in ({"disabled": True}, {"roles": ["admin"]}):
        assert program.ask("PATCH", "operators/olga@dge.example", change).status_code == 409

    assert closed["disabled"] is not None
    assert program.get("operators/olga@dge.example") == closed
    assert sorted(action for _, action, _ in trail()) == ["operator.added", "operator.disabled"]


def test_the_trail_is_paged_and_narrowed(employ, clock):
    program = employ("admin")
    program.do("POST", "operators", OLGA)
    for n in range(120):
        clock.advance(seconds=1)
        program.do("PATCH", "operators/olga@dge.example", {"roles": [list(Role)[n % 2].value]})
    auditor = employ("auditor")
    first = auditor.get("audit", subject="operator:olga@dge.example")
    second = auditor.get(first["next"])
    entries = [*first["entries"], *second["entries"]]

    assert [len(page["entries"]) for page in (first, second)] == [100, 21]
    assert len({each["entry_id"] for each in entries}) == 121
    assert [each["at"] for each in entries] == sorted((each["at"] for each in entries), reverse=True)
    assert auditor.get(second["previous"])["entries"] == first["entries"]
    assert entries[-1]["action"] == "operator.added"
    assert entries[0]["detail"] == {"before": ["admin"], "roles": ["reviewer"]}
    assert {each["actor"] for each in auditor.get("audit", actor="service:admin")["entries"]} == {"service:admin"}
    assert auditor.get("audit", actor="nobody")["entries"] == []


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_the_trail_is_read_only(employ, trail, method):
    answer = employ("admin").ask(method, "audit", {} if method != "DELETE" else None)

    assert answer.status_code == 405
    assert trail() == []
