"""Metadata that a configuration adds: related documents, moved addresses, maps, coverage of scopes."""

import json
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from cdsc_server.app import load_catalogue
from cdsc_server.errors import InvalidConfiguration
from tests.factories.catalogues import changed_catalogue, fields_of
from tests.factories.oauth import register
from tests.support import requirement

SERVER = "/.well-known/cds-server-metadata.json"
OLD, NEW = "https://old.example", "https://new.example/.well-known/cds-server-metadata.json"
RELATED = ["https://gas.example/.well-known/cds-server-metadata.json", "https://water.example/metadata/cds.json"]
AREA = {"type": "Polygon", "coordinates": [[[-74, 40], [-73, 40], [-73, 41], [-74, 40]]]}

TABLES = f"""
[metadata]
related_metadata = {json.dumps(RELATED)}
moved = {{ "{OLD}{SERVER}" = "{NEW}" }}

[coverage.north]
entity_name = "Northern Gas"
country = "CA"
name = "Gas beyond the border"
type = "geographic"
role = "official"
capabilities = ["oauth"]
map_file = "maps/north.svg"
geojson_file = "maps/north.geojson"

[coverage.south]
entity_name = "Demo Gas & Electric"
country = "US"
name = "South"
type = "geographic"
role = "authoritative"
map_resource = "https://dge.example/south.png"
map_content_type = "image/png"

[scopes.usage_data_north]
type = "cds_usage"
name = "Gas use beyond the border"
description = "How much gas the Customer used, for a year."
grant_admin_scope = "cds_grant_admin"
coverages_supported = ["north"]
value_types = ["gas_therm"]
fields = {fields_of("cds_usage")}

[scopes.usage_data_north.limits.segment_start]
maximum = "P1Y"
minimum = "PT0S"
"""


@pytest.fixture
def settings(settings, tmp_path):
    """A server with the tables above beside what ships, and the files they name."""
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps/north.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", encoding="utf-8")
    (tmp_path / "maps/north.geojson").write_text(json.dumps(AREA), encoding="utf-8")
    here, both = 'coverages_supported = ["ashford_bay"]', 'coverages_supported = ["north", "ashford_bay"]'
    file = changed_catalogue(tmp_path, lambda shipped: shipped.replace(here, both, 1) + TABLES)
    return replace(settings, catalogue_file=file)


@requirement("WG1-01-3.3-01", "WG1-01-3.3-02", "WG1-01-3.2-15")
def test_the_one_well_known_document_leads_to_related_ones(client):
    """In the order of the configuration."""
    assert client.get(SERVER).json["related_metadata"] == RELATED


@requirement("WG1-01-5-03")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_address_that_moved_leads_to_the_new_one(client, method):
    """Known by the host that was asked for; every other host and address is answered as ever."""
    moved = client.open(SERVER, method=method, base_url="https://OLD.example")

    assert (moved.status_code, moved.headers["Location"]) == (301, NEW)
    assert client.get(SERVER).status_code == 200
    assert client.get("/coverage", base_url=OLD).status_code == 200


@requirement("WG1-01-4.3-18", "WG1-01-4.3-20", "WG1-01-4.3-22", "WG1-01-8.1-05", "WG1-01-2-03")
def test_the_files_of_an_entry_are_open_to_all(client, settings):
    """At the addresses that the entry names, in the format it says."""
    entry = client.get("/coverage", query_string={"ids": "north"}).json["coverage_entries"][0]

    drawn, area = (client.get(entry[name]) for name in ("map_resource", "geojson_resource"))

    assert entry["map_resource"].startswith(settings.base_url)
    assert drawn.mimetype == entry["map_content_type"] == "image/svg+xml"
    assert (area.mimetype, json.loads(area.data)) == ("application/geo+json", AREA)
    assert client.get(entry["map_resource"], headers={"If-None-Match": drawn.headers["ETag"]}).status_code == 304


@requirement("WG1-01-4.2-02")
@pytest.mark.parametrize(("capabilities", "found"), [("oauth", ["north"]), ("oauth other", ["north"]), ("other", [])])
def test_filters_of_the_coverage_intersect(client, capabilities, found):
    """One entry has the id but not the capability, another the capability but not the id."""
    query = {"ids": "south north", "capabilities": capabilities}

    listed = client.get("/coverage", query_string=query).json["coverage_entries"]
    capable = client.get("/coverage", query_string={"capabilities": capabilities}).json["coverage_entries"]

    assert [entry["id"] for entry in listed] == found
    assert len(capable) > len(found) or not found


@requirement("WG1-01-4.1-05", "WG1-01-4.2-01", "WG1-01-4.3-01", "WG1-01-4.3-08")
def test_several_entries_are_listed_by_their_last_change(client):
    """Ids tell them apart, in any number."""
    entries = client.get("/coverage").json["coverage_entries"]
    chosen = client.get("/coverage", query_string={"ids": "south north"}).json["coverage_entries"]

    assert {entry["id"]: entry["country"] for entry in entries} == {"ashford_bay": "US", "north": "CA", "south": "US"}
    assert [entry["updated"] for entry in entries] == sorted((entry["updated"] for entry in entries), reverse=True)
    assert {entry["id"] for entry in chosen} == {"north", "south"}


@pytest.mark.parametrize("path", ["/coverage/south/map", "/coverage/north/other", "/coverage/gone/geojson"])
def test_a_file_that_no_entry_has_is_not_found(client, path):
    assert client.get(path).status_code == 404


@requirement("WG1-02-3.4-24")
def test_a_scope_names_where_it_is_available(client):
    """By ids of the coverage listing."""
    scopes = client.get("/.well-known/oauth-authorization-server").json["cds_scope_descriptions"]
    listed = {entry["id"] for entry in client.get("/coverage").json["coverage_entries"]}

    assert scopes["account_list"]["coverages_supported"] == ["north", "ashford_bay"]
    assert {name for scope in scopes.values() for name in scope["coverages_supported"]} <= listed


@requirement("WG1-02-3.2-50", "WG1-02-3.8-23")
@pytest.mark.parametrize(("scope", "refused"), [("usage_data", False), ("usage_data_north", True)])
def test_the_same_with_other_limits_elsewhere_is_a_scope_of_its_own(client, scope, refused):
    """Each is described, registered and asked for by its own id, within its own limits."""
    party = register(client, scope="cds_client_admin usage_data usage_data_north")
    details = json.dumps([{"type": scope, "segment_start": "P2Y"}])
    answer = client.get("/oauth/authorize", query_string=party.asking(scope=None, authorization_details=details))

    scopes = client.get("/.well-known/oauth-authorization-server").json["cds_scope_descriptions"]
    assert scopes["usage_data"]["type"] == scopes["usage_data_north"]["type"] == "cds_usage"
    assert [scopes[name]["coverages_supported"] for name in ("usage_data", "usage_data_north")] == [
        ["ashford_bay"],
        ["north"],
    ]
    told = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert (told.get("error") == ["invalid_authorization_details"]) is refused


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_files_that_are_missing_or_wrong_keep_the_server_from_starting(settings, tmp_path):
    """Every one of them is named."""
    (tmp_path / "maps/north.svg").unlink()
    (tmp_path / "maps/north.geojson").write_text('{"type": "Map"}', encoding="utf-8")

    with pytest.raises(InvalidConfiguration) as refusal:
        load_catalogue(settings)

    assert refusal.value.faults == [
        "coverage.north.map_file: maps/north.svg is not a file beside catalogue.toml",
        "coverage.north.geojson_file: maps/north.geojson has type 'Map', which is not of GeoJSON",
    ]
