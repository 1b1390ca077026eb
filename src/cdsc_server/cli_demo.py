"""`cdsc demo` and `cdsc walkthrough`: see the whole path, in a browser or on a terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from cdsc_server.walkthrough.people import People

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


@click.command()
@click.argument("base_url")
@click.option("--username", default="ada@example.com", show_default=True, help="A test customer of that server.")
@click.option("--password", envvar="CDSC_WALK_PASSWORD", show_envvar=True, default="demo-password", show_default=True)
@click.option(
    "--real-username", default="freya@example.com", show_default=True, help="A customer who is no test customer."
)
@click.option(
    "--real-password", envvar="CDSC_WALK_REAL_PASSWORD", show_envvar=True, default="demo-password", show_default=True
)
@click.option(
    "--operator",
    default="olga@dge.example",
    show_default=True,
    help="Somebody who may decide at the console, a reviewer or an admin.",
)
@click.option(
    "--operator-password",
    envvar="CDSC_WALK_OPERATOR_PASSWORD",
    show_envvar=True,
    default="demo-password",
    show_default=True,
)
@click.option(
    "--sandbox-only", is_flag=True, help="Leave out review and production, which need an operator and a real customer."
)
@click.option(
    "--redirect-uri",
    default="http://127.0.0.1:49152/callback",
    show_default=True,
    help="Where the customer would come back to; it is never opened.",
)
def walkthrough(base_url: str, redirect_uri: str, *, sandbox_only: bool, **people: str) -> None:
    """
    Go the whole path against the server at BASE_URL, without a browser.

    Registers, asks, signs in, approves, reads, revokes, and sees the refusal; then does what production needs, is
    reviewed at the console, works in production, and exchanges its secret. Each step is timed and checked.
    The exit status is 1 at the first wrong answer.
    """
    from requests import RequestException

    from cdsc_server.walkthrough.path import walk
    from cdsc_server.walkthrough.report import WrongAnswer

    try:
        steps = walk(base_url.rstrip("/"), redirect_uri, _people(sandbox_only=sandbox_only, **people), click.echo)
    except WrongAnswer as wrong:
        click.echo(f"\nexpected: {wrong.expected}\nseen:     {wrong.seen}\nwhat to do: {wrong.advice}", err=True)
        sys.exit(1)
    except RequestException as fault:
        click.echo(f"\n{base_url} does not answer: {fault}\nwhat to do: see that the server is started", err=True)
        sys.exit(1)
    click.echo(f"\nAll {steps} steps went as they should.")


def _people(
    *,
    username: str,
    password: str,
    real_username: str,
    real_password: str,
    operator: str,
    operator_password: str,
    sandbox_only: bool,
) -> People:
    from cdsc_server.walkthrough.people import Login, People

    return People(
        Login(
            username,
            password,
            "is this a test customer of the server? Give another one with --username and --password",
        ),
        Login(
            real_username,
            real_password,
            "is this a customer of the server, and no test customer? A demo made before there was one has none: delete "
            "its directory. Or give another one with --real-username and --real-password",
        ),
        None
        if sandbox_only
        else Login(
            operator,
            operator_password,
            "does this operator decide at the console of the server? Give another one with --operator and "
            "--operator-password, or leave review and production out with --sandbox-only",
        ),
    )
