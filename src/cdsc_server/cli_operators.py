"""`cdsc operators`: the accounts of those who work at the console."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from cdsc_server.cli_context import server
from cdsc_server.domain.operators import Role
from cdsc_server.ports import Clock
from cdsc_server.services import operators as accounts
from cdsc_server.services import service_accounts
from cdsc_server.services.audit import COMMAND_LINE

_role = click.Choice([role.value for role in Role])
_password = click.option(
    "--password", prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for when left out."
)


@click.group()
def operators() -> None:
    """Look after the accounts of those who work at the console."""


@operators.command()
@click.argument("username")
@click.option("--name", required=True, help="As colleagues call the operator.")
@click.option(
    "--role",
    "roles",
    type=_role,
    multiple=True,
    required=True,
    help="May be repeated.",
)
@_password
def add(username: str, name: str, roles: tuple[str, ...], password: str) -> None:
    """Make an account; USERNAME is an e-mail address, or whatever else names one person only."""
    with _clock() as clock:
        accounts.add_operator(
            username,
            display_name=name,
            roles={Role(role) for role in roles},
            password=password,
            actor=COMMAND_LINE,
            clock=clock,
        )
    click.echo(f"{username} can sign in at /console.")


@operators.command("list")
def list_() -> None:
    """List every account."""
    with _clock():
        found = accounts.list_operators()
    for each in found:
        state = "disabled" if each.disabled else "enabled"
        click.echo(f"{each.username}  {each.display_name}  {','.join(each.roles)}  {state}")


@operators.command()
@click.argument("username")
def disable(username: str) -> None:
    """Close an account for good, and end its sessions."""
    with _clock() as clock:
        accounts.disable_operator(username, actor=COMMAND_LINE, clock=clock)
    click.echo(f"{username} can no longer sign in.")


@operators.command()
@click.argument("username")
@_password
def password(username: str, password: str) -> None:
    """Give an account another password, and end its sessions."""
    with _clock() as clock:
        accounts.change_password(username, password, actor=COMMAND_LINE, clock=clock)
    click.echo(f"{username} has a new password.")


@operators.group("service-account")
def service_account() -> None:
    """Look after the accounts of programs that use the admin API."""


@service_account.command("add")
@click.argument("name")
@click.option("--role", "roles", type=_role, multiple=True, required=True, help="May be repeated.")
def add_service_account(name: str, roles: tuple[str, ...]) -> None:
    """Make a service account, and print its secret: nobody can read it again."""
    with _clock() as clock:
        made = service_accounts.add_account(name, roles={Role(role) for role in roles}, actor=COMMAND_LINE, clock=clock)
    _tell(made)


@service_account.command("list")
def list_service_accounts() -> None:
    """List every service account."""
    with _clock():
        found = service_accounts.list_accounts()
    for each in found:
        state = "disabled" if each.disabled else "enabled"
        click.echo(f"{each.name}  {each.client_id}  {','.join(each.roles)}  {state}")


@service_account.command()
@click.argument("name")
def rotate(name: str) -> None:
    """Give a service account another secret; the old one and its tokens end at once."""
    with _clock() as clock:
        made = service_accounts.rotate_secret(name, actor=COMMAND_LINE, clock=clock)
    _tell(made)


@service_account.command("disable")
@click.argument("name")
def disable_service_account(name: str) -> None:
    """Close a service account for good, and end its tokens."""
    with _clock() as clock:
        service_accounts.disable_account(name, actor=COMMAND_LINE, clock=clock)
    click.echo(f"{name} opens nothing any more.")


def _tell(made: service_accounts.NewAccount) -> None:
    click.echo(f"client_id      {made.client_id}")
    click.echo(f"client_secret  {made.secret}")


@contextmanager
def _clock() -> Iterator[Clock]:
    """The clock, while the database can be used."""
    with server() as context:
        yield context.ports.clock
