"""Messages as operators see them, whoever they belong to."""

from __future__ import annotations

from marshmallow import RAISE, Schema, fields, validate

from cdsc_server.schemas.exact import Opened
from cdsc_server.schemas.fields import SpaceSeparated
from cdsc_server.schemas.messages import MessageSchema

_TEXT = validate.Length(min=1, max=100_000)


class AttachedFileSchema(Schema):
    """A file that came with a Message."""

    filename = fields.String(required=True)
    mime_type = fields.String(required=True)
    size = fields.Integer(required=True, metadata={"description": "In bytes."})
    download_uri = fields.URL(required=True, metadata={"description": "The bytes; needs an operator token."})


class AdminMessageSchema(MessageSchema):
    """A Message of a registration, with addresses of this API."""

    registration_id = fields.String(required=True)
    attachments = Opened(AttachedFileSchema, many=True, required=True)


class ThreadSchema(AdminMessageSchema):
    """A Message with what was answered."""

    thread = fields.List(
        fields.Nested(AdminMessageSchema), required=True, metadata={"description": "Answers, the oldest first."}
    )


class AdminMessageListingSchema(Schema):
    """A page of Messages, the last modified first."""

    messages = fields.List(fields.Nested(AdminMessageSchema), required=True)
    next = fields.URL(required=True, allow_none=True)
    previous = fields.URL(required=True, allow_none=True)


class AdminMessageFilters(Schema):
    """Filters of the Messages of a registration; several intersect."""

    types = SpaceSeparated(metadata={"description": "Types, separated by spaces."})
    statuses = SpaceSeparated(metadata={"description": "Statuses, separated by spaces."})
    cursor = fields.String(metadata={"description": "From `next` or `previous`; opaque."})


class ReplyRequestSchema(Schema):
    """Body of an answer, or of a question about a Message."""

    class Meta:
        unknown = RAISE

    text = fields.String(required=True, validate=_TEXT, metadata={"description": "The Client reads it."})


class MessageRequestSchema(Schema):
    """Body of a new Message to a Client."""

    class Meta:
        unknown = RAISE

    name = fields.String(
        required=True, validate=validate.Length(min=1, max=500), metadata={"description": "What it is about."}
    )
    text = fields.String(required=True, validate=_TEXT, metadata={"description": "The Client reads it."})
