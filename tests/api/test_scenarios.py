"""The scenarios that this server claims, as its metadata show them (CDS-WG3-01 4)."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import cdsc_server
from cdsc_server.domain.durations import read_duration
from cdsc_server.errors import Conflict
from cdsc_server.services import reviews
from cdsc_server.services.reviews import Desk
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import reading
from cdsc_server.storage.reviews import requirements_of
from cdsc_server.web.context import Context
from tests.factories.oauth import register
from tests.support import requirement
from tests.support.oauth import judged_before_storage
from tests.support.scenario_rows import ROWS, ScenarioRow

CLAIMED = tomllib.loads(Path(cdsc_server.__file__).with_name("default.toml").read_text(encoding="utf-8"))["scenarios"]


def _claimed(*what: str) -> list[Any]:
    rows = [row for row in ROWS if row.scenario in CLAIMED and row.what in what]
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
@pytest.mark.parametrize("row", _claimed("proof"))
def test_a_step_of_every_scope_proves_that_the_client_is_the_customer(client, scopes, row):
    """By signing in as the Customer; whatever else has to be done beside it."""
    fields = client.get("/.well-known/oauth-authorization-server").json["cds_registration_fields"]
    for kind in row.types:
        whole = [
            each for each in scopes if each["type"] == kind and _fields(each).keys() >= _needed(row.scenario, kind)
        ]

        assert whole
        for scope in whole:
            assert "sso_verification" in {fields[name]["type"] for name in scope["registration_requirements"]}


@pytest.mark.parametrize("row", _claimed("steps"))
def test_production_waits_for_every_step_that_is_listed_and_for_no_other(app, client, scopes, row):
    """A Client Object for production is made as soon as the steps that metadata lists are done, and not before."""
    wanted = [each for each in scopes if each["type"] in row.types]
    listed = {name for each in wanted for name in each["registration_requirements"]}
    party = register(client, " ".join(["cds_client_admin", *(each["id"] for each in wanted)]))
    context: Context = app.extensions["cdsc"]
    desk = Desk(context.catalogue, context.settings, context.ports)
    with app.app_context(), reading() as session:
        registration_id = session.get(ClientRow, party.admin.client_id).registration_id
        *steps, last = [(each.field_id, each.message_id) for each in requirements_of(session, registration_id)]

    def objects(status: str) -> list[str]:
        found = client.get("/clients", headers=party.bearer).json["clients"]
        ours = [each for each in found if set(each["scope"].split()) & {scope["id"] for scope in wanted}]
        return [each["client_id"] for each in ours if status in each["cds_status_options"]]

    assert listed == {field_id for field_id, _ in (*steps, last)}
    assert all(each["registration_requirements"] for each in wanted)
    sandboxes = objects("sandbox")
    with app.app_context():
        for _, message_id in steps:
            reviews.accept(message_id, desk=desk)
        for client_id in sandboxes:
            with pytest.raises(Conflict, match=last[0]):
                reviews.make_production(client_id, desk=desk)
    assert objects("production") == []

    with app.app_context():
        reviews.accept(last[1], desk=desk)
        made = [reviews.make_production(client_id, desk=desk).made[0] for client_id in sandboxes]

    assert made
    assert sorted(objects("production")) == sorted(made)


@judged_before_storage
@requirement("WG3-01-12.1-02")
def test_no_scope_of_customer_data_is_open_to_production_without_terms_and_a_review(client, scopes):
    """Whoever asks for data of Customers is reachable, agrees to terms, and is looked at by a person."""
    fields = client.get("/.well-known/oauth-authorization-server").json["cds_registration_fields"]
    registration = {"cds_client_admin", "cds_grant_admin", "cds_server_provided_files"}
    data = [each for each in scopes if each["type"] not in registration]

    assert len({each["type"] for each in data}) >= 18
    for scope in data:
        kinds = {fields[name]["type"] for name in scope["registration_requirements"]}
        assert kinds >= {"email_verification", "online_form", "internal_review"}, scope["id"]


@judged_before_storage
@pytest.mark.parametrize("scenario", CLAIMED)
def test_one_scope_of_each_type_has_all_the_fields(scopes, scenario):
    """Else no single request could have them together."""
    for kind in {kind for row in ROWS if row.scenario == scenario and row.what == "fields" for kind in row.types}:
        assert any(_fields(scope).keys() >= _needed(scenario, kind) for scope in scopes if scope["type"] == kind)
