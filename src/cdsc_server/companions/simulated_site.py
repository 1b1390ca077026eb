"""
`cdsc simulated-site`: a device platform with made-up homes, which fails in every way that real ones do, when told to.

Any account whose password is PASSWORD has a home. Answers are JSON, with status 200 also when they are refusals: `code`
says so, as the platforms of many makers have it.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Flask, Response, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from cdsc_server import exact_json
from cdsc_server.companions.pages import HOST, companion, serve
from cdsc_server.companions.solar_home import SolarHome, Step

#: Opens every home of the simulation.
PASSWORD: Final = "simulated-home"  # noqa: S105 - nothing real stands behind it
_PAGE: Final = 2_000
_SLOW_SECONDS: Final = 12
_SKEW: Final = timedelta(hours=3)
_LATE: Final = timedelta(hours=2)
_RETRY_AFTER: Final = 300
_WORDS: Final = {401: "authorization has expired", 404: "no such station", 423: "in use", 429: "too many requests"}


class Scene(StrEnum):
    """How a home is, or how it fails."""

    NORMAL = "normal"
    OFFLINE = "offline"
    SLOW = "slow"
    RATE_LIMITED = "rate_limited"
    BAD_LOGIN = "bad_login"
    EXPIRED = "expired"
    NOT_FOUND = "not_found"
    BUSY = "busy"
    NOISE = "noise"
    SENTINELS = "sentinels"
    DUPLICATES = "duplicates"
    LATE = "late"
    RESET = "reset"
    CLOCK_SKEW = "clock_skew"
    LOCAL_TIME = "local_time"


#: What an operator reads beside each.
SAID: Final = {
    Scene.NORMAL: "Everything works",
    Scene.OFFLINE: "The connection drops",
    Scene.SLOW: "Answers take 12 seconds",
    Scene.RATE_LIMITED: "Too many requests",
    Scene.BAD_LOGIN: "The password was changed",
    Scene.EXPIRED: "The session runs out, once",
    Scene.NOT_FOUND: "The station was removed",
    Scene.BUSY: "Somebody else is using it",
    Scene.NOISE: "Answers are garbled",
    Scene.SENTINELS: "Values are unknown",
    Scene.DUPLICATES: "Everything comes twice, in the wrong order",
    Scene.LATE: "The last two hours have not been uploaded",
    Scene.RESET: "Counters begin again at zero",
    Scene.CLOCK_SKEW: "The clock is three hours ahead",
    Scene.LOCAL_TIME: "Times are local, without an offset",
}
_REFUSALS: Final = {Scene.NOT_FOUND: 404, Scene.BUSY: 423, Scene.RATE_LIMITED: 429}


@dataclass
class _Station:
    """A home with its account."""

    name: str
    home: SolarHome
    lock: threading.Lock = field(default_factory=threading.Lock)
    scene: Scene = Scene.NORMAL
    #: When the scene began, and how many sign-ins were tried since.
    since: datetime = field(default_factory=lambda: datetime.now(UTC))
    sign_ins: int = 0
    token: str = ""
    last_asked: datetime | None = None

    @property
    def serial(self) -> str:
        """What the serial numbers of its devices begin with."""
        return "SIM" + sha256(self.name.encode()).hexdigest()[:8].upper()

    def play(self, scene: Scene) -> None:
        self.scene, self.since, self.sign_ins = scene, datetime.now(UTC), 0
        if scene in (Scene.EXPIRED, Scene.BAD_LOGIN):
            self.token = ""


class Stations:
    """
    Every home that somebody asked for.

    Args:
        since: when their histories begin.
        zone: whose clock they have.
    """

    def __init__(self, since: datetime, zone: ZoneInfo) -> None:
        self.zone = zone
        self._since = since
        self._known: dict[str, _Station] = {}
        self._lock = threading.Lock()

    def of(self, account: str) -> _Station:
        """The home of an account, made when nobody has asked for it yet."""
        with self._lock:
            return self._known.setdefault(account, _Station(account, SolarHome(account, self._since, self.zone)))

    def by_token(self, token: str) -> _Station | None:
        """The home whose session this is."""
        account, _, _ = token.rpartition(".")
        station = self._known.get(account)
        return station if station is not None and token and station.token == token else None

    def all(self) -> list[_Station]:
        """Every home so far, by name."""
        return [self._known[name] for name in sorted(self._known)]


def run(*, port: int, days: int, zone: str, accounts: tuple[str, ...] = ()) -> None:
    """Answer until SIGINT or SIGTERM."""
    stations = Stations(datetime.now(UTC) - timedelta(days=days), ZoneInfo(zone))
    for account in accounts:
        stations.of(account)
    serve(site(stations), port)


def site(stations: Stations) -> Flask:
    """The platform, and a page on which its faults are switched on and off."""
    app = companion(__name__)

    @app.post("/v1/session")
    def sign_in() -> Response:
        asked = exact_json.loads(request.get_data() or b"{}")
        station = stations.of(str(asked.get("account")))
        station.sign_ins += 1
        if asked.get("password") != PASSWORD or station.scene is Scene.BAD_LOGIN:
            return _refused(401)
        _delay(station)
        station.token = f"{station.name}.{secrets.token_urlsafe(16)}"
        return _answered({"token": station.token})

    def asked(answer: Callable[[_Station], Any]) -> Response:
        station = stations.by_token(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if station is None:
            return _refused(401)
        _delay(station)
        if station.scene in _REFUSALS:
            return _refused(_REFUSALS[station.scene])
        if station.scene is Scene.NOISE:
            return Response(b"\x7e\x00<html>upgrading", mimetype="application/json")
        station.last_asked = datetime.now(UTC)
        with station.lock:
            return _answered(answer(station))

    @app.get("/v1/devices")
    def devices() -> Response:
        return asked(lambda station: [*_devices(station, stations.zone)])

    @app.get("/v1/readings")
    def readings() -> Response:
        since, until = (datetime.fromisoformat(request.args[name]) for name in ("since", "until"))
        return asked(lambda station: _page(station, since, until, stations.zone))

    @app.get("/")
    def page() -> str:
        return render_template("simulated-site.html", stations=stations.all(), said=SAID)

    @app.post("/scene")
    def play() -> ResponseReturnValue:
        # A page of somebody else's must not switch anything here.
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            abort(403)
        scene = request.form.get("scene", "")
        if scene not in set(Scene):
            abort(400)
        stations.of(request.form.get("account", "")).play(Scene(scene))
        return redirect("/", 303)

    @app.get("/sign-ins")
    def sign_ins() -> dict[str, int]:
        return {"count": stations.of(request.args["account"]).sign_ins}

    return app


def url_of(port: int) -> str:
    """Where a site on this port answers."""
    return f"http://{HOST}:{port}"


def _answered(data: Any) -> Response:
    return Response(exact_json.dumps({"code": 0, "data": data}), mimetype="application/json")


def _refused(code: int) -> Response:
    refusal: dict[str, Any] = {"code": code, "message": _WORDS[code]}
    if code == 429:
        refusal["retry_after"] = _RETRY_AFTER
    return Response(exact_json.dumps(refusal), mimetype="application/json")


def _delay(station: _Station) -> None:
    """Be slow, or drop the connection without a word, where the scene says so."""
    if station.scene is Scene.SLOW:
        time.sleep(_SLOW_SECONDS)
    if station.scene is Scene.OFFLINE:
        request.environ["werkzeug.socket"].close()
        abort(503)


def _devices(station: _Station, zone: ZoneInfo) -> Iterator[dict[str, Any]]:
    last = _steps(station, datetime.now(UTC) - timedelta(hours=3), datetime.now(UTC))
    seen = last[-1].end.astimezone(zone).isoformat() if last else None
    serial = station.serial
    yield {"id": f"{serial}-INV", "kind": "inverter", "model": "SIM-5000", "last_seen": seen}
    yield {"id": f"{serial}-MTR", "kind": "meter", "model": "SIM-3P", "last_seen": seen}
    for number in range(station.home.batteries):
        yield {"id": f"{serial}-BAT{number + 1}", "kind": "battery", "model": "SIM-2400", "last_seen": seen}
    for number in (1, 2):
        yield {"id": f"{serial}-PLG{number}", "kind": "plug", "model": "SIM-16A", "last_seen": seen}
    yield {"id": f"{serial}-WTH", "kind": "weather", "model": "", "last_seen": seen}


def _steps(station: _Station, since: datetime, until: datetime) -> list[Step]:
    newest = datetime.now(UTC) - (_LATE if station.scene is Scene.LATE else timedelta())
    return station.home.steps(since, min(until, newest))


def _page(station: _Station, since: datetime, until: datetime, zone: ZoneInfo) -> dict[str, Any]:
    skew = _SKEW if station.scene is Scene.CLOCK_SKEW else timedelta()
    steps = _steps(station, since - skew, until - skew)
    following = steps[_PAGE].end.isoformat() if len(steps) > _PAGE else None
    samples = [_sample(station, step, skew, zone) for step in steps[:_PAGE]]
    if station.scene is Scene.DUPLICATES:
        samples = [each for each in reversed(samples) for _ in range(2)]
    return {"samples": samples, "following": following}


def _sample(station: _Station, step: Step, skew: timedelta, zone: ZoneInfo) -> dict[str, Any]:
    at = (step.end + skew).astimezone(zone)
    if station.scene is Scene.LOCAL_TIME:
        at = at.replace(tzinfo=None)
    values = _values(station, step)
    if station.scene is Scene.SENTINELS:
        values = {device: {name: _unknown(name) for name in told} for device, told in values.items()}
        # One that still knows something.
        values[f"{station.serial}-MTR"]["power_w"] = step.grid
    return {"time": at.isoformat(), "devices": values}


def _unknown(name: str) -> Any:
    """The number by which firmware says that it does not know."""
    return {"power_w": Decimal("6553.5"), "soc_percent": 536, "temperature_c": "--"}.get(name)


def _values(station: _Station, step: Step) -> dict[str, dict[str, Any]]:
    serial = station.serial
    zero = None
    if station.scene is Scene.RESET and step.end > station.since:
        zero = station.home.steps(station.since - timedelta(minutes=5), station.since)[-1]
    values: dict[str, dict[str, Any]] = {
        f"{serial}-INV": {
            "power_w": step.pv,
            "load_power_w": step.load,
            "energy_kwh": _kwh(step.produced - (zero.produced if zero else 0)),
            "temperature_c": Decimal(step.tenth_degrees + 120).scaleb(-1),
        },
        f"{serial}-MTR": {
            "power_w": step.grid,
            "import_kwh": _kwh(step.imported - (zero.imported if zero else 0)),
            "export_kwh": _kwh(step.exported - (zero.exported if zero else 0)),
        },
        f"{serial}-WTH": {
            "temperature_c": Decimal(step.tenth_degrees).scaleb(-1),
            "irradiance_w_m2": step.irradiance,
            "cloud_percent": step.cloud_percent,
        },
    }
    for number, battery in enumerate(step.batteries, start=1):
        values[f"{serial}-BAT{number}"] = {
            "power_w": battery.watts,
            "soc_percent": battery.percent,
            "charged_kwh": _kwh(battery.charged),
            "discharged_kwh": _kwh(battery.discharged),
        }
    for number, (watts, counted) in enumerate(zip(step.plug_watts, step.plugged, strict=True), start=1):
        values[f"{serial}-PLG{number}"] = {"power_w": watts, "energy_kwh": _kwh(counted)}
    return values


def _kwh(watt_seconds: int) -> Decimal:
    """As firmware writes it: whole watt-hours."""
    return Decimal(watt_seconds // 3_600).scaleb(-3)
