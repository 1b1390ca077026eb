"""`cdsc devices`: sites with devices behind the platforms of their makers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import click

from cdsc_server.cli_context import database
from cdsc_server.ports import Mode, PlatformAccess, Ports
from cdsc_server.services import device_health, device_sites
from cdsc_server.services.audit import COMMAND_LINE
from cdsc_server.settings import Settings

_AT_ONCE = 100
_Pairs = tuple[str, ...]
_access = (
    click.option("--address", required=True, help="URL, or host and port, as the platform's connector says."),
    click.option("--account", default="", help="Name that signs in, or id of the station."),
    click.option(
        "--secret-file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="File whose first line is the password, token or key; a command line is no place for it.",
    ),
    click.option("--timezone", default="UTC", show_default=True, help="IANA name of the zone of the home."),
    click.option("--option", "options", multiple=True, metavar="NAME=VALUE", help="What else the connector asks for."),
)


@click.group()
def devices() -> None:
    """Look after homes whose devices tell how much they use and make."""


@devices.command()
def platforms() -> None:
    """List the platforms that there are connectors for."""
    with _ports() as ports:
        for kind in sorted(ports.platforms.values(), key=lambda each: each.name):
            modes = " or ".join(sorted(kind.modes))
            history = "no history" if kind.history is None else f"history of {kind.history.days} days"
            minutes = kind.every / timedelta(minutes=1)
            click.echo(f"{kind.name:14} {kind.title:32} {modes}; every {minutes:g} minutes; {history}")


@devices.command()
@click.argument("platform")
@click.option("--customer", required=True, metavar="EMAIL_OR_ID", help="Whose home it is.")
@click.option("--label", required=True, help="What operators call it.")
@click.option("--mode", type=click.Choice([each.value for each in Mode]), default=Mode.STAGE.value, show_default=True)
@click.option(
    "--meter",
    "meters",
    multiple=True,
    metavar="DEVICE=METER_DEVICE_ID",
    help="The meter that the energy of a device belongs to; DEVICE is its id, or inverter, battery, plug or meter.",
)
@click.option("--interval", default=900, show_default=True, help="Seconds of the slots that readings are brought to.")
@click.option("--history", default=0, show_default=True, help="Days of history to fetch at first.")
def add(
    *,
    platform: str,
    customer: str,
    label: str,
    mode: str,
    meters: _Pairs,
    interval: int,
    history: int,
    **reached: object,
) -> None:
    """Add a site of PLATFORM; a worker asks it within a minute."""
    new = device_sites.NewSite(
        label=label,
        platform=platform,
        mode=Mode(mode),
        access=_read_access(**reached),  # type: ignore[arg-type]
        meters=_pairs("--meter", meters),
        interval=interval,
        history=timedelta(days=history),
    )
    with _ports() as ports:
        click.echo(device_sites.add_site(new, customer=customer, actor=COMMAND_LINE, ports=ports))


@devices.command()
@click.argument("site_id")
def access(*, site_id: str, **reached: object) -> None:
    """Reach SITE_ID in another way, such as with a new password, and ask it at once."""
    given = _read_access(**reached)  # type: ignore[arg-type]
    with _ports() as ports:
        device_sites.change_access(site_id, given, actor=COMMAND_LINE, ports=ports)


for _option in reversed(_access):
    add, access = _option(add), _option(access)


@devices.command()
@click.argument("site_id")
def retry(site_id: str) -> None:
    """Have SITE_ID asked at once, also when it was put aside."""
    with _ports() as ports:
        device_sites.ask_again(site_id, actor=COMMAND_LINE, ports=ports)


@devices.command()
@click.argument("site_id")
def remove(site_id: str) -> None:
    """Forget SITE_ID, the way in and what its devices told; usage made of it stays."""
    with _ports() as ports:
        device_sites.remove_site(site_id, actor=COMMAND_LINE, ports=ports)


@devices.command(name="list")
def list_all() -> None:
    """List every site with its state, the newest first; the exit status is 1 when one is silent."""
    cursor = None
    with _ports() as ports:
        while True:
            found = device_health.list_sites(cursor=cursor, size=_AT_ONCE, ports=ports)
            for each in found.sites:
                last = "never" if each.feed.last is None else f"{each.feed.last:%Y-%m-%d %H:%M}"
                click.echo(f"{each.row.site_id}  {each.feed.state:11}  {last:16}  {each.row.label}  {each.feed.why}")
            cursor = found.next
            if cursor is None:
                break
    if found.troubled:
        raise SystemExit(1)


def _read_access(
    address: str, account: str, secret_file: Path | None, timezone: str, options: _Pairs
) -> PlatformAccess:
    lines = [] if secret_file is None else secret_file.read_text(encoding="utf-8").splitlines()
    return PlatformAccess(
        address, account, lines[0].strip() if lines else "", timezone, options=_pairs("--option", options)
    )


def _pairs(name: str, given: _Pairs) -> dict[str, str]:
    pairs = [each.partition("=") for each in given]
    if not all(left and sign and right for left, sign, right in pairs):
        raise click.UsageError(f"{name} takes a name, an equals sign and a value")
    return {left: right for left, _, right in pairs}


@contextmanager
def _ports() -> Iterator[Ports]:
    """The outside and the database of the server's settings, without the server."""
    from cdsc_server.app import system_ports

    settings = Settings.from_environment()
    with database(settings):
        yield system_ports(settings)
