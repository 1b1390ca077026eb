"""Made-up Shelly devices: a plug and meters of Gen2 with digest authentication, and a plug of Gen1 with basic."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from tests.support.devices.fakes import Answer, Asked, HTTPFake

PASSWORD = "plug-password"
MAC = "A8032AB11223"
_REALM, _NONCE = "shellyplugs-a8032ab11223", "made-up-nonce"


class ShellyFake(HTTPFake):
    """
    A plug that can return energy, with meters of one and of three phases on it, as no one device has.

    Scenarios: `bad_login`, `sentinels` (nothing is known), `unmetered`, `reset` (counters begin again).
    """

    def answer(self, asked: Asked) -> Answer:
        if asked.path == "/shelly":
            return Answer({"id": "shellyplugs-a8032ab11223", "mac": MAC, "model": "SNPL-00112EU", "gen": 2})
        if self.scenario == "bad_login" or not _is_digest(asked):
            challenge = f'Digest qop="auth", realm="{_REALM}", nonce="{_NONCE}", algorithm=SHA-256'
            return Answer("", 401, {"WWW-Authenticate": challenge})
        return Answer(_status(self.scenario))


class OldShellyFake(HTTPFake):
    """Scenarios: `bad_login`, `sentinels` (the meter says that it is not valid)."""

    def answer(self, asked: Asked) -> Answer:
        if asked.path == "/shelly":
            return Answer({"type": "SHPLG-S", "mac": MAC, "auth": True, "fw": "made-up"})
        basic = base64.b64encode(f"owner:{PASSWORD}".encode()).decode()
        if self.scenario == "bad_login" or asked.headers.get("Authorization") != f"Basic {basic}":
            return Answer("", 401, {"WWW-Authenticate": 'Basic realm="plug"'})
        meter = {"power": 182.4, "is_valid": self.scenario != "sentinels", "timestamp": 1773482709, "total": 627127}
        meters = [{"power": -310.5, "voltage": 231.2, "is_valid": True, "total": 10452.1, "total_returned": 5100.0}]
        return Answer({"mac": MAC, "relays": [{"ison": True}], "meters": [meter], "emeters": meters})


def _status(scenario: str) -> dict[str, Any]:
    if scenario == "unmetered":
        return {"switch:0": {"id": 0, "source": "init", "output": True}, "sys": {"mac": MAC}}
    unknown = scenario == "sentinels"
    total = 1.5 if scenario == "reset" else 10452.118
    return {
        "switch:0": {
            "id": 0,
            "output": True,
            "apower": None if unknown else 182.4,
            "voltage": 231.2,
            "current": None if unknown else 0.81,
            "freq": 50.0,
            "aenergy": {"total": None if unknown else total, "by_minute": [3011.2], "minute_ts": 1773482700},
            "ret_aenergy": {"total": 0.5},
            "temperature": {"tC": None if unknown else 38.1, "tF": 100.6},
            "errors": ["power_meter_failure"] if unknown else [],
        },
        "switch:1": {"id": 1, "output": False, "aenergy": {"total": 12.0}},
        "em1:0": {"id": 0, "act_power": -1570.2, "voltage": 231.0, "current": 6.9, "freq": 50.0},
        "em1data:0": {"id": 0, "total_act_energy": 18250.44, "total_act_ret_energy": 5100.11},
        "em:0": {"id": 0, "total_act_power": 990.0, "a_act_power": 330.0, "a_voltage": 230.9, "a_current": None},
        "emdata:0": {"id": 0, "total_act": 7000.0, "total_act_ret": None if unknown else 12.25},
        "sys": {"mac": MAC, "unixtime": 1773482709},
    }


def _is_digest(asked: Asked) -> bool:
    """RFC 7616 with SHA-256 and `auth`."""
    scheme, _, rest = asked.headers.get("Authorization", "").partition(" ")
    if scheme != "Digest":
        return False
    parts = {name: value.strip('"') for name, _, value in (each.strip().partition("=") for each in rest.split(","))}
    login = _sha256(f"admin:{_REALM}:{PASSWORD}")
    request = _sha256(f"{asked.method}:{asked.path}")
    wanted = f"{login}:{_NONCE}:{parts.get('nc')}:{parts.get('cnonce')}:auth:{request}"
    return parts.get("response") == _sha256(wanted)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
