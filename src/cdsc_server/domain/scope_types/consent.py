"""Scope types that a Customer approves on the form (CDS-WG3-01 6.1)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from cdsc_server.domain.group_scopes import AGGREGATION_CONSENT
from cdsc_server.domain.scope_types.scope_type import ScopeType

_BILLS = frozenset({"include_bill_statements", "include_bill_sections"})
_SEGMENTS = frozenset({"include_usage_segments"})
#: What every scope with a form and data behind it offers.
_OF_FORMS = frozenset(
    {
        "authorization_form_selection_type",
        "merge_selection_with",
        "error_if_no_preselections",
        "allow_scope_modifications",
        "jwk",
    }
)


def _account_scopes() -> tuple[ScopeType, ...]:
    only = ("account_selection",)
    return (
        ScopeType(
            "cds_account_programs",
            consent=True,
            section="6.1.2",
            implied=frozenset({"include_accounts", "include_account_programs"}),
            required=_OF_FORMS | {"account_numbers", "account_programs", "include_account_numbers", "sync_until"},
            forbidden=_BILLS | _SEGMENTS,
            kept=frozenset({"account_programs"}),
            selections=only,
            must_select=frozenset(only),
        ),
        ScopeType(
            "cds_accounts",
            consent=True,
            section="6.1.4",
            implied=frozenset({"include_accounts"}),
            required=_OF_FORMS | {"account_numbers", "include_account_numbers", "sync_until"},
            forbidden=_BILLS | _SEGMENTS,
            selections=only,
            must_select=frozenset(only),
        ),
        ScopeType(
            "cds_bill_statements",
            consent=True,
            section="6.1.7",
            implied=frozenset({"include_bill_statements", "include_accounts", "include_account_numbers"}),
            required=_OF_FORMS | {"account_numbers", "statement_date_start", "statement_date_end"},
            forbidden=_SEGMENTS,
            selections=only,
            must_select=frozenset(only),
        ),
    )


def _contract_scopes() -> tuple[ScopeType, ...]:
    only = ("service_contract_selection",)
    of_contracts = _OF_FORMS | {"contract_numbers", "service_types"}
    return (
        ScopeType(
            "cds_rate_plan",
            consent=True,
            section="6.1.1",
            implied=frozenset({"include_service_contracts", "include_rate_plans"}),
            required=of_contracts | {"include_contract_numbers", "sync_until"},
            forbidden=_BILLS | _SEGMENTS,
            selections=only,
            must_select=frozenset(only),
        ),
        ScopeType(
            "cds_service_programs",
            consent=True,
            section="6.1.3",
            implied=frozenset({"include_service_contracts", "include_service_programs"}),
            required=of_contracts | {"service_programs", "include_contract_numbers", "sync_until"},
            forbidden=_BILLS | _SEGMENTS,
            kept=frozenset({"service_programs"}),
            selections=only,
            must_select=frozenset(only),
        ),
        ScopeType(
            "cds_service_contracts",
            consent=True,
            section="6.1.5",
            implied=frozenset({"include_accounts", "include_service_contracts"}),
            required=of_contracts | {"include_contract_numbers", "sync_until"},
            forbidden=_BILLS | _SEGMENTS,
            selections=("service_contract_selection", "account_selection"),
            must_select=frozenset(only),
        ),
        ScopeType(
            "cds_service_bills",
            consent=True,
            section="6.1.8",
            implied=frozenset(
                {
                    "include_bill_sections",
                    "include_accounts",
                    "include_account_numbers",
                    "include_service_contracts",
                    "include_contract_numbers",
                }
            ),
            required=of_contracts | {"start_date", "end_date"},
            forbidden=_SEGMENTS,
            selections=("service_contract_selection", "account_selection"),
            must_select=frozenset({"service_contract_selection", "account_selection"}),
        ),
    )


def _meter_scopes() -> tuple[ScopeType, ...]:
    accounts = frozenset({"sync_until", "account_numbers", "include_accounts", "include_account_numbers"})
    contracts = accounts | {"include_service_contracts", "include_contract_numbers"}
    return (
        ScopeType(
            "cds_meters",
            consent=True,
            section="6.1.6",
            implied=frozenset({"include_meter_devices"}),
            required=_OF_FORMS | {"meter_numbers", "meter_types", "include_meter_numbers", "sync_until"},
            forbidden=_BILLS | _SEGMENTS,
            selections=(
                "meter_device_selection",
                "service_contract_selection",
                "account_selection",
                "servicepoint_selection",
            ),
            must_select=frozenset({"meter_device_selection"}),
        ),
        ScopeType(
            "cds_usage",
            consent=True,
            section="6.1.9",
            implied=_SEGMENTS,
            required=_OF_FORMS
            | {
                "include_meter_devices",
                "include_meter_numbers",
                "include_usage_segment_value_types",
                "segment_start",
                "segment_end",
            },
            selections=(
                "account_selection",
                "service_contract_selection",
                "servicepoint_selection",
                "meter_device_selection",
                "aggregation_selection",
            ),
            with_selection=MappingProxyType(
                {
                    "account_selection": contracts,
                    "service_contract_selection": contracts | {"contract_numbers"},
                    "servicepoint_selection": frozenset(
                        {"sync_until", "servicepoint_numbers", "include_service_points"}
                    ),
                    "meter_device_selection": frozenset({"sync_until", "meter_numbers"}),
                    "aggregation_selection": frozenset({"sync_until", "aggregation_numbers", "include_aggregations"}),
                }
            ),
        ),
    )


def _group_scopes() -> tuple[ScopeType, ...]:
    only, kept = ("aggregation_selection",), frozenset({"aggregation_numbers", "premise_numbers"})
    return (
        ScopeType(
            AGGREGATION_CONSENT,
            consent=True,
            section="6.1.10",
            required=kept
            | {
                "expires",
                "authorization_form_selection_type",
                "error_if_no_preselections",
                "allow_scope_modifications",
            },
            kept=kept,
            fixed=MappingProxyType({"error_if_no_preselections": True, "allow_scope_modifications": False}),
            selections=only,
            must_select=frozenset(only),
        ),
    )


CONSENT: Final = (*_account_scopes(), *_contract_scopes(), *_meter_scopes(), *_group_scopes())
