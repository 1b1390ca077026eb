"""The API reference in a real browser."""

from urllib.parse import urlsplit

import pytest

ONCE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.browser
@ONCE
@pytest.mark.parametrize("width", [390, 1280])
def test_the_reference_is_drawn_without_any_other_host(page, live_server, width):
    """A strict policy, no request elsewhere, and no sideways scrolling on a telephone."""
    asked = []
    page.on("request", lambda request: asked.append(urlsplit(request.url)))
    page.set_viewport_size({"width": width, "height": 900})

    page.goto("/docs")
    page.locator(".opblock-tag").first.wait_for()
    page.locator(".opblock", has_text="/cds/usage_segments").first.click()
    page.get_by_text("Implements CDS-WG3-01").first.wait_for()

    assert {url.netloc for url in asked if url.scheme != "data"} == {urlsplit(live_server.url).netloc}
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
@ONCE
def test_the_reference_offers_no_place_for_a_secret(page):
    """The page explains and never calls."""
    page.goto("/docs")
    page.locator(".opblock").first.click()
    page.locator(".responses-wrapper").first.wait_for()

    assert page.locator(".authorize, .try-out").count() == 0
