"""The `cdsc` command: click over services."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Final

import click

from cdsc_server import __version__, telemetry
from cdsc_server.errors import InvalidConfiguration, Problem
from cdsc_server.settings import Settings, settings_page

#: Commands with a module of their own; none is loaded before it is called.
_LATE: Final = {
    "aggregations": "cli_aggregations:aggregations",
    "clients": "cli_clients:client_commands",
    "demo": "cli_demo:demo",
    "devices": "cli_devices:devices",
    "files": "cli_files:files",
    "import": "cli_imports:imports",
    "late": "cli_late:late",
    "mail": "cli_mail:mail",
    "mail-catcher": "cli_companions:mail_catcher",
    "metrics": "cli_metrics:metrics_commands",
    "openapi": "cli_openapi:openapi_command",
    "operators": "cli_operators:operators",
    "outbox": "cli_outbox:outbox",
    "payment-sandbox": "cli_companions:payment_sandbox",
    "review": "cli_review:review",
    "serve": "cli_serve:serve",
    "simulated-site": "cli_companions:simulated_site",
    "walkthrough": "cli_demo:walkthrough",
}


class _Commands(click.Group):
    """A group that loads a command when it is called, so that each starts as fast as it can."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *_LATE])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _LATE:
            return super().get_command(ctx, cmd_name)
        module, _, name = _LATE[cmd_name].partition(":")
        command: click.Command = getattr(import_module(f"cdsc_server.{module}"), name)
        return command


@click.group(cls=_Commands)
@click.version_option(__version__, prog_name="cdsc")
def commands() -> None:
    """Run and look after a CDS server."""


@commands.group()
def db() -> None:
    """Create and change the database schema."""


@db.command()
@click.option("--revision", default="head", show_default=True)
def upgrade(revision: str) -> None:
    """Bring the database of CDSC_DATABASE_URL to a revision of the schema."""
    from cdsc_server.storage import migrate

    settings = Settings.from_environment()
    if settings.database_url.startswith("sqlite:///"):
        Path(settings.database_url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    migrate.upgrade(settings.database_url, revision)
    click.echo(f"The schema is at {revision}.")


@commands.group()
def keys() -> None:
    """Make the key that seals client secrets."""


@keys.command()
def create() -> None:
    """Write a new key to CDSC_KEY_FILE; refuses when there is one."""
    from cdsc_server.connectors.file_keys import FileKeyStore

    path = Settings.from_environment().key_file
    try:
        FileKeyStore.create(path)
    except FileExistsError:
        raise click.ClickException(f"{path} exists already; without it no client secret could be read again") from None
    click.echo(f"Wrote {path}. Back it up apart from the database.")


@commands.command()
def worker() -> None:
    """Run the background work: expiry, clean-up."""
    from cdsc_server import app, jobs

    settings = Settings.from_environment()
    telemetry.configure(settings.log_format)
    ports = app.system_ports(settings)
    jobs.run(settings, app.create_app(settings, ports), ports)


@commands.group()
def config() -> None:
    """Look at the configuration."""


@config.command()
def show() -> None:
    """Print the catalogue in use, as TOML."""
    settings = Settings.from_environment()
    path = Path(settings.catalogue_file) if settings.catalogue_file else Path(__file__).with_name("default.toml")
    click.echo(path.read_text(encoding="utf-8"), nl=False)


@config.command()
def reference() -> None:
    """Print the page that documents every setting."""
    click.echo(settings_page(), nl=False)


@config.command()
def check() -> None:
    """Say every fault of settings and catalogue at once, or of the templates of mails."""
    from cdsc_server import app
    from cdsc_server.services.own_templates import read_templates

    settings = Settings.from_environment()
    app.load_catalogue(settings)
    read_templates(settings.mail_templates_dir)
    click.echo("The configuration is sound.")


def main() -> None:
    """Entry point: refusals are told in a line, not as a traceback."""
    telemetry.configure("text")
    try:
        commands(prog_name="cdsc")
    except InvalidConfiguration as problem:
        for fault in problem.faults:
            click.echo(f"Error: {fault}", err=True)
        sys.exit(2)
    except Problem as problem:
        click.echo(f"Error: {problem.description}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
