"""`cdsc clients`: what operators settle for one Client Object."""

from __future__ import annotations

from typing import Final

import click

from cdsc_server import app as application
from cdsc_server.services import client_limits
from cdsc_server.settings import Settings
from cdsc_server.storage import db
from cdsc_server.web.context import Context

_ACTOR: Final = "command line"


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
    settings = Settings.from_environment()
    app = application.create_app(settings, application.system_ports(settings))
    context: Context = app.extensions["cdsc"]
    with app.app_context():
        try:
            if lift:
                client_limits.lift_limit(client_id, scope, field, actor=_ACTOR, clock=context.ports.clock)
            else:
                client_limits.set_limit(
                    client_id,
                    scope,
                    field,
                    maximum=maximum,
                    minimum=minimum,
                    actor=_ACTOR,
                    catalogue=context.catalogue,
                    clock=context.ports.clock,
                )
        finally:
            db.db.engine.dispose()
    click.echo(f"{'Lifted' if lift else 'Set'} the limit of {field} in {scope} for {client_id}.")
