"""The Messages listing on the wire: CDS-WG1-02 6.8."""

from __future__ import annotations

from marshmallow import Schema, fields

from cdsc_server.schemas.fields import SpaceSeparated


class MessageListingSchema(Schema):
    """Three lists, each paged by itself."""

    outstanding = fields.List(fields.Dict(), required=True)
    outstanding_next = fields.URL(required=True, allow_none=True)
    outstanding_previous = fields.URL(required=True, allow_none=True)
    unread = fields.List(fields.Dict(), required=True)
    unread_next = fields.URL(required=True, allow_none=True)
    unread_previous = fields.URL(required=True, allow_none=True)
    read = fields.List(fields.Dict(), required=True)
    read_next = fields.URL(required=True, allow_none=True)
    read_previous = fields.URL(required=True, allow_none=True)


class MessageFilters(Schema):
    """CDS-WG1-02 6.8."""

    message_ids = SpaceSeparated(metadata={"description": "message_id values, separated by spaces."})
