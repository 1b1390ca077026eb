"""`cdsc clients`: what operators settle for one Client Object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from cdsc_server.cli_context import server
from cdsc_server.domain.direct_access import Reach
from cdsc_server.services import client_limits, direct_access
from cdsc_server.services.audit import COMMAND_LINE
from cdsc_server.web.context import mailing


@click.group("clients")
def client_commands() -> None:
    """Look after Client Objects."""


@client_commands.command()
@click.argument("client_id")
@click.argument("scope")
@click.argument("field")
@click.option("--maximum", help="The most it may ask for, such as P1Y; the catalogue's when left out.")
@click.option("--minimum", help="The least it may ask for; the catalogue's when left out.")
@click.option("--lift", is_flag=True, help="Take the limit away again.")
def limit(client_id: str, scope: str, field: str, *, maximum: str | None, minimum: str | None, lift: bool) -> None:
    """Narrow a field of authorization_details for one Client Object."""
    if lift and (maximum is not None or minimum is not None):
        raise click.UsageError("--lift takes away both limits; leave --maximum and --minimum out")
    with server() as context:
        if lift:
            client_limits.lift_limit(client_id, scope, field, actor=COMMAND_LINE, clock=context.ports.clock)
        else:
            client_limits.set_limit(
                client_id,
                scope,
                field,
                maximum=maximum,
                minimum=minimum,
                actor=COMMAND_LINE,
                catalogue=context.catalogue,
                clock=context.ports.clock,
            )
    click.echo(f"{'Lifted' if lift else 'Set'} the limit of {field} in {scope} for {client_id}.")


def _of_customer(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say what is permitted, and why."""
    for option in (
        click.option("--reason", required=True, help="For the audit trail, such as where the agreement is filed."),
        click.option("--account", "account_id", help="Only this Account; every one, later ones too, when left out."),
        click.option("--customer", "customer_id", required=True, help="Whose data; an id."),
    ):
        command = option(command)
    return command


@client_commands.command()
@click.argument("client_id")
@_of_customer
def permit(client_id: str, customer_id: str, account_id: str | None, reason: str) -> None:
    """Let a Client Object read a Customer's data directly, without asking them."""
    with server() as context:
        direct_access.permit(
            client_id,
            customer_id,
            account_id,
            reason=reason,
            actor=COMMAND_LINE,
            catalogue=context.catalogue,
            mailing=mailing(),
            clock=context.ports.clock,
        )
    click.echo(f"{client_id} may read {account_id or 'every Account'} of {customer_id} now.")


@client_commands.command()
@click.argument("client_id")
@_of_customer
def forbid(client_id: str, customer_id: str, account_id: str | None, reason: str) -> None:
    """Take back what `permit` gave."""
    with server() as context:
        direct_access.forbid(
            client_id,
            customer_id,
            account_id,
            reason=reason,
            actor=COMMAND_LINE,
            mailing=mailing(),
            clock=context.ports.clock,
        )
    click.echo(f"{client_id} may not read {account_id or 'every Account'} of {customer_id} any more.")


@client_commands.command()
@click.argument("client_id")
@click.argument("whose", type=click.Choice([each.value for each in Reach]))
@click.option("--reason", required=True, help="For the audit trail, such as where the agreement is filed.")
def reach(client_id: str, whose: str, reason: str) -> None:
    """
    Say whose data a Client Object may read directly.

    Of every Customer, of every fictional one, or of those named by `permit`.
    """
    with server() as context:
        direct_access.set_reach(
            client_id,
            Reach(whose),
            reason=reason,
            actor=COMMAND_LINE,
            catalogue=context.catalogue,
            clock=context.ports.clock,
        )
    click.echo(f"{client_id} may read the data of {whose.replace('_', ' ')} now.")
