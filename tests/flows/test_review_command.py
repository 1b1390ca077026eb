"""`cdsc review` as an operator types it, against the database of a running server."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from cdsc_server.cli_review import review
from cdsc_server.domain.messages import MessageStatus, MessageType, RelatedTo
from cdsc_server.errors import Problem
from cdsc_server.services.messages import add_message
from cdsc_server.services.registration import register
from cdsc_server.storage.audit import AuditRow
from cdsc_server.storage.clients import clients_of
from cdsc_server.storage.db import reading, transaction


@pytest.fixture
def registration_id(app, ports, settings, clock):
    """A Client that needs everything, and asks for production."""
    with app.app_context():
        row, _ = register(
            {"client_name": "Bright Bills", "contacts": [], "scope": "cds_client_admin rate_plan"},
            address="here",
            catalogue=app.extensions["cdsc"].catalogue,
            settings=settings,
            limits=ports.limits,
            clock=clock,
            keys=ports.keys,
            blobs=ports.blobs,
        )
        with transaction() as session:
            sandbox = next(each for each in clients_of(session, row.registration_id) if each.response_types)
            add_message(
                session,
                registration_id=row.registration_id,
                type=MessageType.PRODUCTION_REQUEST,
                status=MessageStatus.PENDING,
                name="We are ready",
                description="Let us in.",
                related=RelatedTo("client", sandbox.client_id),
                now=clock.now(),
            )
    return row.registration_id


@pytest.fixture
def cdsc(settings, monkeypatch):
    """Runs `cdsc review ...`; gives what it printed."""
    for name in ("database_url", "key_file", "blob_dir", "base_url"):
        monkeypatch.setenv(f"CDSC_{name.upper()}", getattr(settings, name))

    def run(*arguments):
        return CliRunner().invoke(review, arguments, catch_exceptions=True)

    return run


def test_an_operator_lists_looks_and_decides(cdsc, app, registration_id):
    lines = cdsc("list").output.splitlines()
    assert sorted(line.split()[3] for line in lines) == ["internal_review", "production_request"]
    ids = {line.split()[3]: line.split()[0] for line in lines}
    shown = cdsc("show", ids["production_request"]).output
    assert "Let us in." in shown
    assert "setup_fee: open" in shown

    refused = cdsc("accept", ids["production_request"])
    assert isinstance(refused.exception, Problem)
    assert "Asked" in cdsc("ask", ids["production_request"], "--text", "Who are you?").output
    assert "Rejected internal_review" in cdsc("reject", ids["internal_review"], "--reason", "No such company.").output
    accepted = cdsc("accept", ids["production_request"], "--override", "--note", "Welcome.").output

    assert "Accepted production_request" in accepted
    assert "Made: " in accepted
    assert cdsc("list").output == "Nothing waits.\n"
    with app.app_context(), reading() as session:
        statuses = {each.status for each in clients_of(session, registration_id)}
        noted = [(row.actor, row.action) for row in session.query(AuditRow).order_by(AuditRow.at)]
    assert statuses == {"production", "sandbox"}
    assert {actor for actor, _ in noted} == {"command line"}
    assert [action for _, action in noted] == ["message.sent", "review.rejected", "review.accepted"]
