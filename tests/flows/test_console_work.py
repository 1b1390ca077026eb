"""What operators do by hand, in a real browser: Grants, files, production, limits and accounts; every page fits."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from cdsc_server.domain.operators import Role
from cdsc_server.services.operators import add_operator
from cdsc_server.storage.audit import AuditRow
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.grants import GrantRow
from tests.factories import people
from tests.factories.messages import Box
from tests.factories.oauth import register
from tests.support.tab import WIDTHS, arriving, fits, follow, picture

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

PASSWORD = "correct horse battery"
SCOPES = "cds_client_admin usage_data rate_plan cds_grant_admin cds_server_provided_files"


@pytest.fixture
def settings(settings):
    return replace(settings, registrations_per_hour=10_000)


@pytest.fixture
def box(live_server, clock):
    """A registration with requirements, and a Customer it may meet."""
    app = live_server.app
    with app.app_context():
        add_operator(
            "olga@dge.example", display_name="Olga", roles={Role.ADMIN}, password=PASSWORD, actor="test", clock=clock
        )
        with transaction() as session:
            people.baker(session, at=clock.now())
    return Box(app, register(app.test_client(), SCOPES), clock)


@pytest.fixture
def desk(page, box):
    """A tab in which Olga is signed in."""
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto("/console")
    page.fill("#username", "olga@dge.example")
    page.fill("#password", PASSWORD)
    follow(page, "#sign-in")
    return page


def look(page, name):
    """See that the page fits a telephone, a tablet and a desk."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        picture(page, name)
        assert fits(page), (name, width)


def done(live_server):
    """What was done, without how accounts came and who signed in."""
    with live_server.app.app_context(), reading() as session:
        rows = session.query(AuditRow).filter(AuditRow.actor == "olga@dge.example").order_by(AuditRow.at)
        return {row.action for row in rows} - {"operator.signed_in"}


def test_a_grant_is_made_suspended_restored_and_ended(desk, box, live_server):
    """With the keyboard alone where the form is filled in."""
    page = desk
    page.goto(f"/console/clients/{box.registration_id}")
    look(page, "console, client")
    follow(page, "#make-grant")
    look(page, "console, grant to make")
    follow(page, page.get_by_role("link", name="Price plan").first)
    page.focus("#q")
    page.keyboard.type("lindqvist")
    # Enter searches, and makes nothing.
    with arriving(page):
        page.keyboard.press("Enter")
    page.focus("input[name=customer]")
    page.keyboard.press("Space")
    look(page, "console, grant form")
    follow(page, "#give")
    assert page.inner_text("#problem h2") == "Nothing was changed"
    expect(page.get_by_label("Ada Lindqvist")).to_be_checked()
    look(page, "console, grant form with a fault")
    page.focus("#reason")
    page.keyboard.type("Paper form 17.")
    page.keyboard.press("Tab")
    with arriving(page):
        page.keyboard.press("Enter")
    assert "The Grant is made." in page.inner_text("main")
    look(page, "console, grant")

    for button, says in (("#suspend", "The Grant is suspended."), ("#restore", "what it was before.")):
        page.fill("#reason", "A complaint.")
        follow(page, button)
        assert says in page.inner_text("main")
    look(page, "console, grant restored")
    page.get_by_text("End this Grant", exact=True).click()
    page.check("input[value=revoke]")
    page.fill("#end-reason", "The Customer called.")
    look(page, "console, grant to end")
    follow(page, "#end-grant")
    assert "The Grant has ended." in page.inner_text("main")
    with live_server.app.app_context(), reading() as session:
        assert session.query(GrantRow).filter_by(customer_id="ada").one().status == "revoked"
    assert done(live_server) == {"grant.made", "grant.suspended", "grant.restored", "grant.revoked"}


def test_a_file_is_shared_and_withdrawn(desk, box, live_server):
    page = desk
    page.goto(f"/console/clients/{box.registration_id}/files")
    look(page, "console, no files")
    page.set_input_files("#file", {"name": "letter.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"})
    page.fill("#description", "Your agreement")
    page.fill("#ends", "2027-01-01")
    follow(page, "#share")
    assert "The file is shared." in page.inner_text("main")
    look(page, "console, files")
    follow(page, page.get_by_role("button", name="Withdraw letter.pdf"))

    assert "The file is shared no more." in page.inner_text("main")
    assert done(live_server) == {"file.shared", "file.withdrawn"}


def test_production_is_made_with_limits_and_suspended(desk, box, live_server):
    page = desk
    page.goto(f"/console/clients/{box.registration_id}")
    follow(page, f"a[href='/console/objects/{box.party.app.client_id}']")
    look(page, "console, client object")
    follow(page, "a[href$='/limits']")
    page.select_option("#of", "usage_data segment_start")
    page.fill("#maximum", "P1Y")
    follow(page, "#set-limit")
    assert "The limit is set." in page.inner_text("main")
    look(page, "console, limits")
    page.goto(f"/console/objects/{box.party.app.client_id}")
    page.check("input[name=override]")
    page.fill("#note", "We know them well.")
    follow(page, "#produce")
    assert "The production Client Object is made." in page.inner_text("main")
    follow(page, "#production ~ p a")
    page.fill("#reason", "A complaint.")
    follow(page, "#suspend")
    assert "The Client Object is suspended." in page.inner_text("main")
    look(page, "console, client object suspended")
    page.goto(f"/console/clients/{box.registration_id}")
    look(page, "console, client with what was waived")

    assert page.get_by_text("Waived").count() == 6
    assert done(live_server) == {"client.limited", "review.accepted", "client.suspended"}


def test_accounts_are_looked_after(desk, live_server):
    page = desk
    page.goto("/console/operators")
    page.get_by_text("Add an operator").click()
    page.fill("#username", "pavel@dge.example")
    page.fill("#name", "Pavel")
    page.locator("#roles").get_by_label("Support").check()
    look(page, "console, operators")
    follow(page, "#add")
    assert len(page.inner_text("#secret")) == 20
    look(page, "console, shown once")
    follow(page, page.get_by_role("link", name="It is handed on"))
    page.locator("#roles").get_by_label("Auditor").check()
    follow(page, "#change-roles")
    assert "The roles are changed." in page.inner_text("main")
    look(page, "console, operator")
    page.goto("/console/account")
    page.fill("#old", PASSWORD)
    page.fill("#password", "another long password")
    page.fill("#again", "another long password")
    look(page, "console, own account")
    follow(page, "#change-password")

    assert "Your password is changed." in page.inner_text("main")
    assert done(live_server) == {"operator.added", "operator.roles_changed", "operator.password_changed"}
