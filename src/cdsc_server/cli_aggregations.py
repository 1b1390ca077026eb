"""`cdsc aggregations`: define groups of Customers, and say who may know of them."""

from __future__ import annotations

import tomllib
from pathlib import Path

import click

from cdsc_server import exact_json
from cdsc_server.cli_context import database
from cdsc_server.domain.aggregations import read_definition
from cdsc_server.domain.grant_steps import GrantStep
from cdsc_server.errors import InvalidConfiguration
from cdsc_server.ports import SystemClock
from cdsc_server.services import aggregations as use_cases
from cdsc_server.services.audit import COMMAND_LINE
from cdsc_server.services.mails import Mailing
from cdsc_server.services.operator_grants import change_grant
from cdsc_server.settings import Settings


@click.group()
def aggregations() -> None:
    """Define groups of Customers, and say who may know of them."""


@aggregations.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--fictional", is_flag=True, help="Of made-up Customers, for Clients in the sandbox.")
def define(*, file: Path, fictional: bool) -> None:
    """
    Make the groups that FILE defines, or give them another definition.

    FILE is TOML with a table [[aggregations]] for each group.
    A group has a number, a name, types, and a list for each type that forms it, under the names of CDS-WG3-01 10.7.2.
    """
    from cdsc_server.app import load_catalogue

    settings = Settings.from_environment()
    definitions = [read_definition(_with_files(table, file)) for table in _tables(file)]
    with database(settings):
        made = use_cases.define(
            definitions,
            is_test=fictional,
            country=load_catalogue(settings).utility.country,
            actor=COMMAND_LINE,
            clock=SystemClock(),
        )
    for each in made:
        _tell(each)


@aggregations.command("list")
def list_groups() -> None:
    """List every group with the number of Customers in it."""
    with database(Settings.from_environment()):
        for each in use_cases.listed():
            _tell(each)


@aggregations.command()
def refresh() -> None:
    """Look for the members of every group at once; the worker does it every night."""
    from cdsc_server.app import load_catalogue

    settings = Settings.from_environment()
    with database(settings):
        changed = use_cases.refresh(country=load_catalogue(settings).utility.country, clock=SystemClock())
    click.echo(f"{changed} groups have other members now.")


@aggregations.command("open")
@click.argument("number")
@click.argument("registration_id")
@click.option("--members", is_flag=True, help="With its members, as far as a scope opens these.")
def open_group(*, number: str, registration_id: str, members: bool) -> None:
    """
    Let the Clients of REGISTRATION_ID know of the group NUMBER.

    Without --members they know that it is there, and what it says of itself; once more without it takes them back.
    """
    with database(Settings.from_environment()):
        opened = use_cases.open_for(number, registration_id, members=members, actor=COMMAND_LINE, clock=SystemClock())
    what = f"{number} is open for {registration_id}{', with its members' if members else ''}."
    click.echo(what if opened else "They know of it already.")


@aggregations.command("close")
@click.argument("number")
@click.argument("registration_id")
def close_group(number: str, registration_id: str) -> None:
    """Take back what `open` let the Clients of REGISTRATION_ID know of the group NUMBER."""
    with database(Settings.from_environment()):
        closed = use_cases.close_for(number, registration_id, actor=COMMAND_LINE, clock=SystemClock())
    click.echo(f"{number} is closed for {registration_id}." if closed else "They do not know of it.")


@aggregations.command()
@click.argument("grant_id")
@click.option("--reason", required=True, help="For the audit trail: where the signed form is filed.")
def consent(grant_id: str, reason: str) -> None:
    """
    Write down that the Customer of the sub-Grant GRANT_ID agreed on paper.

    It is as if the Customer had said yes on the form, with a receipt and a mail. With the last of them the Grant that
    waits goes on.
    """
    from cdsc_server.app import load_catalogue, system_ports

    settings = Settings.from_environment()
    catalogue, ports = load_catalogue(settings), system_ports(settings)
    with database(settings):
        change_grant(
            grant_id,
            GrantStep.AGREE,
            reason=reason,
            actor=COMMAND_LINE,
            catalogue=catalogue,
            clock=ports.clock,
            mailing=Mailing(catalogue.utility, settings, ports.keys),
        )
    click.echo(f"{grant_id} is agreed to.")


def _tell(each: use_cases.Defined) -> None:
    parts = f", listed in {each.parts} parts" if each.parts else ""
    click.echo(f"{each.number}  {each.name}  {each.customers:,} customers{parts}")


def _tables(file: Path) -> list[dict[str, object]]:
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8")).get("aggregations")
    except tomllib.TOMLDecodeError as fault:
        raise InvalidConfiguration([f"{file.name}: {fault}"]) from fault
    if not isinstance(tables, list):
        raise InvalidConfiguration([f"{file.name} has no [[aggregations]]"])
    return tables


def _with_files(table: dict[str, object], file: Path) -> dict[str, object]:
    """The table with the GeoJSON that its regions name as files beside it."""
    regions = table.get("regions")
    if not isinstance(regions, list):
        return table
    read = [
        {**region, "geojson": _geojson(file.with_name(str(region["geojson_file"])))}
        if isinstance(region, dict) and "geojson_file" in region
        else region
        for region in regions
    ]
    return {**table, "regions": read}


def _geojson(path: Path) -> object:
    try:
        return exact_json.loads(path.read_bytes())
    except (OSError, ValueError) as fault:
        raise InvalidConfiguration([f"{path.name} cannot be read as JSON"]) from fault
