"""Server-Provided Files on the wire: CDS-WG1-02 9."""

from __future__ import annotations

from marshmallow import Schema, fields

from cdsc_server.schemas.exact import Listed
from cdsc_server.schemas.fields import Instant, SpaceSeparated


class ServerFileSchema(Schema):
    """A Server-Provided File: CDS-WG1-02 9.1."""

    file_id = fields.String(required=True)
    uri = fields.URL(required=True)
    created = Instant(required=True)
    modified = Instant(required=True)
    mime_type = fields.String(required=True)
    size = fields.Integer(required=True, metadata={"description": "In bytes."})
    name = fields.String(required=True, metadata={"description": "With its extension."})
    description = fields.String(required=True, metadata={"description": "Empty when there is none."})
    download_uri = fields.URL(required=True, metadata={"description": "The bytes; needs the same token."})


class ServerFileListingSchema(Schema):
    """CDS-WG1-02 9.2."""

    files = Listed(fields.Nested(ServerFileSchema), required=True)
    next = fields.URL(required=True, allow_none=True)
    previous = fields.URL(required=True, allow_none=True)


class ServerFileFilters(Schema):
    """CDS-WG1-02 9.2."""

    file_ids = SpaceSeparated(metadata={"description": "file_id values, separated by spaces."})
    cursor = fields.String(metadata={"description": "From `next` or `previous`; opaque."})
