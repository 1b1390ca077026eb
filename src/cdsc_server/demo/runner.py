"""`cdsc demo`: prepare the data, start the server and the example app, say where to click, end all of it together."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from cdsc_server.demo.files import Files
from cdsc_server.demo.neighbours import Neighbours
from cdsc_server.demo.processes import Children, Stopped, is_free

_EXAMPLES = Path(__file__).parents[3] / "examples"
_EXAMPLE_APP = _EXAMPLES / "third_party_app" / "app.py"
_LEASE_APP = _EXAMPLES / "lease_score" / "app.py"
_SECONDS_TO_ANSWER = 120


@dataclass(frozen=True)
class Demonstration:
    """Where a demonstration lives and listens; `days` and `customers` make a smaller one, for tests."""

    directory: Path
    port: int
    example_port: int
    days: int | None = None
    customers: int | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def example_url(self) -> str:
        return f"http://127.0.0.1:{self.example_port}"


def run(demonstration: Demonstration) -> None:
    """
    Run until SIGINT or SIGTERM.

    Raises:
        click.ClickException: a port is taken, or a program would not start; the text says what to do.
    """
    for name, port in (("CDSC_PORT", demonstration.port), ("CDSC_EXAMPLE_PORT", demonstration.example_port)):
        if not is_free(port):
            raise click.ClickException(f"port {port} is in use; choose another one: {name}={port + 10} make demo")
    # Each step of the schema and of a payment is news to an operator, not to someone who tries things out.
    for name in ("alembic", "cdsc_server"):
        logging.getLogger(name).setLevel(logging.WARNING)
    files = Files(demonstration.directory.resolve())
    with _asked_to_stop() as stop:
        if not files.database.exists() and not _make(demonstration, files, stop):
            raise click.ClickException("stopped before the data was ready; the next start begins again")
        try:
            with Children(files.directory) as children:
                neighbours = Neighbours.beside(demonstration.example_port, files)
                _start(demonstration, files, children, neighbours)
                click.echo(_welcome(demonstration, files, neighbours))
                while not stop.wait(0.3):
                    children.look()
                click.echo("\nEnding the demonstration.")
        except Stopped as fault:
            raise click.ClickException(str(fault)) from fault


@contextmanager
def _asked_to_stop() -> Iterator[threading.Event]:
    """Set by SIGINT, SIGTERM or SIGHUP, so that a signal never interrupts the ending of the children."""
    stop = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: stop.set())
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _make(demonstration: Demonstration, files: Files, stop: threading.Event) -> bool:
    """Make the data; False when it was asked to stop on the way."""
    from cdsc_server.demo import seeding

    steps = seeding.make(files, datetime.now(UTC), days=demonstration.days, customers=demonstration.customers)
    with click.progressbar(length=next(steps), label="Making a town and its meters", file=sys.stderr) as bar:
        for _ in steps:
            bar.update(1)
            if stop.is_set():
                return False
    return True


def _start(demonstration: Demonstration, files: Files, children: Children, neighbours: Neighbours) -> None:
    around = {name: value for name, value in os.environ.items() if not name.startswith("CDSC_")}
    around["PYTHONUNBUFFERED"] = "1"
    server = {
        "CDSC_DATABASE_URL": f"sqlite:///{files.database}",
        "CDSC_JOBS_URL": f"sqlite:///{files.directory / 'jobs.sqlite'}",
        "CDSC_KEY_FILE": str(files.key),
        "CDSC_BLOB_DIR": str(files.directory / "blobs"),
        "CDSC_IMPORT_DIR": str(files.imports),
        "CDSC_IMPORT_MINUTES": "1",
        "CDSC_BASE_URL": demonstration.url,
        "CDSC_DEMO": "yes",
        **neighbours.variables,
    }
    (files.imports / "deltas").mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "cdsc_server.cli", "serve", "--port", str(demonstration.port), "--workers", "1"]
    children.start("server", command, {**around, **server})
    example = {
        "KESTREL_CDS_SERVER": demonstration.url,
        "KESTREL_PORT": str(demonstration.example_port),
        "KESTREL_STATE_FILE": str(files.directory / "example-app.json"),
    }
    children.start("example-app", [sys.executable, str(_EXAMPLE_APP)], {**around, **example})
    lease = {
        "FAIRLET_CDS_SERVER": demonstration.url,
        "FAIRLET_PORT": str(neighbours.lease_port),
        "FAIRLET_STATE_FILE": str(files.directory / "lease-score.json"),
    }
    # Loaded and done while both programs load what they need.
    from alembic.util import CommandError
    from sqlalchemy.exc import SQLAlchemyError

    from cdsc_server.demo import seeding

    try:
        seeding.fill_up(files, datetime.now(UTC))
    except (SQLAlchemyError, CommandError) as fault:
        raise Stopped(f"{files.directory} was made by another version ({fault}). Delete it to begin anew.") from fault
    children.wait_for("server", f"{demonstration.url}/healthz", seconds=_SECONDS_TO_ANSWER)
    # Nobody waits for these: on two cores they would only slow down what somebody waits for.
    for name, words in neighbours.commands.items():
        children.start(name, [sys.executable, "-m", "cdsc_server.cli", *words], {**around, **server})
    children.start("lease-score", [sys.executable, str(_LEASE_APP)], {**around, **lease})
    children.wait_for("example-app", f"{demonstration.example_url}/healthz", seconds=_SECONDS_TO_ANSWER)
    for name, url in {**neighbours.urls, "lease-score": neighbours.lease_url}.items():
        children.wait_for(name, f"{url}/healthz", seconds=_SECONDS_TO_ANSWER)
    seeding.settle_live_home(files, datetime.now(UTC), url=neighbours.homes_url)


def _welcome(demonstration: Demonstration, files: Files, neighbours: Neighbours) -> str:
    from cdsc_server.demo.people import FREYA, OPERATOR, PASSWORD, PEOPLE, SAMPLES_USERNAME

    people = PEOPLE[: demonstration.customers]
    names = max(len(each.name) for each in (*people, FREYA))
    mails = max(len(each) for each in (*(person.username for person in people), FREYA.username, OPERATOR))
    lines = [] if demonstration.customers else [f"  {SAMPLES_USERNAME:{mails}}  {'':{names}}  real Green Button files"]
    lines[:0] = [f"  {each.username:{mails}}  {each.name:{names}}  {each.note}" for each in people]
    return "\n".join(
        [
            "",
            "Demo Gas & Electric is open.",
            "",
            f"  {demonstration.example_url}   Kestrel Carbon, an example app: begin here, connect a customer",
            f"  {neighbours.lease_url}   Fairlet, another one: how well a home fits an income",
            f"  {demonstration.url}   the utility: sign in, see who has your data, stop sharing",
            f"  {demonstration.url}/docs   the API, for developers",
            f"  {demonstration.url}/console   for people who work there: see what waits, decide it",
            f"  {neighbours.mail_url}   the mail the utility sends: nobody else gets it",
            f"  {neighbours.homes_url}   the devices of Ben's solar home: have them fail, see why at the console",
            "",
            f"Who can sign in, each with the password {PASSWORD}:",
            "",
            *lines,
            f"  {FREYA.username:{mails}}  {FREYA.name:{names}}  counts as a real customer: {FREYA.note}, and no others",
            f"  {OPERATOR:{mails}}  {'Olga Brandt':{names}}  works at the utility: at the console, and only there",
            "",
            f"The same path without a browser: {Path(sys.argv[0]).name} walkthrough {demonstration.url}",
            "A file of a back office reaches a customer's data within two minutes, and the console's page Imports:",
            f"  cp {files.sample_delta} {files.imports / 'deltas'}",
            f"Logs and data are in {files.directory}; delete that directory to begin anew.",
            "Ctrl-C ends everything.",
        ]
    )
