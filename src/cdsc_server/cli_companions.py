"""Stand-ins for the outside, on this machine only: a mail catcher, a payment sandbox, a device platform."""

from __future__ import annotations

from pathlib import Path

import click

_Directory = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.option(
    "--port",
    envvar="CDSC_MAIL_CATCHER_PORT",
    default=1025,
    show_default=True,
    help="Port that takes mail by SMTP (CDSC_MAIL_CATCHER_PORT).",
)
@click.option(
    "--web-port",
    envvar="CDSC_MAIL_CATCHER_WEB_PORT",
    default=8025,
    show_default=True,
    help="Port of the page that shows it (CDSC_MAIL_CATCHER_WEB_PORT).",
)
@click.option("--directory", type=_Directory, help="Keep mails here too, so that they outlive the program.")
def mail_catcher(port: int, web_port: int, directory: Path | None) -> None:
    """Take mail on 127.0.0.1, deliver none, and show it on a page."""
    from cdsc_server.companions import mail_catcher as program

    click.echo(f"CDSC_MAIL_URL='smtp://127.0.0.1:{port}?starttls=no'\nMail is shown at http://127.0.0.1:{web_port}")
    program.run(smtp_port=port, web_port=web_port, directory=directory)


@click.command()
@click.option(
    "--port",
    envvar="CDSC_PAYMENT_SANDBOX_PORT",
    default=8026,
    show_default=True,
    help="Port of its pages (CDSC_PAYMENT_SANDBOX_PORT).",
)
@click.option("--directory", type=_Directory, help="Keep orders here, so that they outlive the program.")
def payment_sandbox(port: int, directory: Path | None) -> None:
    """
    Be a payment provider on 127.0.0.1, where no money moves.

    Calls back the server of CDSC_BASE_URL, with the secret in CDSC_PAYMENT_SECRET_FILE, made when there is none.
    """
    from cdsc_server.companions import payment_sandbox as program
    from cdsc_server.connectors.sandbox_payments import create_secret, read_secret
    from cdsc_server.settings import Settings

    settings = Settings.from_environment()
    if not Path(settings.payment_secret_file).exists():
        create_secret(settings.payment_secret_file)
    click.echo(f"CDSC_PAYMENT_URL=http://127.0.0.1:{port}")
    program.run(
        port=port,
        callback_url=f"{settings.base_url}/payments/callback",
        secret=read_secret(settings.payment_secret_file),
        directory=directory,
    )


@click.command()
@click.option(
    "--port",
    envvar="CDSC_SIMULATED_SITE_PORT",
    default=8027,
    show_default=True,
    help="Port it answers on (CDSC_SIMULATED_SITE_PORT).",
)
@click.option("--days", default=40, show_default=True, help="How long ago the homes were built.")
@click.option("--timezone", default="UTC", show_default=True, help="IANA name of the zone the homes stand in.")
@click.option("--account", "accounts", multiple=True, help="Show this home on the page before anybody signs in.")
def simulated_site(port: int, days: int, timezone: str, accounts: tuple[str, ...]) -> None:
    """Be a device platform with made-up solar homes on 127.0.0.1, which fails as real ones do when told to."""
    from cdsc_server.companions import simulated_site as program

    click.echo(
        f"Address: {program.url_of(port)}\nAccount: any name\nPassword: {program.PASSWORD}\n"
        f"Faults are switched on and off at {program.url_of(port)}/"
    )
    program.run(port=port, days=days, zone=timezone, accounts=accounts)
