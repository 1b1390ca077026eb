"""`cdsc serve`: the web server, and the background work beside it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from cdsc_server import app
from cdsc_server.settings import Settings

#: Requests handled at once in one process; more of them fight for the interpreter and for database connections.
_THREADS = 4
_SECONDS_TO_FINISH = 10


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
@click.option("--workers", default=2, show_default=True, help="Web processes; about one for each core.")
@click.option("--no-worker", is_flag=True, help="Leave the background work to a `cdsc worker` of its own.")
def serve(host: str, port: int, workers: int, no_worker: bool) -> None:
    """Serve the application of the CDSC_* variables until SIGINT or SIGTERM."""
    from granian import Granian
    from granian.constants import Interfaces

    settings = Settings.from_environment()
    # Whatever is wrong is said here, once, and not by each process in turn.
    app.load_catalogue(settings)
    app.system_ports(settings)
    server = Granian(
        "cdsc_server.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=_THREADS,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=_SECONDS_TO_FINISH,
    )
    with _background_work(wanted=not no_worker):
        server.serve()


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
