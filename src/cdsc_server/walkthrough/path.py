"""The walk: its steps in order. Each does one thing and checks what a Client relies on."""

from __future__ import annotations

from collections.abc import Callable

from cdsc_server.walkthrough import agreeing, console, ending, onboarding, production, reading, registering, rotation
from cdsc_server.walkthrough.browser import Browser
from cdsc_server.walkthrough.client import Client
from cdsc_server.walkthrough.people import Login, People
from cdsc_server.walkthrough.report import Report


def walk(base_url: str, redirect_uri: str, people: People, tell: Callable[[str], None]) -> int:
    """
    Go the whole path once: register, test in the sandbox, go to production, exchange a secret.

    It may be gone as often as you like: each time somebody new registers.

    Args:
        redirect_uri: where the Customer would come back to; it is read from the redirect and never opened.

    Returns:
        How many steps were made.

    Raises:
        WrongAnswer: at the first answer that is not as it should be.
        requests.RequestException: the server does not answer at all.
    """
    report, client, browser = Report(tell), Client(base_url, redirect_uri), Browser(base_url)
    registering.find_out(report, client)
    registering.register(report, client)
    owed = registering.read_first_messages(report, client)
    registering.prepare_client(report, client)
    registering.meet_test_accounts(report, client, browser, people.fictional)
    _test(report, client, browser, people.fictional)
    if people.operator is not None:
        onboarding.do_our_part(report, client, browser)
        asked = onboarding.ask_for_production(report, client)
        console.review(report, base_url, people.operator, asked, owed)
        address = production.read_decision(report, client, asked, owed)
        _go_live(report, production.fetch_client(report, client, address), browser, people.real)
    return report.steps


def _test(report: Report, client: Client, browser: Browser, customer: Login) -> None:
    """In the sandbox."""
    _ask(report, client, browser, customer)
    reading.read_supply(report, client)
    reading.read_usage(report, client)
    reading.read_mix(report, client)
    ending.introspect_and_refresh(report, client)
    ending.revoke(report, client, browser)
    ending.find_it_shut(report, client)


def _go_live(report: Report, client: Client, browser: Browser, customer: Login) -> None:
    """In production; `browser` is still that of the Customer of the sandbox."""
    production.meet_a_test_account(report, client, browser)
    _ask(report, client, Browser(client.base_url), customer)
    reading.read_supply(report, client)
    rotation.give_back(report, rotation.rotate(report, client))


def _ask(report: Report, client: Client, browser: Browser, customer: Login) -> None:
    agreeing.push(report, client)
    arrived = agreeing.approve(report, client, browser, customer)
    agreeing.come_back(report, client, arrived)
    agreeing.exchange(report, client)
