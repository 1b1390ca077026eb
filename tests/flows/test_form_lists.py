"""Long lists of the form in a real browser, without JavaScript: they count, hide and scroll by style alone (9.2.3)."""

import pytest

from cdsc_server.domain.secrets import secret_hash
from cdsc_server.services import aggregations
from cdsc_server.storage.db import transaction
from tests.factories import customer_data as rows
from tests.factories import groups, people
from tests.support.browser import tab_of
from tests.support.rows import cases
from tests.support.tab import follow

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

FIELDS = {
    "account_selection": ("account_numbers", "A-a1"),
    "service_contract_selection": ("contract_numbers", "C-shop0001"),
    "servicepoint_selection": ("servicepoint_numbers", "SP-p1"),
    "meter_device_selection": ("meter_numbers", "M-m1"),
    "aggregation_selection": ("aggregation_numbers", "G-01"),
}


@pytest.fixture
def opened(browser, live_server, clock):
    """A tab without JavaScript at a form with 14 entries of a kind, of which the first is ticked."""

    def opens(page, kind):
        page.goto("/sign-in")
        catalogue = live_server.app.extensions["cdsc"].catalogue
        field, number = FIELDS[kind]
        scope = "usage_data" if kind == "aggregation_selection" else "distribution_details"
        asked = people.requested(catalogue, scope, authorization_form_selection_type=kind, **{field: [number]})
        (cookie,) = (each["value"] for each in page.context.cookies() if each["name"] == "cdsc_session")
        with live_server.app.app_context(), transaction() as session:
            people.baker(session, at=clock.now(), contracts=14)
            people.requester(session, at=clock.now())
            session.add_all(rows.account(f"a{n}") for n in range(2, 15))
            waiting = people.waiting(session, (asked,), session_hash=secret_hash(cookie), at=clock.now())
        houses = [groups.building(f"G-{n:02}", name=f"House {n:02}") for n in range(1, 15)]
        with live_server.app.app_context():
            aggregations.define(houses, is_test=True, country="US", actor="ops", clock=clock)
        page.goto(f"/consent/{waiting}")
        page.fill("#username", "ada@example.com")
        page.fill("#password", people.PASSWORD)
        follow(page, "#sign-in")

    return opens


def told(page):
    """What a screen reader says of how many are ticked, counters of the style sheet among it."""
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    words = [node["name"]["value"] for node in tree if node.get("role", {}).get("value") == "StaticText"]
    at = next(n for n, each in enumerate(words) if each.strip() == "Ticked:")
    return "".join(words[at : at + 3])


def top(page, selector):
    return page.locator(selector).first.bounding_box()["y"]


@pytest.mark.parametrize("kind", cases("form_selections.tsv", "live"))
def test_the_count_follows_each_tick_and_stands_at_the_top(browser, live_server, opened, kind):
    with tab_of(browser, base_url=live_server.url, java_script_enabled=False) as page:
        opened(page, kind)
        assert told(page) == "Ticked: 1 of 14"
        page.locator("#s1-list input").nth(3).check()
        page.locator("#s1-list input").nth(5).check()
        assert told(page) == "Ticked: 3 of 14"
        page.locator("#s1-list input").nth(3).uncheck()

        assert told(page) == "Ticked: 2 of 14"
        assert top(page, ".picked") < top(page, "#s1-list")


@pytest.mark.parametrize("kind", cases("form_selections.tsv", "hidden"))
def test_what_is_not_ticked_is_hidden_and_comes_back(browser, live_server, opened, kind):
    with tab_of(browser, base_url=live_server.url, java_script_enabled=False) as page:
        opened(page, kind)
        entries = page.locator("#s1-list li:visible")
        assert entries.count() == 14
        page.locator(".ticked-only input").check()
        assert entries.count() == 1
        page.locator(".ticked-only input").uncheck()

        assert entries.count() == 14


@pytest.mark.parametrize("kind", cases("form_selections.tsv", "scrolls"))
def test_a_long_list_scrolls_by_itself(browser, live_server, opened, kind):
    """The rest of the page stays where it is."""
    with tab_of(browser, base_url=live_server.url, viewport={"width": 390, "height": 844}) as page:
        opened(page, kind)
        before = page.evaluate("scrollY")
        height, scrolled = page.locator("#s1-list").evaluate("e => (e.scrollTop = 200, [e.clientHeight, e.scrollTop])")

        assert height < 440
        assert scrolled == 200
        assert page.evaluate("scrollY") == before
