"""`cdsc demo` as a person starts it: real programs on free ports, ended by Ctrl-C."""

from __future__ import annotations

import re
import socket
import subprocess
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page

from cdsc_server.demo.months import TIMEZONE
from tests.support.browser import tab_of
from tests.support.companions import Catcher
from tests.support.demo import CDSC, Demo, start
from tests.support.tab import WIDTHS, fits, follow
from tests.support.waiting import SECONDS, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """An empty tab with no cookies; a script error or a breach of the Content Security Policy fails the test."""
    with tab_of(browser) as tab:
        yield tab


def _connect(tab: Page, demo: Demo, username: str) -> None:
    tab.goto(demo.example_url)
    follow(tab, "#connect")
    tab.fill("#username", username)
    tab.fill("#password", "demo-password")
    follow(tab, "#sign-in")


def test_it_says_who_can_sign_in_and_where(demo):
    """The table is printed when everything answers."""
    told = demo.output.read_text()

    assert "ada@example.com" in told
    assert demo.url in told
    assert demo.example_url in told
    assert "demo-password" in told
    assert "olga@dge.example" in told
    assert f"{demo.url}/console" in told


def test_the_mail_the_utility_sends_can_be_read(demo):
    """A walk ends with a receipt and the news that it was stopped; the address of the mails is told at the start."""
    subprocess.run([*CDSC, "walkthrough", demo.url, "--sandbox-only"], capture_output=True, timeout=SECONDS, check=True)
    url = re.search(r"(http://\S+) +the mail", demo.output.read_text())[1]
    wanted = {"You share data with Walkthrough", "Walkthrough can no longer read your data"}

    def told() -> set[str]:
        return {each["subject"].partition(":")[0] for each in Catcher("", url).mails("ada@example.com")}

    assert wait_until(lambda: wanted <= told(), told)


def _has_readings_of_this_month(demo: Demo) -> bool:
    """Not in the first minutes of a month in the town: there is nothing to tell the cost of yet."""
    now = datetime.now(ZoneInfo(TIMEZONE))
    return demo.begun > now.replace(day=1, hour=1, minute=0)


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_a_customer_connects_the_example_app_and_sees_their_energy(demo, tab, tmp_path, width):
    tab.set_viewport_size({"width": width, "height": 900})
    _connect(tab, demo, "ada@example.com")
    follow(tab, "#approve")
    assert tab.url.endswith("/energy")
    tab.screenshot(path=tmp_path / f"energy-{width}.png", full_page=True)

    assert tab.locator("section[aria-labelledby=use] .plot rect").count() == 14
    assert tab.locator("section[aria-labelledby=cost] .plot rect").count() >= 2
    assert tab.locator(".stripes rect").count() >= 10
    assert re.search(r"[0-9,]+\.[0-9]{2} USD in all", tab.inner_text("section[aria-labelledby=cost]"))
    assert re.search(r"Last week you used [0-9.]+ kWh of electricity", tab.inner_text("main"))
    if _has_readings_of_this_month(demo):
        assert re.search(r"cost about [0-9,]+\.[0-9]{2} USD so far", tab.inner_text("#so-far"))
    assert fits(tab)


@pytest.mark.browser
def test_the_sun_is_drawn_beside_the_use_and_days_can_be_turned(demo, tab):
    _connect(tab, demo, "ben@example.com")
    follow(tab, "#approve")
    assert tab.url.endswith("/energy")
    follow(tab, "text=Year")
    assert "Sent to the grid" in tab.inner_text("main")
    follow(tab, "nav >> text=Day")
    before = tab.inner_text("#use ~ p, .card p >> nth=0")
    follow(tab, "text=Earlier")

    assert tab.inner_text("#use ~ p, .card p >> nth=0") != before


@pytest.mark.browser
def test_the_example_app_is_kind_when_a_customer_stops_sharing(demo, tab):
    _connect(tab, demo, "ada@example.com")
    follow(tab, "#approve")
    assert tab.url.endswith("/energy")
    follow(tab, "text=See or stop sharing")
    follow(tab, tab.locator("a", has_text="Kestrel Carbon").first)
    tab.click("#stop-sharing summary")
    follow(tab, "#stop")
    tab.goto(f"{demo.example_url}/energy")

    assert "We can no longer see your energy" in tab.inner_text("h1")
    assert tab.locator("#connect").is_visible()


@pytest.mark.browser
def test_the_example_app_takes_a_no_for_an_answer(demo, tab):
    _connect(tab, demo, "ada@example.com")
    follow(tab, "#decline")
    assert "/callback?" in tab.url

    assert "You chose not to share your data" in tab.inner_text("main")


def test_ctrl_c_ends_all_of_it_and_a_later_start_makes_no_data_again(tmp_path):
    """The first start makes the data, the second only stores what was measured since."""
    first = start(tmp_path / "demo", "--days", "75", "--customers", "2")
    assert first.interrupt() == 0
    assert "Making a town" in first.output.read_text()
    for url in (first.url, first.example_url):
        # Both ports can be listened on again, so no child was left behind.
        with socket.create_server(("127.0.0.1", int(url.rpartition(":")[2]))):
            pass

    again = start(tmp_path / "demo")

    assert again.interrupt() == 0
    assert "Making a town" not in again.output.read_text()
