"""Metadata that a configuration adds: related documents, moved addresses, maps, coverage of scopes."""

import json
from dataclasses import replace

import pytest

from cdsc_server.app import load_catalogue
from cdsc_server.errors import InvalidConfiguration
from tests.factories.catalogues import changed_catalogue
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
"""


@pytest.fixture
def settings(settings, tmp_path):
    """A server with the tables above beside what ships, and the files they name."""
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps/north.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", encoding="utf-8")
    (tmp_path / "maps/north.geojson").write_text(json.dumps(AREA), encoding="utf-8")
    heading = "[scopes.account_list]\n"
    named = f'{heading}coverages_supported = ["north", "ashford_bay"]\n'
    file = changed_catalogue(tmp_path, lambda shipped: shipped.replace(heading, named) + TABLES)
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
