"""Bounds in time: every form the standard has is taken, and absolute ones come back (CDS-WG3-01 7, 7.3)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from cdsc_server import exact_json
from tests.factories.catalogues import changed_catalogue
from tests.factories.oauth import Approval, approve, register
from tests.support import requirement

_ABSOLUTE = re.compile(r"infinite|\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?")
SCOPES = (
    "account_list",
    "supply_details",
    "distribution_details",
    "bill_statements",
    "service_bills",
    "usage_data",
    "generation_mix",
)


@pytest.fixture
def party(client):
    return register(client, f"cds_client_admin cds_grant_admin {' '.join(SCOPES)}")


@pytest.fixture
def described(client):
    return client.get("/.well-known/oauth-authorization-server").json["cds_scope_descriptions"]


@pytest.fixture
def approved(app, party, clock, settings):
    """An approval of one scope, asked for by its word."""
    catalogue = app.extensions["cdsc"].catalogue

    def approves(scope: str) -> Approval:
        return approve(app, party.app.client_id, catalogue=catalogue, clock=clock, settings=settings, scopes=(scope,))

    return approves


def _fields(described: dict[str, Any], scope: str) -> dict[str, Any]:
    return {each["id"]: each for each in described[scope]["authorization_details_fields_supported"]}


def _bounds(described: dict[str, Any], scope: str) -> dict[str, str]:
    """Fields of a scope that bound something in time, with their formats."""
    return {
        name: field["format"]
        for name, field in _fields(described, scope).items()
        if field["format"].startswith("relative_or_absolute")
    }


@requirement("WG3-01-7.3-03")
@pytest.mark.parametrize("scope", SCOPES)
def test_grants_show_absolute_bounds_only(approved, party, described, scope):
    (entry,) = party.http.get(f"/grants/{approved(scope).grant_id}", headers=party.bearer).json["authorization_details"]

    bounds = _bounds(described, scope)
    assert bounds
    for name, form in bounds.items():
        assert _ABSOLUTE.fullmatch(entry[name]), (name, entry[name])
        assert ("T" in entry[name]) == (form.endswith("datetime") and entry[name] != "infinite")


@requirement("WG3-01-7-03")
@pytest.mark.parametrize("scope", SCOPES)
def test_defaults_are_told_with_the_token(approved, party, described, scope):
    """All but preselections, which are gone, and merges, which were for the form."""
    (entry,) = party.access(approved(scope))["authorization_details"]

    fields = _fields(described, scope)
    told = {name for name, field in fields.items() if field["format"] in ("boolean", "choice")} | set(
        _bounds(described, scope)
    )
    assert told
    assert told <= entry.keys()


@requirement("WG3-01-7.3-05")
@pytest.mark.parametrize("scope", SCOPES)
def test_every_written_form_of_a_bound_is_taken(party, described, scope):
    """Relative, absolute and infinite, as far as the limits go; one request for each."""
    for name, form in _bounds(described, scope).items():
        dates = form == "relative_or_absolute_date"
        starts = name.endswith("start") or name == "start_date"
        day = "2025-11-01" if starts else "2031-01-01"
        written = ["P1M", "P2W", "P1M3D" if dates else "P1M3DT4H", day if dates else f"{day}T00:00:00-05:00"]
        if _fields(described, scope)[name]["maximum"] == "infinite":
            written.append("infinite")
        for value in written:
            details = exact_json.dumps([{"type": scope, name: value}]).decode()
            form_sent = party.asking(scope=None, authorization_details=details)
            answer = party.http.post("/oauth/par", data=form_sent, headers=party.app.headers)

            assert answer.status_code == 201, (name, value, answer.json)


@requirement("WG3-01-7.3-04")
class TestLimits:
    """A bound that reaches further than the limit is never granted."""

    @pytest.fixture
    def settings(self, settings, tmp_path):
        def tightened(text: str) -> str:
            return text.replace('segment_start = { maximum = "P5Y"', 'segment_start = { maximum = "P1M"', 1)

        return replace(settings, catalogue_file=changed_catalogue(tmp_path, tightened))

    @pytest.mark.parametrize("value", ["P2M", "infinite", "2001-01-01T00:00:00Z"])
    def test_what_reaches_beyond_it_is_refused(self, party, value):
        details = exact_json.dumps([{"type": "usage_data", "segment_start": value}]).decode()
        answer = party.http.post(
            "/oauth/par", data=party.asking(scope=None, authorization_details=details), headers=party.app.headers
        )

        assert (answer.status_code, answer.json["error"]) == (400, "invalid_authorization_details")
        assert "segment_start" in answer.json["error_description"]
