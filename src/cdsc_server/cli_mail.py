"""`cdsc mail`: try the settings of the mail server, and the templates of your brands."""

from __future__ import annotations

import click

from cdsc_server.cli_context import server
from cdsc_server.domain.letter_names import KINDS
from cdsc_server.languages import LANGUAGES, SOURCE
from cdsc_server.ports import Mail, MailFault, SystemClock
from cdsc_server.services.brands import find_brand, known_brands
from cdsc_server.services.mail_samples import sample
from cdsc_server.services.mails import Mailing, rendered
from cdsc_server.services.own_templates import NO_BRAND, read_templates
from cdsc_server.services.readers import of_brand
from cdsc_server.settings import Settings


@click.group()
def mail() -> None:
    """Try the settings of the mail server and your templates; `cdsc outbox` looks after the mails."""


@mail.command()
@click.argument("recipient")
def test(recipient: str) -> None:
    """Send a mail to RECIPIENT at once, to see that the settings work."""
    from cdsc_server.app import system_ports

    mailer = system_ports(Settings.from_environment()).mailer
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


@mail.command()
def check() -> None:
    """Say every fault of the templates of your brands at once; without one, which mails each brand words itself."""
    with server() as context:
        templates = read_templates(context.settings.mail_templates_dir)
        brands = {brand for brand, _, _ in templates} - {NO_BRAND}
        unknown = brands - known_brands(brands)
    for brand, language in sorted({key[:2] for key in templates}):
        own = [kind for kind in KINDS if (brand, language, kind) in templates]
        click.echo(f"{brand}, {language}: {len(own)} of {len(KINDS)} kinds: {', '.join(own)}")
    for brand in sorted(unknown):
        click.echo(f"{brand}: no label partner has this id, so nobody gets these mails", err=True)
    click.echo("The templates are sound.")


@mail.command()
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.option("--brand", help="The id of a label partner; the utility itself when left out.")
@click.option("--language", type=click.Choice(list(LANGUAGES)), default=SOURCE, show_default=True)
@click.option("--html", is_flag=True, help="As HTML instead of plain text.")
def preview(kind: str, brand: str | None, language: str, html: bool) -> None:
    """Print a mail of KIND about made-up people, as a Customer of a brand would get it."""
    with server() as context:
        mailing = Mailing(context.catalogue.utility, context.settings, context.ports.keys)
        if brand is not None:
            if not known_brands([brand]):
                raise click.UsageError(f"no label partner has the id {brand}")
            mailing = of_brand(find_brand(brand, mailing.utility), mailing)
        letter = sample(kind, utility=mailing.utility, base_url=context.settings.base_url, language=language)
        mail = rendered(letter, mailing)
    click.echo(mail["html"] if html else f"Subject: {mail['subject']}\n\n{mail['text']}", nl=False)
