"""In a real browser: a person registers by hand, fills in a form and signs in for a registration."""

from __future__ import annotations

import pytest

from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.reviews import RequirementRow
from tests.factories import people
from tests.support import requirement
from tests.support.tab import WIDTHS, fits, follow


@pytest.fixture
def path_of(live_server):
    """The way to the form of a field, for the one registration there is."""

    def find(field_id):
        with live_server.app.app_context(), reading() as session:
            row = session.query(RequirementRow).filter_by(field_id=field_id).one()
            return f"{live_server.url}/requirements/{row.link}", row.status

    return find


@pytest.mark.browser
@requirement("WG1-02-3.2-34", "WG1-02-3.6-30", "WG1-02-3.6-50")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_person_registers_and_does_what_production_needs(page, live_server, clock, path_of, width):
    page.set_viewport_size({"width": width, "height": 900})
    with live_server.app.app_context(), transaction() as session:
        people.baker(session, at=clock.now(), is_test=True)
    page.goto(f"{live_server.url}/")
    follow(page, page.get_by_role("link", name="Register a client"))
    assert fits(page)
    page.fill("#client_name", "Harbour Tariffs")
    page.check("input[value=rate_plan]")
    follow(page, "#register")
    assert page.locator("#client-secret").inner_text()
    assert fits(page)

    address, _ = path_of("terms")
    page.goto(address)
    page.fill("#name", "Maren Holt")
    follow(page, "#send")
    assert page.locator("[aria-invalid=true]").count() == 1
    page.fill("#use", "It compares plans.")
    page.check("#agree")
    follow(page, "#send")
    assert "It has arrived" in page.locator("main").inner_text()

    address, _ = path_of("business_account")
    page.goto(address)
    follow(page, "#sign-in")
    page.fill("#username", "ada@example.com")
    page.fill("#password", people.PASSWORD)
    follow(page, "#sign-in")
    follow(page, "#send")
    assert "It has arrived" in page.locator("main").inner_text()
    assert fits(page)
    assert [path_of(field_id)[1] for field_id in ("terms", "business_account")] == ["submitted", "submitted"]
