"""What a Client reads before it knows anything: CDS-WG1-01, CDS-WG1-02 3, CDS-WG3-01 5, RFC 8414."""

import gzip
from urllib.parse import urlsplit

import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata

from cdsc_server.app import load_catalogue
from tests.support import requirement
from tests.support.oauth import judged_before_storage

SERVER = "/.well-known/cds-server-metadata.json"
OAUTH = "/.well-known/oauth-authorization-server"
UNIONS = (
    "response_types_supported",
    "grant_types_supported",
    "token_endpoint_auth_methods_supported",
    "code_challenge_methods_supported",
    "authorization_details_types_supported",
)


@pytest.fixture
def metadata(client):
    return client.get(OAUTH).json


@requirement(
    "WG1-01-3.2-01",
    "WG1-01-3.2-02",
    "WG1-01-3.2-03",
    "WG1-01-3.2-04",
    "WG1-01-3.2-11",
    "WG1-01-3.2-13",
    "WG1-02-3.1-03",
    "WG1-02-3.1-04",
)
def test_the_well_known_document_says_where_everything_is(client, settings):
    """Its own address first."""
    document = client.get(SERVER).json

    assert document["cds_metadata_version"] == "v1"
    assert document["cds_metadata_url"] == settings.base_url + SERVER
    assert document["oauth_metadata"] == settings.base_url + OAUTH
    assert {"coverage", "oauth"} <= set(document["capabilities"])
    assert document["created"] == document["updated"] == "2026-03-01T12:00:00Z"


@requirement("WG1-01-3.2-06", "WG1-01-3.2-07", "WG1-01-3.2-08", "WG1-01-3.2-09", "WG1-01-3.2-10")
def test_the_well_known_document_names_the_utility(client, settings):
    """As the configuration does."""
    document, utility = client.get(SERVER).json, load_catalogue(settings).utility

    assert (document["name"], document["description"]) == (utility.name, utility.description)
    assert (document["website"], document["support"]) == (utility.website, utility.support_url)
    assert document["documentation"] == f"{settings.base_url}/docs"


