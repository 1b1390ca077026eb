"""Meter-data hubs by description: what a file may say, and what a hub answers."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from cdsc_server.connectors.hub import hub_platforms
from cdsc_server.connectors.hub.mapping import read_mapping
from cdsc_server.connectors.hub.paths import found
from cdsc_server.domain.device_readings import Direction
from cdsc_server.domain.readings import Quality
from cdsc_server.errors import InvalidConfiguration
from cdsc_server.ports import AuthExpired, Busy, PlatformAccess, ProtocolError, RateLimited, SystemClock
from tests.contracts.device_platform import DevicePlatformContract
from tests.support.devices import Devices, PlayedDevice
from tests.support.devices.hub import ACCOUNT, METER, SECRET

MAPPING = """
title = "Made-up hub"
unknown = [-9999]

[auth]
kind = "client_credentials"
token_path = "/token"

[devices]
path = "/meters"
items = "data.meters"
id = "ean"
model = "model"

[readings]
path = "/readings"
query = { from = "{since}", to = "{until}" }
items = "data.readings"
period_seconds = 900

[paging]
next = "data.page.cursor"
parameter = "cursor"

[fields]
device = "meter.ean"
time = "from"
time_is = "start"
value = "kwh"
unit = "unit"
direction = "way"
quality = "state"

[units]
KWH = "kWh"
wh = "Wh"

[directions]
IN = "forward"
OUT = "reverse"

[qualities]
V = "valid"

