"""`cdsc import`: files of usage data and certificates into the database, told on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from cdsc_server.connectors.eac_files import read_delivery
from cdsc_server.connectors.greenbutton.feed import open_feed
from cdsc_server.errors import Problem
from cdsc_server.ports import Clock, SystemClock
from cdsc_server.services.import_eacs import import_eacs
from cdsc_server.services.imports import Imported, import_green_button
from cdsc_server.settings import Settings
from cdsc_server.storage import db

_File = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("import")
def imports() -> None:
    """Take in files of usage data and certificates."""


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
