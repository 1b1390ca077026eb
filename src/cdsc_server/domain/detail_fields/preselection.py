"""Fields that tick things on the form, and narrow direct access (CDS-WG3-01 7.1)."""

from __future__ import annotations

from typing import Final

from cdsc_server.domain.detail_fields.field import DetailField


def _numbers(field_id: str, section: str, name: str, what: str) -> DetailField:
    return DetailField(
        field_id,
        "preselection",
        "string_list_or_null",
        section,
        name,
        f"{what} to tick on the form; the Customer decides.",
        maximum=10_000,
        minimum=1,
    )


_SERVICE_TYPES = (
    ("electric", "Electric service."),
    ("natural_gas", "Natural gas service."),
    ("water", "Water service."),
    ("distribution", "The company of the contract delivers."),
    ("supply", "The company of the contract supplies."),
    ("generation", "The company of the contract generates."),
    ("residential", "Residential class."),
    ("commercial", "Commercial class."),
    ("industrial", "Industrial class."),
    ("metered", "Measured by one or more meters."),
)

PRESELECTION: Final = (
    _numbers("account_numbers", "7.1.1", "Account numbers", "Accounts"),
    _numbers("contract_numbers", "7.1.3", "Contract numbers", "Service contracts"),
    DetailField(
        "service_types",
        "preselection",
        "choice_list_or_null",
        "7.1.4",
        "Service types",
        "Kinds of service to tick on the form; the Customer decides.",
        choices=_SERVICE_TYPES,
    ),
    _numbers("servicepoint_numbers", "7.1.6", "Service point numbers", "Service points"),
    _numbers("meter_numbers", "7.1.9", "Meter numbers", "Meters"),
)
