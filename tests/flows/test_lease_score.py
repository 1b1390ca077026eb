"""The lease example in a browser, beside a running demonstration."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browser import tab_of
from tests.support.demo import Demo
from tests.support.tab import WIDTHS, fits, follow

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("demo")]


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """An empty tab with no cookies; a script error or a breach of the Content Security Policy fails the test."""
    with tab_of(browser) as tab:
        yield tab


@pytest.fixture
def lease(demo: Demo) -> str:
    """Where the example listens."""
    return re.search(r"(http://\S+) +Fairlet", demo.output.read_text())[1]


@pytest.fixture
def kept(demo):
    """What the example keeps of people: it says that it deletes, and this looks."""
    state = demo.directory / "lease-score.json"
    return lambda: json.loads(state.read_text())["connections"]


def _share(tab: Page, lease: str) -> None:
    tab.goto(lease)
    follow(tab, "#connect")
    tab.fill("#username", "ada@example.com")
    tab.fill("#password", "demo-password")
    follow(tab, "#sign-in")
    follow(tab, "#approve")
    assert tab.url.endswith("/score")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_customer_sees_each_part_of_the_score(tab, lease, tmp_path, width):
    """A range as long as something is not known, one number once it is."""
    tab.set_viewport_size({"width": width, "height": 900})
    _share(tab, lease)
    before = tab.inner_text("#number")
    assert fits(tab)
    for name, value in (("income", "4,200"), ("rent", "1100"), ("people", "2")):
        tab.fill(f"#{name}", value)
    follow(tab, "#tell")
    tab.screenshot(path=tmp_path / f"score-{width}.png", full_page=True)

    assert re.fullmatch(r"[0-9.]+.[0-9.]+ of 100", before), "a range"
    assert tab.locator(".part").count() == 5
    points = [float(each.partition(" of ")[0]) for each in tab.locator(".part .points").all_inner_texts()[:2]]
    assert all(points), "energy and rent can be told now"
    assert "USD in a mean month" in tab.inner_text("main")
    assert "Nobody checked them" in tab.inner_text("section[aria-labelledby=unknown]")
    assert fits(tab)


def test_what_cannot_be_right_is_refused_and_changes_nothing(tab, lease, kept):
    _share(tab, lease)
    before = tab.inner_text("#number")
    tab.fill("#income", "plenty")
    tab.fill("#people", "1.5")
    follow(tab, "#tell")

    assert "more than 0" in tab.inner_text("#income-wrong")
    assert "whole number" in tab.inner_text("#people-wrong")
    assert tab.inner_text("#number") == before
    assert all(each["declared"] == {} for each in list(kept().values())[-1:])


def test_one_click_deletes_all_of_it(tab, lease, kept):
    had = len(kept())
    _share(tab, lease)
    assert len(kept()) == had + 1
    assert "values" not in json.dumps(kept()), "readings are never kept"
    follow(tab, "#delete")

    assert "Deleted" in tab.inner_text("h1")
    assert len(kept()) == had


def test_who_stops_sharing_is_deleted(tab, lease, kept):
    had = len(kept())
    _share(tab, lease)
    follow(tab, "text=See or stop sharing")
    follow(tab, tab.locator("a", has_text="Fairlet").first)
    tab.click("#stop-sharing summary")
    follow(tab, "#stop")
    tab.goto(f"{lease}/score")

    assert "Nothing is left here" in tab.inner_text("h1")
    assert len(kept()) == had
