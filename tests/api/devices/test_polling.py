"""Sites are asked in time, what they tell is kept once, and no fault is made worse by asking on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cdsc_server.domain.device_readings import DeviceKind
from cdsc_server.ports import (
    AuthExpired,
    Busy,
    DeviceNotFound,
    FaultKind,
    Mode,
    Offline,
    PlatformAccess,
    ProtocolError,
    RateLimited,
)
from cdsc_server.services import polling
from cdsc_server.services.device_sites import ask_again, change_access, remove_site
from cdsc_server.storage.db import reading
from cdsc_server.storage.devices import DevicePollRow, SiteDeviceRow, SiteStatus
from cdsc_server.storage.usage import UsageBlockPastRow, UsageBlockRow, UsageSeriesRow, find_series
from tests.api.devices.conftest import SECRET, refused
from tests.support.clock import START as NOON

ONCE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
QUARTER = timedelta(minutes=15)


def test_what_a_counter_told_becomes_usage_of_the_meter(home):
    """With where the meter stands, and how the values came to be."""
    home.add()
    home.platform.count(NOON, "10.000", "10.250", "10.750")
    home.poll(minutes=31)

    assert home.usage() == {NOON: "0.250", NOON + QUARTER: "0.500"}
    with home.app.app_context(), reading() as session:
        (series,) = find_series(session, "ada")
    assert (series.account_id, series.contract_id, series.service_point_id) == ("home", "house", "house-sp")
    assert series.value_format == {
        "type": "electric_usage",
        "units": "kWh",
        "direction": "forward",
        "cdsc_origin": "calculated",
        "cdsc_source": "scripted",
    }


@ONCE
def test_what_no_meter_measured_says_so(home):
    """It is a part of what the meter of the home counts, or never came by it, so nobody may add it up."""
    home.platform.device = DeviceKind.INVERTER
    home.add(meters={"inverter": "m-house"})
    home.platform.count(NOON, "10.000", "10.250")
    home.poll(minutes=31)

    assert home.usage() == {NOON: "0.250"}
    with home.app.app_context(), reading() as session:
        (series,) = find_series(session, "ada")
    assert series.value_format["cdsc_device"] == "inverter"


def test_what_comes_again_changes_nothing(home):
    """However often the same stretch is asked for."""
    home.add()
    home.platform.count(NOON, "10.000", "10.250")
    home.poll(minutes=20)
    polls, before = home.rows(DevicePollRow), home.usage()
    home.poll(minutes=10)

    assert home.platform.asked[1][0] < NOON + QUARTER
    assert home.usage() == before
    assert home.rows(DevicePollRow) == polls + 1
    assert home.rows(UsageBlockPastRow) == 0


@ONCE
def test_a_site_is_asked_when_its_time_has_come_and_not_before(home):
    """At the pace of its platform."""
    home.add()

    assert home.poll().asked == 1
    assert home.poll(minutes=3).asked == 0
    assert home.poll(minutes=3).asked == 1


@ONCE
def test_the_source_was_asked_when_it_was(home):
    """`cds_synced` moves with every answer, also without news, and never with a fault."""
    site_id = home.add()
    home.platform.count(NOON, "10.000", "10.250")
    home.poll(minutes=20)
    home.poll(minutes=10)
    answered = home.clock.now()
    home.platform.fault = Offline("nobody there, see whether it is on")
    home.poll(minutes=10)

    with home.app.app_context(), reading() as session:
        (series,) = find_series(session, "ada")
    assert series.synced == answered
    assert home.site(site_id).answered == answered


@ONCE
def test_history_comes_a_day_at_a_time_and_without_waiting(home):
    """After an outage as after the beginning."""
    day = timedelta(days=1)
    start = NOON - 3 * day
    home.add(history=3 * day)
    home.platform.count(start, *[f"{n}.0" for n in range(72)], every=timedelta(hours=1))
    done = home.poll(minutes=1)

    assert done.asked == 3
    assert home.platform.asked == [(start + n * day, start + (n + 1) * day) for n in range(3)]
    assert home.poll(minutes=6).asked == 1
    assert home.platform.asked[3][1] == home.clock.now()


@ONCE
def test_an_outage_of_three_days_is_filled_when_the_platform_is_back(home):
    """Nothing between is lost."""
    home.add()
    home.platform.count(NOON, *[f"{n}.0" for n in range(4 * 72)])
    home.poll(minutes=1)
    home.platform.fault = Offline("nobody there, see whether it is on")
    for _ in range(60):
        home.poll(hours=1.2)
    home.platform.fault = None
    home.poll(hours=2)

    assert list(home.usage().values()) == ["1.0"] * (4 * 72 - 1)


def test_a_gap_is_filled_when_the_device_uploads_it_later(home):
    """Within three days, tried every hour; a time that was only asked for is not forgotten."""
    site_id = home.add()
    home.platform.count(NOON, "1", "2", "", "", "5", "6")
    home.poll(minutes=80)
    assert list(home.usage()) == [NOON, NOON + 4 * QUARTER]
    assert home.site(site_id).repair_from == NOON + QUARTER
    home.platform.count(NOON + 2 * QUARTER, "3", "4")
    home.poll(hours=3)
    home.poll(minutes=20)

    assert list(home.usage().values()) == ["1"] * 5
    assert home.site(site_id).repair_from is None


@ONCE
def test_a_gap_that_stays_is_given_up(home):
    """After three days nobody asks for it any more."""
    site_id = home.add()
    home.platform.count(NOON, "1", "2", "", "", "5", "6")
    home.poll(minutes=80)
    for _ in range(75):
        home.poll(hours=1)

    assert home.site(site_id).repair_from is None
    assert list(home.usage()) == [NOON, NOON + 4 * QUARTER]


@ONCE
def test_a_clock_that_is_ahead_is_told_and_not_believed(home):
    """Its readings would come to stand where nothing was measured yet."""
    site_id = home.add()
    home.platform.count(NOON + timedelta(hours=3), "10.000", "10.250")
    home.platform.read = lambda since, until: type(home.platform).read(home.platform, since, until + timedelta(hours=9))
    home.poll(minutes=20)

    assert home.usage() == {}
    assert home.site(site_id).measured is None
    assert "clock" in home.site(site_id).reason


@pytest.mark.parametrize(
    ("kind", "waits"),
    [
        (Offline, [10, 20, 40, 60]),
        (RateLimited, [10, 20, 40, 60]),
        (Busy, [5, 5, 5, 5]),
        (ProtocolError, [5, 5, 5, 5]),
    ],
)
@ONCE
def test_only_what_asking_makes_worse_is_asked_less(home, kind, waits):
    """The others go on at their pace."""
    site_id = home.add()
    home.platform.fault = refused(kind)
    for minutes in waits:
        home.clock.set(max(home.clock.now(), home.site(site_id).due))
        home.poll()
        wait = home.site(site_id).due - home.clock.now()

        assert timedelta(minutes=minutes) <= wait <= 1.2 * timedelta(minutes=minutes)


@ONCE
def test_an_account_that_asks_for_a_pause_gets_it(home):
    """All of its sites."""
    first, second = home.add(), home.add()
    home.platform.fault = refused(RateLimited, retry_after=timedelta(hours=2))
    home.poll()

    assert len(home.platform.asked) == 1
    assert home.poll(minutes=119).asked == 0
    home.platform.fault = None
    assert home.poll(minutes=30).asked == 2
    assert home.site(first).fault is home.site(second).fault is None


@ONCE
def test_an_account_is_asked_at_its_own_pace(home):
    """Ten sites of an account that takes six questions a minute wait for each other."""
    sites = [home.add() for _ in range(10)]

    assert home.poll().asked == 5
    assert home.poll(seconds=9).asked == 0
    assert sum(home.poll(seconds=10).asked for _ in range(6)) == 5
    assert all(home.site(each).answered for each in sites)


@pytest.mark.parametrize("kind", [AuthExpired, DeviceNotFound, ProtocolError])
@ONCE
def test_what_time_does_not_heal_is_put_aside_until_somebody_looks(home, kind):
    """Platforms lock accounts that try on and on; the reason says nothing that names a home or opens it."""
    site_id = home.add()
    home.platform.fault = refused(kind)
    for _ in range(polling.PATIENCE + 3):
        home.poll(hours=1)

    site = home.site(site_id)
    assert len(home.platform.asked) == polling.PATIENCE
    assert (site.status, site.fault) == (SiteStatus.QUARANTINED, kind.kind)
    assert site.reason == "station [hidden] of [hidden] said no to [hidden]"

    home.platform.fault = None
    with home.app.app_context():
        ask_again(site_id, actor="test", ports=home.ports)
    home.poll()
    assert home.site(site_id).fault is None


@ONCE
def test_a_connector_that_breaks_breaks_nothing_else(home, caplog):
    """It may come from another package; neither page nor log repeat what it says."""
    site_id = home.add()
    home.platform.fault = KeyError(SECRET)

    assert home.poll().failed == 1
    site = home.site(site_id)
    assert site.fault == FaultKind.PROTOCOL_ERROR
    assert "KeyError" in site.reason
    assert SECRET not in caplog.text + site.reason


def test_a_worker_that_dies_while_it_asks_loses_and_repeats_nothing(home):
    """Its hold ends by itself, and the next one asks for the same stretch."""
    home.add()
    home.platform.count(NOON, "10.000", "10.250")
    home.platform.fault = SystemExit()
    with pytest.raises(SystemExit):
        home.poll(minutes=20)
    home.platform.fault = None

    assert home.poll().asked == 0
    assert home.rows(DevicePollRow) == 0
    assert home.poll(seconds=polling.HOLD.total_seconds()).asked == 1
    assert home.usage() == {NOON: "0.250"}


def test_a_worker_that_comes_back_too_late_writes_nothing(home, monkeypatch):
    """Somebody else has asked meanwhile."""
    home.add()
    home.platform.count(NOON, "10.000", "10.250")

    def slow(since, until):
        told = type(home.platform).read(home.platform, since, until)
        monkeypatch.undo()
        # While this answer is under way, the hold ends and another worker is done with the same question.
        home.clock.advance(polling.HOLD)
        with home.app.app_context():
            assert polling.Poller(home.ports).run().asked == 1
        return told

    monkeypatch.setattr(home.platform, "read", slow)
    home.poll(minutes=20)

    assert home.rows(DevicePollRow) == 1
    assert home.usage() == {NOON: "0.250"}


@ONCE
def test_a_changed_password_is_used_at_once(home):
    """And the site is taken back from where it was put aside."""
    site_id = home.add()
    home.poll()
    with home.app.app_context():
        access = PlatformAccess("platform.example", "ada@example.org", "another")
        change_access(site_id, access, actor="test", ports=home.ports)
    home.poll(minutes=1)

    assert [each.secret for each in home.platform.opened if each.secret != SECRET] == ["another"]
    assert SECRET.encode() not in home.site(site_id).sealed


@ONCE
def test_a_proxied_site_is_looked_after_and_its_readings_are_not_kept(home):
    """Once a day they are read, to know what there is; else it is only asked whether it answers."""
    site_id = home.add(mode=Mode.PROXY)
    home.platform.count(NOON - QUARTER, "10.000", "10.250")
    home.poll()
    home.poll(minutes=20)

    assert home.platform.asked == [(NOON - timedelta(days=1), NOON)]
    assert home.platform.pings == 1
    assert home.site(site_id).measured == home.clock.now()
    assert home.rows(UsageSeriesRow) == 1
    assert home.rows(UsageBlockRow) == 0


@ONCE
def test_a_removed_site_leaves_its_usage_and_nothing_else(home):
    """What was billed by it stays."""
    site_id = home.add()
    home.platform.count(NOON, "10.000", "10.250")
    home.poll(minutes=20)
    with home.app.app_context():
        remove_site(site_id, actor="test", ports=home.ports)

    assert home.rows(DevicePollRow) == home.rows(SiteDeviceRow) == 0
    assert home.usage() == {NOON: "0.250"}
    assert home.poll(minutes=20).asked == 0


@ONCE
def test_what_devices_told_is_forgotten_in_time_and_their_usage_is_not(home):
    """Raw readings are kept for repairs, not for ever."""
    home.add()
    home.platform.count(NOON, "10.000", "10.250")
    home.poll(minutes=20)
    home.poll(days=13)
    home.clock.advance(days=1, minutes=1)
    with home.app.app_context():
        assert polling.forget_polls(days=14, clock=home.clock) == 1

    assert home.rows(DevicePollRow) > 0
    assert home.usage() == {NOON: "0.250"}
