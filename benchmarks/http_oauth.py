"""Tokens, introspection and the code flow over HTTP, beside Authlib at its smallest, on two web servers."""

from __future__ import annotations

import base64
import itertools
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from sqlalchemy import create_engine, insert
from sqlalchemy.orm import Session

from benchmarks.context import Context, Figures
from benchmarks.load import Script, load, request
from benchmarks.servers import free_port, started
from cdsc_server.connectors.file_keys import FileKeyStore
from cdsc_server.domain.secrets import secret_hash
from cdsc_server.storage.authorizations import CodeRow
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.customers import CustomerRow
from cdsc_server.storage.db import engine_options, prepare
from cdsc_server.storage.grants import GrantRow

CONNECTIONS = 32
WORKERS = 2
CALLBACK = "https://client.example/callback"
VERIFIER = "v" * 64
CHALLENGE = create_s256_code_challenge(VERIFIER)
SERVERS = ("granian", "gunicorn")
#: More than are redeemed in all rounds together.
CODES = 60_000


@dataclass
class Target:
    """A running server and how to ask it."""

    name: str
    server: str
    url: str
    scenarios: dict[str, Callable[[], Script]] = field(default_factory=dict)


def run(context: Context) -> None:
    """Rounds in which every target takes its turn; a ratio is taken inside a round, to the peer on the same server."""
    rounds, seconds = (2, 0.5) if context.quick else (5, 2.0)
    with ExitStack() as stack:
        targets = [
            target
            for server in SERVERS
            for target in (
                stack.enter_context(_ours(context, server)),
                stack.enter_context(_peer(context, server)),
                stack.enter_context(_hello(server)),
            )
        ]
        taken: dict[tuple[str, str, str], list[tuple[float, float, float]]] = {}
        for turn in range(-1, rounds):
            for scenario in ("client_credentials", "introspection", "code flow", "hello"):
                for target in targets:
                    if scenario in target.scenarios:
                        figures = _measure(target, scenario, seconds)
                        if turn >= 0:
                            taken.setdefault((scenario, target.server, target.name), []).append(figures)
    _tell(context, taken)


def _measure(target: Target, scenario: str, seconds: float) -> tuple[float, float, float]:
    scripts = [target.scenarios[scenario]() for _ in range(CONNECTIONS)]
    shown = load(target.url, scripts, seconds=seconds, expected=(b"200", b"302", b"303"))
    assert shown.refused == 0, (target.name, scenario, shown.refused)
    # Two requests make one flow.
    rate = shown.rate / 2 if scenario == "code flow" else shown.rate
    return rate, shown.milliseconds(0.5), shown.milliseconds(0.99)


def _tell(context: Context, taken: dict[tuple[str, str, str], list[tuple[float, float, float]]]) -> None:
    rows = []
    for (scenario, server, name), rounds in taken.items():
        rates, p50, p99 = (Figures([each[place] for each in rounds]) for place in range(3))
        peer = taken.get((scenario, server, "Authlib minimal"), [])
        ratio = Figures([ours[0] / theirs[0] for ours, theirs in zip(rounds, peer, strict=True)]) if peer else None
        rows.append(
            (
                scenario,
                server,
                name,
                rates.spread(digits=0),
                p50.spread(digits=1),
                p99.spread(digits=1),
                ratio.spread() if ratio else "",
            )
        )
    context.table(("what", "server", "target", "in a second", "p50 ms", "p99 ms", "times Authlib minimal"), rows)


def _command(server: str, application: str, port: int) -> list[str]:
    if server == "gunicorn":
        place = ["-b", f"127.0.0.1:{port}", "--log-level", "error"]
        return [sys.executable, "-m", "gunicorn", "-w", str(WORKERS), "--backlog", "2048", *place, application]
    place = ["--host", "127.0.0.1", "--port", str(port), "--no-log"]
    threads = ["--workers", str(WORKERS), "--blocking-threads", "4"]
    return [sys.executable, "-m", "granian", "--interface", "wsgi", *threads, *place, application]


