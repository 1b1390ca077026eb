"""Servers that take turns under the same load: ours, Authlib at its smallest, and Flask alone."""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import wrk
from benchmarks.context import Context
from benchmarks.load import Load, Script, load, request
from benchmarks.servers import free_port, started
from cdsc_server.connectors.file_keys import FileKeyStore

CONNECTIONS = 32
WORKERS = 2
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Target:
    """
    A running server and how to ask it.

    Args:
        database_url: empty where there is none.
        basic: the header by which the client in the database authenticates; empty where there is none.
        scenarios: for each thing it does, what makes the script of one connection.
    """

    name: str
    server: str
    url: str
    database_url: str = ""
    basic: dict[str, str] = field(default_factory=dict)
    scenarios: dict[str, Callable[[], Script]] = field(default_factory=dict)


def measure(target: Target, scenario: str, seconds: float, *, connections: int = CONNECTIONS) -> Load:
    """What the target shows while every connection does this; one refusal stops the benchmark."""
    doing = target.scenarios[scenario]
    if isinstance(doing, Always) and wrk.found():
        shown = wrk.load(target.url, doing.made, connections=connections, seconds=seconds)
    else:
        scripts = [doing() for _ in range(connections)]
        shown = load(target.url, scripts, seconds=seconds, expected=(b"200", b"201", b"302", b"303"))
    assert shown.refused == 0, (target.name, scenario, shown.refused)
    return shown


@dataclass(frozen=True)
class Always:
    """The scenario that sends the same bytes again and again."""

    made: bytes

    def __call__(self) -> Script:
        return lambda _answer: self.made


def basic_header(client_id: str, secret: str) -> dict[str, str]:
    """The header of RFC 6749 2.3.1."""
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


@contextmanager
def ours(context: Context, server: str, **environment: str) -> Iterator[Target]:
    """Our server over an empty PostgreSQL database; more variables may be given."""
    with ExitStack() as stack:
        database_url = stack.enter_context(context.databases())["PostgreSQL"]
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cdsc-bench-")))
        FileKeyStore.create(str(folder / "sealing.key"))
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        variables = _environment(
            CDSC_DATABASE_URL=database_url,
            CDSC_BASE_URL=url,
            CDSC_KEY_FILE=str(folder / "sealing.key"),
            **environment,
        )
        command = _command(server, "cdsc_server.wsgi:application", port)
        stack.enter_context(started(command, f"{url}/healthz", variables))
        yield Target("ours", server, url, database_url)


@contextmanager
def authlib(context: Context, server: str) -> Iterator[Target]:
    """The peer over a PostgreSQL database, with one client."""
    with ExitStack() as stack:
        database_url = stack.enter_context(context.databases())["PostgreSQL"]
        secret, port = secrets.token_urlsafe(32), free_port()
        url = f"http://127.0.0.1:{port}"
        variables = _environment(DATABASE_URL=database_url, PEER_SECRET=secret)
        subprocess.run([sys.executable, "-m", "benchmarks.peers.authlib_minimal"], env=variables, check=True)
        command = _command(server, "benchmarks.peers.authlib_minimal:application", port)
        stack.enter_context(started(command, f"{url}/healthz", variables))
        yield Target("Authlib minimal", server, url, database_url, basic_header("peer", secret))


@contextmanager
def hello(server: str) -> Iterator[Target]:
    """Flask alone, with its one scenario."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = _command(server, "benchmarks.peers.hello:application", port)
    with started(command, f"{url}/healthz", _environment()):
        yield Target("Flask alone", server, url, scenarios={"hello": Always(request("GET", "/healthz", {}))})


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
