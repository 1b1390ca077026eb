"""`cdsc import`: files of usage data, certificates and bills into the database, told on a terminal."""

from __future__ import annotations

import errno
import json
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final

import click
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from cdsc_server import exact_json
from cdsc_server.connectors.eac_files import read_delivery
from cdsc_server.connectors.greenbutton.feed import open_feed
from cdsc_server.domain.bill_shapes import BILLS
from cdsc_server.errors import FaultyFile, InvalidFile, Problem
from cdsc_server.ports import BlobStore, Clock, SystemClock
from cdsc_server.services.import_bills import import_bills
from cdsc_server.services.import_eacs import import_eacs
from cdsc_server.services.imports import Imported, import_green_button
from cdsc_server.settings import Settings
from cdsc_server.storage import db

_File = click.Path(exists=True, dir_okay=False, path_type=Path)
#: Faults of a file that are told one by one.
_MOST_FAULTS: Final = 50


@click.group("import")
def imports() -> None:
    """Take in files of usage data, certificates and bills."""


@imports.command()
@click.argument("files", nargs=-1, required=True, type=_File, metavar="FILE...")
@click.option("--customer", metavar="EMAIL_OR_ID", help="Attach the data to this Customer instead of making one.")
def greenbutton(files: tuple[Path, ...], customer: str | None) -> None:
    """
    Take in Green Button files (ESPI Atom XML).

    Each FILE is stored whole or not at all; a broken one does not keep the others out, but the exit status is then 1.
    Importing a file again changes nothing; a corrected file changes what it corrects.
    """
    _import_all(files, lambda path: _green_button(path, customer, SystemClock()), Settings.from_environment())


@imports.command()
@click.argument("files", nargs=-1, required=True, type=_File, metavar="FILE...")
def eacs(files: tuple[Path, ...]) -> None:
    """
    Take in Energy Attribute Certificates (JSON).

    Each FILE is stored whole or not at all, with the files of data it names beside it.
    Importing a file again changes nothing; a corrected file changes what it corrects.
    """
    from cdsc_server.app import load_catalogue

    settings = Settings.from_environment()
    formats = load_catalogue(settings).eac_formats
    _import_all(files, lambda path: _certificates(path, formats, SystemClock()), settings)


def _print_schema(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        click.echo(json.dumps(BILLS.json_schema(), indent=2))
        context.exit()


@imports.command()
@click.argument("files", nargs=-1, required=True, type=_File, metavar="FILE...")
@click.option("--customer", metavar="EMAIL_OR_ID", help="Whose bills they are, where account numbers do not tell.")
@click.option(
    "--schema",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_schema,
    help="Print the JSON Schema of the files, and do nothing else.",
)
def bills(files: tuple[Path, ...], customer: str | None) -> None:
    """
    Take in bills (JSON) with their PDF files.

    Each FILE is stored whole or not at all; a broken one does not keep the others out, but the exit status is then 1.
    Importing a file again changes nothing; a corrected file changes what it corrects.
    """
    from cdsc_server.app import blob_store

    settings = Settings.from_environment()
    blobs = blob_store(settings)
    _import_all(files, lambda path: _bills(path, customer, blobs, SystemClock()), settings)


def _import_all(files: Sequence[Path], take: Callable[[Path], None], settings: Settings) -> None:
    app = Flask("cdsc_import")
    db.install(app, settings.database_url)
    with app.app_context():
        failed = sum(not _imported(path, take) for path in files)
        db.db.engine.dispose()
    if failed:
        sys.exit(1)


def _imported(path: Path, take: Callable[[Path], None]) -> bool:
    try:
        take(path)
    except FaultyFile as faulty:
        _tell_faults(path, faulty.faults)
        return False
    except Problem as problem:
        reason = problem.description
    except OSError as fault:
        reason = fault.strerror or str(fault)
    except (SQLAlchemyError, db.db.engine.dialect.loaded_dbapi.Error) as fault:
        # The driver's own words; SQLAlchemy's would print the values it was about to store.
        reason = f"the database refused: {getattr(fault, 'orig', fault)}"
    else:
        return True
    click.echo(f"{path}: {reason}. Nothing of this file was stored.", err=True)
    return False


def _green_button(path: Path, customer: str | None, clock: Clock) -> None:
    with path.open("rb") as file, _progress(path) as on_read, open_feed(file, on_read=on_read) as feed:
        done = import_green_button(feed, clock=clock, customer=customer)
    _tell(path, done)


def _certificates(path: Path, formats: Collection[str], clock: Clock) -> None:
    done = import_eacs(read_delivery(path), formats=formats, clock=clock)
    counted = f"{done.new} new, {done.changed} changed, {done.unchanged} unchanged"
    click.echo(f"{path}: {_count(done.new + done.changed + done.unchanged, 'certificate')} ({counted})")


def _bills(path: Path, customer: str | None, blobs: BlobStore, clock: Clock) -> None:
    try:
        document = exact_json.loads(path.read_bytes())
    except ValueError as fault:
        raise InvalidFile(f"not JSON: {fault}") from fault
    beside = partial(_open_beside, path.parent)
    done = import_bills(document, open_file=beside, blobs=blobs, clock=clock, customer=customer)
    counted = f"{done.new} new, {done.corrected} corrected, {done.unchanged} unchanged"
    click.echo(
        f"{path}: {_count(done.new + done.corrected + done.unchanged, 'Bill Statement')} ({counted}), "
        f"{_count(done.sections, 'Bill Section')}, {_count(done.files, 'file')}"
    )
    for number, amount in done.differences.items():
        click.echo(f"  bill {number} does not add up: a charge tells the difference of {amount:f}")


def _open_beside(directory: Path, name: str) -> BinaryIO:
    """A file that lies in a directory or below it, and nowhere else whatever its name says."""
    path = (directory / name).resolve()
    if not path.is_relative_to(directory.resolve()):
        raise PermissionError(errno.EACCES, "it does not lie beside the JSON file")
    return path.open("rb")


def _tell_faults(path: Path, faults: list[str]) -> None:
    for fault in faults[:_MOST_FAULTS]:
        click.echo(f"{path}: {fault}", err=True)
    first = f"the first {_MOST_FAULTS} of " if len(faults) > _MOST_FAULTS else ""
    click.echo(f"{path}: {first}{_count(len(faults), 'fault')}. Nothing of this file was stored.", err=True)


@contextmanager
def _progress(path: Path) -> Iterator[Callable[[int], None]]:
    """A bar of the bytes read, on a terminal only."""
    if not _is_terminal():
        yield lambda _: None
        return
    with click.progressbar(length=path.stat().st_size, label=path.name, file=sys.stderr) as bar:
        yield bar.update


def _is_terminal() -> bool:
    return sys.stderr.isatty()


def _tell(path: Path, done: Imported) -> None:
    blocks = done.blocks
    changed = f"{blocks.new} blocks new, {blocks.corrected} corrected, {blocks.unchanged} unchanged"
    click.echo(
        f"{path}: {_count(len(done.customer_ids), 'Customer')} ({done.new_customers} new), "
        f"{_count(done.accounts, 'Account')}, {_count(done.meters, 'Meter Device')}, "
        f"{_count(done.readings, 'reading')} ({changed})"
    )
    for customer_id in done.customer_ids:
        click.echo(f"  Customer {customer_id}")
    for title in done.skipped:
        click.echo(f"  left out, for want of a Value Type: {title}")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
