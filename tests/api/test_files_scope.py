"""The scope of Server-Provided Files, to the letter: CDS-WG1-02 3.3.3, 3.2."""

import tomllib
from pathlib import Path

import pytest

import cdsc_server
from cdsc_server.domain.catalogue import read_catalogue
from cdsc_server.errors import InvalidConfiguration
from tests.support import requirement
from tests.support.oauth import judged_before_storage

SCOPE = "cds_server_provided_files"


@pytest.fixture
def metadata(client):
    return client.get("/.well-known/oauth-authorization-server").json


@requirement(*(f"WG1-02-3.3.3-{n:02}" for n in (4, 6, 7, 8, 9, 10, *range(12, 21), *range(22, 28))), "WG1-02-3.3.2-38")
@judged_before_storage
def test_the_files_scope_is_as_the_standard_writes_it(metadata, settings):
    """Nothing can be asked for with it; its one field says which file a Grant shares."""
    documentation = f"{settings.base_url}/docs#scope-{SCOPE}"

    assert metadata["cds_scope_descriptions"][SCOPE] == {
        "id": SCOPE,
        "type": "cds_server_provided_files",
        "name": "Server-Provided Files",
        "description": "This scope grants access to specific files that the Server wants make available to the Client.",
        "documentation": documentation,
        "registration_requirements": [],
        "registration_optional": [],
        "response_types_supported": [],
        "grant_types_supported": [],
        "token_endpoint_auth_methods_supported": [],
        "code_challenge_methods_supported": [],
        "coverages_supported": [],
        "grant_admin_scope": "cds_grant_admin",
        "authorization_details_types_supported": [SCOPE],
        "authorization_details_fields_supported": [
            {
                "id": "file_id",
                "name": "File identifier",
                "description": "A file provided by the Server that may be accessed by the Client as part of the Grant.",
                "documentation": documentation,
                "for_types": [SCOPE],
                "format": "string",
                "is_required": True,
                "maximum": 1000,
                "minimum": 1,
            }
        ],
    }


@requirement("WG1-02-3.2-40", "WG1-02-3.3.3-19")
@judged_before_storage
def test_the_metadata_says_where_files_are(metadata, settings):
    """And describes the scope that opens them."""
    admin = metadata["cds_scope_descriptions"][SCOPE]["grant_admin_scope"]

    assert metadata["cds_server_provided_files_api"] == f"{settings.base_url}/files"
    assert metadata["cds_scope_descriptions"][admin]["type"] == "cds_grant_admin"
    assert SCOPE in metadata["scopes_supported"]


@requirement("WG1-02-3.3.3-07", "WG1-02-3.3.3-12", "WG1-02-3.3.3-13", "WG1-02-3.3.3-19", "WG1-02-3.3.3-22")
@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"grant_admin_scope": None}, "grant_admin_scope must name"),
        ({"grant_admin_scope": "usage_data"}, "is not a scope of type cds_grant_admin"),
        ({"name": "Papers"}, "name must be 'Server-Provided Files'"),
        ({"name": "Server-Provided Files:Papers"}, "name must be 'Server-Provided Files'"),
        ({"fields": ["account_numbers"]}, "offers no fields"),
    ],
)
def test_a_catalogue_that_breaks_the_letter_is_refused(change, fault):
    """At the start, and not when a Client stumbles over it."""
    config = tomllib.loads(Path(cdsc_server.__file__).with_name("default.toml").read_text(encoding="utf-8"))
    table = config["scopes"][SCOPE] | change
    config["scopes"][SCOPE] = {name: value for name, value in table.items() if value is not None}

    with pytest.raises(InvalidConfiguration) as refused:
        read_catalogue(config)
    assert any(fault in each for each in refused.value.faults)


@requirement("WG1-02-3.3.3-29", "WG1-02-3.3.3-07")
def test_there_may_be_several_scopes_for_files():
    """Each with a name of its own."""
    config = tomllib.loads(Path(cdsc_server.__file__).with_name("default.toml").read_text(encoding="utf-8"))
    config["scopes"]["cds_server_provided_files_02"] = config["scopes"][SCOPE] | {"name": "Server-Provided Files: Bulk"}

    assert read_catalogue(config).scopes["cds_server_provided_files_02"].name == "Server-Provided Files: Bulk"
