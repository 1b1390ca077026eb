"""What the made-up devices have in common: a scenario, a memory of what they were asked, and a way to be served."""

from __future__ import annotations

import json
import socketserver
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

#: Longer than any test lets a connector wait.
HANGING = 3.0


class Fake:
    """One device or platform."""

    def __init__(self) -> None:
        self.scenario = "normal"
        self.asked: list[str] = []

    def play(self, scenario: str) -> None:
        """Begin a scenario afresh."""
        self.scenario = scenario
        self.asked = []

    def start(self) -> str:
        """Serve from now on; gives where."""
        raise NotImplementedError


class Threaded(socketserver.ThreadingTCPServer):
    """Ends with the process, whoever still speaks."""

    daemon_threads = True


class ServerFake(Fake):
    """One that waits for connections or datagrams, each served by `serve`."""

    server: type[socketserver.BaseServer] = Threaded
    host = "127.0.0.1"
    port = 0

    def start(self) -> str:
        """Serve in a thread that ends with the process."""
        fake = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                fake.serve(self.request, self.client_address)

        server = self.server((self.host, self.port), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"{self.host}:{server.server_address[1]}"

    def serve(self, request: Any, client: Any) -> None:
        """One connection (TCP: a socket) or datagram (UDP: the bytes and a socket) of a client at an address."""
        raise NotImplementedError


@dataclass(frozen=True)
class Asked:
    """A request to a platform on HTTP; `body` is what its JSON or form says."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class Answer:
    """What the platform says; text goes out as it is, everything else as JSON."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class HTTPFake(Fake):
    """
    One that speaks HTTP.

    Scenarios of every such platform: `offline`, `slow`, `dripping` (a byte now and then), `broken` (503), `noise` (no
    JSON), `moved`, `not_found`, `rate_limited`; those of `own` it plays in its own way.
    """

    own: frozenset[str] = frozenset()

    def start(self) -> str:
        """Serve in threads that end with the process."""
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except ConnectionError:
                    self.close_connection = True  # whoever asked did not wait

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                length = int(self.headers.get("Content-Length") or 0)
                text = self.rfile.read(length).decode()
                form = "form" in (self.headers.get("Content-Type") or "")
                body = (dict(parse_qsl(text)) if form else json.loads(text)) if text else None
                asked = Asked(self.command, parts.path, dict(parse_qsl(parts.query)), dict(self.headers), body)
                fake.asked.append(f"{self.command} {self.path}")
                self.respond(fake.respond(asked))

            do_POST = do_GET  # noqa: N815 - the names are those of the library

            def respond(self, answer: Answer) -> None:
                content = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
                data = content.encode()
                self.send_response(answer.status)
                for name, value in {"Content-Length": str(len(data)), **answer.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if fake.scenario == "dripping":
                    for each in data:
                        self.wfile.write(bytes([each]))
                        time.sleep(0.05)
                else:
                    self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                """Standard error stays quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    def respond(self, asked: Asked) -> Answer:
        """What every platform may do, else what this one says."""
        match "" if self.scenario in self.own else self.scenario:
            case "offline":
                raise ConnectionAbortedError
            case "slow":
                time.sleep(HANGING)
            case "noise":
                return Answer("<html>maintenance</html>")
            case "broken":
                return Answer({}, 503)
            case "moved":
                return Answer("", 302, {"Location": "http://127.0.0.1:9/"})
            case "not_found":
                return Answer("", 404)
            case "rate_limited":
                return Answer("", 429, {"Retry-After": "120"})
        return self.answer(asked)

    def answer(self, asked: Asked) -> Answer:
        """What this platform says to a request."""
        raise NotImplementedError
