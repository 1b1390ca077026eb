"""The page for customers with a program of their own says what is true: its blocks are run, against a real server."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from cdsc_server.services import reviews
from cdsc_server.services.reviews import Desk
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.reviews import RequirementRow
from cdsc_server.walkthrough.browser import Browser, Page
from tests.factories import customer_data, people
from tests.support.live import LiveServer

_PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "integrate" / "own-data.md"


def _show_account(live: LiveServer, link: str) -> None:
    """What the reader does in a browser, and then the utility."""
    browser = Browser(live.url)
    page = browser.open(link)
    assert isinstance(page, Page)
    assert "My energy sheet" in page.text
    signing_in = browser.open(f"{live.url}/sign-in?next={link.removeprefix(live.url)}")
    assert isinstance(signing_in, Page)
    page = browser.press(
        signing_in, *signing_in.button("sign-in"), username="ada@example.com", password=people.PASSWORD
    )
    assert isinstance(page, Page)
    assert isinstance(browser.press(page, *page.button("send")), Page)
    context = live.app.extensions["cdsc"]
    with live.app.app_context():
        with reading() as session:
            row = session.scalars(select(RequirementRow).where(RequirementRow.field_id == "own_account")).one()
        reviews.accept(row.message_id, desk=Desk(context.catalogue, live.settings, context.ports))


@pytest.fixture
def adas_meter(live_server, clock) -> datetime:
    """Readings of the past month at one of Ada's shops; when they begin."""
    start = clock.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    with live_server.app.app_context(), transaction() as session:
        people.baker(session, at=clock.now(), contracts=1)
        series = customer_data.series(session, "m1", meter_device_id="m1")
        customer_data.readings(session, series, start, ["1.50"] * 24)
    return start


def test_every_block_of_the_page_works(live_server, adas_meter, capsys, monkeypatch):
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    code = "\n".join(re.findall(r"```python\n(.*?)```", _PAGE.read_text(encoding="utf-8"), re.DOTALL))
    told = []

    def answer(_: str) -> str:
        told.append(capsys.readouterr().out)
        _show_account(live_server, re.search(r"Sign in with your account (\S+)", told[0])[1])
        return ""

    exec(compile(code.replace("http://127.0.0.1:8000", live_server.url), str(_PAGE), "exec"), {"input": answer})  # noqa: S102 - our own page

    assert len(told) == 1
    read = capsys.readouterr().out
    assert re.search(r"^A-a1 ", read, re.MULTILINE)
    assert f"{adas_meter:%Y-%m-%dT}" in read
    assert "24 intervals" in read
