"""
What every connector of a device platform must do, whatever it speaks.

A test module of a connector has a class that inherits `DevicePlatformContract` and a fixture `played`, which gives a
`Played`: a real process (or a real socket of this one) that speaks the platform's protocol and plays scenes.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from cdsc_server.domain.device_readings import DeviceReading, Direction, Quantity
from cdsc_server.ports import (
    AuthExpired,
    Busy,
    DeviceNotFound,
    DevicePlatform,
    Offline,
    PlatformAccess,
    PlatformFault,
    PlatformKind,
    ProtocolError,
    RateLimited,
    SystemClock,
)

#: What each scene that ends without an answer is told as.
FAULTS: dict[str, type[PlatformFault]] = {
    "offline": Offline,
    "slow": Offline,
    "bad_login": AuthExpired,
    "rate_limited": RateLimited,
    "not_found": DeviceNotFound,
    "noise": ProtocolError,
    "busy": Busy,
}


class Played(Protocol):
    """
    A platform on stage.

    Attributes:
        kind: of the connector under test.
        access: opens it; account and secret are words that stand nowhere else, and `timeout` or the like among the
            options is short.
        scenes: those of FAULTS it can play, and `expired` (a session that ran out), `sentinels` (numbers that stand
            for "unknown"), `duplicates` (the same values twice).
        since, until: a stretch of time of which it has readings.
        private: words that may be in no log and no fault: serial numbers, names, ids of stations.
    """

    kind: PlatformKind
    access: PlatformAccess
    scenes: frozenset[str]
    since: datetime
    until: datetime
    private: frozenset[str]

    def play(self, scene: str) -> None:
        """From now on as in this scene; `normal` is how it begins."""
        ...

    def sign_ins(self) -> int:
        """How many sign-ins were tried since the scene began; 0 where there are none."""
        ...


class DevicePlatformContract:
    """Tests of every connector."""

    @pytest.fixture
    def platform(self, played: Played) -> DevicePlatform:
        """The connector, with the platform as it normally is."""
        played.play("normal")
        return played.kind.open(played.access, SystemClock())

    def test_it_answers_a_ping_with_how_long_it_took(self, platform: DevicePlatform) -> None:
        """An operator sees that it is there."""
        contact = platform.ping()

        assert contact.fault is None
        assert contact.reason == ""
        assert contact.round_trip is not None
        assert contact.round_trip > timedelta()

    def test_each_device_is_told_of_once(self, platform: DevicePlatform) -> None:
        """Their ids are what readings are kept under."""
        ids = [device.device_id for device in platform.devices()]

        assert ids
        assert len(set(ids)) == len(ids)

    def test_readings_say_where_they_come_from_and_when(self, platform: DevicePlatform, played: Played) -> None:
        """A value without its device, instant, unit and direction is no reading."""
        asked_at = datetime.now(UTC)
        readings = platform.read(played.since, played.until)

        assert readings
        assert {each.source for each in readings} == {played.kind.name}
        assert {each.device_id for each in readings} <= {device.device_id for device in platform.devices()}
        assert all(each.received_at >= asked_at for each in readings)
        if played.kind.history is not None:
            assert all(played.since <= each.measured_at < played.until for each in readings)

    def test_a_channel_is_always_of_one_kind(self, platform: DevicePlatform, played: Played) -> None:
        """Numbers of two units or directions never share a column."""
        forms: dict[tuple[str, str], set[tuple[Quantity, str, Direction | None, timedelta | None]]] = {}
        for each in platform.read(played.since, played.until):
            form = (each.quantity, each.unit, each.direction, each.period)
            forms.setdefault((each.device_id, each.channel), set()).add(form)

        assert all(len(kinds) == 1 for kinds in forms.values())

    @pytest.mark.parametrize("scene", ["normal", "duplicates"])
    def test_a_channel_has_one_value_an_instant(self, platform: DevicePlatform, played: Played, scene: str) -> None:
        """Also where the platform repeats itself."""
        _play(played, scene)

        told = [_place(each) for each in platform.read(played.since, played.until)]

        assert told
        assert len(set(told)) == len(told)

    def test_what_is_unknown_is_missing(self, platform: DevicePlatform, played: Played) -> None:
        """The numbers that stand for "unknown" are neither readings nor zeros."""
        _play(played, "normal")
        known = {(each.device_id, each.channel) for each in platform.read(played.since, played.until)}
        _play(played, "sentinels")

        told = platform.read(played.since, played.until)

        missing = known - {(each.device_id, each.channel) for each in told}
        assert missing
        assert all(each.value != 0 for each in told if (each.device_id, each.channel) not in known)

    @pytest.mark.parametrize("scene", FAULTS)
    def test_a_fault_is_of_its_kind_and_says_what_to_do(
        self, platform: DevicePlatform, played: Played, scene: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        """And tells nothing that names a home or opens it."""
        caplog.set_level(logging.DEBUG)
        _play(played, scene)

        with pytest.raises(FAULTS[scene]) as fault:
            platform.read(played.since, played.until)
        contact = platform.ping()

        assert contact.fault is fault.value.kind
        assert len(contact.reason.split()) >= 4
        told = f"{fault.value} {contact.reason} {caplog.text} {platform!r}"
        private = played.private | {played.access.account, played.access.secret} - {""}
        assert not [word for word in private if word in told]

    def test_a_session_that_ran_out_is_renewed_once(self, platform: DevicePlatform, played: Played) -> None:
        """Nobody has to do anything."""
        platform.read(played.since, played.until)
        _play(played, "expired")

        assert platform.read(played.since, played.until)
        assert played.sign_ins() == 1

    def test_a_refused_sign_in_is_not_tried_again_and_again(self, platform: DevicePlatform, played: Played) -> None:
        """Platforms lock accounts for that."""
        _play(played, "bad_login")

        with pytest.raises(AuthExpired):
            platform.read(played.since, played.until)
        assert played.sign_ins() <= 1

    def test_it_recovers_by_itself(self, platform: DevicePlatform, played: Played) -> None:
        """After an outage the same object goes on."""
        _play(played, "offline")
        with pytest.raises(Offline):
            platform.read(played.since, played.until)
        _play(played, "normal")

        assert platform.read(played.since, played.until)

    def test_it_can_be_closed_twice(self, platform: DevicePlatform) -> None:
        """However it is ended."""
        platform.ping()

        platform.close()
        platform.close()


def _play(played: Played, scene: str) -> None:
    if scene not in played.scenes | {"normal"}:
        pytest.skip(f"{played.kind.title} knows no such scene")
    played.play(scene)


def _place(reading: DeviceReading) -> tuple[str, str, datetime]:
    return reading.device_id, reading.channel, reading.measured_at
