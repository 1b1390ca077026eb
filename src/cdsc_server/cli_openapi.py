"""`cdsc openapi`: the documents in openapi/, written or compared with what the code stands for."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import click

_Directory = click.Path(file_okay=False, path_type=Path)


@click.command("openapi")
@click.option("--write", type=_Directory, metavar="DIR", help="Write the files into this directory.")
@click.option("--check", type=_Directory, metavar="DIR", help="Fail when the files in this directory are not the same.")
def openapi_command(write: Path | None, check: Path | None) -> None:
    """Print, write or check the OpenAPI 3.1 documents: for Clients, and for programs of the operator."""
    files = rendered()
    if write is None and check is None:
        click.echo(files["cdsc.yaml"], nl=False)
    if write is not None:
        write.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (write / name).write_text(text, encoding="utf-8")
    if check is not None and (stale := differing(check, files)):
        raise click.ClickException(f"{', '.join(stale)} in {check} is not what the code stands for: run make openapi")


def rendered() -> dict[str, str]:
    """The documents by file name; they name no host and hold nothing of the machine or its settings."""
    from cdsc_server.app import create_app
    from cdsc_server.connectors.file_blobs import FileBlobStore
    from cdsc_server.connectors.file_keys import FileKeyStore
    from cdsc_server.connectors.http_caller import HttpCaller
    from cdsc_server.ports import Ports, SystemClock
    from cdsc_server.settings import Settings
    from cdsc_server.storage.limits import DatabaseLimits
    from cdsc_server.web.docs.books import BOOKS
    from cdsc_server.web.docs.document import as_json, as_yaml, openapi

    # Neither database, key nor files are used: routes and declarations alone make the document.
    ports = Ports(
        clock=SystemClock(),
        keys=FileKeyStore(secrets.token_bytes(32)),
        blobs=FileBlobStore(os.devnull),
        caller=HttpCaller(seconds=1),
        limits=DatabaseLimits(),
    )
    app = create_app(Settings(database_url="sqlite:///:memory:"), ports)
    files: dict[str, str] = {}
    for book in BOOKS:
        document = openapi(app, book, server="/")
        files |= {f"{book.name}.json": as_json(document), f"{book.name}.yaml": as_yaml(document)}
    return files


def differing(directory: Path, files: dict[str, str]) -> list[str]:
    """Names of the files that are missing in the directory or hold something else."""
    return [
        name
        for name, text in files.items()
        if not (directory / name).is_file() or (directory / name).read_text(encoding="utf-8") != text
    ]
