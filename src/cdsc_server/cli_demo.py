"""`cdsc demo` and `cdsc walkthrough`: see the whole path, in a browser or on a terminal."""

from __future__ import annotations

from pathlib import Path

import click

_Directory = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.option("--port", envvar="CDSC_PORT", default=8000, show_default=True, help="Port of the server (CDSC_PORT).")
@click.option(
    "--example-port",
    envvar="CDSC_EXAMPLE_PORT",
    default=8001,
    show_default=True,
    help="Port of the example app (CDSC_EXAMPLE_PORT).",
)
@click.option(
    "--directory",
    envvar="CDSC_DEMO_DIR",
    default="var/demo",
    show_default=True,
    type=_Directory,
    help="Where its data is kept (CDSC_DEMO_DIR).",
)
@click.option("--days", type=int, hidden=True)
@click.option("--customers", type=int, hidden=True)
def demo(port: int, example_port: int, directory: Path, days: int | None, customers: int | None) -> None:
    """Start a server with made-up customers and years of data, and an example app beside it."""
    # Loaded here, so that no other command waits for numpy.
    from cdsc_server.demo.runner import Demonstration, run

    run(Demonstration(directory, port, example_port, days, customers))
