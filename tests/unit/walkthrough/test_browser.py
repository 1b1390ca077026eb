"""The walk's browser sends what a browser would send, and stops where the server's pages end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from cdsc_server.walkthrough.browser import Away, Browser, Link, Page

_FORM = """
<!doctype html><form id="one" method="post" action="/take"><input type="hidden" name="secret" value="s1">
<input name="username"><input type="checkbox" name="a" value="1" checked><input type="checkbox" name="a" value="2">
<input type="radio" name="r" value="x"><input type="radio" name="r" value="y" checked><input name="gone" disabled>
<select name="s"><option value="1"><option value="2" selected></select><textarea name="t">two
lines</textarea><button id="go" name="press" value="go">Go</button><button type="button" id="no">No</button></form>
<button id="outside" form="one" name="press" value="outside">Outside</button>
<a href="?page=2" rel="next">More</a><a>Nowhere</a>
"""


class _Site(BaseHTTPRequestHandler):
    taken: ClassVar[list[tuple[str, str | None]]] = []

    def do_GET(self) -> None:
        away = {"/away": "http://127.0.0.1:1/callback?code=c", "/near": "/form"}.get(self.path)
        self.send_response(303 if away else 200)
        if away:
            self.send_header("Location", away)
        self.end_headers()
        self.wfile.write(_FORM.encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.taken.append((body, self.headers["Origin"]))
        self.send_response(303)
        self.send_header("Location", "/form")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    _Site.taken.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_form_sends_what_it_holds_and_the_button_that_was_pressed(site):
    browser = Browser(site)
    page = browser.open(f"{site}/near")
    assert isinstance(page, Page)
    form, button = page.button("go") or pytest.fail("no button")
    after = browser.press(page, form, button, username="ada")

    assert isinstance(after, Page)
    assert _Site.taken == [("secret=s1&username=ada&a=1&r=y&s=2&t=two%0Alines&press=go", site)]


def test_a_button_outside_belongs_to_the_form_it_names(site):
    page = Browser(site).open(f"{site}/form")

    assert isinstance(page, Page)
    assert page.button("outside") is not None
    assert page.button("no") is None


def test_a_redirect_to_elsewhere_is_told_and_not_followed(site):
    """Nothing listens there: following it would fail."""
    assert Browser(site).open(f"{site}/away") == Away("http://127.0.0.1:1/callback?code=c")


def test_links_and_unticked_boxes_can_be_read(site):
    page = Browser(site).open(f"{site}/form")

    assert isinstance(page, Page)
    assert page.links == (Link(f"{site}/form?page=2", "next"),)
    assert page.forms[0].unticked == [("a", "2")]