def _environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CDSC_")}
    root = Path(__file__).parents[1]
    return {**kept, **more, "PYTHONPATH": os.pathsep.join((str(root), str(root / "src")))}


def _basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


def _always(made: bytes) -> Callable[[], Script]:
    return lambda: lambda _answer: made


def _asking(client_id: str) -> str:
    return "/oauth/authorize?" + urlencode(
        {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": CALLBACK,
            "scope": "usage_data",
            "state": "s",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
    )


def _redeeming(code: str) -> str:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    return urlencode(form)


class _ours:  # noqa: N801  (a context manager)
    """Our server: registered Clients, a signed-in browser's cookie, and codes as approvals leave them."""

    def __init__(self, context: Context, server: str) -> None:
        self.context, self.server, self.stack = context, server, ExitStack()

    def __enter__(self) -> Target:
        database_url = self.stack.enter_context(self.context.databases())["PostgreSQL"]
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="cdsc-bench-")))
        FileKeyStore.create(str(folder / "sealing.key"))
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        environment = _environment(
            CDSC_DATABASE_URL=database_url, CDSC_BASE_URL=url, CDSC_KEY_FILE=str(folder / "sealing.key")
        )
        command = _command(self.server, "cdsc_server.wsgi:application", port)
        self.stack.enter_context(started(command, f"{url}/healthz", environment))
        return Target("ours", self.server, url, _our_scenarios(url, database_url))

    def __exit__(self, *fault: object) -> None:
        self.stack.close()


def _our_scenarios(url: str, database_url: str) -> dict[str, Callable[[], Script]]:
    body = {"scope": "cds_client_admin usage_data"}
    admin = requests.post(f"{url}/oauth/register", json=body, timeout=30).json()
    basic = _basic(admin["client_id"], admin["client_secret"])
    form = urlencode({"grant_type": "client_credentials", "scope": "cds_client_admin"})
    token = requests.post(f"{url}/oauth/token", data=form, headers={**basic, **_FORM}, timeout=30).json()
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    clients = requests.get(f"{url}/clients", headers=bearer, timeout=30).json()["clients"]
    app = next(each for each in clients if each["response_types"])
    changed = {**app, "redirect_uris": [CALLBACK], "cds_default_redirect_uri": CALLBACK}
    requests.put(f"{url}/clients/{app['client_id']}", json=changed, headers=bearer, timeout=30).raise_for_status()
    made = requests.post(f"{url}/credentials", json={"client_id": app["client_id"]}, headers=bearer, timeout=30).json()
    codes = _store_codes(database_url, app["client_id"])
    asked = requests.get(url + _asking(app["client_id"]), allow_redirects=False, timeout=30)
    cookie = {"Cookie": asked.headers["Set-Cookie"].split(";", 1)[0]}
    own = _basic(app["client_id"], made["client_secret"])
    first = _redeeming(next(codes))
    access = requests.post(f"{url}/oauth/token", data=first, headers={**own, **_FORM}, timeout=30).json()
    authorize = request("GET", _asking(app["client_id"]), cookie)

    def flow() -> Script:
        turns = itertools.cycle((False, True))

        def ask(_answer: bytes | None) -> bytes:
            return request("POST", "/oauth/token", own, _redeeming(next(codes))) if next(turns) else authorize

        return ask

    return {
        "client_credentials": _always(request("POST", "/oauth/token", basic, form)),
        "introspection": _always(
            request("POST", "/oauth/introspect", own, urlencode({"token": access["access_token"]}))
        ),
        "code flow": flow,
    }


