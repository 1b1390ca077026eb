"""Files shared with Clients, as operators see them."""

from __future__ import annotations

from marshmallow import Schema, fields

from cdsc_server.schemas.fields import Instant


class SharedFileSchema(Schema):
    """A file that is or was shared with a Client."""

    file_id = fields.String(required=True)
    grant_id = fields.String(required=True, metadata={"description": "The Grant it is shared by."})
    client_id = fields.String(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True)
    mime_type = fields.String(required=True)
    size = fields.Integer(required=True, metadata={"description": "In bytes."})
    created = Instant(required=True)
    modified = Instant(required=True)
    withdrawn = Instant(required=True, allow_none=True, metadata={"description": "Since when it is shared no more."})
    open = fields.Boolean(required=True, metadata={"description": "Whether its Client can download it now."})


class SharedFileListingSchema(Schema):
    """A page of files, the last modified first."""

    files = fields.List(fields.Nested(SharedFileSchema), required=True)
    next = fields.URL(required=True, allow_none=True)
    previous = fields.URL(required=True, allow_none=True)


class SharedFileFilters(Schema):
    """Which files to list."""

    cursor = fields.String(metadata={"description": "From `next` or `previous`; opaque."})


class SharingSchema(Schema):
    """How a file is shared, in the query; the body is the file."""

    client_id = fields.String(
        required=True,
        metadata={
            "description": "The Client Object for files, or any other of its registration where there is just one."
        },
    )
    name = fields.String(required=True, metadata={"description": "What it is called when it is saved."})
    description = fields.String(load_default="", metadata={"description": "What it is, for people."})
    mime_type = fields.String(
        load_default=None, metadata={"description": "Such as application/pdf; by its name when left out."}
    )
    grant_id = fields.String(
        load_default=None, metadata={"description": "Share it by this Grant instead of a new one."}
    )
    ends = Instant(load_default=None, metadata={"description": "Of a new Grant: when it opens nothing any more."})
