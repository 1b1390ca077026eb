"""`cdsc serve`: the web server, and the background work beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

import click

from cdsc_server.settings import Settings

_SECONDS_TO_FINISH = 10
#: The pool of connections lends 15, a few of them to questions that go on after their request.
_MOST_THREADS = 12
#: telemetry/measures.DIRECTORY, which cannot be asked: its library reads the variable when it is imported.
_MEASURES = "PROMETHEUS_MULTIPROC_DIR"


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="Web processes; about one for each core.",
)
@click.option(
    "--threads",
    type=click.IntRange(1, _MOST_THREADS),
    default=4,
    show_default=True,
    help="Requests handled at once in one process; each keeps up to three database connections.",
)
@click.option("--no-worker", is_flag=True, help="Leave the background work to a `cdsc worker` of its own.")
def serve(host: str, port: int, workers: int, threads: int, no_worker: bool) -> None:
    """Serve the application of the CDSC_* variables until SIGINT or SIGTERM."""
    settings = Settings.from_environment()
    with _shared_measures(wanted=bool(settings.metrics_token_file)):
        _serve(settings, host=host, port=port, workers=workers, threads=threads, no_worker=no_worker)


def _serve(settings: Settings, *, host: str, port: int, workers: int, threads: int, no_worker: bool) -> None:
    from granian import Granian
    from granian.constants import Interfaces

    from cdsc_server import app

    # Whatever is wrong is said here, once, and not by each process in turn.
    app.load_catalogue(settings)
    app.system_ports(settings)
    server = Granian(
        "cdsc_server.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=_SECONDS_TO_FINISH,
    )
    with _background_work(wanted=not no_worker):
        server.serve()


@contextmanager
def _shared_measures(*, wanted: bool) -> Iterator[None]:
    """A directory in which the web processes add up their measures; one that the operator named is taken as it is."""
    if not wanted or _MEASURES in os.environ:
        yield
        return
    with TemporaryDirectory(prefix="cdsc-measures-") as directory:
        os.environ[_MEASURES] = directory
        yield


@contextmanager
def _background_work(*, wanted: bool) -> Iterator[None]:
    """A `cdsc worker` that ends when the web server ends."""
    if not wanted:
        yield
        return
    # A group of its own: Ctrl-C on a terminal reaches the web server first, which then ends this in order.
    worker = subprocess.Popen([sys.executable, "-m", "cdsc_server.cli", "worker"], start_new_session=True)
    try:
        yield
    finally:
        worker.terminate()
        try:
            worker.wait(_SECONDS_TO_FINISH)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()
