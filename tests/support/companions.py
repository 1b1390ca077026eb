"""
`mail_catcher`: a real SMTP server with a page, one for all tests of a worker. `payment_sandbox`: a payment provider.
`simulated_site`: a device platform with any number of homes, one for all tests of a worker.

All are processes of their own on free ports of 127.0.0.1, gone when the tests are.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.ports import free_port
from tests.support.waiting import SECONDS, wait_for_program, wait_until


@dataclass(frozen=True)
class Catcher:
    """A running catcher: `smtp_url` is for CDSC_MAIL_URL, `url` shows what it caught."""

    smtp_url: str
    url: str

    def mails(self, recipient: str | None = None) -> list[dict[str, Any]]:
        """What it caught, or what it caught for one address; the latest first."""
        every = requests.get(f"{self.url}/mails.json", timeout=10).json()
        return [each for each in every if recipient is None or recipient in each["recipients"]]

    def wait_for(self, recipient: str) -> dict[str, Any]:
        """The latest mail to an address, as soon as there is one."""
        return wait_until(lambda: self.mails(recipient), lambda: f"no mail came to {recipient}")[0]


@pytest.fixture(scope="session")
def mail_catcher() -> Iterator[Catcher]:
    """Shared by tests, so each of them uses addresses of its own."""
    with catching(free_port()) as catcher:
        yield catcher


@pytest.fixture
def payment_sandbox(tmp_path: Path) -> Callable[[str, str], Any]:
    """Gives a context manager over a provider: takes the address of the server and the file with the secret."""

    @contextmanager
    def started(server_url: str, secret_file: str) -> Iterator[str]:
        port = free_port()
        variables = {"CDSC_BASE_URL": server_url, "CDSC_PAYMENT_SECRET_FILE": secret_file}
        command = ("payment-sandbox", "--port", str(port), "--directory", str(tmp_path / "orders"))
        with _running(command, f"http://127.0.0.1:{port}/healthz", variables):
            yield f"http://127.0.0.1:{port}"

    return started


@pytest.fixture(scope="session")
def simulated_site() -> Iterator[str]:
    """Address of three days old homes in Brussels. Shared by tests, so each of them uses accounts of its own."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with _running(
        ("simulated-site", "--port", str(port), "--days", "3", "--timezone", "Europe/Brussels"), f"{url}/healthz", {}
    ):
        yield url


def play(url: str, account: str, scene: str) -> None:
    """Have a home of `simulated_site` fail in this way from now on; `normal` ends it."""
    requests.post(f"{url}/scene", {"account": account, "scene": scene}, timeout=10).raise_for_status()


@contextmanager
def catching(smtp_port: int) -> Iterator[Catcher]:
    """A catcher that takes mail on this port."""
    web_port = free_port()
    command = ("mail-catcher", "--port", str(smtp_port), "--web-port", str(web_port))
    with _running(command, f"http://127.0.0.1:{web_port}/healthz", {}):
        yield Catcher(f"smtp://127.0.0.1:{smtp_port}?starttls=no", f"http://127.0.0.1:{web_port}")


@contextmanager
def _running(command: tuple[str, ...], url: str, variables: dict[str, str]) -> Iterator[None]:
    around = {name: value for name, value in os.environ.items() if not name.startswith("CDSC_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "cdsc_server.cli", *command],
        env={**around, **variables},
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for_program(process, lambda: _answers(url), lambda: f"nothing answers at {url}")
        yield
    finally:
        process.terminate()
        process.wait(SECONDS)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False
