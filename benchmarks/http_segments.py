"""A hundred monthly segments of quarter hours in one answer: how long, and how much memory the server takes for it."""

from __future__ import annotations

import http.client
import threading
import time
from functools import partial
from urllib.parse import urlsplit

from sqlalchemy import create_engine

from benchmarks.context import Context, Figures
from benchmarks.http_usage import fill
from benchmarks.servers import Served, served
from cdsc_server.storage.db import engine_options, prepare

_PATH = "/usage_data"
_LOOKS_A_SECOND = 500
#: A client that takes its time: so many bytes, then a pause.
_SIP, _PAUSE = 65_536, 0.002


def run(context: Context) -> None:
    """Read by a fast and by a slow client, plain and compressed, one after the other on one server process."""
    months = 12 if context.quick else 100
    rows = []
    with context.databases() as urls:
        for kind, database_url in urls.items():
            engine = create_engine(database_url, **engine_options(database_url))
            prepare(engine)
            fill(engine, days=round(months * 30.44))
            engine.dispose()
            with served(database_url, workers=1) as server:
                rows += [(f"{kind}, {how}", *row) for how, row in _figures(context, server).items()]
    context.table(("read", "segments", "MB", "s", "server at rest MB", "more at most MB"), rows)


def _figures(context: Context, server: Served) -> dict[str, tuple[str, ...]]:
    ways = {
        "plain": partial(_read, server, "identity", 0.0),
        "slow client": partial(_read, server, "identity", _PAUSE),
        "gzip": partial(_read, server, "gzip", 0.0),
    }
    # What Python and the driver keep once they have read anything is no longer part of the difference.
    _read(server, "identity", 0.0, "/cds/accounts")
    told: dict[str, tuple[str, ...]] = {}
    for name, way in ways.items():
        seconds, more, size, segments = [], [], 0, 0
        at_rest = server.megabytes()
        for _ in range(2 if context.quick else 5):
            with _Watched(server) as watched:
                begun = time.perf_counter()
                body = way()
                seconds.append(time.perf_counter() - begun)
            more.append(watched.most - at_rest)
            size, segments = len(body), body.count(b'"cds_usagesegment_id"')
        told[name] = (
            str(segments or ""),
            f"{size / 1e6:.1f}",
            Figures(seconds).spread(),
            f"{at_rest:.0f}",
            Figures(more).spread(digits=1),
        )
    return told


def _read(server: Served, encoding: str, pause: float, path: str = _PATH) -> bytes:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc)
    connection.request("GET", path, headers={"Authorization": "Bearer token", "Accept-Encoding": encoding})
    answer = connection.getresponse()
    body = bytearray()
    while piece := answer.read(_SIP):
        body += piece
        time.sleep(pause)
    connection.close()
    assert answer.status == 200, bytes(body[:200])
    return bytes(body)


class _Watched:
    """The most memory a server has while the block runs."""

    def __init__(self, server: Served) -> None:
        self._server, self._done = server, threading.Event()
        self._looking = threading.Thread(target=self._look)
        self.most = 0.0

    def __enter__(self) -> _Watched:
        self._looking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._looking.join()

    def _look(self) -> None:
        while not self._done.wait(1 / _LOOKS_A_SECOND):
            self.most = max(self.most, self._server.megabytes())
