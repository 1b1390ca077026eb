"""The walk: its steps in order. Each does one thing and checks what a Client relies on."""

from __future__ import annotations

from collections.abc import Callable

from cdsc_server.walkthrough import agreeing, ending, reading, registering
from cdsc_server.walkthrough.browser import Browser
from cdsc_server.walkthrough.client import Client
from cdsc_server.walkthrough.report import Report


def walk(base_url: str, username: str, password: str, redirect_uri: str, tell: Callable[[str], None]) -> int:
    """
    Go the whole path once.

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
    registering.prepare_client(report, client)
    agreeing.push(report, client)
    arrived = agreeing.approve(report, client, browser, username, password)
    agreeing.come_back(report, client, arrived)
    agreeing.exchange(report, client)
    reading.read_supply(report, client)
    reading.read_usage(report, client)
    reading.read_mix(report, client)
    ending.introspect_and_refresh(report, client)
    ending.revoke(report, client, browser)
    ending.find_it_shut(report, client)
    return report.steps
