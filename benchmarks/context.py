"""What a benchmark is given: databases, rounds in which things take turns, and a table to print."""

from __future__ import annotations

import gc
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from sqlalchemy import Engine, create_engine

from cdsc_server.storage.db import engine_options, prepare
from cdsc_server.storage.migrate import upgrade


@dataclass(frozen=True)
class Figures:
    """Seconds of one thing in each round, or any other number that was taken each round."""

    rounds: Sequence[float]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.rounds)

    def spread(self, scale: float = 1, digits: int = 2) -> str:
        """Median with the least and the most: "1.25 (1.10..1.90)"."""
        low, high = min(self.rounds) * scale, max(self.rounds) * scale
        return f"{self.median * scale:.{digits}f} ({low:.{digits}f}..{high:.{digits}f})"

    def times(self, peer: Figures) -> Figures:
        """How many times as long the peer took, round by round."""
        return Figures([theirs / ours for ours, theirs in zip(self.rounds, peer.rounds, strict=True)])

    def rate(self, amount: float) -> Figures:
        """The amount done in a second, round by round."""
        return Figures([amount / seconds for seconds in self.rounds])


class Context:
    """Open it with `with`: what it starts ends with it."""

    def __init__(self, *, quick: bool) -> None:
        self.quick = quick
        self._stack = ExitStack()
        self._postgres: str | None = None
        self._databases = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @contextmanager
    def databases(self) -> Iterator[dict[str, str]]:
        """
        Addresses of empty, migrated databases by kind, dropped afterwards.

        PostgreSQL is the one of CDSC_BENCH_DATABASE_URL, whose account must be allowed to make databases; without it a
        server is started that does not wait for the disk: there commits cost less than in production.
        """
        from tests.support import postgres

        self._databases += 1
        server = self._server()
        name = f"cdsc_bench_{os.getpid()}_{self._databases}"
        with tempfile.TemporaryDirectory(prefix="cdsc-bench-") as folder:
            with postgres.connect(server) as connection:
                connection.execute(f"CREATE DATABASE {name}")
            urls = {"SQLite": f"sqlite:///{folder}/bench.sqlite3", "PostgreSQL": postgres.database(server, name)}
            try:
                for url in urls.values():
                    upgrade(url)
                yield urls
            finally:
                with postgres.connect(server) as connection:
                    connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def engines(self) -> Iterator[dict[str, Engine]]:
        """As `databases`, with engines as the application makes them."""
        with self.databases() as urls:
            engines = {kind: create_engine(url, **engine_options(url)) for kind, url in urls.items()}
            for engine in engines.values():
                prepare(engine)
            yield engines
            for engine in engines.values():
                engine.dispose()

    def _server(self) -> str:
        if self._postgres is None:
            self._postgres = os.environ.get("CDSC_BENCH_DATABASE_URL")
        if self._postgres is None:
            from tests.support import postgres

            server = postgres.Server()
            self._stack.callback(server.stop)
            self._postgres = server.url
        return self._postgres

    def rounds(self, tasks: Mapping[str, Callable[[], object]], count: int) -> dict[str, Figures]:
        """Seconds of each task in `count` rounds of all of them, after one round that does not count."""
        taken: dict[str, list[float]] = {name: [] for name in tasks}
        for turn in range(-1, 2 if self.quick else count):
            for name, task in tasks.items():
                gc.collect()
                begun = time.perf_counter()
                task()
                seconds = time.perf_counter() - begun
                if turn >= 0:
                    taken[name].append(seconds)
        return {name: Figures(seconds) for name, seconds in taken.items()}

    def title(self, name: str, text: str) -> None:
        """Announce a benchmark."""
        print(f"\n{name}: {text}", flush=True)

    def table(self, heading: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Print rows under a heading, columns aligned."""
        cells = [list(map(str, row)) for row in (heading, *rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        for number, row in enumerate(cells):
            print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
            if number == 0:
                print("  " + "  ".join("-" * width for width in widths))
        print(flush=True)