[codes]
at = "status.code"
fine = ["0"]
auth_expired = ["4010"]
rate_limited = ["4290"]
busy = ["4230"]
"""
SCENES = frozenset(
    {"offline", "slow", "bad_login", "rate_limited", "not_found", "noise", "expired", "sentinels", "duplicates"}
)


@pytest.fixture
def kind(tmp_path):
    (tmp_path / "made-up.toml").write_text(MAPPING, encoding="utf-8")
    return hub_platforms(str(tmp_path))["hub-made-up"]


@pytest.fixture
def played(devices: Devices, kind, patience: str) -> PlayedDevice:
    access = PlatformAccess(
        f"{devices.play('hub')}/api",
        account=ACCOUNT,
        secret=SECRET,
        timezone="Europe/Paris",
        options={"timeout": patience},
    )
    return PlayedDevice(devices, "hub", kind, access, SCENES, private=frozenset({METER}), signing_in="POST /api/token")


class TestHub(DevicePlatformContract):
    """What holds for every connector."""


def read(played, scene="normal", **changes):
    played.play(scene)
    access = replace(played.access, **changes)
    return played.kind.open(access, SystemClock()).read(
        datetime(2026, 3, 13, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    )


def test_readings_of_all_pages_come_in_our_words(played):
    """A period is told by its end; one channel has one unit, whatever the hub writes."""
    first, second, third = read(played)

    assert first.measured_at == datetime(2026, 3, 13, 22, 15, tzinfo=UTC)
    assert (first.value, first.unit, first.direction) == (Decimal("0.250"), "kWh", Direction.REVERSE)
    assert (first.period, first.quality) == (timedelta(minutes=15), Quality.VALID)
    assert (second.value, second.unit, second.direction) == (Decimal("0.0011"), "kWh", Direction.FORWARD)
    assert (third.device_id, third.quality) == ("77", None)


def test_the_hub_is_asked_for_the_span_page_by_page_with_one_token(played):
    read(played)

    assert [each.partition("?")[0] for each in played.asked()] == ["POST /api/token", *["GET /api/readings"] * 2]
    # The period that ends at the beginning of the span begins before it.
    assert "from=2026-03-12T23%3A45%3A00Z&to=2026-12-01T00%3A00%3A00Z" in played.asked()[1]
    assert played.asked()[2].endswith("&cursor=2")


def test_of_what_comes_twice_the_later_counts(played):
    told = {(each.device_id, each.measured_at.hour): each.value for each in read(played, "duplicates")}

    assert told[METER, 10] == Decimal("1.200")
    assert len(told) == 3


def test_an_hour_that_comes_twice_is_told_apart_by_what_came_before(played):
    """In October the clock of a home shows 02:45 and, a quarter of an hour later, 02:00 again."""
    told = read(played, "dst_back")

    for device_id in (METER, "77"):
        hours = [f"{each.measured_at:%H:%M}" for each in told if each.device_id == device_id]
        assert hours == ["01:00", "01:15", "01:30", "02:15"]


@pytest.mark.parametrize(
    ("scene", "fault", "told"),
    [
        ("code_auth", AuthExpired, "account and secret"),
        ("code_rate", RateLimited, "code 4290"),
        ("code_busy", Busy, "code 4230"),
        ("code_new", ProtocolError, "code 9999, which its mapping does not know"),
        ("elsewhere", ProtocolError, "another address"),
        ("endless", ProtocolError, "begins again"),
        ("no_list", ProtocolError, "no list at data.readings"),
        ("negative", ProtocolError, "below zero"),
        ("new_unit", ProtocolError, "'GJ' at unit"),
    ],
)
def test_what_a_hub_does_wrong_is_told(played, tmp_path, scene, fault, told):
    """Also when it says 200. The token never goes to another host."""
    if scene == "elsewhere":
        (tmp_path / "made-up.toml").write_text(MAPPING.replace('parameter = "cursor"', ""), encoding="utf-8")
        played = replace(played, kind=hub_platforms(str(tmp_path))["hub-made-up"])

    with pytest.raises(fault, match=told):
        read(played, scene)


def test_only_the_devices_of_this_home_are_told_of(played, tmp_path):
    """An account of a hub may see more homes than this one."""
    mapping = MAPPING.replace(MAPPING[MAPPING.index("[devices]") : MAPPING.index("[readings]")], "")
    (tmp_path / "made-up.toml").write_text(mapping, encoding="utf-8")
    played = replace(played, kind=hub_platforms(str(tmp_path))["hub-made-up"])

    readings = read(played, options={"devices": "77"})

    assert [each.device_id for each in readings] == ["77"]
    with pytest.raises(ValueError, match="option devices"):
        read(played, options={})


def test_a_description_tells_all_its_faults_at_once(tmp_path):
    """A server with one of them does not start."""
    wrong = tomllib.loads(
        MAPPING.replace('title = "Made-up hub"', "titel = 1")
        .replace('"/token"', '"token"')
        .replace("{since}", "{start}")
        .replace('KWH = "kWh"', 'KWH = "GJ"')
        .replace('time_is = "start"', 'time_is = "middle"')
        .replace('direction = "way"', "")
        .replace("period_seconds = 900", "period_seconds = -1")
        .replace('"data.readings"', '"data..readings"')
        .replace('fine = ["0"]', "fine = 0")
    )
    with pytest.raises(InvalidConfiguration) as refused:
        read_mapping(wrong)

    assert [fault.partition(":")[0] for fault in refused.value.faults] == [
        "title",
        "readings.path",
        "readings.items",
        "readings.period_seconds",
        "fields.time_is",
        "units.KWH",
        "codes.fine",
        "titel",
        "fields",
        "auth.token_path",
        "codes",
    ]


def test_the_description_in_the_manual_is_one():
    """Operators begin with it."""
    manual = Path(__file__).parents[3] / "docs/how-to/operate/connectors.md"
    (example,) = re.findall(r"```toml\n(.*?)```", manual.read_text(encoding="utf-8"), re.DOTALL)

    mapping = read_mapping(tomllib.loads(example))

    assert (mapping.title, mapping.period_seconds, mapping.readings.is_of_one_device) == ("Example hub", 900, True)


def test_files_that_are_no_descriptions_are_named(tmp_path):
    (tmp_path / "a.toml").write_text("title =", encoding="utf-8")
    (tmp_path / "b.toml").write_text(MAPPING.replace('kind = "client', 'kind = "cl1ent'), encoding="utf-8")

    with pytest.raises(InvalidConfiguration) as refused:
        hub_platforms(str(tmp_path))
    assert [fault.partition(":")[0] for fault in refused.value.faults] == ["a.toml", "b.toml", "b.toml"]
    assert hub_platforms("") == {}


@pytest.mark.parametrize(
    ("path", "value"), [("a.1.b", 2), ("a.0", 1), ("a.9", None), ("a.x", None), ("c.d", None), ("", None)]
)
def test_a_path_leads_to_a_value_or_to_none(path, value):
    content = {"a": [1, {"b": 2}]}

    assert found(content, path) == (value if path else content)
