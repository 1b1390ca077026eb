"""Scope types by which Clients that come for themselves read data of Customers (CDS-WG3-01 6.2)."""

from __future__ import annotations

from typing import Final

from cdsc_server.domain.group_scopes import AGGREGATIONS_QUERY, USAGE_QUERY
from cdsc_server.domain.scope_types.scope_type import ScopeType


def _query(
    type_id: str,
    section: str,
    name: str,
    description: str,
    *implied: str,
    required: frozenset[str] = frozenset(),
    lists: str | None = None,
) -> ScopeType:
    return ScopeType(
        type_id,
        consent=False,
        direct=True,
        section=section,
        name=name,
        description=description,
        implied=frozenset(implied),
        required=required | {"sync_until"},
        lists=lists,
    )


DIRECT: Final = (
    _query(
        "cds_query_accounts",
        "6.2.1",
        "Accounts Query",
        "Accounts that the Client is permitted to see.",
        "include_accounts",
        lists="account_selection",
    ),
    _query(
        "cds_query_service_contracts",
        "6.2.2",
        "Service Contracts Query",
        "Service contracts that the Client is permitted to see, with their accounts.",
        "include_accounts",
        "include_service_contracts",
        lists="service_contract_selection",
    ),
    _query(
        "cds_query_service_points",
        "6.2.3",
        "Service Points Query",
        "Service points that the Client is permitted to see.",
        "include_service_points",
        lists="servicepoint_selection",
    ),
    _query(
        "cds_query_meter_devices",
        "6.2.4",
        "Meter Devices Query",
        "Meter devices that the Client is permitted to see.",
        "include_meter_devices",
        lists="meter_device_selection",
    ),
    _query(
        "cds_query_bill_statements",
        "6.2.5",
        "Bill Statements Query",
        "Bill statements that the Client is permitted to see.",
        "include_bill_statements",
        required=frozenset({"statement_date_start", "statement_date_end"}),
    ),
    _query(
        "cds_query_bill_sections",
        "6.2.6",
        "Bill Sections Query",
        "Bill sections that the Client is permitted to see.",
        "include_bill_sections",
        required=frozenset({"start_date", "end_date"}),
    ),
    _query(
        AGGREGATIONS_QUERY,
        "6.2.7",
        "Aggregations Query",
        "Groups of customers, such as buildings and areas, that the Client may know of.",
        "include_aggregations",
    ),
    _query(
        USAGE_QUERY,
        "6.2.8",
        "Usage Query",
        "Usage segments that the Client is permitted to see.",
        "include_usage_segments",
        required=frozenset({"segment_start", "segment_end"}),
    ),
)
