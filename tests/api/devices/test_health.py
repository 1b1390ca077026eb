"""Operators see which sites are silent, why, and what to do; and are told once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from cdsc_server.ports import AuthExpired, FaultKind, Mode, Offline
from cdsc_server.services import device_health, polling
from cdsc_server.services.mails import Mailing
from cdsc_server.storage.db import reading
from cdsc_server.storage.devices import DevicePollRow, SiteStatus
from cdsc_server.storage.outbox import OutboxRow
from tests.api.console.conftest import hire
from tests.support.clock import START as NOON

__all__ = ["hire"]

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
GONE = "nobody there, see whether it is on"


@pytest.fixture
def settings(settings):
    """Of a server that sends mail."""
    return replace(settings, mail_url="smtp://127.0.0.1:1?starttls=no", mail_from="no-reply@dge.example")


@pytest.fixture
def tell(home, settings):
    """What the worker does every five minutes; gives who was written to so far."""

    def look():
        utility = home.app.extensions["cdsc"].catalogue.utility
        with home.app.app_context():
            device_health.tell_of_silence(mailing=Mailing(utility, settings, home.ports.keys), ports=home.ports)
            with reading() as session:
                return list(session.scalars(sa.select(OutboxRow.recipient).order_by(OutboxRow.recipient)))

    return look


def states(home):
    """State of each site, as the page has it."""
    with home.app.app_context():
        found = device_health.list_sites(cursor=None, size=25, ports=home.ports)
    return [each.feed.state for each in found.sites], len(found.troubled)


def test_a_site_is_live_then_failing_then_stalled_then_live(home):
    """One fault is not yet a silence."""
    home.add()
    assert states(home) == (["new"], 0)
    home.platform.count(NOON, "1.0", "2.0", "3.0", "4.0")
    home.poll(minutes=50)
    assert states(home) == (["live"], 0)
    home.platform.fault = Offline(GONE)
    home.poll(minutes=10)
    assert states(home) == (["failing"], 0)
    home.poll(minutes=30)
    assert states(home) == (["stalled"], 1)
    home.platform.fault = None
    home.platform.count(NOON + timedelta(hours=1), "5.0", "6.0", "7.0")
    home.poll(hours=1)
    home.clock.set(NOON + timedelta(hours=1, minutes=35))
    assert states(home) == (["live"], 0)


def test_devices_that_sleep_behind_a_platform_that_answers_are_told_apart(home, hire):
    """What to do is another thing."""
    site_id = home.add()
    home.platform.count(NOON, "1.0")
    home.poll(minutes=5)
    for _ in range(8):
        home.poll(minutes=6)
    page = hire("reviewer").load(f"/console/devices/{site_id}")

    assert states(home) == (["stalled"], 1)
    assert "its devices have sent it nothing new" in page.text


def test_a_worker_that_does_not_run_is_told_of(home):
    """Then it is nobody's home that has to be looked at."""
    home.add()
    home.platform.count(NOON, "1.0")
    home.poll(minutes=5)
    home.clock.advance(hours=1)
    with home.app.app_context():
        (site,) = device_health.list_sites(cursor=None, size=25, ports=home.ports).troubled

    assert "cdsc worker" in site.feed.todo


def test_operators_are_told_once_of_each_silence(home, tell, hire):
    """And again after it was heard of meanwhile."""
    hire("reviewer", sign_in=False)
    site_id = home.add()
    home.platform.fault = Offline(GONE)
    home.poll()
    assert tell() == []
    home.poll(minutes=40)

    assert tell() == tell() == ["olga@dge.example"]
    home.platform.fault = None
    home.poll(hours=2)
    assert len(tell()) == 1
    assert home.site(site_id).alarmed is None
    home.platform.fault = Offline(GONE)
    home.clock.advance(hours=1)
    assert tell() == ["olga@dge.example"] * 2


def test_the_page_says_why_and_what_to_do_and_has_it_asked_again(home, hire):
    """Without a word that names the home or opens it."""
    site_id = home.add()
    home.platform.fault = AuthExpired("the account was refused (401)")
    for _ in range(polling.PATIENCE):
        home.poll(hours=1)
    desk = hire("reviewer")
    text = desk.load("/console/devices").text

    assert "the account was refused (401)" in text
    assert "cdsc devices access" in text
    home.platform.fault = None
    desk.load(f"/console/devices/{site_id}")
    desk.act(f"/console/devices/{site_id}")
    home.poll()
    assert home.site(site_id).status == SiteStatus.ACTIVE
    assert home.site(site_id).fault is None


def test_who_only_reads_the_trail_cannot_have_it_asked(home, hire):
    """A refusal changes nothing."""
    site_id = home.add()
    home.platform.fault = AuthExpired("the account was refused (401)")
    for _ in range(polling.PATIENCE):
        home.poll(hours=1)

    assert hire("auditor").act(f"/console/devices/{site_id}").status_code == 403
    assert home.site(site_id).status == SiteStatus.QUARANTINED


def test_the_last_day_is_plotted_in_half_hours(home):
    """Answers, new readings and faults, each where it happened."""
    site_id = home.add()
    home.platform.count(NOON, "1.0", "2.0")
    home.poll(minutes=20)
    home.platform.fault = Offline(GONE)
    home.poll(hours=2)
    with home.app.app_context():
        bars = device_health.find_site(site_id, ports=home.ports).bars

    assert len(bars) == 48
    assert [(n, bar.readings, bar.faults) for n, bar in enumerate(bars) if bar.readings or bar.faults] == [
        (44, 2, 0),
        (47, 0, 1),
    ]


def test_a_proxied_site_shows_how_it_is_now_and_keeps_nothing(home, hire):
    """Asked at most once a minute, however often the page is loaded."""
    site_id = home.add(mode=Mode.PROXY)
    home.poll()
    home.platform.asked.clear()
    home.platform.count(NOON, "10.000", "10.250")
    home.clock.advance(minutes=20)
    desk = hire("reviewer")
    polls = home.rows(DevicePollRow)
    texts = [desk.load(f"/console/devices/{site_id}").text for _ in range(2)]

    assert all("10.250 kWh" in text for text in texts)
    assert len(home.platform.asked) == 1
    home.clock.advance(minutes=1)
    desk.load(f"/console/devices/{site_id}")
    assert len(home.platform.asked) == 2
    assert home.rows(DevicePollRow) == polls
    assert home.usage() == {}


def test_a_proxied_site_that_fails_says_why(home, hire):
    """In the words of the fault."""
    site_id = home.add(mode=Mode.PROXY)
    home.platform.fault = Offline(GONE)
    text = hire("reviewer").load(f"/console/devices/{site_id}").text

    assert GONE.capitalize() in text
    assert home.site(site_id).fault is None
    assert FaultKind.OFFLINE not in text
