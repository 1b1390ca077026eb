"""
The tutorial to production says what is true: its commands are run in one shell, and what it shows is what they print.

What a reader does in a browser is done here where a comment of the page says so. `RENEW_TUTORIAL=1` writes the answers
of this run into the page.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest
import requests

from cdsc_server.walkthrough.browser import Away, Browser, Page
from tests.support import system
from tests.support.companions import Catcher
from tests.support.demo import Demo
from tests.support.ports import free_port
from tests.support.waiting import SECONDS, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]

_TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorials" / "production.md"
_PARTS = re.compile(r"```(sh|python|text|json)\n(.*?)```|<!-- person: (.*?) -->", re.DOTALL)
_END = "that was all"


class Shell:
    """A bash that takes one block after the other, in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self._process = subprocess.Popen(
            ["/bin/bash", "-euo", "pipefail"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=directory,
            # `sort` goes by the locale, and the page was sorted without one.
            env={**os.environ, "PATH": path, "LC_ALL": "C"},
            text=True,
        )
        self._lines: Queue[str] = Queue()
        #: All that was printed so far, in whatever block.
        self.printed: list[str] = []
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def send(self, block: str) -> None:
        self._process.stdin.write(f"{block}\necho '{_END}'\n")
        self._process.stdin.flush()

    def line(self) -> str:
        self.printed.append(self._lines.get(timeout=SECONDS))
        return self.printed[-1]

    def rest(self) -> str:
        """What the block prints until its end."""
        told = "".join(iter(self.line, f"{_END}\n"))
        assert self._process.poll() is None, told
        return told

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        self._process.stdin.close()
        self._process.stdout.close()

    def _read(self) -> None:
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(f"the shell ended with {self._process.wait()}\n{_END}\n")


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    if shutil.which("curl") is None:
        try:
            system.install("curl")
        except system.Missing as fault:
            (pytest.fail if system.required() else pytest.skip)(f"THE TUTORIAL WAS NOT TRIED: curl: {fault}")
    running = Shell(tmp_path)
    yield running
    running.close()


class Reader:
    """The person at the browser."""

    def __init__(self, demo: Demo, shell: Shell) -> None:
        self._demo, self._shell, self._browser, self.links = demo, shell, Browser(demo.url), ""

    def does(self, what: str) -> None:
        who, _, deed = what.partition(" ")
        {"shares": self._share, "opens the links": self._open_links, "accepts": self._accept}[deed](who)

    def _share(self, username: str) -> None:
        line = self._shell.line()
        assert line.startswith("Open "), line
        url = line.removeprefix("Open ").strip()
        self._browser = Browser(self._demo.url)
        page = self._press(self._browser.open(url), "sign-in", username=username, password="demo-password")
        answer = self._browser.press(page, *page.button("approve"))
        assert isinstance(answer, Away)
        assert "Thank you" in requests.get(answer.url, timeout=SECONDS).text

    def _open_links(self, _: str) -> None:
        for url in re.findall(r"http\S+", self.links):
            page = self._browser.open(url)
            if page.button("send-code"):
                self._press(page, "send-code")
                answer = self._press(self._browser.open(url), "verify", code=self._code())
                assert answer.status == 200, answer.text
            elif page.button("send"):
                form = page.button("send")[0]
                answers = {name: "Maren Holt" for name, value in form.fields if not value}
                assert "It has arrived" in self._press(page, "send", **answers, **dict(form.unticked)).text
            else:
                self._pay(url, next(link.url for link in page.links if "checkout" in link.url))

    def _pay(self, url: str, checkout: str) -> None:
        provider = Browser(checkout)
        page = provider.open(checkout)
        assert isinstance(provider.press(page, *page.button("pay")), Page | Away)
        wait_until(lambda: "Payment received" in self._browser.open(url).text, lambda: self._browser.open(url).text)

    def _code(self) -> str:
        mails = Catcher("", re.search(r"(http://\S+) +the mail", self._demo.output.read_text())[1])
        return re.search(r"\b\d{8}\b", mails.wait_for("dev@lantern-advice.example")["text"])[0]

    def _accept(self, username: str) -> None:
        browser = Browser(self._demo.url)
        page = browser.open(f"{self._demo.url}/console")
        browser.press(page, *page.button("sign-in"), username=username, password="demo-password")
        mine = browser.open(f"{self._demo.url}/console/clients?q=Lantern+Advice")
        client = next(link.url for link in mine.links if re.search(r"/console/clients/\w+$", link.url))
        decided = 0
        # What production needs stands above the Messages, so the request comes last.
        for link in browser.open(client).links:
            page = browser.open(link.url) if "/console/messages/" in link.url else None
            if page is not None and (save := page.button("save")):
                decided += "Decided." in browser.press(page, *save, decision="accept", reason="").text
        assert decided == 5

    def _press(self, page: Page | Away, button: str, **typed: str) -> Page:
        answer = self._browser.press(page, *page.button(button), **typed)
        assert isinstance(answer, Page)
        return answer


def _same(text: str) -> str:
    """What an answer says in every run: ids, secrets, times and counts are left out."""
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z|\b\d{10}\b", "<time>", text)
    # One secret in a thousand has no digit, by which ids are told from words.
    text = re.sub(r'("client_secret": )"[\w-]{20,}"', r"\1<any>", text)
    return re.sub(r"(?=[\w-]*\d)[\w-]{20,}|\b\d+(?= readings)", "<any>", text)


@contextmanager
def _explained(step: str, shell: Shell, demo: Demo) -> Iterator[None]:
    """Adds to a failure what the step was, what the shell had printed until then, and what the server said."""
    try:
        yield
    except Exception as fault:
        printed = "".join(shell.printed)[-2000:]
        fault.add_note(f"at this step:\n{step}\n\nprinted until then:\n{printed}\n\n{demo.last_words()}")
        raise


def test_every_command_of_the_tutorial_prints_what_the_page_shows(demo: Demo, shell: Shell, tmp_path: Path):
    source, callback = _TUTORIAL.read_text(encoding="utf-8"), free_port()
    renews, reader, printed, written = bool(os.environ.get("RENEW_TUTORIAL")), Reader(demo, shell), "", []

    def here(text: str) -> str:
        return text.replace("http://127.0.0.1:8000", demo.url).replace("9999", str(callback))

    def there(text: str) -> str:
        # Only in addresses: a time, too, may hold the digits of a port.
        return text.replace(demo.url, "http://127.0.0.1:8000").replace(f"127.0.0.1:{callback}", "127.0.0.1:9999")

    for language, block, person in _PARTS.findall(source):
        with _explained(block or person, shell, demo):
            if language == "sh":
                shell.send("" if "activate" in block else here(block))
                printed = "" if "app.py" in block else shell.rest()
                reader.links = printed if "related_uri" in block else reader.links
            elif language == "python":
                (tmp_path / "app.py").write_text(here(block), encoding="utf-8")
            elif person:
                reader.does(person)
                printed = shell.rest() if person.endswith("shares") else printed
            else:
                written.append(there(printed))
                assert renews or _same(written[-1]) == _same(block)

    if renews:
        answers = iter(written)
        shown = re.compile(r"```(text|json)\n.*?```", re.DOTALL)
        _TUTORIAL.write_text(shown.sub(lambda found: f"```{found[1]}\n{next(answers)}```", source), encoding="utf-8")
