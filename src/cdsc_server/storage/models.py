"""Every table of the schema, imported once so that migrations and tests see them all."""

from cdsc_server.storage import (
    accounts,
    aggregations,
    audit,
    authorizations,
    bill_sections,
    bill_statements,
    clients,
    customers,
    files,
    grants,
    messages,
    meter_devices,
    operators,
    outbox,
    payments,
    published,
    rate_limits,
    reviews,
    service_accounts,
    service_contracts,
    service_points,
    usage,
)
from cdsc_server.storage.db import Base

__all__ = [
    "accounts",
    "aggregations",
    "audit",
    "authorizations",
    "bill_sections",
    "bill_statements",
    "clients",
    "customers",
    "files",
    "grants",
    "messages",
    "meter_devices",
    "operators",
    "outbox",
    "payments",
    "published",
    "rate_limits",
    "reviews",
    "service_accounts",
    "service_contracts",
    "service_points",
    "usage",
]

metadata = Base.metadata
