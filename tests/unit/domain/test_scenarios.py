"""A Server that claims a scenario has every part of it, or does not start (CDS-WG3-01 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from cdsc_server.domain.catalogue import Scope
from cdsc_server.domain.detail_fields import DetailField
from cdsc_server.domain.offered_fields import OfferedField
from cdsc_server.domain.registration_fields import FieldType, RegistrationField
from cdsc_server.domain.scenarios import SCENARIOS, Scenario, scenario_faults
from cdsc_server.domain.scope_types import ScopeType
from tests.support.scenario_rows import ROWS, ScenarioRow

#: Steps before production, by which a Client shows that it is the Customer, and does not.
STEPS = {
    "proof": RegistrationField("proof", FieldType.SSO_VERIFICATION, "Sign in"),
    "review": RegistrationField("review", FieldType.INTERNAL_REVIEW, "We look"),
}
CLAIMABLE = [row for row in ROWS if row.scenario in SCENARIOS]


def _offered(name: str, maximum: str = "infinite") -> OfferedField:
    return OfferedField(DetailField(name, "other", "boolean", "7", name, name), None, maximum)


def _whole(scenario: Scenario) -> dict[str, Scope]:
    """Scopes that have just what the scenario needs."""
    scopes = {}
    for kind, fields in scenario.scopes.items():
        names = {*fields, *scenario.endless, *scenario.history}
        selections = (scenario.selections[kind],) if kind in scenario.selections else ()
        scope_type = ScopeType(kind, consent="query" not in kind, selections=selections)
        scopes[kind] = Scope(
            kind,
            scope_type,
            kind,
            kind,
            {name: _offered(name) for name in names},
            selections,
            from_last_bill=scenario.from_last_bill,
            registration_requirements=("proof",),
        )
    return scopes


def _broken(scopes: Mapping[str, Scope], row: ScenarioRow) -> dict[str, Scope]:
    """The scopes with one part of the row missing."""
    if row.what in ("offered", "grant_type"):
        return {kind: scope for kind, scope in scopes.items() if kind not in row.types}
    changed = {}
    for kind, scope in scopes.items():
        if row.what in ("endless", "history"):
            fields = {**scope.fields, row.names[0]: _offered(row.names[0], "P11M")}
            changed[kind] = replace(scope, fields=fields)
        elif kind not in row.types:
            changed[kind] = scope
        elif row.what in ("proof", "steps"):
            changed[kind] = replace(scope, registration_requirements=("review",) if row.what == "proof" else ())
        elif row.what == "selection":
            changed[kind] = replace(scope, selections=())
        else:
            gone = row.names[-1]
            fields = {name: offered for name, offered in scope.fields.items() if name != gone}
            changed[kind] = replace(scope, fields=fields)
    return changed


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=list(SCENARIOS))
def test_what_has_every_part_can_be_claimed(scenario):
    assert list(scenario_faults([scenario.id], _whole(scenario), STEPS)) == []


@pytest.mark.parametrize("row", CLAIMABLE, ids=[row.id for row in CLAIMABLE])
def test_what_lacks_a_part_cannot_be_claimed(row):
    scenario = SCENARIOS[row.scenario]
    scopes = _broken(_whole(scenario), row)
    if scenario.any_scope and row.what in ("fields", "steps"):
        scopes = {kind: scope for kind, scope in scopes.items() if kind in row.types}

    faults = list(scenario_faults([row.scenario], scopes, STEPS))

    assert faults
    assert all(fault.startswith(f"scenarios: {row.scenario} needs ") for fault in faults)


def test_one_scope_of_a_type_must_have_it_all():
    scenario = SCENARIOS["meter_app_transparency"]
    whole = _whole(scenario)["cds_meters"]
    halves = {
        "one": replace(whole, id="one", fields={"meter_apps": _offered("meter_apps")}),
        "other": replace(whole, id="other", fields={name: _offered(name) for name in ("addresses", "meter_apps")}),
    }

    assert list(scenario_faults([scenario.id], halves, STEPS)) == [
        "scenarios: meter_app_transparency needs include_meter_apps in scopes.other.fields (CDS-WG3-01 4.10)"
    ]
    assert list(scenario_faults([scenario.id], {**halves, "whole": whole}, STEPS)) == []


def test_what_is_no_scenario_is_told():
    (fault,) = scenario_faults(["meter_date"], {}, STEPS)

    assert fault.startswith("scenarios: 'meter_date' is not one of usage_self_access,")
