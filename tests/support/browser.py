"""
`page`: a tab of a real Chromium on `live_server`, driven by Playwright.

The machine's own Chromium is used; nothing is downloaded by Playwright.
A script error or a breach of the Content Security Policy on any page fails the test that saw it.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.support import system
from tests.support.live import LiveServer
from tests.support.waiting import SECONDS

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

#: Left alone, Chromium calls its maker at every start; names other than ours resolve to nothing.
_ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


def chromium() -> str:
    """
    The path of a Chromium or Chrome; installed first where that is possible.

    Raises:
        system.Missing: none is there and none could be installed.
    """
    if (found := _found()) is None:
        try:
            system.install("chromium", "fonts-dejavu-core")
        except system.Missing as fault:
            raise system.Missing(f"no Chromium: {fault}") from fault
        found = _found()
    if found is None:
        raise system.Missing("this machine's packages brought no Chromium")
    return found


def _found() -> str | None:
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium per worker; tests are skipped, or fail in CI, when there is none."""
    try:
        path = chromium()
    except system.Missing as fault:
        if system.required():
            pytest.fail(str(fault), pytrace=False)
        pytest.skip(str(fault))
    # Chromium's sandbox needs an account of its own; as root it refuses to start with it.
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*_ARGUMENTS, *root], timeout=SECONDS * 1000)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """An empty tab with no cookies; paths such as `page.goto("/login")` are those of `live_server`."""
    with tab_of(browser, base_url=live_server.url) as page:
        yield page


@contextmanager
def tab_of(browser: Browser, **options: Any) -> Iterator[Page]:
    """An empty tab with no cookies; `options` are those of Playwright's `new_context`."""
    faults: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            faults.append(message.text)

    context = browser.new_context(ignore_https_errors=True, locale="en-GB", **options)
    # Only a page that never comes is a fault: a busy machine takes its time.
    context.set_default_timeout(30_000)
    context.on("weberror", lambda error: faults.append(str(error.error)))
    context.on("console", note)
    yield context.new_page()
    context.close()
    assert not faults
