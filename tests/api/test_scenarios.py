"""The scenarios that this server claims, as its metadata show them (CDS-WG3-01 4)."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import cdsc_server
from cdsc_server.domain.durations import read_duration
from tests.support import requirement
from tests.support.oauth import judged_before_storage
from tests.support.scenario_rows import ROWS, ScenarioRow

CLAIMED = tomllib.loads(Path(cdsc_server.__file__).with_name("default.toml").read_text(encoding="utf-8"))["scenarios"]
#: Their scopes and fields are there, but no step before production proves yet that a Client is the Customer.
OFFERED = ["usage_self_access", "billing_self_access", "usage_and_billing_self_access"]


def _claimed(*what: str) -> list[Any]:
    rows = [row for row in ROWS if row.scenario in (*CLAIMED, *OFFERED) and row.what in what]
    return [pytest.param(row, marks=requirement(row.id), id=row.id) for row in rows]


@pytest.fixture
def scopes(client) -> list[dict[str, Any]]:
    document = client.get("/.well-known/oauth-authorization-server").json
    described = document["cds_scope_descriptions"]
    return [described[name] for name in document["scopes_supported"]]


def _fields(scope: dict[str, Any]) -> dict[str, Any]:
    return {field["id"]: field for field in scope["authorization_details_fields_supported"]}


def _reach(maximum: str) -> timedelta:
    return timedelta.max if maximum == "infinite" else read_duration(maximum).magnitude()


def _needed(scenario: str, kind: str) -> set[str]:
    """Every field that a scenario needs in scopes of a type."""
    return {name for row in ROWS if row.scenario == scenario and row.what == "fields" and kind in row.types
            for name in row.names}  # fmt: skip


def _meets(scope: dict[str, Any], row: ScenarioRow) -> bool:
    fields = _fields(scope)
    match row.what:
        case "offered":
            return scope["type"] in row.types
        case "fields":
            return scope["type"] in row.types and fields.keys() >= set(row.names)
        case "grant_type":
            return scope["type"] in row.types and row.names[0] in scope["grant_types_supported"]
        case "selection":
            choices = fields["authorization_form_selection_type"]["choices"] if scope["type"] in row.types else []
            return row.names[0] in {choice["id"] for choice in choices}
    raise ValueError(row.what)


@judged_before_storage
@pytest.mark.parametrize("row", _claimed("offered", "fields", "grant_type", "selection"))
def test_some_scope_has_what_the_scenario_needs(scopes, row):
    assert any(_meets(scope, row) for scope in scopes)


@judged_before_storage
@pytest.mark.parametrize("row", _claimed("history", "endless"))
def test_every_scope_that_makes_the_scenario_reaches_far_enough(scopes, row):
    (name,) = row.names
    kinds = {kind for each in ROWS if each.scenario == row.scenario for kind in each.types}
    whole = [
        each for each in scopes if each["type"] in kinds and _fields(each).keys() >= _needed(row.scenario, each["type"])
    ]
    bounded = [_fields(each)[name] for each in whole if name in _fields(each)]

    assert bounded
    assert all(_reach(field["maximum"]) >= _reach(row.value) for field in bounded)


@judged_before_storage
@pytest.mark.parametrize("scenario", [*CLAIMED, *OFFERED])
def test_one_scope_of_each_type_has_all_the_fields(scopes, scenario):
    """Else no single request could have them together."""
    for kind in {kind for row in ROWS if row.scenario == scenario and row.what == "fields" for kind in row.types}:
        assert any(_fields(scope).keys() >= _needed(scenario, kind) for scope in scopes if scope["type"] == kind)
