"""What Customers share, for the Clients they share it with: CDS-WG3-01 10."""

from __future__ import annotations

from flask import Flask

from cdsc_server.web.context import Context
from cdsc_server.web.customer_data import (
    accounts,
    aggregations,
    bill_sections,
    bill_statements,
    cost_estimates,
    eacs,
    meter_devices,
    service_contracts,
    service_points,
    usage_segments,
)
from cdsc_server.web.customer_data.blueprint import blueprint
from cdsc_server.web.customer_data.plain_addresses import plain_view

__all__ = [
    "accounts",
    "aggregations",
    "bill_sections",
    "bill_statements",
    "cost_estimates",
    "eacs",
    "install",
    "meter_devices",
    "service_contracts",
    "service_points",
    "usage_segments",
]


def install(app: Flask) -> None:
    """Serve the listings, and those that scopes of the catalogue have plain addresses for."""
    context: Context = app.extensions["cdsc"]
    app.register_blueprint(blueprint)
    for scope in context.catalogue.scopes.values():
        if scope.convenience is not None:
            endpoint = f"{blueprint.name}.plain_{scope.id}"
            app.add_url_rule(scope.convenience, endpoint, plain_view(scope), methods=["GET"])
