"""`cdsc mail`: look after the mails that wait or were given up."""

from __future__ import annotations

import click

from cdsc_server import app
from cdsc_server.ports import Mail, MailFault, SystemClock
from cdsc_server.settings import Settings


@click.group()
def mail() -> None:
    """Look after the mails that wait or were given up."""


@mail.command()
def status() -> None:
    """Say how many mails wait, were sent and were given up, and why those."""
    from cdsc_server.services import mails

    settings = Settings.from_environment()
    with app.create_app(settings, app.system_ports(settings)).app_context():
        counts, dead = mails.counts(), mails.dead_mails(limit=100)
    click.echo(", ".join(f"{count} {status}" for status, count in counts.items()))
    for each in dead:
        click.echo(f"{each.mail_id}  {each.created:%Y-%m-%d %H:%M}  {each.kind}  {each.recipient}  {each.fault}")


@mail.command()
@click.argument("mail_ids", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All that were given up.")
def retry(mail_ids: tuple[str, ...], every: bool) -> None:
    """Let mails that were given up be tried again from the start."""
    from cdsc_server.services import mails

    if bool(mail_ids) == every:
        raise click.UsageError("name mails, or say --all")
    settings = Settings.from_environment()
    ports = app.system_ports(settings)
    with app.create_app(settings, ports).app_context():
        revived = mails.revive(None if every else mail_ids, clock=ports.clock)
    click.echo(f"{revived} will be tried again.")


@mail.command()
@click.argument("recipient")
def test(recipient: str) -> None:
    """Send a mail to RECIPIENT at once, to see that the settings work."""
    settings = Settings.from_environment()
    mailer = app.system_ports(settings).mailer
    if mailer is None:
        raise click.ClickException("CDSC_MAIL_URL and CDSC_MAIL_FROM are not set: no mail is sent")
    words = "This mail shows that the server can send mail."
    sent = Mail(
        f"test-{SystemClock().now():%Y%m%dT%H%M%S}", recipient, "A test of the mail settings", words, f"<p>{words}</p>"
    )
    try:
        mailer.send(sent)
    except MailFault as fault:
        raise click.ClickException(str(fault)) from fault
    click.echo("The mail server took it.")
