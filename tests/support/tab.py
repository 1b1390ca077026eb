"""
A person's steps in a tab of a browser.

A click only starts the way to the next page.
A test that reads the page, loads it again or leaves it before it is there meets the old page, or one being torn down.
So every click or key that leads to another page goes through `follow` or `arriving`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Locator, Page

#: The widths at which pages are looked at: a telephone, a tablet and a desk.
WIDTHS = (390, 768, 1280)


def follow(page: Page, target: str | Locator) -> None:
    """Click what leads to another page, or to another place of this one; over when that is loaded."""
    with arriving(page):
        (page.locator(target) if isinstance(target, str) else target).click()


@contextmanager
def arriving(page: Page) -> Iterator[None]:
    """The block leads to another page, by a key for example; over when that page is loaded."""
    with page.expect_navigation():
        yield


def fits(page: Page) -> bool:
    """Whether nothing makes the page scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def picture(page: Page, name: str) -> None:
    """Keep a picture of the whole page in the folder CDSC_PICTURES, where that is set, for whoever wants to look."""
    if (place := os.environ.get("CDSC_PICTURES")) and (size := page.viewport_size):
        Path(place).mkdir(parents=True, exist_ok=True)
        # A frame is drawn only once it has been in sight.
        for frame in page.locator("iframe").all():
            frame.scroll_into_view_if_needed()
        path = Path(place) / f"{re.sub('[^a-z0-9]+', '-', name.lower()).strip('-')}-{size['width']}.png"
        page.screenshot(path=path, full_page=True)


def paper(page: Page, name: str) -> None:
    """Keep the page as it is printed, as PDF, where pictures are kept."""
    if place := os.environ.get("CDSC_PICTURES"):
        Path(place).mkdir(parents=True, exist_ok=True)
        page.pdf(path=Path(place) / f"{re.sub('[^a-z0-9]+', '-', name.lower()).strip('-')}.pdf", format="A4")
