"""Load on a server of this machine: some connections, each asking again as soon as it is answered."""

from __future__ import annotations

import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

_SECONDS_TO_FINISH: Final = 1.0

#: What a connection sends next, given the answer to what it sent before; None at the start.
Script = Callable[[bytes | None], bytes]


@dataclass(frozen=True)
class Load:
    """What a stretch of load showed."""

    answers: int
    seconds: float
    latencies: list[float]
    refused: int

    @property
    def rate(self) -> float:
        """Answers in a second."""
        return self.answers / self.seconds

    def milliseconds(self, part: float) -> float:
        """The latency that this part of all answers stayed below."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))] * 1000


@dataclass
class _Line:
    """One connection."""

    script: Script
    address: tuple[str, int]
    socket: socket.socket = field(init=False)
    buffer: bytearray = field(default_factory=bytearray)
    begun: float = 0.0

    def ask(self, answer: bytes | None) -> None:
        self.buffer.clear()
        self.begun = time.perf_counter()
        self.socket.sendall(self.script(answer))

    def connect(self) -> None:
        self.socket = socket.create_connection(self.address, timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def finish(self, latest: float) -> None:
        with self.socket, suppress(TimeoutError):
            while not _whole(self.buffer):
                self.socket.settimeout(max(latest - time.perf_counter(), 0.001))
                received = self.socket.recv(65536)
                if not received:
                    break
                self.buffer += received


def load(url: str, scripts: list[Script], *, seconds: float, expected: tuple[bytes, ...]) -> Load:
    """
    Keep one connection busy for each script.

    Args:
        expected: statuses that count; any other answer is counted as refused.
    """
    place = urlsplit(url)
    lines = [_Line(script, (str(place.hostname), int(place.port or 80))) for script in scripts]
    answers, refused = 0, 0
    latencies: list[float] = []
    with selectors.DefaultSelector() as selector:
        for line in lines:
            line.connect()
            selector.register(line.socket, selectors.EVENT_READ, line)
            line.ask(None)
        begun = time.perf_counter()
        while time.perf_counter() - begun < seconds or not latencies:
            for key, _ in selector.select(timeout=1):
                line = key.data
                received = line.socket.recv(65536)
                line.buffer += received
                if received and not _whole(line.buffer):
                    continue
                latencies.append(time.perf_counter() - line.begun)
                answer = bytes(line.buffer)
                answers += 1
                refused += answer[9:12] not in expected
                # A server that closes after each answer is connected to anew, as any client would.
                if not received or b"onnection: close" in answer[:600]:
                    selector.unregister(line.socket)
                    line.socket.close()
                    line.connect()
                    selector.register(line.socket, selectors.EVENT_READ, line)
                line.ask(answer)
        taken = time.perf_counter() - begun
        # What was asked last is answered too, so that little is left over for whoever is measured next; gunicorn's
        # workers leave some connections waiting while no other comes.
        latest = time.perf_counter() + _SECONDS_TO_FINISH
        for line in lines:
            line.finish(latest)
    return Load(answers, taken, latencies, refused)


def paced(
    url: str, asked: Iterator[bytes], *, rate: float, seconds: float, connections: int, expected: tuple[bytes, ...]
) -> Load:
    """
    Send requests at moments that do not wait for answers, as many people at once would.

    A latency counts from the moment a request was due, also while all connections were busy.

    Args:
        asked: as many requests as fit into the time.
    """
    place = urlsplit(url)
    # Whoever waits longest goes next: a server closes a connection that nobody uses for half a minute.
    idle = deque(_Line(lambda _: b"", (str(place.hostname), int(place.port or 80))) for _ in range(connections))
    answers, refused, sent = 0, 0, 0
    latencies: list[float] = []
    with selectors.DefaultSelector() as selector:
        for line in idle:
            line.connect()
            selector.register(line.socket, selectors.EVENT_READ, line)
        everyone, begun, due = list(idle), time.perf_counter(), round(rate * seconds)
        while answers < due:
            now = time.perf_counter() - begun
            while idle and sent < due and sent / rate <= now:
                line = idle.popleft()
                line.buffer.clear()
                line.begun = begun + sent / rate
                line.socket.sendall(next(asked))
                sent += 1
            waiting = max(sent / rate - now, 0) if idle and sent < due else 1.0
            for key, _ in selector.select(timeout=waiting):
                line = key.data
                received = line.socket.recv(262_144)
                if not received:
                    raise ConnectionError("the server closed a connection that was to be kept")
                line.buffer += received
                if _whole(line.buffer):
                    latencies.append(time.perf_counter() - line.begun)
                    answers += 1
                    refused += bytes(line.buffer[9:12]) not in expected
                    idle.append(line)
        taken = time.perf_counter() - begun
    for line in everyone:
        line.socket.close()
    return Load(answers, taken, latencies, refused)


def _whole(answer: bytearray) -> bool:
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return False
    head = bytes(answer[:end]).lower()
    place = head.find(b"content-length:")
    if place >= 0:
        length = int(head[place + 15 :].split(b"\r\n", 1)[0])
        return len(answer) >= end + 4 + length
    return b"transfer-encoding: chunked" in head and answer.endswith(b"0\r\n\r\n")


def request(method: str, path: str, headers: dict[str, str], body: str = "") -> bytes:
    """The bytes of one request on a connection that is kept; the body is a form, unless the headers say otherwise."""
    if method == "POST":
        headers = {"Content-Type": "application/x-www-form-urlencoded", **headers, "Content-Length": str(len(body))}
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()
