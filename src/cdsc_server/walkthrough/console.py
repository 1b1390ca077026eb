"""An operator of the utility looks at what waits and decides it, at the console."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from cdsc_server.walkthrough.browser import Browser, Page, found, page_of
from cdsc_server.walkthrough.client import first_line
from cdsc_server.walkthrough.people import Login
from cdsc_server.walkthrough.report import Report, WrongAnswer

Message = dict[str, Any]


def review(report: Report, base_url: str, operator: Login, asked: Message, owed: Collection[Message]) -> None:
    """
    Sign in, find the request for production, accept what it needs, then the request itself.

    Args:
        asked: the production_request.
        owed: the Messages that asked the Client for what production needs.
    """
    browser, console = Browser(base_url), f"{base_url}/console"
    address = f"{console}/messages/{asked['message_id']}"
    with report.step(f"Sign in at the console as {operator.username}"):
        page = page_of(browser.open(console), "the sign-in page of the console", operator.advice)
        form, button = found(page.button("sign-in"), "sign-in", page)
        answer = browser.press(page, form, button, username=operator.username, password=operator.password)
        page = page_of(answer, "the queue", operator.advice)
        report.check("the queue opens", page.url.startswith(console), seen=page.url, advice=operator.advice)
    with report.step("Look for our request among what waits"):
        places = _pages_until(browser, page, address)
        report.check(f"it is on page {places} of the queue", places > 0, seen=page.text[:300])
    if owed:
        with report.step("Try to accept it at once"):
            page = _decide(browser, address, operator, reason="")
            refused = page.status == 409 and "Nothing was changed" in page.text
            report.check("409: production needs something first, nothing was changed", refused, seen=page.text[:600])
    for message in owed:
        with report.step(f"Accept: {first_line(message)}"):
            page = _decide(browser, f"{console}/messages/{message['message_id']}", operator, reason="All is well.")
            report.check("it is decided, and the Client is told", "Decided." in page.text, seen=page.text[:600])
    with report.step("Accept the request for production"):
        page = _decide(browser, address, operator, reason="Welcome.")
        report.check("it is decided, and the Client is told", "Decided." in page.text, seen=page.text[:600])
        page = page_of(browser.open(console), "the queue")
        report.check("it waits no more", _pages_until(browser, page, address) == 0, seen=page.text[:300])


def _pages_until(browser: Browser, page: Page, address: str) -> int:
    """How many pages of the queue it takes to find a link to an address; 0 when there is none."""
    count = 1
    while address not in {link.url for link in page.links}:
        following = next((link.url for link in page.links if link.relation == "next"), None)
        if following is None:
            return 0
        page, count = page_of(browser.open(following), "the next page of the queue"), count + 1
    return count


def _decide(browser: Browser, address: str, operator: Login, *, reason: str) -> Page:
    page = page_of(browser.open(address), "the Message", operator.advice)
    form, button = found(page.button("save"), "save", page)
    answer = browser.press(page, form, button, decision="accept", reason=reason)
    if not isinstance(answer, Page):
        raise WrongAnswer("the console answers with a page of its own", answer.url)
    return answer
