"""A made-up SEMS portal in two generations, with one station of invented values, misspelt as the real one."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any, Final

from tests.support.devices.fakes import Answer, Asked, HTTPFake

ACCOUNT: Final = "ada@example.com"
SECRET: Final = "portal-password"
STATION: Final = "0f0e6c1a-made-up-station"
SERIAL: Final = "95000ESU000W0001"


class _PortalFake(HTTPFake):
    """
    Scenarios of both: `bad_login`, `expired`, `rate_limited` (GY0429 with 200), `not_found` (nothing is shown),
    `new_code` and `other_host` (the region is somebody else's).
    """

    own = frozenset({"rate_limited", "not_found"})
    login: str
    region: str

    def __init__(self) -> None:
        super().__init__()
        self._sessions = 0

    def play(self, scenario: str) -> None:
        super().play(scenario)
        if scenario == "expired":
            self._sessions += 1

    def start(self) -> str:
        self._address = super().start()
        return self._address

    def answer(self, asked: Asked) -> Answer:
        if asked.path == self.login:
            return Answer(self._signed_in(asked))
        if json.loads(asked.headers.get("token", "{}")).get("token") != self._token or not self.is_signed(asked):
            return self._refused("100002")
        if self.scenario == "rate_limited":
            return self._refused("GY0429")
        if self.scenario == "new_code":
            return self._refused("X1")
        data = None if self.scenario == "not_found" else self.station(asked)
        return Answer({"code": "0", "msg": "成功", "hasError": False, "data": data})

    def _signed_in(self, asked: Asked) -> dict[str, Any]:
        if self.scenario == "bad_login" or not self.is_known(asked):
            return self._refused("100005").body
        region = "http://portal.example" if self.scenario == "other_host" else self._address
        data = {"uid": "uid-1", "timestamp": 1773482709000, "token": self._token, "client": "ios", "version": "3.1.1"}
        return {"code": "00000", "hasError": False, "data": data, "api": f"{region}{self.region}"}

    def _refused(self, code: str) -> Answer:
        return Answer({"code": code, "msg": f"{ACCOUNT} was refused", "hasError": True, "data": None})

    @property
    def _token(self) -> str:
        return f"session-{self._sessions}"

    def is_known(self, asked: Asked) -> bool:
        """Whether account and password are right."""
        raise NotImplementedError

    def is_signed(self, asked: Asked) -> bool:
        """Whether a request carries what it has to besides its session."""
        raise NotImplementedError

    def station(self, asked: Asked) -> Any:
        """What the portal shows of the station that is asked for; None for nothing."""
        raise NotImplementedError


class LegacyFake(_PortalFake):
    """Besides: `sentinels`, `duplicates`, `maintenance` (no inverters), `night`, `dst_back`, `unclear`, `changed`."""

    login = "/api/v3/Common/CrossLogin"
    region = "/eu/api/"

    def is_known(self, asked: Asked) -> bool:
        return asked.body == {"account": ACCOUNT, "pwd": SECRET} and "version" in json.loads(asked.headers["token"])

    def is_signed(self, asked: Asked) -> bool:
        return True

    def station(self, asked: Asked) -> Any:
        if asked.path != "/eu/api/v3/PowerStation/GetMonitorDetailByPowerstationId":
            return None
        return _detail(self.scenario) if asked.body == {"powerStationId": STATION} else None


class PlusFake(_PortalFake):
    """Besides: `sentinels` (the battery tells nothing)."""

    login = "/web/sems/sems-user/api/v1/auth/cross-login"
    region = "/web/sems"

    def is_known(self, asked: Asked) -> bool:
        digest = hashlib.md5(SECRET.encode(), usedforsecurity=False).hexdigest()
        wanted = {"account": ACCOUNT, "pwd": base64.b64encode(digest.encode()).decode(), "agreement": 1}
        return asked.body == {**wanted, "isLocal": False, "isChinese": False}

    def is_signed(self, asked: Asked) -> bool:
        digest, _, milliseconds = base64.b64decode(asked.headers.get("X-Signature", "")).decode().partition("@")
        return digest == hashlib.sha256(f"{milliseconds}@uid-1@{self._token}".encode()).hexdigest()

    def station(self, asked: Asked) -> Any:
        if asked.path != "/web/sems/sems-plant/api/stations/flow" or asked.query != {"stationId": STATION}:
            return None
        battery = None if self.scenario == "sentinels" else -0.54
        return {"pSystem": 3.12, "pBat": battery, "pGrid": -1.57, "pConsum": 1.01, "soc": 78}

    def _signed_in(self, asked: Asked) -> dict[str, Any]:
        answer = super()._signed_in(asked)
        if answer["data"]:
            answer["data"]["api"] = answer.pop("api")
        return answer


def _detail(scenario: str) -> dict[str, Any]:
    unknown = scenario == "sentinels"
    full = {
        "pac": 2580.0,
        "eday": 14.2,
        "etotal": None if unknown else 18250.4,
        "vac1": 6553.5 if unknown else 231.0,
        "fac1": 655.35 if unknown else 50.0,
        "tempperature": 6553.5 if unknown else 41.3,
        "soc": 536 if unknown else 78.0,
        "soh": -0.1 if unknown else 99.0,
        "last_time": 1773482709000,
    }
    flow = {"pv": "3120(W)", "bettery": "540(W)", "load": "1.01(kW)", "loadStatus": 1, "grid": "1570(W)", "soc": 78}
    detail: dict[str, Any] = {
        "info": {"powerstation_id": STATION, "time": "03/14/2026 12: 05:09", "time_span": 2.0, "is_stored": True},
        "kpi": {"pac": 3120.0, "total_power": 18250.4, "currency": "ZAR"},
        "powerflow": flow,
        "inverter": [{"sn": SERIAL, "status": 1, "invert_full": full}],
    }
    match scenario:
        case "duplicates":
            detail["inverter"] *= 2
        case "maintenance":
            detail["inverter"] = []
        case "dst_back":
            detail["inverter"], detail["info"]["time"] = [], "10/25/2026 02:30:00"
        case "night":
            detail["inverter"][0]["status"] = -1
            detail["powerflow"] = {"pv": "0(W)", "bettery": "0(W)", "load": "0(W)", "grid": "0(W)"}
        case "unclear":
            detail["powerflow"] = {**flow, "bettery": "540(W)", "grid": "9000(W)"}
        case "changed":
            detail["inverter"][0]["invert_full"] = "see the new portal"
    return detail
