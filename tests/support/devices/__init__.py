"""
`devices`: made-up devices and platforms in one process of its own, each speaking its real protocol on this machine.

What they tell is invented. A test says what happens to one of them (`devices.play("shelly", "offline")`).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from cdsc_server.ports import PlatformAccess, PlatformKind
from tests.support.waiting import SECONDS


class Devices:
    """
    The process, and how to tell it what to do.

    Args:
        process: prints where each device is, then an answer to every line of its input.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        #: Where each is: the base address of a platform on HTTP, else `host:port`.
        self.at: dict[str, str] = self._answer()

    def play(self, name: str, scenario: str = "normal") -> str:
        """From now on one of them does this; what it was asked before is forgotten. Gives where it is."""
        self._tell({"device": name, "scenario": scenario})
        return self.at[name]

    def asked(self, name: str) -> list[str]:
        """What one was asked since its scenario began, in order."""
        return list(self._tell({"device": name})["asked"])

    def _tell(self, order: dict[str, str]) -> dict[str, Any]:
        assert self._process.stdin is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"the made-up devices are gone (status {self._process.wait(5)})"
        return dict(json.loads(line))


@pytest.fixture(scope="session")
def devices() -> Iterator[Devices]:
    """Shared by tests, so each of them says what it wants played."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.devices"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Devices(process)
        finally:
            # The end of its input is the end of it.
            assert process.stdin is not None
            process.stdin.close()
            process.wait(SECONDS)


@pytest.fixture
def patience(request: pytest.FixtureRequest) -> str:
    """Seconds to wait for an answer: few where none comes, many where one does, however busy this machine is."""
    name = request.node.name
    if "[slow]" in name or "[offline]" in name:
        return "0.2"
    # Here some answer comes, and some does not.
    return "1" if "recovers" in name or "deaf" in name else "20"


@dataclass(frozen=True)
class PlayedDevice:
    """One of the devices as `tests.contracts.device_platform` wants it."""

    devices: Devices
    name: str
    kind: PlatformKind
    access: PlatformAccess
    scenes: frozenset[str]
    since: datetime = datetime(2026, 3, 14, tzinfo=UTC)
    until: datetime = datetime(2026, 3, 15, tzinfo=UTC)
    private: frozenset[str] = frozenset()
    #: How a request that signs in begins; "" where nobody signs in.
    signing_in: str = ""

    def play(self, scene: str) -> None:
        """From now on as in this scene."""
        self.devices.play(self.name, scene)

    def asked(self) -> list[str]:
        """What it was asked since the scene began."""
        return self.devices.asked(self.name)

    def sign_ins(self) -> int:
        """How many sign-ins were tried since the scene began."""
        return sum(bool(self.signing_in) and each.startswith(self.signing_in) for each in self.asked())
