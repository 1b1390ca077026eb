"""A made-up meter-data hub: tokens by client_credentials, pages of two readings, and codes of its own."""

from __future__ import annotations

import base64
from typing import Any, Final

from tests.support.devices.fakes import Answer, Asked, HTTPFake

ACCOUNT: Final = "utility-client"
SECRET: Final = "hub-client-secret"
METER: Final = "EAN-541448920001"
_CODES: Final = {"code_auth": 4010, "code_rate": 4290, "code_busy": 4230, "code_new": 9999}


class HubFake(HTTPFake):
    """
    Scenarios: `bad_login`, `expired` (the token of before is old), `sentinels`, `duplicates`, `dst_back` (an hour
    twice, without offsets), `elsewhere` (the next page is at another host), `endless`, `negative`, `new_unit`,
    `no_list`, and `code_auth`, `code_rate`, `code_busy`, `code_new` (refusals with the status 200).
    """

    def __init__(self) -> None:
        super().__init__()
        self._tokens = 0

    def play(self, scenario: str) -> None:
        super().play(scenario)
        if scenario == "expired":
            self._tokens += 1

    def answer(self, asked: Asked) -> Answer:
        if asked.path == "/api/token":
            return self._token(asked)
        if self.scenario == "bad_login" or asked.headers.get("Authorization") != f"Bearer token-{self._tokens}":
            return Answer({}, 401)
        if self.scenario in _CODES:
            return Answer({"status": {"code": _CODES[self.scenario]}})
        if asked.path == "/api/meters":
            return self._fine({"meters": [{"ean": METER, "model": "Linky"}, {"ean": 77}]})
        return self._page(int(asked.query.get("cursor", 0)))

    def _token(self, asked: Asked) -> Answer:
        basic = base64.b64encode(f"{ACCOUNT}:{SECRET}".encode()).decode()
        fine = (
            asked.headers.get("Authorization") == f"Basic {basic}" and asked.body["grant_type"] == "client_credentials"
        )
        if self.scenario == "bad_login" or not fine:
            return Answer({"error": "invalid_client"}, 400)
        return Answer({"access_token": f"token-{self._tokens}", "token_type": "Bearer"})

    def _page(self, first: int) -> Answer:
        rows = _rows(self.scenario)
        if self.scenario == "no_list":
            return self._fine({"readings": None})
        following: Any = first + 2 if first + 2 < len(rows) else None
        if self.scenario == "endless":
            following = 2
        if self.scenario == "elsewhere":
            following = "http://192.0.2.7/api/readings"
        return self._fine({"readings": rows[first : first + 2], "page": {"cursor": following}})

    def _fine(self, data: dict[str, Any]) -> Answer:
        return Answer({"status": {"code": 0}, "data": data})


def _row(at: str, value: object, direction: str = "OUT", meter: object = METER, **other: object) -> dict[str, Any]:
    return {"meter": {"ean": meter}, "from": at, "kwh": value, "unit": "KWH", "way": direction, "state": "V", **other}


def _rows(scenario: str) -> list[dict[str, Any]]:
    rows = [
        _row("2026-03-14T00:00:00+02:00", "0.250"),
        _row("2026-03-14T10:15:00Z", 1.10, "IN", unit="wh"),
        _row("2026-03-14T10:30:00Z", 2, "IN", meter=77, state="guess"),
    ]
    match scenario:
        case "sentinels":
            rows[0]["kwh"], rows[1]["kwh"], rows[2]["kwh"] = -9999, None, 2
        case "duplicates":
            rows += [_row("2026-03-14T10:15:00Z", 1200, "IN", unit="wh")]
        case "negative":
            rows[0]["kwh"] = -1
        case "new_unit":
            rows[0]["unit"] = "GJ"
        case "dst_back":
            clock = ("02:45:00", "02:00:00", "02:15:00", "03:00:00")
            rows = [_row(f"2026-10-25T{at}", 1, meter=meter) for meter in (METER, 77) for at in clock]
    return rows
