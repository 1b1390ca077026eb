"""What the standard wants of each scope type and each field, row by row, of the metadata that this server answers."""

from __future__ import annotations

import csv
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from markupsafe import escape

from cdsc_server.app import load_catalogue
from tests.support import requirement

OAUTH = "/.well-known/oauth-authorization-server"
SELECTION = "authorization_form_selection_type"
_DATA = Path(__file__).parents[1] / "data"


def rows(name: str) -> list[object]:
    """The rows of a table, each tied to its row of the register."""
    with (_DATA / name).open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file, delimiter="\t"))
    return [pytest.param(each, id=each["row"], marks=requirement(each["row"])) for each in found]


@pytest.fixture
def scopes(client):
    return client.get(OAUTH).json["cds_scope_descriptions"].values()


def fields_of(scope):
    return {each["id"]: each for each in scope["authorization_details_fields_supported"]}


def choices_of(scope):
    return [choice["id"] for choice in fields_of(scope)[SELECTION]["choices"]]


def breaks(scope, rule: str, values: list[str]) -> bool:
    """Whether a scope breaks a rule of `wg3_scopes.tsv`."""
    match rule:
        case "type":
            return scope["type"] not in values
        case "response_types" | "grant_types":
            return not set(values) <= set(scope[f"{rule}_supported"])
        case "no_grant_types":
            return not set(values).isdisjoint(scope["grant_types_supported"])
        case "fields":
            return not set(values) <= fields_of(scope).keys()
        case "no_fields":
            return not fields_of(scope).keys().isdisjoint(values)
        case "only_selection":
            return choices_of(scope) != values
        case "selections":
            return not set(values) <= set(choices_of(scope))
        case "some_selection":
            return not choices_of(scope)
        case "among_selections":
            return not set(choices_of(scope)) <= set(values)
        case _:
            kind = rule.removeprefix("with_")
            assert kind.endswith("_selection")
            return kind in choices_of(scope) and not set(values) <= fields_of(scope).keys()


@pytest.mark.parametrize("row", rows("wg3_scopes.tsv"))
def test_every_scope_of_a_type_is_what_the_standard_wants(scopes, row):
    """The catalogue that ships has at least one of each type; what a type needs, all of them have."""
    of_type = [scope for scope in scopes if scope["type"] == row["type"]]
    values = row["values"].split() if row["rule"] != "type" else [row["type"]]

    assert of_type
    assert [scope["id"] for scope in of_type if breaks(scope, row["rule"], values)] == []
    if row["rule"].startswith("with_"):
        kind = row["rule"].removeprefix("with_")
        assert any(kind in choices_of(scope) for scope in of_type), f"no scope offers {kind}"


@pytest.mark.parametrize("row", rows("wg3_fields.tsv"))
def test_every_offer_of_a_field_is_what_the_standard_wants(scopes, row):
    """Whichever scope offers it."""
    name, member, values = row["field"], row["member"], row["values"]
    offers = [(scope, fields_of(scope)[name]) for scope in scopes if name in fields_of(scope)]

    assert offers
    for scope, field in offers:
        if member == "forms_only":
            assert scope["response_types_supported"]
        elif member in ("id", "format"):
            assert field[member] in values.split()
        elif scope["response_types_supported"]:
            expected = {"false": False, "null": None}[values]
            assert member in field
            assert field[member] is expected


@requirement("WG3-01-7.4.5-06", "WG3-01-7.4.1-04", "WG3-01-7.4.1-05")
def test_every_scope_of_the_form_says_what_is_drawn_and_whether_it_may_be_changed(scopes):
    """The form can be edited, so each scope on it can forbid that; one choice of lists is offered as several are."""
    for scope in (scope for scope in scopes if scope["response_types_supported"]):
        fields = fields_of(scope)

        assert "allow_scope_modifications" in fields
        assert choices_of(scope)
        assert fields[SELECTION]["default"] in choices_of(scope)


@requirement("WG3-01-6.1-01")
def test_scopes_with_a_form_have_the_response_type_code(client):
    document = client.get(OAUTH).json
    consent = [each for each in document["cds_scope_descriptions"].values() if SELECTION in fields_of(each)]

    assert consent
    assert all("code" in each["response_types_supported"] for each in consent)
    assert "code" in document["response_types_supported"]


@requirement("WG3-01-7.4.4-06")
def test_a_purpose_of_ours_is_described_with_the_words_that_customers_read(client, scopes, settings):
    """Where its choice links to."""
    choices = [choice for scope in scopes for choice in fields_of(scope).get("purpose", {}).get("choices", ())]
    ours = load_catalogue(settings).purposes

    assert {choice["id"] for choice in choices} == ours.keys()
    for choice in choices:
        page = client.get(urlsplit(choice["documentation"]).path)
        assert page.status_code == 200
        assert f'id="{choice["id"]}"' in page.text
        assert str(escape(ours[choice["id"]].content)) in page.text
