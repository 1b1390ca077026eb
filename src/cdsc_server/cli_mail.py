"""`cdsc mail`: try the settings of the mail server."""

from __future__ import annotations

import click

from cdsc_server import app
from cdsc_server.ports import Mail, MailFault, SystemClock
from cdsc_server.settings import Settings


@click.group()
def mail() -> None:
    """Try the settings of the mail server; `cdsc outbox` looks after the mails."""


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
