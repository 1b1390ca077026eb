"""The tutorial says what is true: its blocks are run, one after the other, against a real server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cdsc_server.walkthrough.browser import Away, Browser, Page
from tests.support.demo import Demo

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]

_TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorials" / "sandbox-client.md"


def _approve(server: str, url: str) -> str:
    """What the reader does in a browser; gives the address it ends at."""
    browser = Browser(server)
    page = browser.open(url)
    assert isinstance(page, Page)
    page = browser.press(page, *page.button("sign-in"), username="ada@example.com", password="demo-password")
    assert isinstance(page, Page)
    answer = browser.press(page, *page.button("approve"))
    assert isinstance(answer, Away)
    return answer.url


def test_every_block_of_the_tutorial_works(demo: Demo, capsys: pytest.CaptureFixture[str]):
    blocks = re.findall(r"```python\n(.*?)```", _TUTORIAL.read_text(encoding="utf-8"), re.DOTALL)
    told: list[str] = []

    def answer(_: str) -> str:
        told.append(capsys.readouterr().out)
        return _approve(demo.url, re.findall(r"http://\S+request_uri=\S+", told[0])[0])

    code = "\n".join(blocks).replace("http://127.0.0.1:8000", demo.url)
    exec(compile(code, str(_TUTORIAL), "exec"), {"input": answer})  # noqa: S102 - our own page

    assert "in the sandbox" in told[0]
    assert re.search(r"40-0101-01 Evening Saver\n(\S+ \S+ [0-9.]+ kWh\n){3,4}", capsys.readouterr().out)
