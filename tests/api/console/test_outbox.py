"""What was given up is shown, tried again or dropped, with a reason on the audit trail."""

import pytest

from cdsc_server.storage.audit import AuditRow
from cdsc_server.storage.db import transaction
from cdsc_server.storage.outbox import OutboxRow

ROW = {"channel": "mail", "kind": "receipt", "status": "dead", "fault": "550 no such <b>person</b>", "attempts": 1}


@pytest.fixture
def dead(app, clock):
    """Two mails that were given up."""
    with app.app_context(), transaction() as session:
        for name in ("one", "two"):
            row = OutboxRow(
                outbox_id=name, recipient=f"{name}@mail.example", created=clock.now(), due=clock.now(), **ROW
            )
            session.add(row)


@pytest.fixture
def states(rows_of):
    """Where each row stands."""
    return lambda: {row.outbox_id: (row.status, row.attempts) for row in rows_of(OutboxRow)}


def test_a_reviewer_tries_one_again_and_drops_another(hire, dead, states, rows_of):
    desk = hire("reviewer")
    page = desk.load("/console/outbox")
    assert "one@mail.example" in page.text
    assert "550 no such &lt;b&gt;person&lt;/b&gt;" in page.text
    assert desk.act("/console/outbox", do="retry", chosen="one").status_code == 303
    assert desk.act("/console/outbox", do="drop", chosen="two", reason="wrong address").status_code == 303

    assert states() == {"one": ("waiting", 0)}
    told = [(row.action, row.detail) for row in rows_of(AuditRow) if row.subject == "outbox"]
    assert sorted(told, key=str, reverse=True) == [
        ("outbox.retried", {"count": 1, "ids": ["one"]}),
        ("outbox.dropped", {"reason": "wrong address", "count": 1, "ids": ["two"]}),
    ]


@pytest.mark.parametrize("sent", [{"do": "drop", "chosen": "one"}, {"do": "retry"}])
def test_nothing_happens_without_a_choice_or_a_reason(hire, dead, states, sent):
    before = states()

    assert hire("reviewer").act("/console/outbox", **sent).status_code == 400
    assert states() == before


def test_others_look_and_change_nothing(hire, dead, states):
    desk, before = hire("support"), states()

    assert "Try again" not in desk.load("/console/outbox").text
    assert desk.act("/console/outbox", do="retry", chosen="one").status_code == 403
    assert states() == before