@requirement("WG1-01-3-04", "WG1-01-4-04")
@pytest.mark.parametrize("path", [SERVER, OAUTH, "/coverage"])
def test_an_unchanged_document_is_not_sent_again(client, path):
    """A conditional request is answered by 304 alone."""
    tag = client.get(path).headers["ETag"]

    again = client.get(path, headers={"If-None-Match": tag})

    assert (again.status_code, again.data) == (304, b"")
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("path", [SERVER, OAUTH])
def test_a_packed_document_says_the_same_under_a_tag_of_its_own(client, path):
    """Caches may hold both."""
    plain, packed = client.get(path), client.get(path, headers={"Accept-Encoding": "gzip"})

    assert (packed.headers["Content-Encoding"], gzip.decompress(packed.data)) == ("gzip", plain.data)
    assert len(packed.data) < len(plain.data)
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert "Accept-Encoding" in packed.headers["Vary"]
    again = client.get(path, headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@requirement("WG1-01-3.2-05")
def test_updated_moves_when_the_document_changes(settings, ports, clock, tmp_path):
    """And created does not."""
    from dataclasses import replace

    from cdsc_server import app as application
    from tests.factories.catalogues import changed_catalogue
    from tests.support.app import dispose

    changed = changed_catalogue(tmp_path, lambda text: text.replace("Demo Gas & Electric", "Another Utility"))
    documents = []
    for setting in (settings, settings, replace(settings, catalogue_file=changed)):
        app = application.create_app(setting, ports)
        documents.append(app.test_client().get(SERVER).json)
        dispose(app)
        clock.advance(hours=1)

    assert [each["updated"] for each in documents] == ["2026-03-01T12:00:00Z"] * 2 + ["2026-03-01T14:00:00Z"]
    assert {each["created"] for each in documents} == {"2026-03-01T12:00:00Z"}


@requirement("WG1-02-3-02", "WG1-02-3-04", "WG1-02-3-05")
def test_the_authorization_server_metadata_is_what_rfc_8414_wants(metadata):
    """Judged by Authlib's own validator, for a server on https."""
    document = {
        name: value.replace("http://127.0.0.1:8000", "https://cds.example") if isinstance(value, str) else value
        for name, value in metadata.items()
    }

    AuthorizationServerMetadata(document).validate()

    assert document["issuer"] == "https://cds.example"


@requirement("WG1-02-3.2-14", "WG1-02-3.2-18", "WG1-02-3.2-24", "WG1-02-3.2-27", "WG1-02-3.2-30")
@pytest.mark.parametrize("member", UNIONS)
def test_top_level_lists_are_unions_over_the_scopes(metadata, member):
    """Nothing is offered that no scope offers, and nothing is forgotten."""
    union = {value for scope in metadata["cds_scope_descriptions"].values() for value in scope[member]}

    assert set(metadata[member]) == union


@requirement("WG1-02-3.2-03", "WG1-02-3.2-04", "WG1-02-3.2-44", "WG1-02-3.2-45")
def test_every_scope_of_the_catalogue_is_described(metadata, settings):
    """Under its own id."""
    described = metadata["cds_scope_descriptions"]

    assert set(metadata["scopes_supported"]) == set(described) == set(load_catalogue(settings).scopes)
    assert all(key == scope["id"] for key, scope in described.items())


@requirement("WG1-02-3.2-20", "WG1-02-3.2-32", "WG1-02-3.2-35", "WG1-02-3.2-46", "WG1-02-3.2-47", "WG3-01-5-01")
def test_what_the_standard_adds_is_there(metadata):
    """Registration fields among it: those that some scope names."""
    scopes = metadata["cds_scope_descriptions"].values()
    named = {name for each in scopes for name in each["registration_requirements"] + each["registration_optional"]}

    assert metadata["cds_oauth_version"] == "v1"
    assert metadata["cds_customerdata_version"] == "v1"
    assert metadata["cds_timezone"] == "America/New_York"
    assert named <= set(metadata["cds_registration_fields"])
    assert metadata["authorization_response_iss_parameter_supported"] is True
    assert metadata["pushed_authorization_request_endpoint"].endswith("/oauth/par")


@requirement("WG1-02-3.2-48")
def test_registration_fields_that_no_scope_names_are_not_told(settings):
    """Where nothing is asked for, the object is empty."""
    from dataclasses import replace

    from cdsc_server.oauth.rfc8414 import authorization_server_metadata

    catalogue = load_catalogue(settings)
    scopes = {
        name: replace(scope, registration_requirements=(), registration_optional=())
        for name, scope in catalogue.scopes.items()
    }
    document = authorization_server_metadata(
        replace(catalogue, scopes=scopes), base_url=settings.base_url, url=lambda endpoint: endpoint
    )

    assert catalogue.registration_fields
    assert document["cds_registration_fields"] == {}


@requirement("WG1-02-3.2-01", "WG1-02-3.2-09", "WG1-02-3.2-11", "WG1-02-3.2-36", "WG1-02-3.2-39", "WG3-01-5-16")
def test_every_address_of_our_own_leads_somewhere(client, metadata, settings):
    """None answers 404 to the method it is for, or to GET."""
    ours = [
        value for value in metadata.values() if isinstance(value, str) and value.startswith(settings.base_url + "/")
    ]

    lost = [url for url in ours if client.get(urlsplit(url).path).status_code == 404]

    assert len(ours) >= 15
    assert lost == []


@requirement(
    "WG1-02-3.3.1-01",
    "WG1-02-3.3.1-02",
    "WG1-02-3.3.1-03",
    "WG1-02-3.3.1-04",
    "WG1-02-3.3.1-07",
    "WG1-02-3.3.1-08",
    "WG1-02-3.3.1-09",
    "WG1-02-3.3.1-10",
    "WG1-02-3.3.1-11",
    "WG1-02-3.3.1-12",
    "WG1-02-3.3.1-13",
    "WG1-02-3.3.1-14",
    "WG1-02-3.3.1-15",
    "WG1-02-3.3.1-16",
)
def test_the_client_admin_scope_is_described_to_the_letter(metadata):
    """CDS-WG1-02 3.3.1 leaves only `documentation` free."""
    described = dict(metadata["cds_scope_descriptions"]["cds_client_admin"])

    assert described.pop("documentation").startswith("http")
    assert described == {
        "id": "cds_client_admin",
        "type": "cds_client_admin",
        "name": "Client Admin",
        "description": "This scope grants administrative access to the Client management APIs.",
        "registration_requirements": [],
        "registration_optional": [],
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "code_challenge_methods_supported": [],
        "coverages_supported": [],
        "grant_admin_scope": None,
        "authorization_details_types_supported": [],
        "authorization_details_fields_supported": [],
    }


@requirement("WG1-02-3.3.2-04", "WG1-02-3.3.2-17", "WG1-02-3.3.2-19", "WG1-02-3.3.2-23", "WG1-02-3.3.2-28")
def test_the_grant_admin_scope_has_its_two_fields(metadata):
    """Both required, with neither default nor choices."""
    described = metadata["cds_scope_descriptions"]["cds_grant_admin"]
    fields = described["authorization_details_fields_supported"]

    assert described["authorization_details_types_supported"] == ["cds_grant_admin"]
    assert [field["id"] for field in fields] == ["client_id", "grant_id"]
    assert {(field["format"], field["is_required"], field["maximum"], field["minimum"]) for field in fields} == {
        ("string", True, 1000, 1)
    }
    assert not any({"default", "choices"} & field.keys() for field in fields)


@requirement("WG1-02-3.8-07", "WG1-02-3.8-15", "WG1-02-3.8-24", "WG1-02-3.8-28", "WG3-01-5.2-01", "WG3-01-5.2-02")
@requirement("WG3-01-3-04")
def test_every_details_field_has_the_members_its_format_needs(metadata):
    """Limits in pairs; choices where there is something to choose; formats only for kinds of values."""
    bounded = ("int", "decimal", "string", "string_or_null", "string_list", "string_list_or_null")
    for scope in metadata["cds_scope_descriptions"].values():
        for field in scope["authorization_details_fields_supported"]:
            needs_limits = field["format"] in bounded or field["format"].startswith("relative_or_absolute")
            kinds = field["id"] == "include_usage_segment_value_types"
            assert set(field["for_types"]) <= set(scope["authorization_details_types_supported"])
            assert ("maximum" in field) == ("minimum" in field) == needs_limits
            assert ("choices" in field) == field["format"].startswith("choice")
            formats = [choice.get("usagesegment_format") for choice in field.get("choices", [])]
            assert all(
                (isinstance(each, dict) and each["id"] and each["type"]) if kinds else each is None for each in formats
            )
            assert ("default" in field) == (not field["is_required"])


@requirement("WG1-01-4-02", "WG1-01-4.1-01", "WG1-01-4.1-02", "WG1-01-4.1-03", "WG1-01-3.2-12", "WG1-01-4.3-16")
def test_coverage_lists_every_entry(client):
    """Their capabilities are the server's too."""
    listing = client.get("/coverage").json
    capabilities = {each for entry in listing["coverage_entries"] for each in entry["capabilities"]}

    assert (listing["next"], listing["previous"]) == (None, None)
    assert [entry["id"] for entry in listing["coverage_entries"]] == ["ashford_bay"]
    assert capabilities <= set(client.get(SERVER).json["capabilities"])
    assert "coverage" not in capabilities


@requirement("WG1-01-4.2-01")
@pytest.mark.parametrize(("ids", "count"), [("ashford_bay", 1), ("other", 0), ("other ashford_bay", 1), ("", 0)])
def test_coverage_is_filtered_by_ids(client, ids, count):
    """Unknown ones match nothing."""
    assert len(client.get("/coverage", query_string={"ids": ids}).json["coverage_entries"]) == count


@requirement("WG1-01-4-05")
@judged_before_storage
def test_a_repeated_filter_is_a_fault_of_the_caller(client):
    """Which of the two was meant?"""
    answer = client.get("/coverage", query_string={"ids": ["a", "b"]})

    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")


@judged_before_storage
def test_documents_are_for_programs_in_browsers_too(client):
    """Metadata holds nothing that another site may not read."""
    assert client.get(OAUTH).headers["Access-Control-Allow-Origin"] == "*"
