"""`cdsc late`: data of Customers that is on its way, told by whoever brings it into this server."""

from __future__ import annotations

from datetime import datetime

import click

from cdsc_server.cli_context import server
from cdsc_server.domain.durations import read_datetime
from cdsc_server.exact_json import instant
from cdsc_server.services import late_data
from cdsc_server.services.audit import COMMAND_LINE


class _Instant(click.ParamType[datetime]):
    name = "instant"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            return read_datetime(value)
        except ValueError as fault:
            self.fail(f"{fault}", param, ctx)


@click.group()
def late() -> None:
    """Say what data is late, and that it is there."""


@late.command("list")
def list_() -> None:
    """List what is late."""
    with server():
        found = late_data.list_late()
    if not found:
        click.echo("Nothing is late.")
    for row in found:
        click.echo(f"{row.customer_id}  {row.scope}  {instant(row.eta)}")


@late.command()
@click.argument("customer")
@click.argument("scope")
@click.argument("eta", type=_Instant())
def announce(customer: str, scope: str, eta: datetime) -> None:
    """
    Say that what SCOPE opens of CUSTOMER will be there at about ETA, such as 2026-05-01T06:00:00Z.

    Grants that the Customer agrees to from now on are pending until it is; say it again when ETA changes.
    """
    with server() as context:
        late_data.announce(
            customer, scope, eta, actor=COMMAND_LINE, catalogue=context.catalogue, clock=context.ports.clock
        )
    click.echo(f"{scope} of {customer} is expected at {instant(eta)}.")


@late.command()
@click.argument("customer")
@click.argument("scope")
@click.option("--never", is_flag=True, help="It will never be there: Grants open what else they list, and are errored.")
def arrived(customer: str, scope: str, *, never: bool) -> None:
    """Say that what SCOPE opens of CUSTOMER is there."""
    with server() as context:
        gone_on = late_data.arrived(
            customer,
            scope,
            complete=not never,
            actor=COMMAND_LINE,
            catalogue=context.catalogue,
            clock=context.ports.clock,
        )
    click.echo(f"{len(gone_on)} Grants went on.")
