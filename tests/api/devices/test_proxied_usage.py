"""Usage that is fetched when a Client asks: as staged usage is, never stored, and never at the cost of an answer."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from cdsc_server.companions.simulated_site import PASSWORD
from cdsc_server.connectors.simulation import KIND
from cdsc_server.domain.grants import Selection
from cdsc_server.ports import Contact, FaultKind, Mode, Offline, PlatformAccess, RateLimited
from cdsc_server.services import own_downloads, proxied
from cdsc_server.services.device_sites import remove_site
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.grant_reads import GrantReadRow
from cdsc_server.storage.usage import UsageBlockRow, UsageSeriesRow
from tests.api.customer_data.conftest import catalogue, get
from tests.api.direct_access.conftest import direct, party
from tests.factories import access, customer_data
from tests.support import requirement
from tests.support.statements import asked_of

__all__ = ["catalogue", "direct", "get", "party"]

ONCE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SEGMENTS, PLAIN = "/cds/usage_segments", "/usage_data"
DAY, QUARTER = timedelta(days=1), timedelta(minutes=15)
MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def agreed(home, catalogue, clock):
    """Has Ada agree to share the usage of her house, or what `fields` say of it."""

    def agree(token="token", **fields):
        house = Selection("service_contract_selection", frozenset({"house"}))
        entry = access.entry(catalogue, "usage_data", house, at=clock.now(), **fields)
        with home.app.app_context(), transaction() as session:
            access.grant(session, [entry], at=clock.now(), token=token)

    return agree


@pytest.fixture
def live(home):
    """A proxied site whose counter went up by a quarter of a kWh since Friday midnight; gives its id."""
    site_id = home.add(mode=Mode.PROXY)
    count(home, MIDNIGHT - 2 * DAY, 2 * 96 + 48)
    home.poll()
    home.platform.asked.clear()
    home.clock.advance(minutes=3)
    return site_id


def count(home, start, slots):
    home.platform.count(start, *[f"{100 + n * 0.25:.2f}" for n in range(slots + 1)])


def spans(listing):
    return [(each["segment_start"], each["segment_end"]) for each in listing["usage_segments"]]


def values(segment):
    return [None if one[0] is None else str(next(iter(one[0].values()))) for one in segment["values"]]


@requirement("WG3-01-10.8.8-01")
def test_a_client_reads_what_the_platform_says_now(home, live, agreed, get):
    """Each local day is a segment, marked as staged usage is; nothing of it is in the database."""
    agreed()
    listing = get(PLAIN)

    assert spans(listing) == [
        ("2026-02-27T00:00:00Z", "2026-02-28T00:00:00Z"),
        ("2026-02-28T00:00:00Z", "2026-03-01T00:00:00Z"),
        ("2026-03-01T00:00:00Z", "2026-03-01T12:00:00Z"),
    ]
    last = listing["usage_segments"][2]
    assert values(last) == ["0.25"] * 48
    assert (last["formats"][0]["quality"], last["formats"][0]["cdsc_origin"]) == ("raw", "calculated")
    assert last["cds_synced"] == "2026-03-01T12:03:00Z"
    assert home.rows(UsageBlockRow) == 0
    assert len(home.platform.asked) == 1
    with home.app.app_context(), reading() as session:
        (noted,) = session.scalars(select(GrantReadRow))
    assert (noted.objects, noted.earliest, noted.latest) == (3, MIDNIGHT - 2 * DAY, MIDNIGHT + DAY / 2)


@ONCE
def test_direct_access_has_it_as_far_as_it_is_permitted(home, live, direct, get):
    """Found by its series, as usage that is stored."""
    direct.permit("ada")
    token = direct.token("query_usage")
    found = get(SEGMENTS, token)["usage_segments"]
    direct.forbid("ada")

    assert [len(each["values"]) for each in found] == [96, 96, 48]
    assert get(SEGMENTS, token)["usage_segments"] == []


@ONCE
def test_only_what_the_grant_and_the_request_ask_for_is_fetched(home, live, agreed, get):
    """And of a time that has passed nobody is asked."""
    agreed("since", segment_start="2026-02-28T11:45:00Z")
    agreed("past", segment_end="2026-02-20T12:00:00Z")
    agreed("frozen", sync_until="2026-03-01T12:02:00Z")
    since = get(SEGMENTS, "since")

    assert spans(since) == [
        ("2026-02-28T11:45:00Z", "2026-03-01T00:00:00Z"),
        ("2026-03-01T00:00:00Z", "2026-03-01T12:00:00Z"),
    ]
    assert home.platform.asked == [(MIDNIGHT - 2 * DAY, home.clock.now())]
    assert get(SEGMENTS, "past")["usage_segments"] == get(SEGMENTS, "frozen")["usage_segments"] == []
    assert spans(get(SEGMENTS, "since", after="2026-03-01T06:00:00Z")) == spans(since)[1:]
    assert spans(get(SEGMENTS, "since", before="2026-02-28T12:00:00Z")) == spans(since)[:1]
    assert len(home.platform.asked) == 1


@ONCE
def test_pages_of_one_listing_show_the_same_whenever_they_are_read(home, live, agreed, get, monkeypatch):
    """What comes meanwhile belongs to the next listing: nothing is lost or comes twice."""
    agreed()
    monkeypatch.setattr("cdsc_server.services.customer_data.PAGE", 2)
    first = get(SEGMENTS)
    count(home, MIDNIGHT - 2 * DAY, 2 * 96 + 52)
    home.clock.advance(minutes=50)
    place = parse_qs(urlsplit(first["next"]).query)["page"][0]
    second, again = get(SEGMENTS, page=place), get(SEGMENTS)

    assert len(home.platform.asked) == 2
    assert spans(second) == [("2026-03-01T00:00:00Z", "2026-03-01T12:00:00Z")]
    assert (second["next"], spans(again)) == (None, spans(first))
    back = parse_qs(urlsplit(second["previous"]).query)["page"][0]
    assert spans(get(SEGMENTS, page=back)) == spans(first)


@ONCE
@pytest.mark.parametrize("fault", [Offline("nobody there"), RateLimited("slow down", retry_after=timedelta(hours=2))])
def test_a_platform_that_fails_costs_its_own_readings_only(home, live, agreed, get, fault):
    """What is stored is told, what was fetched shortly before too, as of then; and nobody asks on."""
    agreed()
    with home.app.app_context(), transaction() as session:
        stored = customer_data.series(session, "used", meter_device_id="m-house")
        customer_data.readings(session, stored, MIDNIGHT - 30 * DAY, ["1.0", "2.0"])
    well = get(SEGMENTS)
    home.platform.fault = fault
    home.clock.advance(minutes=3)
    failing = get(SEGMENTS)
    home.clock.advance(minutes=6)
    late = get(SEGMENTS)

    assert (len(well["usage_segments"]), failing) == (4, well)
    assert len(late["usage_segments"]) == 1
    assert len(home.platform.asked) == (3 if isinstance(fault, Offline) else 2)
    assert home.site(live).fault is None


@ONCE
def test_a_platform_that_hangs_is_not_waited_for(home, live, agreed, get, monkeypatch):
    """Nor at all where others have waited in vain; its answer is there for who comes after it."""
    agreed()
    gone_on = threading.Event()
    told = home.platform.read

    def read(since, until):
        gone_on.wait(60)
        return told(since, until)

    monkeypatch.setattr(home.platform, "read", read)
    monkeypatch.setattr(proxied, "PATIENCE", 0.05)
    before = time.monotonic()
    assert get(SEGMENTS)["usage_segments"] == []
    assert proxied._vain.recovered >= before + 0.05
    monkeypatch.setattr(proxied, "PATIENCE", 30)
    monkeypatch.setattr(proxied._vain, "recovered", before + 100)
    assert get(SEGMENTS)["usage_segments"] == []
    monkeypatch.setattr(proxied._vain, "recovered", 0)
    gone_on.set()

    assert len(get(SEGMENTS)["usage_segments"]) == 3
    assert len(home.platform.asked) == 1


@ONCE
def test_a_site_that_the_worker_leaves_alone_is_not_asked(home, live, agreed, get, monkeypatch):
    """Until its turn comes again."""
    agreed()
    monkeypatch.setattr(home.platform, "ping", lambda: Contact(None, None, FaultKind.OFFLINE, "nobody there"))
    home.poll(minutes=20)

    assert get(SEGMENTS)["usage_segments"] == []
    assert home.platform.asked == []


@ONCE
def test_a_home_without_proxied_sites_costs_nothing_more(home, agreed, get):
    """Not a statement: whether there are any is seen by the series that are read anyway."""
    home.add()
    count(home, MIDNIGHT, 48)
    home.poll(minutes=3)
    home.poll(minutes=3)
    agreed()
    asked = asked_of(home.app, lambda: get(SEGMENTS))

    assert sum("FROM usage_series" in each for each in asked) == 1
    assert not any("device_sites" in each or "platform_accounts" in each for each in asked)


@ONCE
def test_a_removed_site_is_told_of_no_more(home, live, agreed, get):
    """Its series go with it: nothing was ever stored in them."""
    agreed()
    assert len(get(SEGMENTS)["usage_segments"]) == 3
    with home.app.app_context():
        remove_site(live, actor="test", ports=home.ports)

    assert get(SEGMENTS)["usage_segments"] == []
    assert home.rows(UsageSeriesRow) == 0


@ONCE
def test_a_customer_downloads_it_too(home, live):
    """By the same function, so the same readings."""
    with home.app.app_context():
        found = own_downloads.usage_of("ada", own_downloads.Choice(None, None, None), zone=UTC, ports=home.ports)
        columns = [column for _, columns in found for column in columns]

    assert sum(len(readings) for column in columns for _, readings in column.parts) == 2 * 96 + 48


@ONCE
def test_a_real_connector_and_a_real_platform(home, agreed, get, simulated_site):
    """In the days of the home's own zone, with what each direction counted."""
    home.clock.set(datetime.now(UTC))
    reached = PlatformAccess(simulated_site, "ada@proxied", PASSWORD, timezone="Europe/Brussels")
    home.ports.platforms[KIND.name] = KIND
    home.add(platform=KIND.name, mode=Mode.PROXY, access=reached)
    home.poll()
    agreed()
    found = get(SEGMENTS, after=(home.clock.now() - DAY).isoformat())["usage_segments"]

    assert {each["formats"][0]["direction"] for each in found} == {"forward", "reverse"}
    assert {each["formats"][0]["cdsc_source"] for each in found} == {KIND.name}
    starts = {datetime.fromisoformat(each["segment_start"]).astimezone(ZoneInfo("Europe/Brussels")) for each in found}
    assert {(at.hour, at.minute) for at in starts} == {(0, 0)}
    assert home.rows(UsageBlockRow) == 0
