"""The audit trail on the wire."""

from __future__ import annotations

from marshmallow import Schema, fields

from cdsc_server.schemas.fields import Instant


class AuditEntrySchema(Schema):
    """One thing that an operator did."""

    entry_id = fields.String(required=True)
    at = Instant(required=True)
    actor = fields.String(
        required=True,
        metadata={"description": "A username, `service:` and the name of a service account, or `command line`."},
    )
    action = fields.String(required=True, metadata={"description": "What was done, such as `grant.suspended`."})
    subject = fields.String(required=True, metadata={"description": "To what, as kind and id."})
    detail = fields.Dict(required=True, metadata={"description": "Reasons and ids."})


class AuditListingSchema(Schema):
    """A page of the audit trail, the newest first."""

    entries = fields.List(fields.Nested(AuditEntrySchema), required=True)
    next = fields.URL(required=True, allow_none=True)
    previous = fields.URL(required=True, allow_none=True)


class AuditFilters(Schema):
    """Filters of the audit trail; several intersect."""

    subject = fields.String(metadata={"description": "What was done to one thing, such as `grant:` and its id."})
    actor = fields.String(metadata={"description": "What one did."})
    cursor = fields.String(metadata={"description": "From `next` or `previous`; opaque."})
