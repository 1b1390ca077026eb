"""`cdsc metrics`: how the server did."""

from __future__ import annotations

import click

from cdsc_server import exact_json
from cdsc_server.cli_context import server


@click.group("metrics")
def metrics_commands() -> None:
    """Look at how the server did."""


@metrics_commands.command()
@click.option("--days", default=8, show_default=True, type=click.IntRange(1, 400), help="Today and the days before it.")
def report(days: int) -> None:
    """Print the figures of the last days as JSON: those of GET /admin/metrics."""
    from cdsc_server.schemas.admin.metrics import MetricsSchema
    from cdsc_server.services import metrics

    with server() as context:
        made = metrics.report(days=days, catalogue=context.catalogue, clock=context.ports.clock)
    click.echo(exact_json.dumps(MetricsSchema().dump(made)))
