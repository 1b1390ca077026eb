"""The process of the made-up devices: its input says what happens to them, its output what they were asked."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Final

from tests.support.devices.fakes import Fake
from tests.support.devices.goodwe import TCPInverterFake, UDPInverterFake
from tests.support.devices.hub import HubFake
from tests.support.devices.pylontech import PylontechFake, SerialPylontechFake
from tests.support.devices.sems import LegacyFake, PlusFake
from tests.support.devices.shelly import OldShellyFake, ShellyFake
from tests.support.devices.tuya import TuyaFake
from tests.support.devices.weather import WeatherFake

_KINDS: Final[dict[str, Callable[[], Fake]]] = {
    "goodwe": UDPInverterFake,
    "goodwe_tcp": TCPInverterFake,
    "hub": HubFake,
    "pylontech": PylontechFake,
    "pylontech_serial": SerialPylontechFake,
    "sems": LegacyFake,
    "sems_plus": PlusFake,
    "shelly": ShellyFake,
    "shelly_gen1": OldShellyFake,
    "tuya": TuyaFake,
    "weather": WeatherFake,
}


def main() -> None:
    """Serve until the input ends."""
    fakes = {name: kind() for name, kind in _KINDS.items()}
    print(json.dumps({name: fake.start() for name, fake in fakes.items()}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        fake = fakes[order["device"]]
        if "scenario" in order:
            fake.play(order["scenario"])
        print(json.dumps({"asked": fake.asked}), flush=True)


main()
