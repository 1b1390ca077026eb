"""A Client Object's own limits: never wider than the catalogue's."""

from dataclasses import replace
from pathlib import Path

import pytest

import cdsc_server
from cdsc_server.app import load_catalogue
from cdsc_server.domain.client_limits import checked_limit, limited
from cdsc_server.errors import InvalidRequest
from cdsc_server.settings import Settings

CATALOGUE = load_catalogue(Settings.for_tests(catalogue_file=str(Path(cdsc_server.__file__).with_name("default.toml"))))


def field_of(catalogue, field_id, scope_id="usage_data"):
    return catalogue.scopes[scope_id].fields[field_id]


def test_without_limits_it_is_the_catalogue_itself():
    assert limited(CATALOGUE, {}) is CATALOGUE


def test_only_the_limited_field_of_the_limited_scope_differs():
    own = limited(CATALOGUE, {"usage_data": {"segment_start": {"maximum": "P6M"}}})

    assert field_of(own, "segment_start").maximum == "P6M"
    assert field_of(CATALOGUE, "segment_start").maximum == "P5Y"
    assert field_of(own, "segment_start", "generation_mix") == field_of(CATALOGUE, "segment_start", "generation_mix")
    assert field_of(own, "segment_end") == field_of(CATALOGUE, "segment_end")


def test_a_default_beyond_the_limit_moves_to_it():
    """Nobody gets more by asking for less."""
    offered = field_of(CATALOGUE, "segment_start")
    scope = CATALOGUE.scopes["usage_data"]
    wide = replace(scope, fields={**scope.fields, "segment_start": replace(offered, default="P3Y")})
    catalogue = replace(CATALOGUE, scopes={**CATALOGUE.scopes, "usage_data": wide})

    own = limited(catalogue, {"usage_data": {"segment_start": {"maximum": "P6M"}}})

    assert field_of(own, "segment_start").default == "P6M"


def test_a_catalogue_that_became_narrower_holds():
    """Whatever was set before."""
    own = limited(CATALOGUE, {"usage_data": {"segment_start": {"maximum": "P9Y", "minimum": "P7Y"}}, "gone": {}})

    assert field_of(own, "segment_start").maximum == field_of(own, "segment_start").minimum == "P5Y"


def test_characters_are_counted_in_numbers():
    own = limited(CATALOGUE, {"usage_data": {"meter_numbers": {"maximum": "100"}}})

    assert field_of(own, "meter_numbers").maximum == 100


@pytest.mark.parametrize(
    ("scope", "field", "limit", "words"),
    [
        ("gone", "segment_start", {"maximum": "P1Y"}, "gone offers no field segment_start"),
        ("usage_data", "colour", {"maximum": "P1Y"}, "usage_data offers no field colour"),
        ("usage_data", "include_accounts", {"maximum": "1"}, "has no limits"),
        ("usage_data", "segment_start", {}, "give it, or minimum"),
        ("usage_data", "segment_start", {"maximum": "a year"}, "not an ISO 8601 duration"),
        ("usage_data", "segment_start", {"maximum": "P6Y"}, "P6Y is above the P5Y of the catalogue"),
        ("usage_data", "meter_numbers", {"minimum": "0"}, "0 is below the 1 of the catalogue"),
        ("usage_data", "meter_numbers", {"maximum": "-1"}, "not a number of characters"),
        ("usage_data", "segment_start", {"maximum": "P1M", "minimum": "P1Y"}, "above the maximum"),
    ],
)
def test_an_impossible_limit_is_refused(scope, field, limit, words):
    with pytest.raises(InvalidRequest, match=words):
        checked_limit(CATALOGUE, scope, field, maximum=limit.get("maximum"), minimum=limit.get("minimum"))
