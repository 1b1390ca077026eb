"""
A receiver of webhooks that speaks real HTTP, and keeps what it was sent.

    with receiving() as receiver:
        ...
        receiver.calls

As a program, for tests and benchmarks that want a process of its own, it prints its port, fails one call in two where
it is told to, and answers GET /ids with how often each event arrived.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    """One call."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """
    What was called, and what it answers.

    Args:
        answer: status, headers and body for a call; challenges are given back where it says None.
    """

    url: str
    answer: Callable[[Received], tuple[int, dict[str, str], bytes] | None] = lambda _: None
    calls: list[Received] = field(default_factory=list)

    def events(self, kind: str | None = None) -> list[Any]:
        """The events that came, of one kind or of all but verifications."""
        found = [each.event for each in self.calls]
        return [each for each in found if (each["type"] == kind if kind else each["type"] != "webhook.verification")]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver at a free port of this machine, in threads of its own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.receiver = receiver = Receiver(f"http://127.0.0.1:{server.server_port}/hook")  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


def echo(call: Received) -> tuple[int, dict[str, str], bytes]:
    """What a receiver answers that works."""
    challenge = call.event["data"].get("challenge")
    return 200, {}, json.dumps({"challenge": challenge}).encode() if challenge else b""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        receiver: Receiver = self.server.receiver  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        call = Received(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        receiver.calls.append(call)
        status, headers, said = receiver.answer(call) or echo(call)
        self._say(status, headers, said)

    def do_GET(self) -> None:
        receiver: Receiver = self.server.receiver  # type: ignore[attr-defined]
        ids = Counter(each.headers["webhook-id"] for each in list(receiver.calls) if "taken" in each.headers)
        self._say(200, {}, json.dumps(ids).encode())

    def _say(self, status: int, headers: dict[str, str], said: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(said))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: what came is kept."""


def main() -> None:
    """Receive until the input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--fails", type=float, default=0.0, help="share of the calls that are refused")
    fails, chance = parser.parse_args().fails, random.Random(7)

    def answer(call: Received) -> tuple[int, dict[str, str], bytes] | None:
        if call.event["type"] != "webhook.verification" and chance.random() < fails:
            return 503, {}, b""
        call.headers["taken"] = "yes"
        return None

    with receiving() as receiver:
        receiver.answer = answer
        print(receiver.url, flush=True)  # noqa: T201 - what who started it waits for
        sys.stdin.read()


if __name__ == "__main__":
    main()
