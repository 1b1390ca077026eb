"""What the metadata documents say, for everybody and for one Client Object."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from cdsc_server.domain.coverage import COVERAGE
from cdsc_server.services.publishing import publish
from cdsc_server.web.context import catalogue, ports, public_url, settings


def server_document(*, name: str, own: str, oauth_metadata: str) -> dict[str, Any]:
    """
    A server metadata document (CDS-WG1-01 3.2).

    Args:
        name: what its dates are kept under.
        own: its own address.
        oauth_metadata: address of the authorization server metadata that belongs to it.
    """
    offered = catalogue()
    utility = offered.utility
    held = (capability for entry in offered.coverage for capability in entry.capabilities)
    document: dict[str, Any] = {
        "cds_metadata_version": "v1",
        "cds_metadata_url": own,
        "name": utility.name,
        "description": utility.description,
        "website": utility.website,
        "documentation": f"{settings().base_url}/docs",
        "support": utility.support_url,
        "capabilities": list(dict.fromkeys([COVERAGE, "oauth", *held])),
        "coverage": public_url("metadata.coverage"),
        "oauth_metadata": oauth_metadata,
    }
    if offered.metadata.related:
        document["related_metadata"] = list(offered.metadata.related)
    told = publish(name, document, clock=ports().clock)
    return document | {"created": told.created, "updated": told.updated}


def coverage_documents() -> list[dict[str, Any]]:
    """Every coverage entry, the last changed first (CDS-WG1-01 4.1)."""
    entries = []
    for entry in catalogue().coverage:
        wire = entry.to_wire(_file_address)
        told = publish(f"coverage:{entry.id}", wire, clock=ports().clock)
        entries.append({**wire, "created": told.created, "updated": told.updated})
    return sorted(entries, key=lambda entry: (entry["updated"], entry["id"]), reverse=True)


def _file_address(entry_id: str, kind: str) -> str:
    return public_url("metadata.coverage_file", entry_id=entry_id, kind=kind)


@dataclass(frozen=True)
class Document:
    """A document that changes with the configuration only, ready to be sent many times."""

    body: bytes
    packed: bytes
    tag: str

    @classmethod
    def of(cls, body: bytes) -> Document:
        """With its entity tag, and packed by gzip."""
        return cls(body, gzip.compress(body, mtime=0), hashlib.sha256(body).hexdigest()[:32])


def unchanging(document: Document) -> Response:
    """A document as `cacheable` answers it, packed for who takes that."""
    packed = request.accept_encodings.quality("gzip") > 0
    response = Response(document.packed if packed else document.body, mimetype="application/json")
    # Another representation is another entity (RFC 9110 8.8.3).
    response.set_etag(f"{document.tag}-gzip" if packed else document.tag)
    if packed:
        response.content_encoding = "gzip"
    response.vary.add("Accept-Encoding")
    return _kept(response, by="public")


def cacheable(body: bytes, media_type: str = "application/json", *, kept_by: str = "public") -> Response:
    """
    An answer with an entity tag, which a conditional request is answered by alone (RFC 9110 13).

    Args:
        kept_by: `public`, or `private` for what only one Client may read.
    """
    response = Response(body, mimetype=media_type)
    response.add_etag()
    return _kept(response, by=kept_by)


def _kept(response: Response, *, by: str) -> Response:
    response.headers["Cache-Control"] = f"{by}, max-age=60"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.make_conditional(request)
    return response
