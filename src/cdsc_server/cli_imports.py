"""`cdsc import`: files of Customers, tariffs, usage data, certificates and bills, told of on a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click

from cdsc_server.cli_context import database
from cdsc_server.domain.bill_shapes import BILLS
from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.customer_documents import CUSTOMERS
from cdsc_server.domain.shapes import Shape
from cdsc_server.domain.tariffs.documents import TARIFFS
from cdsc_server.errors import Problem
from cdsc_server.intake.deltas import turn_of
from cdsc_server.intake.files import (
    Outcome,
    Taken,
    attempt,
    take_bills,
    take_certificates,
    take_customers,
    take_delta,
    take_green_button,
    take_tariffs,
)
from cdsc_server.intake.folder import fetch
from cdsc_server.ports import PlaceFault, SystemClock
from cdsc_server.services import delta_files
from cdsc_server.services.audit import COMMAND_LINE
from cdsc_server.services.deliveries import sources
from cdsc_server.settings import Settings

_File = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("import")
def imports() -> None:
    """Take in files of Customers, tariffs, usage data, certificates and bills."""


@imports.command()
@click.argument("files", nargs=-1, required=True, type=_File, metavar="FILE...")
@click.option("--customer", metavar="EMAIL_OR_ID", help="Attach the data to this Customer instead of making one.")
def greenbutton(files: tuple[Path, ...], customer: str | None) -> None:
    """
    Take in Green Button files (ESPI Atom XML).

    Each FILE is stored whole or not at all; a broken one does not keep the others out, but the exit status is then 1.
    Importing a file again changes nothing; a corrected file changes what it corrects.
    """
    _import_all(files, partial(_green_button, customer=customer), Settings.from_environment())


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
    _import_all(files, partial(take_certificates, formats=formats, clock=SystemClock()), settings)


def _schema_option(shape: Shape) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """An option that prints the JSON Schema of the files."""

    def show(context: click.Context, _: click.Parameter, wanted: bool) -> None:
        if wanted and not context.resilient_parsing:
            click.echo(json.dumps(shape.json_schema(), indent=2))
            context.exit()

    words = "Print the JSON Schema of the files, and do nothing else."
    return click.option("--schema", is_flag=True, is_eager=True, expose_value=False, callback=show, help=words)


@imports.command()
@click.argument("files", nargs=-1, required=True, type=_File, metavar="FILE...")
@_schema_option(CUSTOMERS)
def customers(files: tuple[Path, ...]) -> None:
    """
    Take in Customers with their Accounts, contracts, Service Points and meters (JSON).

    Each FILE is stored whole or not at all; a broken one does not keep the others out, but the exit status is then 1.
    Importing a file again changes nothing; a corrected file changes what it corrects.
    """
    _import_all(files, partial(take_customers, clock=SystemClock()), Settings.from_environment())


@imports.command()
@click.argument("files", nargs=-1, required=True, type=_File, metavar="FILE...")
@click.option("--customer", metavar="EMAIL_OR_ID", help="Whose bills they are, where account numbers do not tell.")
@_schema_option(BILLS)
def bills(files: tuple[Path, ...], customer: str | None) -> None:
    """
    Take in bills (JSON) with their PDF files.

    Each FILE is stored whole or not at all; a broken one does not keep the others out, but the exit status is then 1.
    Importing a file again changes nothing; a corrected file changes what it corrects.
    """
    from cdsc_server.app import blob_store

    settings = Settings.from_environment()
    take = partial(take_bills, blobs=blob_store(settings), clock=SystemClock(), customer=customer)
    _import_all(files, take, settings)


@imports.command("delta")
@click.argument("files", nargs=-1, required=True, type=_File, metavar="FILE...")
def delta(files: tuple[Path, ...]) -> None:
    """
    Apply delta files (CSV, of readings also Parquet): what a back office changed since its last file.

    Each FILE is stored whole or not at all, in the order of the numbers of its feed.
    A file that was applied before changes nothing; one whose turn has not come is left for later, with status 1.
    """
    from cdsc_server.app import load_catalogue

    settings = Settings.from_environment()
    _import_all(sorted(files, key=turn_of), partial(_delta, catalogue=load_catalogue(settings)), settings)


@imports.command("feeds")
def feeds() -> None:
    """List the feeds of delta files, each with the last number that was applied or skipped."""
    with database(Settings.from_environment()):
        for each in delta_files.list_feeds():
            waits = "" if each.early is None else f", {each.early} waits for {each.done + 1}"
            click.echo(f"{each.feed}: {each.done}{waits}")


@imports.command("skip")
@click.argument("feed")
@click.argument("number", type=click.IntRange(min=1))
def skip(feed: str, number: int) -> None:
    """Go on without the missing delta files of FEED, up to NUMBER."""
    with database(Settings.from_environment()):
        try:
            skipped = delta_files.skip(feed, number, actor=COMMAND_LINE, clock=SystemClock())
        except Problem as problem:
            raise click.ClickException(problem.description) from problem
    click.echo(f"{feed}: {skipped} skipped, goes on with {number + 1}")


@imports.command()
@click.argument("files", nargs=-1, required=True, type=_File, metavar="FILE...")
@_schema_option(TARIFFS)
def tariffs(files: tuple[Path, ...]) -> None:
    """
    Take in tariffs, and which contracts are on them (JSON).

    Each FILE is stored whole or not at all; a broken one does not keep the others out, but the exit status is then 1.
    Importing a file again changes nothing; a corrected file changes what it corrects.
    """
    _import_all(files, partial(take_tariffs, clock=SystemClock()), Settings.from_environment())


@imports.command("fetch")
def fetch_deliveries() -> None:
    """Bring what lies ready on the SFTP server into the import folder; the next look through it takes that in."""
    from cdsc_server.app import delivery_place

    settings = Settings.from_environment()
    place = delivery_place(settings)
    if place is None:
        raise click.ClickException("CDSC_SFTP_URL names no server")
    try:
        brought = fetch(Path(settings.import_dir), place, clock=SystemClock())
    except (PlaceFault, OSError) as fault:
        raise click.ClickException(str(fault)) from fault
    if brought is None:
        raise click.ClickException("the folder is being looked through: try again in a minute")
    for name in brought:
        click.echo(name)
    click.echo(f"{len(brought)} brought from {place.host}")


@imports.command()
def status() -> None:
    """
    Say when each source was heard of last by the import folder.

    The exit status is 1 where one has been silent for longer than a scenario of the catalogue allows.
    """
    from cdsc_server.app import load_catalogue

    settings = Settings.from_environment()
    catalogue = load_catalogue(settings)
    with database(settings):
        found = sources(catalogue=catalogue, clock=SystemClock())
    for each in found:
        last = "never" if each.last is None else f"{each.last:%Y-%m-%d %H:%M} UTC"
        within = "" if each.within is None else f", allowed {each.within.days} d by {', '.join(each.scenarios)}"
        click.echo(f"{each.source}: {last}{within}{': LATE' if each.late else ''}")
    if any(each.late for each in found):
        sys.exit(1)


def _import_all(files: Sequence[Path], take: Callable[[Path], Taken], settings: Settings) -> None:
    with database(settings):
        failed = sum(not _imported(path, take) for path in files)
    if failed:
        sys.exit(1)


def _imported(path: Path, take: Callable[[Path], Taken]) -> bool:
    done = attempt(path, take)
    if done.outcome is not Outcome.TAKEN:
        for line in done.lines:
            click.echo(f"{path}: {line}", err=True)
        return False
    summary, *more = done.lines
    click.echo(f"{path}: {summary}")
    for line in more:
        click.echo(f"  {line}")
    return True


def _green_button(path: Path, customer: str | None) -> Taken:
    with _progress(path) as on_read:
        return take_green_button(path, clock=SystemClock(), customer=customer, on_read=on_read)


def _delta(path: Path, catalogue: Catalogue) -> Taken:
    with _progress(path) as on_read:
        return take_delta(path, catalogue=catalogue, clock=SystemClock(), on_read=on_read)


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
