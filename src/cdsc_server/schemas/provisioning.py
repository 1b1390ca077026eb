"""What the utility's own systems hand in, and what becomes of it."""

from __future__ import annotations

from marshmallow import EXCLUDE, Schema, fields

from cdsc_server.schemas.fields import Instant

_OUTCOMES = "`new`, `changed`, or `unchanged`: then nothing was written."


class RecordFilters(Schema):
    """Which records to list."""

    class Meta:
        unknown = EXCLUDE

    under = fields.String(metadata={"description": "Only those that stand under the record of this id."})
    cursor = fields.String(metadata={"description": "A place in the list, as `next` and `previous` name it."})


class RecordSchema(Schema):
    """A record as it was handed in last."""

    kind = fields.String(required=True)
    uri = fields.String(required=True)
    record = fields.Dict(required=True, metadata={"description": "Its members."})
    created = Instant(required=True)
    modified = Instant(required=True, metadata={"description": "When it was last handed in as something new."})


class AppliedSchema(RecordSchema):
    """A record, and what handing it in has done."""

    outcome = fields.String(required=True, metadata={"description": _OUTCOMES})


class RecordListingSchema(Schema):
    """A page of records."""

    records = fields.List(fields.Nested(RecordSchema), required=True)
    next = fields.String(required=True, allow_none=True)
    previous = fields.String(required=True, allow_none=True)


class ReportSchema(Schema):
    """What became of records, all of which were taken in."""

    accepted = fields.Integer(required=True, metadata={"description": "How many there were."})
    new = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)
    repeated = fields.Boolean(
        required=True, metadata={"description": "Whether this upload came before; it was not taken in again."}
    )
