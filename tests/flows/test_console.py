"""An operator at work in a real browser, on a telephone, a tablet and a desk, by keyboard where it counts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cdsc_server.domain.operators import Role
from cdsc_server.services.operators import add_operator
from cdsc_server.storage.audit import AuditRow
from cdsc_server.storage.db import reading
from tests.factories.messages import Box
from tests.factories.oauth import register
from tests.support.tab import WIDTHS, arriving, fits, follow

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

PASSWORD = "correct horse battery"


@pytest.fixture
def settings(settings):
    return replace(settings, registrations_per_hour=10_000)


@pytest.fixture
def request_of_a_client(live_server, clock):
    """A registration with requirements, which asks for production; gives the Message."""
    app = live_server.app
    with app.app_context():
        add_operator(
            "olga@dge.example", display_name="Olga", roles={Role.ADMIN}, password=PASSWORD, actor="test", clock=clock
        )
    box = Box(app, register(app.test_client(), "cds_client_admin usage_data rate_plan"), clock)
    related = f"{live_server.url}/clients/{box.party.app.client_id}"
    return box, box.posted("production_request", name="Ready for customers", related_uri=related)


@pytest.mark.parametrize("width", WIDTHS)
def test_an_operator_finds_decides_and_leaves(page, live_server, request_of_a_client, width):
    box, message = request_of_a_client
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/console")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to main content"
    page.fill("#username", "olga@dge.example")
    page.fill("#password", PASSWORD)
    with arriving(page):
        page.keyboard.press("Enter")
    follow(page, page.get_by_role("link", name="Ready for customers"))
    assert "things are not accepted yet" in page.inner_text("main")
    assert "setup fee (open)" in page.inner_text("main")
    assert fits(page)

    page.check("input[value=reject]")
    follow(page, "#save")
    assert page.inner_text("#problem h2") == "Nothing was changed"
    page.fill("#reason", "Your terms cannot be read.")
    page.focus("#save")
    with arriving(page):
        page.keyboard.press("Enter")
    assert page.url.endswith("?done=decided")
    assert "Decided." in page.inner_text("main")
    assert box.get(message)["status"] == "rejected"

    for path in ("/console", "/console/clients", f"/console/clients/{box.registration_id}", "/console/audit"):
        page.goto(path)
        assert fits(page), path
    follow(page, "#sign-out")
    assert page.goto("/console").url.endswith("/console/sign-in?next=/console")
    with live_server.app.app_context(), reading() as session:
        actions = {row.action for row in session.query(AuditRow)}
    assert actions == {"operator.added", "operator.signed_in", "review.rejected", "operator.signed_out"}
