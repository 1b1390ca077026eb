"""A person decides in a real browser: with and without JavaScript, on a telephone and on a desk, by keyboard alone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from cdsc_server.domain.secrets import secret_hash
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.grants import GrantRow
from tests.factories import customer_data, people
from tests.support import requirement
from tests.support.browser import tab_of
from tests.support.tab import arriving, fits, follow, picture

pytestmark = [
    pytest.mark.browser,
    # What is stored is tested on both databases; here people and pages meet.
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

SIZES = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1280, "height": 900}}


@pytest.fixture(params=["desk", "phone"])
def sized(page, request):
    """The tab at the size of a desk and of a telephone."""
    page.set_viewport_size(SIZES[request.param])
    return page


@pytest.fixture
def seeded(live_server, clock, client_site):
    """Ada with 14 shops and three days of readings, and a Client that asks for three things; gives the address."""
    catalogue = live_server.app.extensions["cdsc"].catalogue
    three = (
        people.requested(
            catalogue, "usage_data", contract_numbers=["C-shop0001", "C-shop0003"], segment_start="P3Y"
        ),
        people.requested(catalogue, "supply_details", account_numbers=["_all"], sync_until="P3Y",
                         authorization_form_selection_type="account_selection"),
        people.requested(catalogue, "generation_mix", contract_numbers=["C-shop0001"], segment_start="P1Y",
                         segment_end="PT0S", allow_scope_modifications=False),
    )  # fmt: skip
    with live_server.app.app_context(), transaction() as session:
        people.baker(session, at=clock.now(), contracts=14)
        people.requester(session, at=clock.now(), redirect_uris=[client_site.callback])
        series = customer_data.series(session, "s", contract_id="shop0001", meter_device_id="m1")
        start = datetime(2026, 2, 25, tzinfo=UTC)
        customer_data.readings(session, series, start, [f"{(n * 7) % 24 / 8:.3f}" for n in range(72)])

    def opened(page) -> str:
        page.goto("/sign-in")
        cookie = next(each for each in page.context.cookies() if each["name"] == "cdsc_session")
        with live_server.app.app_context(), transaction() as session:
            return people.waiting(
                session,
                three,
                session_hash=secret_hash(cookie["value"]),
                at=clock.now(),
                redirect_uri=client_site.callback,
            )

    return opened


def sign_in(page) -> None:
    page.fill("#username", "ada@example.com")
    page.fill("#password", people.PASSWORD)
    follow(page, "#sign-in")


def grants(live_server):
    with live_server.app.app_context(), reading() as session:
        return [(row.status, row.scope, row.selections) for row in session.query(GrantRow).all()]


@requirement("WG3-01-9.2-02", "WG3-01-9.2-03", "WG3-01-9.2-04")
def test_a_person_shares_two_parts_sees_the_receipt_and_stops(seeded, sized, live_server, client_site):
    page = sized
    request_id = seeded(page)
    page.goto(f"/consent/{request_id}")
    picture(page, "1-sign-in")
    assert fits(page)
    sign_in(page)
    picture(page, "2-form")
    assert fits(page)
    for summary in page.locator("summary").all():
        summary.click()
    picture(page, "3-form-open")
    assert fits(page)
    page.get_by_label("Shop 0002").first.check()
    assert page.locator(".picked .n").first.evaluate("e => getComputedStyle(e, '::after').content") == "counter(picked)"
    page.locator("#leave-2").check()
    assert not page.locator("#s2-which").is_visible()
    picture(page, "4-left-out")
    follow(page, "#approve")

    assert page.url.startswith(client_site.url)
    assert set(client_site.landings[-1].query) == {"code", "state", "iss"}
    ((status, scope, selections),) = grants(live_server)
    assert (status, scope) == ("active", "usage_data generation_mix")
    assert selections[0]["ids"] == ["shop0001", "shop0002", "shop0003"]

    page.goto("/my-data")
    picture(page, "5-my-data")
    assert fits(page)
    follow(page, page.get_by_role("link", name="Kestrel Carbon", exact=True))
    picture(page, "6-grant")
    assert fits(page)
    follow(page, page.get_by_role("link", name="Receipt DGE-"))
    picture(page, "7-receipt")
    assert fits(page)
    page.locator("summary", has_text="Stop sharing with").click()
    follow(page, "#stop")
    assert "can read nothing more" in page.inner_text("main")
    picture(page, "8-stopped")
    assert grants(live_server)[0][0] == "revoked"


@requirement("WG3-01-9.2.1.5-03", "WG3-01-9.2.1.5-04", "WG3-01-9.2.1.5-09")
def test_the_closing_section_follows_what_is_left_out_and_scrolls_by_itself(seeded, page):
    """At once, before anything is sent."""
    page.goto(f"/consent/{seeded(page)}")
    sign_in(page)
    words = page.locator(".scroll .only-2")
    assert words.is_visible()
    page.locator("#leave-2").check()
    assert not words.is_visible()
    page.locator("#leave-2").uncheck()

    assert words.is_visible()
    page.set_viewport_size(SIZES["phone"])
    assert page.locator(".scroll").evaluate(
        "e => [getComputedStyle(e).overflowY, e.clientHeight < e.scrollHeight]"
    ) == [
        "scroll",
        True,
    ]


def test_an_error_is_shown_first_and_focused(seeded, sized):
    page = sized
    request_id = seeded(page)
    page.goto(f"/consent/{request_id}")
    sign_in(page)
    follow(page, "button[value=none-1]")
    follow(page, "#approve")

    assert page.url.endswith("#problem")
    assert page.title().startswith("Error: ")
    picture(page, "9-error")
    assert fits(page)
    follow(page, "#problem a")
    assert page.url.endswith("#s1-list")


def test_everything_works_without_javascript(browser, seeded, live_server, client_site):
    with tab_of(browser, base_url=live_server.url, java_script_enabled=False) as page:
        page.goto(f"/consent/{seeded(page)}")
        sign_in(page)
        page.fill("#s1-find", "shop 0014")
        with arriving(page):
            page.keyboard.press("Enter")
        assert page.get_by_text("Ticked, not in this search").is_visible()
        page.get_by_label("Shop 0014").check()
        follow(page, "#approve")
        assert page.url.startswith(client_site.url)

    assert grants(live_server)[0][2][0]["ids"] == ["shop0001", "shop0003", "shop0014"]


def test_a_keyboard_is_enough(seeded, page, live_server, client_site):
    request_id = seeded(page)
    page.goto(f"/consent/{request_id}")
    page.focus("#username")
    page.keyboard.type("ada@example.com")
    page.keyboard.press("Tab")
    page.keyboard.type(people.PASSWORD)
    with arriving(page):
        page.keyboard.press("Enter")
    seen = []
    for _ in range(200):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.id"))
        if seen[-1] == "approve":
            break
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    with arriving(page):
        page.keyboard.press("Enter")

    assert page.url.startswith(client_site.url)
    assert seen[-1] == "approve"
    assert outline == "solid"
    assert grants(live_server)[0][0] == "active"


def test_two_clicks_at_once_make_one_grant(seeded, page, live_server, client_site):
    request_id = seeded(page)
    page.goto(f"/consent/{request_id}")
    sign_in(page)
    page.dblclick("#approve")
    # The second click breaks off the way that the first had begun, so the address is looked at until it is there.
    expect(page).to_have_url(re.compile(re.escape(client_site.url)), timeout=30_000)

    assert len(grants(live_server)) == 1
    assert len({landing.query["code"] for landing in client_site.landings}) == 1


def test_saying_no_goes_back_to_the_client(seeded, sized, live_server, client_site):
    page = sized
    request_id = seeded(page)
    page.goto(f"/consent/{request_id}")
    sign_in(page)
    follow(page, "#decline")

    assert page.url.startswith(client_site.url)
    assert client_site.landings[-1].query["error"] == "access_denied"
    assert grants(live_server) == []


def test_yes_and_no_weigh_the_same(seeded, sized):
    page = sized
    page.goto(f"/consent/{seeded(page)}")
    sign_in(page)
    yes, no = page.locator("#approve").bounding_box(), page.locator("#decline").bounding_box()

    assert (yes["width"], yes["height"]) == (no["width"], no["height"])
    assert yes["height"] >= 44


def test_a_person_who_comes_back_later_finds_the_choices(seeded, page, clock):
    page.goto(f"/consent/{seeded(page)}")
    sign_in(page)
    page.get_by_label("Shop 0002").first.check()
    follow(page, "button[value=update-1]")
    clock.advance(timedelta(minutes=30))
    page.reload()
    assert "You were away for more than 10 minutes" in page.inner_text("main")
    sign_in(page)

    assert page.get_by_label("Shop 0002").first.is_checked()