_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def _store_codes(database_url: str, client_id: str) -> Iterator[str]:
    """Codes for one Grant, ready to be redeemed."""
    now = datetime.now(UTC)
    engine = create_engine(database_url, **engine_options(database_url))
    prepare(engine)
    codes = [secrets.token_urlsafe(32) for _ in range(CODES)]
    details = [{"type": "usage_data", "segment_start": "2025-01-01T00:00:00Z", "segment_end": "infinite"}]
    with Session(engine) as session, session.begin():
        registration_id = session.get_one(ClientRow, client_id).registration_id
        session.add(CustomerRow(customer_id="ada", display_name="Ada", is_test=True, created=now))
        session.flush()
        session.add(
            GrantRow(
                grant_id="grant",
                registration_id=registration_id,
                client_id=client_id,
                customer_id="ada",
                status="active",
                scope="usage_data",
                authorization_details=details,
                enabled_scope="usage_data",
                enabled_authorization_details=details,
                selections=[{"kind": "account_selection", "ids": [], "include_future": False, "left_out": []}],
                states=[],
                receipt_confirmations=[],
                created=now,
                modified=now,
            )
        )
        session.flush()
        plain = {
            "client_id": client_id,
            "grant_id": "grant",
            "redirect_uri": CALLBACK,
            "redirect_uri_sent": True,
            "code_challenge": CHALLENGE,
            "created": now,
            "expires": now + timedelta(hours=1),
        }
        session.execute(insert(CodeRow), [{**plain, "code_hash": secret_hash(code)} for code in codes])
    engine.dispose()
    return iter(codes)


class _peer:  # noqa: N801  (a context manager)
    """The peer with one client."""

    def __init__(self, context: Context, server: str) -> None:
        self.context, self.server, self.stack = context, server, ExitStack()

    def __enter__(self) -> Target:
        database_url = self.stack.enter_context(self.context.databases())["PostgreSQL"]
        secret, port = secrets.token_urlsafe(32), free_port()
        url = f"http://127.0.0.1:{port}"
        environment = _environment(DATABASE_URL=database_url, PEER_SECRET=secret)
        subprocess.run([sys.executable, "-m", "benchmarks.peers.authlib_minimal"], env=environment, check=True)
        command = _command(self.server, "benchmarks.peers.authlib_minimal:application", port)
        self.stack.enter_context(started(command, f"{url}/healthz", environment))
        basic = _basic("peer", secret)
        form = urlencode({"grant_type": "client_credentials", "scope": "usage_data"})
        token = requests.post(f"{url}/oauth/token", data=form, headers={**basic, **_FORM}, timeout=30).json()
        seen = urlencode({"token": token["access_token"]})
        authorize = request("GET", _asking("peer"), {})

        def flow() -> Script:
            def ask(answer: bytes | None) -> bytes:
                code = None if answer is None else _code_in(answer)
                return authorize if code is None else request("POST", "/oauth/token", basic, _redeeming(code))

            return ask

        scenarios = {
            "client_credentials": _always(request("POST", "/oauth/token", basic, form)),
            "introspection": _always(request("POST", "/oauth/introspect", basic, seen)),
            "code flow": flow,
        }
        return Target("Authlib minimal", self.server, url, scenarios)

    def __exit__(self, *fault: object) -> None:
        self.stack.close()


def _code_in(answer: bytes) -> str | None:
    head = answer.partition(b"\r\n\r\n")[0].decode()
    place = next((line for line in head.splitlines() if line.lower().startswith("location:")), None)
    return None if place is None else parse_qs(urlsplit(place.split(":", 1)[1].strip()).query)["code"][0]


class _hello:  # noqa: N801  (a context manager)
    """Flask alone."""

    def __init__(self, server: str) -> None:
        self.server, self.stack = server, ExitStack()

    def __enter__(self) -> Target:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        command = _command(self.server, "benchmarks.peers.hello:application", port)
        self.stack.enter_context(started(command, f"{url}/healthz", _environment()))
        return Target("Flask alone", self.server, url, {"hello": _always(request("GET", "/healthz", {}))})

    def __exit__(self, *fault: object) -> None:
        self.stack.close()
