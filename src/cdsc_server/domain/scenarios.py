"""
Scenarios a Server can claim: which scopes with which fields make one whole (CDS-WG3-01 4).

They are profiles that laws and contracts refer to; no answer of an API names them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cdsc_server.domain.durations import INFINITE, read_duration
from cdsc_server.domain.registration_fields import FieldType

if TYPE_CHECKING:
    from cdsc_server.domain.catalogue import Scope
    from cdsc_server.domain.registration_fields import RegistrationField

_ACCOUNTS = "include_accounts include_account_numbers"
_CONTRACTS = "include_service_contracts include_contract_numbers"
_TARIFFS = "include_rate_plans include_service_contract_details"
_POINTS = "include_service_points include_premises include_service_point_addresses include_coordinates"
_METERS = "include_meter_devices include_meter_numbers"
_CHARGES = "include_bill_statement_files include_bill_statement_charges"


@dataclass(frozen=True)
class Scenario:
    """
    What a Server must offer to claim it.

    Args:
        section: of CDS-WG3-01.
        scopes: for each type of scope that is needed, fields beyond what the type itself needs.
        any_scope: one of the types is enough.
        history: for each field that reaches back, how far it must; where a needed scope has it.
        endless: fields whose maximum must be infinite; where a needed scope has them.
        selections: for each type of scope, a selection the form must be able to draw.
        from_last_bill: whether bills begin with the Customer's last one.
        synced: how long each source of its data may be silent, by the words of `domain.freshness.Source`.
        proven: whether a step before production has to prove that the Client is the Customer.
    """

    id: str
    section: str
    scopes: Mapping[str, frozenset[str]]
    any_scope: bool = False
    history: Mapping[str, str] = field(default_factory=dict)
    endless: tuple[str, ...] = ()
    selections: Mapping[str, str] = field(default_factory=dict)
    from_last_bill: bool = False
    synced: Mapping[str, timedelta] = field(default_factory=dict)
    proven: bool = False


def _scopes(**fields: str) -> dict[str, frozenset[str]]:
    return {f"cds_{name}": frozenset(words.split()) for name, words in fields.items()}


def _joined(*parts: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    joined: dict[str, frozenset[str]] = {}
    for part in parts:
        for name, fields in part.items():
            joined[name] = joined.get(name, frozenset()) | fields
    return joined


_OWN_OBJECTS = (
    "account_numbers contract_numbers servicepoint_numbers premise_numbers meter_numbers "
    f"{_ACCOUNTS} include_account_details {_CONTRACTS} {_TARIFFS} {_POINTS} {_METERS} include_meter_apps "
    "error_if_no_preselections"
)
_OWN_CONTRACTS = (
    f"account_numbers contract_numbers {_ACCOUNTS} include_account_details {_CONTRACTS} {_TARIFFS} "
    "error_if_no_preselections"
)
_OWN_USAGE = _scopes(
    query_accounts=_OWN_OBJECTS,
    query_service_contracts=_OWN_OBJECTS,
    query_service_points=_OWN_OBJECTS,
    query_meter_devices=_OWN_OBJECTS,
    query_usage=f"meter_numbers {_METERS} error_if_no_preselections",
)
_OWN_BILLS = _scopes(
    query_accounts=_OWN_CONTRACTS,
    query_service_contracts=_OWN_CONTRACTS,
    query_bill_statements=f"account_numbers {_ACCOUNTS} {_CHARGES} include_bill_statement_programs "
    "error_if_no_preselections",
    query_bill_sections=f"account_numbers contract_numbers {_ACCOUNTS} {_CONTRACTS} include_bill_section_line_items "
    "include_bill_section_programs",
)
_OWN_BOTH = _joined(
    _OWN_USAGE,
    _OWN_BILLS,
    _scopes(
        query_bill_sections="include_service_points include_meter_devices",
        query_usage="include_bill_sections",
    ),
)
_PROGRAMS = f"account_numbers meter_numbers addresses {_ACCOUNTS} {_CONTRACTS} {_TARIFFS} {_METERS}"
_USAGE_BACK: Final = {"segment_start": "P1Y"}
_USAGE_ON = ("segment_end", "sync_until")
_BILLS_BACK: Final = {"statement_date_start": "P1Y", "start_date": "P1Y"}
_BILLS_ON = ("statement_date_end", "end_date", "sync_until")
_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(weeks=1)

SCENARIOS: Final = {
    scenario.id: scenario
    for scenario in (
        Scenario("usage_self_access", "4.1", _OWN_USAGE, history=_USAGE_BACK, endless=_USAGE_ON, proven=True),
        Scenario("billing_self_access", "4.2", _OWN_BILLS, history=_BILLS_BACK, endless=_BILLS_ON, proven=True),
        Scenario(
            "usage_and_billing_self_access",
            "4.3",
            _OWN_BOTH,
            history={**_USAGE_BACK, **_BILLS_BACK},
            endless=(*_USAGE_ON, *_BILLS_ON),
            proven=True,
        ),
        Scenario(
            "meter_data",
            "4.4",
            _scopes(
                service_contracts=f"account_numbers meter_numbers addresses include_account_numbers {_TARIFFS} "
                f"{_POINTS} include_meter_devices",
                meters="account_numbers contract_numbers service_types servicepoint_numbers servicepoint_types "
                f"premise_numbers addresses {_ACCOUNTS} {_CONTRACTS} {_TARIFFS} {_POINTS}",
                usage="account_numbers contract_numbers service_types servicepoint_numbers servicepoint_types "
                "premise_numbers meter_numbers addresses",
            ),
            history={"segment_start": "P3Y"},
            endless=_USAGE_ON,
            selections={"cds_meters": "service_contract_selection", "cds_usage": "service_contract_selection"},
            synced={"short_readings": _DAY, "long_readings": _WEEK},
        ),
        Scenario(
            "customer_tariffs",
            "4.5",
            _scopes(
                rate_plan=f"account_numbers meter_numbers addresses {_ACCOUNTS} include_service_contract_details "
                f"{_METERS}"
            ),
            endless=("sync_until",),
            synced={"price_plans": _WEEK},
        ),
        Scenario(
            "customer_programs",
            "4.6",
            _scopes(account_programs=_PROGRAMS, service_programs=_PROGRAMS),
            any_scope=True,
            endless=("sync_until",),
            synced={"programs": _WEEK},
        ),
        Scenario(
            "bill_amount_due",
            "4.7",
            _scopes(bill_statements="addresses"),
            endless=("statement_date_end",),
            from_last_bill=True,
            synced={"bills": _WEEK},
        ),
        Scenario(
            "customer_bills",
            "4.8",
            _scopes(bill_statements=f"addresses {_CHARGES}"),
            history={"statement_date_start": "P3Y"},
            endless=("statement_date_end",),
            synced={"bills": _WEEK},
        ),
        Scenario(
            "service_charges",
            "4.9",
            _scopes(service_bills="account_numbers meter_numbers addresses include_bill_section_line_items"),
            history={"start_date": "P3Y"},
            endless=("end_date",),
            synced={"bills": _WEEK},
        ),
        Scenario("meter_app_transparency", "4.10", _scopes(meters="meter_apps addresses include_meter_apps")),
        Scenario(
            "whole_building_data",
            "4.11",
            _scopes(
                # Without addresses, which it lists as well: 7.1.13 forbids them on scopes without a form.
                query_aggregations="servicepoint_numbers aggregation_numbers include_service_points include_premises "
                "include_service_point_addresses include_aggregation_addresses",
                query_usage="aggregation_numbers include_aggregations include_aggregation_addresses",
                aggregation_consent="",
            ),
        ),
        Scenario(
            "aggregated_data",
            "4.12",
            _scopes(
                query_aggregations="aggregation_numbers",
                query_usage="aggregation_numbers include_aggregations",
            ),
        ),
    )
}


def read_scenarios(
    claimed: object, scopes: Mapping[str, Scope], fields: Mapping[str, RegistrationField], faults: list[str]
) -> tuple[str, ...]:
    """The scenarios that a configuration claims; what they lack is added to the faults once there is no other."""
    if not isinstance(claimed, list) or not all(isinstance(name, str) for name in claimed):
        faults.append("scenarios must be an array of ids")
        return ()
    if not faults:
        faults += scenario_faults(claimed, scopes, fields)
    return tuple(dict.fromkeys(claimed))


def scenario_faults(
    claimed: Collection[str], scopes: Mapping[str, Scope], fields: Mapping[str, RegistrationField]
) -> Iterator[str]:
    """
    Why scenarios cannot be claimed: what is missing of each.

    Production always waits for an operator, so that each scope has to list a step that says so.
    Where several scopes have the type that is needed, one must have it all; the nearest to it is told about.
    """
    for name in claimed:
        scenario = SCENARIOS.get(name)
        if scenario is None:
            yield f"scenarios: {name!r} is not one of {', '.join(SCENARIOS)}"
            continue
        missing = {kind: _missing(scenario, kind, scopes, fields) for kind in scenario.scopes}
        if scenario.any_scope and not all(missing.values()):
            continue
        for fault in (each for faults in missing.values() for each in faults):
            yield f"scenarios: {name} needs {fault} (CDS-WG3-01 {scenario.section})"


def _missing(
    scenario: Scenario, kind: str, scopes: Mapping[str, Scope], fields: Mapping[str, RegistrationField]
) -> list[str]:
    found = [list(_missing_in(scenario, scope, fields)) for scope in scopes.values() if scope.type.id == kind]
    return min(found, key=len) if found else [f"a scope of type {kind}"]


def _missing_in(scenario: Scenario, scope: Scope, fields: Mapping[str, RegistrationField]) -> Iterator[str]:
    where = f"scopes.{scope.id}"
    for name in sorted(scenario.scopes[scope.type.id] - scope.fields.keys()):
        yield f"{name} in {where}.fields"
    for name in scenario.endless:
        if name in scope.fields and scope.fields[name].maximum != INFINITE:
            yield f"{where}.limits.{name}.maximum to be {INFINITE}"
    for name, reach in scenario.history.items():
        if name in scope.fields and not _reaches(str(scope.fields[name].maximum), reach):
            yield f"{where}.limits.{name}.maximum to reach back {reach} at least"
    if scope.from_last_bill is not scenario.from_last_bill:
        yield f"{where}.from_last_bill to be {str(scenario.from_last_bill).lower()}"
    drawn = scenario.selections.get(scope.type.id)
    if drawn is not None and drawn not in scope.selections:
        yield f"{drawn} in {where}.selections"
    steps = [fields[name].type for name in scope.registration_requirements]
    if not steps:
        yield f"a step before production in {where}.registration_requirements"
    if scenario.proven and FieldType.SSO_VERIFICATION not in steps:
        yield f"a field of type {FieldType.SSO_VERIFICATION} in {where}.registration_requirements"


def _reaches(maximum: str, wanted: str) -> bool:
    return maximum == INFINITE or read_duration(maximum).magnitude() >= read_duration(wanted).magnitude()
