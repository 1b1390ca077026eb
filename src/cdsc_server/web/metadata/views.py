"""The well-known documents and the coverage listing; they change with the configuration only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, current_app, redirect, request
from flask.typing import ResponseReturnValue

from cdsc_server import exact_json
from cdsc_server.errors import NotFound
from cdsc_server.oauth.rfc8414 import authorization_server_metadata
from cdsc_server.schemas.metadata import (
    AuthorizationServerMetadataSchema,
    CoverageFilters,
    CoverageListingSchema,
    ServerMetadataSchema,
)
from cdsc_server.web.bearer import public
from cdsc_server.web.context import catalogue, catalogue_directory, public_url, settings
from cdsc_server.web.describe import Answer, describe
from cdsc_server.web.metadata.documents import (
    Document,
    cacheable,
    coverage_documents,
    server_document,
    unchanging,
)
from cdsc_server.web.parameters import filters

blueprint = Blueprint("metadata", __name__)

_UNCHANGED: Final = Answer(description="Not changed since the ETag in If-None-Match.", media_type=None)


@dataclass(frozen=True)
class _Documents:
    """What this process publishes, computed at the first request."""

    server: Document
    authorization_server: Document
    coverage: list[dict[str, Any]]


@blueprint.get("/.well-known/cds-server-metadata.json")
@public
@describe(tag="Metadata", section="CDS-WG1-01 3", answers={200: ServerMetadataSchema, 304: _UNCHANGED})
def cds_server_metadata() -> ResponseReturnValue:
    """
    CDS server metadata

    Who runs this server, what it can do, and where its other documents are.
    """
    return unchanging(_documents().server)


@blueprint.get("/.well-known/oauth-authorization-server")
@public
@describe(
    tag="Metadata",
    section="CDS-WG1-02 3.2, RFC 8414 3",
    answers={200: AuthorizationServerMetadataSchema, 304: _UNCHANGED},
)
def oauth_authorization_server() -> ResponseReturnValue:
    """
    Authorization server metadata

    Endpoints, scopes and their authorization details, and the addresses of the Customer data listings.
    """
    return unchanging(_documents().authorization_server)


@blueprint.get("/coverage")
@public
@describe(
    tag="Metadata", section="CDS-WG1-01 4", query=CoverageFilters, answers={200: CoverageListingSchema, 304: _UNCHANGED}
)
def coverage() -> ResponseReturnValue:
    """
    List coverage

    Where the capabilities of this server apply; the last changed entry first.
    """
    wanted = filters(CoverageFilters())
    ids, capabilities = wanted.get("ids"), wanted.get("capabilities")
    entries = [
        entry
        for entry in _documents().coverage
        if (ids is None or entry["id"] in ids)
        and (capabilities is None or not capabilities.isdisjoint(entry["capabilities"]))
    ]
    return cacheable(exact_json.dumps({"coverage_entries": entries, "next": None, "previous": None}))


@blueprint.get("/coverage/<entry_id>/<any(map, geojson):kind>")
@public
@describe(
    tag="Metadata",
    section="CDS-WG1-01 4.3",
    answers={
        200: Answer(description="The file, in the format that its entry says.", media_type="*/*"),
        304: _UNCHANGED,
    },
    path={"entry_id": "A coverage entry.", "kind": "map or geojson."},
)
def coverage_file(entry_id: str, kind: str) -> ResponseReturnValue:
    """
    Get the map of a coverage entry

    A map for people, or GeoJSON in WGS 84 for programs.
    """
    entry = next((entry for entry in catalogue().coverage if entry.id == entry_id), None)
    file = None if entry is None else entry.map_file if kind == "map" else entry.geojson_file
    if entry is None or file is None:
        raise NotFound("no coverage entry has this file")
    body = (catalogue_directory(settings()) / file).read_bytes()
    return cacheable(body, "application/geo+json" if kind == "geojson" else str(entry.map_content_type))


def redirect_moved() -> ResponseReturnValue | None:
    """Send on who asks for metadata at an address it has left (CDS-WG1-01 5); every other request goes its way."""
    new = catalogue().metadata.moved_to(request.host, request.path)
    return None if new is None else redirect(new, 301)


def _documents() -> _Documents:
    found = current_app.extensions.get("cdsc_documents")
    if found is None:
        found = current_app.extensions["cdsc_documents"] = _compute()
    assert isinstance(found, _Documents)  # noqa: S101
    return found


def _compute() -> _Documents:
    server = server_document(
        name="cds-server-metadata",
        own=public_url("metadata.cds_server_metadata"),
        oauth_metadata=public_url("metadata.oauth_authorization_server"),
    )
    authorization = authorization_server_metadata(catalogue(), base_url=settings().base_url, url=public_url)
    return _Documents(
        Document.of(exact_json.dumps(server)), Document.of(exact_json.dumps(authorization)), coverage_documents()
    )
