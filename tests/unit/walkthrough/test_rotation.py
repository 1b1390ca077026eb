"""The exchange of a secret is believed only when the old token is seen to be dead: a server that keeps it is caught."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cdsc_server.walkthrough.client import Client
from cdsc_server.walkthrough.report import Report, WrongAnswer
from cdsc_server.walkthrough.rotation import rotate


class _Server(ThreadingHTTPServer):
    """As much of a server as a rotation needs; `keeps` names what a faulty one forgets to end."""

    def __init__(self, keeps: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.keeps, self.ended, self.secrets = keeps, False, ["old"]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        state, ended = self.server, self.server.ended
        if self.path.startswith("/credentials"):
            rows = [{"uri": f"{state.url}/credentials/{each}", "client_secret": each} for each in state.secrets]
            self._answer(200, {"credentials": rows, "next": None})
        elif self.path.startswith("/messages"):
            told = {"related_uri": f"{state.url}/credentials/old", "description": "It ended."}
            self._answer(200, {"unread": [told] if ended and state.keeps != "quiet" else [], "unread_next": None})
        else:
            dead = ended and state.keeps != "token" and self.headers["Authorization"] == "Bearer of-old"
            self._answer(401 if dead else 200, {})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/credentials":
            self.server.secrets.append("new")
            self._answer(201, {"client_secret": "new"})
        elif self.server.ended and self.server.keeps != "secret":
            self._answer(401, {"error": "invalid_client"})
        else:
            self._answer(200, {"access_token": "of-new"})

    def do_PATCH(self) -> None:
        self.server.ended = True
        self._answer(200, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _answer(self, status: int, body: dict[str, object]) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def rotation(request) -> Iterator[tuple[Report, Client]]:
    server = _Server(request.param)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    endpoints = {"cds_credentials_api": "/credentials", "token_endpoint": "/token", "cds_messages_api": "/messages"}
    known = {name: f"{server.url}{path}" for name, path in endpoints.items()}
    client = Client(server.url, "http://127.0.0.1:1/", known, client_id="us", secret="old")
    client.token = {"access_token": "of-old", "refresh_token": "r"}
    yield Report(lambda _: None), client
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("rotation", ["nothing"], indirect=True)
def test_a_server_that_ends_what_it_should_is_believed(rotation):
    report, client = rotation
    fresh = rotate(report, client)

    assert (fresh.secret, fresh.token["access_token"]) == ("new", "of-new")
    assert client.token["access_token"] == "of-old"
    assert report.steps == 6


@pytest.mark.parametrize(
    ("rotation", "expected"),
    [
        ("token", "401: the old one's token died in that request"),
        ("secret", "401 invalid_client: nobody gets in with it"),
        ("quiet", "the changelog tells of the end"),
    ],
    indirect=["rotation"],
)
def test_a_server_that_keeps_something_is_caught(rotation, expected):
    with pytest.raises(WrongAnswer) as raised:
        rotate(*rotation)

    assert raised.value.expected == expected
