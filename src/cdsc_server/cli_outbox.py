"""`cdsc outbox`: look after mails, events and tickets that wait or were given up."""

from __future__ import annotations

import click

from cdsc_server.cli_context import server

#: Of what was given up, lines that `status` prints.
_MOST_LINES = 100


@click.group()
def outbox() -> None:
    """Look after mails, events and tickets that wait or were given up."""


@outbox.command()
def status() -> None:
    """Say how many mails, events and tickets wait, were sent and were given up, and why those."""
    from cdsc_server.services import outbox as use_cases

    with server():
        counts, given_up = use_cases.counts(), use_cases.given_up(size=_MOST_LINES)
    for channel, numbers in counts.items():
        click.echo(f"{channel}: " + ", ".join(f"{number} {status}" for status, number in numbers.items()))
    for each in given_up.rows:
        click.echo(f"{each.outbox_id}  {each.created:%Y-%m-%d %H:%M}  {each.kind}  {each.recipient}  {each.fault}")
    if given_up.next is not None:
        click.echo("and more")


@outbox.command()
@click.argument("ids", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All that was given up.")
def retry(ids: tuple[str, ...], every: bool) -> None:
    """Let what was given up be tried again from the start."""
    from cdsc_server.services import outbox as use_cases
    from cdsc_server.services.audit import COMMAND_LINE

    with server() as context:
        revived = use_cases.retry(_chosen(ids, every=every), actor=COMMAND_LINE, clock=context.ports.clock)
    click.echo(f"{len(revived)} will be tried again.")


@outbox.command()
@click.argument("ids", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All that was given up.")
@click.option("--reason", required=True, help="For the audit trail.")
def drop(ids: tuple[str, ...], every: bool, reason: str) -> None:
    """Delete what was given up; nobody will be told of it any more."""
    from cdsc_server.services import outbox as use_cases
    from cdsc_server.services.audit import COMMAND_LINE

    with server() as context:
        gone = use_cases.drop(_chosen(ids, every=every), reason=reason, actor=COMMAND_LINE, clock=context.ports.clock)
    click.echo(f"{len(gone)} dropped.")


def _chosen(ids: tuple[str, ...], *, every: bool) -> tuple[str, ...] | None:
    if bool(ids) == every:
        raise click.UsageError("name some, or say --all")
    return None if every else ids
