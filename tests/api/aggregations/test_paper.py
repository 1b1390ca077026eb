"""A Customer agrees on paper: an operator writes it into the sub-Grant (4.11)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from cdsc_server.domain.grant_steps import GrantStep
from cdsc_server.errors import Conflict, InvalidRequest
from cdsc_server.services.mails import Mailing
from cdsc_server.services.operator_grants import change_grant
from cdsc_server.storage.audit import AuditRow
from cdsc_server.storage.customers import CustomerRow
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.grants import GrantRow, ReceiptRow
from cdsc_server.storage.outbox import OutboxRow
from cdsc_server.storage.service_points import ServicePointRow
from tests.factories import groups
from tests.support import requirement

USAGE = "/cds/usage_segments"
FLATS = ("ann", "ben", "cleo")


@pytest.fixture
def settings(settings):
    """No mail leaves, but mails are written into the outbox."""
    return replace(settings, mail_url="smtp://127.0.0.1:1?starttls=no", mail_from="no-reply@dge.example")


@pytest.fixture
def waiting(mill, define, direct):
    """A Grant for Mill House that waits for three sub-Grants; gives its token."""
    with direct.app.app_context(), transaction() as session:
        for name in FLATS:
            groups.hours(session, name, ["1.0", "2.0"])
        session.query(CustomerRow).filter_by(customer_id="ann").one().email = "ann@example.com"
    define(groups.building())
    direct.known("B-17")
    token = direct.usage("B-17")
    direct.settle()
    return token


@pytest.fixture
def write_down(direct, clock):
    """An operator takes a step with the sub-Grant of a Customer."""
    context = direct.app.extensions["cdsc"]

    def writes(customer_id, *, reason="Form 2026-117, third drawer.", step=GrantStep.AGREE, part_id=None):
        clock.advance(seconds=1)
        part_id = part_id or direct.part_of(customer_id)
        mailing = Mailing(context.catalogue.utility, context.settings, context.ports.keys)
        with direct.app.app_context():
            return change_grant(
                part_id,
                step,
                reason=reason,
                actor="olga",
                catalogue=context.catalogue,
                clock=clock,
                mailing=mailing,
            )

    return writes


@pytest.fixture
def kept(direct):
    """Everything that a consent writes."""

    def rows():
        with direct.app.app_context(), reading() as session:
            grants = [
                (row.grant_id, row.status, row.enabled_scope, row.selections) for row in session.query(GrantRow).all()
            ]
            trail = [row.action for row in session.query(AuditRow).all() if row.action.startswith("grant.")]
            return sorted(grants), trail, session.query(ReceiptRow).count(), session.query(OutboxRow).count()

    return rows


@requirement("WG3-01-4.11-35", "WG3-01-4.11-36")
def test_papers_complete_sub_grants_and_the_last_lets_the_grant_go_on(waiting, direct, write_down, get):
    """Beside a yes on the form; the token that waits reads then."""
    write_down("ann")
    direct.agree("ben")
    still = direct.parent()["status"]
    write_down("cleo")

    assert still == "needs_sub_grants"
    assert [(each["status"], each["enabled_scope"]) for each in direct.parts()] == [
        ("active", "aggregation_consent")
    ] * 3
    assert direct.parent()["status"] == "active"
    assert len(get(USAGE, waiting)["usage_segments"]) == 1


@requirement("WG3-01-4.11-35")
def test_a_paper_leaves_a_receipt_a_mail_and_its_place_in_the_trail(waiting, direct, write_down):
    """As what an operator gives by hand."""
    part_id = direct.part_of("ann")
    write_down("ann")

    with direct.app.app_context(), reading() as session:
        (entry,) = [row for row in session.query(AuditRow).all() if row.action == "grant.agreed"]
        part = session.get_one(GrantRow, part_id)
        (receipt,) = session.query(ReceiptRow).all()
        mails = session.query(OutboxRow).count()
    assert (entry.actor, entry.subject) == ("olga", f"grant:{part.grant_id}")
    assert entry.detail["reason"] == "Form 2026-117, third drawer."
    assert (entry.detail["before"], entry.detail["after"]) == ("needs_authorization", "active")
    assert (receipt.grant_id, receipt.customer_id) == (part.grant_id, "ann")
    assert part.receipt_confirmations == [receipt.confirmation]
    assert mails == 1


@requirement("WG3-01-4.11-35")
def test_who_moves_out_after_a_paper_is_let_go(waiting, direct, write_down, define):
    """The Grant goes on with those who are still needed."""
    for name in FLATS:
        write_down(name)
    direct.clock.advance(minutes=5)
    with direct.app.app_context(), transaction() as session:
        place = session.scalars(select(ServicePointRow).where(ServicePointRow.service_point_id == "ann")).one()
        place.premises = []
    define(groups.building())
    direct.settle()

    assert [each["status"] for each in direct.parts()] == ["active", "active"]
    assert direct.parent()["status"] == "active"


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_paper_that_is_filed_nowhere_is_refused(waiting, write_down, kept, reason):
    before = kept()

    with pytest.raises(InvalidRequest, match="Reason"):
        write_down("ann", reason=reason)
    assert kept() == before


@pytest.mark.parametrize("first", [GrantStep.AGREE, GrantStep.SUSPEND, GrantStep.REVOKE, GrantStep.DISABLE])
def test_what_waits_no_more_cannot_be_agreed_to(waiting, direct, write_down, kept, first):
    """Neither twice, nor after it was stopped."""
    part_id = direct.part_of("ann")
    write_down("ann", step=first)
    before = kept()

    with pytest.raises(Conflict):
        write_down("ann", part_id=part_id)
    assert kept() == before
