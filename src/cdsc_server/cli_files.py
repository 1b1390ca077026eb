"""`cdsc files`: share files with a Client, and take them back."""

from __future__ import annotations

from pathlib import Path

import click

from cdsc_server.cli_context import database
from cdsc_server.ports import SystemClock
from cdsc_server.services import files as use_cases
from cdsc_server.settings import Settings

_File = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def files() -> None:
    """Share files with a Client."""


@files.command()
@click.argument("client_id")
@click.argument("file", type=_File)
@click.option("--name", help="What it is called when it is saved; its own name when left out.")
@click.option("--description", default="", help="What it is, for people.")
@click.option("--mime-type", metavar="TYPE", help="Such as application/pdf; by its name when left out.")
@click.option("--grant", "grant_id", metavar="GRANT_ID", help="Share it by this Grant instead of a new one.")
def share(
    *, client_id: str, file: Path, name: str | None, description: str, mime_type: str | None, grant_id: str | None
) -> None:
    """
    Share FILE with the Client Object CLIENT_ID.

    Its Client finds a new Grant in the Grants API, gets a Grant Admin token for it, and downloads the file.
    CLIENT_ID may be any Client Object of a registration that has one for files.
    """
    from cdsc_server.app import blob_store, load_catalogue

    settings = Settings.from_environment()
    with database(settings), file.open("rb") as content:
        shared = use_cases.share_file(
            client_id,
            content,
            name=file.name if name is None else name,
            description=description,
            mime_type=mime_type,
            grant_id=grant_id,
            catalogue=load_catalogue(settings),
            clock=SystemClock(),
            blobs=blob_store(settings),
        )
    click.echo(f"file_id   {shared.file_id}  ({shared.mime_type}, {shared.size:,} bytes)")
    click.echo(f"client_id {shared.client_id}")
    click.echo(f"grant_id  {shared.grant_id}")


@files.command()
@click.argument("file_id")
def withdraw(file_id: str) -> None:
    """Share the file FILE_ID no more."""
    with database(Settings.from_environment()):
        use_cases.withdraw_file(file_id, clock=SystemClock())
    click.echo(f"{file_id} is shared no more.")
