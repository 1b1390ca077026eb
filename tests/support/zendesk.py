"""
A Zendesk of our own: a process that keeps tickets, and does what a test tells it to.

It knows the calls that the connector makes, and no others. Below /fake a test looks into it, and has calls fail.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.support.ports import free_port
from tests.support.waiting import SECONDS, wait_for_program

TOKEN = "oauth-token-of-the-fake"
SECRET = "webhook-secret-of-the-fake"


class _Desk(BaseHTTPRequestHandler):
    """Answers one request; the state is the server's."""

    server: Any

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/fake/calls":
            return self._answer(200, {"calls": self.server.calls, "tickets": self.server.tickets})
        if not self._let_in():
            return None
        if parts.path == "/api/v2/tickets.json":
            wanted = parse_qs(parts.query)["external_id"][0]
            found = [each for each in self.server.tickets if each["external_id"] == wanted]
            return self._answer(200, {"tickets": found, "count": len(found)})
        ticket = self._ticket(parts.path.removesuffix("/comments.json"))
        return self._answer(200, {"comments": ticket["comments"]}) if ticket else self._answer(404, {})

    def do_POST(self) -> None:
        body = self._body()
        if self.path == "/fake/plan":
            self.server.plan = body["answers"]
            if body["forget"]:
                self.server.tickets, self.server.calls = [], []
            return self._answer(200, {})
        if not self._let_in():
            return None
        asked = body["ticket"]
        if not asked["comment"]["body"]:
            return self._answer(422, {"error": "RecordInvalid"})
        made = {**asked, "id": 35 + len(self.server.tickets), "comments": [asked["comment"]], "status": "new"}
        self.server.tickets.append(made)
        return self._answer(201, {"ticket": made})

    def do_PUT(self) -> None:
        body = self._body()
        if not self._let_in():
            return None
        ticket = self._ticket(self.path.removesuffix(".json"))
        if ticket is None:
            return self._answer(404, {})
        ticket["comments"].append(body["ticket"]["comment"])
        return self._answer(200, {"ticket": ticket})

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _let_in(self) -> bool:
        self.server.calls.append(f"{self.command} {urlsplit(self.path).path}")
        planned = self.server.plan.pop(0) if self.server.plan else None
        if planned == "do it, then hang up":
            asked = json.loads(self._sent)["ticket"]
            if self.command == "PUT":
                self._ticket(self.path.removesuffix(".json"))["comments"].append(asked["comment"])
            else:
                self.server.tickets.append({**asked, "id": 35, "comments": [asked["comment"]], "status": "new"})
            self.close_connection = True
            return False
        if planned is not None:
            self._answer(planned["status"], {"error": "planned"}, planned.get("headers", {}))
            return False
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            self._answer(401, {"error": "invalid_token"})
            return False
        return True

    def _ticket(self, path: str) -> Any:
        return next((each for each in self.server.tickets if path == f"/api/v2/tickets/{each['id']}"), None)

    def _body(self) -> Any:
        self._sent = self.rfile.read(int(self.headers["Content-Length"]))
        return json.loads(self._sent)

    def _answer(self, status: int, body: Any, headers: Any = None) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@dataclass(frozen=True)
class Zendesk:
    """The process as a test sees it."""

    url: str

    def plan(self, *answers: Any) -> None:
        """Forget everything, and answer the next calls like this; None for as usual."""
        self._told(answers, forget=True)

    def hang_up_after(self, calls: int) -> None:
        """Answer so many calls, do what the next one asks, and say nothing to it."""
        self._told([*[None] * calls, "do it, then hang up"], forget=False)

    def _told(self, answers: Sequence[Any], *, forget: bool) -> None:
        body = {"answers": list(answers), "forget": forget}
        requests.post(f"{self.url}/fake/plan", json=body, timeout=5).raise_for_status()

    def tickets(self) -> list[dict[str, Any]]:
        """What was made."""
        return list(requests.get(f"{self.url}/fake/calls", timeout=5).json()["tickets"])

    def calls(self) -> list[str]:
        """What was asked, in order."""
        return list(requests.get(f"{self.url}/fake/calls", timeout=5).json()["calls"])


def event(kind: str, ticket_id: str, told: Any) -> bytes:
    """The body of a call of Zendesk."""
    return json.dumps(
        {
            "type": f"zen:event-type:ticket.{kind}",
            "account_id": 1,
            "id": "01HEVENT",
            "zendesk_event_version": "2022-11-06",
            "subject": f"zen:ticket:{ticket_id}",
            "detail": {"id": ticket_id, "status": "Open"},
            "event": told,
        }
    ).encode()


def signed(body: bytes, *, at: datetime, invocation: str, secret: str = SECRET) -> dict[str, str]:
    """The headers of a call of Zendesk."""
    timestamp = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = hmac.new(secret.encode(), timestamp.encode() + body, hashlib.sha256).digest()
    return {
        "X-Zendesk-Webhook-Signature": base64.b64encode(digest).decode(),
        "X-Zendesk-Webhook-Signature-Timestamp": timestamp,
        "X-Zendesk-Webhook-Invocation-Id": invocation,
        "Content-Type": "application/json",
    }


@pytest.fixture(scope="session")
def zendesk_process() -> Iterator[Zendesk]:
    """The process, one for all tests of a worker."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.support.zendesk", str(port)])
    zendesk = Zendesk(f"http://127.0.0.1:{port}")
    wait_for_program(process, lambda: _answers(zendesk), lambda: "Zendesk does not answer")
    yield zendesk
    process.terminate()
    process.wait(SECONDS)


def _answers(zendesk: Zendesk) -> bool:
    try:
        zendesk.calls()
    except requests.ConnectionError:
        return False
    return True


@pytest.fixture
def zendesk(zendesk_process: Zendesk) -> Zendesk:
    """A Zendesk without tickets, and with nothing wrong."""
    zendesk_process.plan()
    return zendesk_process


if __name__ == "__main__":
    server = HTTPServer(("127.0.0.1", int(sys.argv[1])), _Desk)
    server.plan, server.tickets, server.calls = [], [], []  # type: ignore[attr-defined]
    server.serve_forever()
