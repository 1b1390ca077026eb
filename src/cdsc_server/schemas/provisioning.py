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


class DeltaReportSchema(Schema):
    """What became of a delta file."""

    feed = fields.String(required=True)
    number = fields.Integer(required=True)
    rows = fields.Integer(required=True, metadata={"description": "How many there were; all of them were taken in."})
    summary = fields.String(required=True, metadata={"description": "What became of them, in words."})
    notes = fields.List(fields.String(), required=True, metadata={"description": "What else is worth knowing."})
    repeated = fields.Boolean(
        required=True, metadata={"description": "Whether this file came before; it was not applied again."}
    )


class StoredReadingsSchema(Schema):
    """What became of readings."""

    rows = fields.Integer(required=True, metadata={"description": "How many there were; all of them were taken in."})
    summary = fields.String(required=True, metadata={"description": "What became of them, in words."})


class ReadingParameters(Schema):
    """What readings that come by themselves cannot say."""

    class Meta:
        unknown = EXCLUDE

    missing = fields.String(
        metadata={"description": "What stands for a missing value, such as `-9999`; several are parted by commas."}
    )


class RemovalParameters(Schema):
    """Which readings of a meter to remove."""

    class Meta:
        unknown = EXCLUDE

    start = Instant(required=True, metadata={"description": "Those that begin at this instant or later."})
    end = Instant(required=True, metadata={"description": "Those that end at this instant or before."})
    type = fields.String(metadata={"description": "Those of this Value Type only, such as `electric_usage`."})
    direction = fields.String(metadata={"description": "Those of this direction only, such as `reverse`."})


class RemovedReadingsSchema(Schema):
    """What was removed."""

    readings = fields.Integer(required=True, metadata={"description": "How many readings there were."})


class PlaceParameters(Schema):
    """A place in a list."""

    class Meta:
        unknown = EXCLUDE

    cursor = fields.String(metadata={"description": "A place in the list, as `next` and `previous` name it."})


class DeliverySchema(Schema):
    """A file that came by the import folder, by SFTP or as an upload."""

    name = fields.String(required=True)
    kind = fields.String(required=True)
    outcome = fields.String(required=True, metadata={"description": "`taken`, `refused`, `waiting` or `failed`."})
    report = fields.List(fields.String(), required=True, attribute="lines")
    looked_at = Instant(required=True)


class DeliveryListingSchema(Schema):
    """A page of files that came."""

    files = fields.List(fields.Nested(DeliverySchema), required=True)
    next = fields.String(required=True, allow_none=True)
    previous = fields.String(required=True, allow_none=True)


class FeedSchema(Schema):
    """A feed of delta files."""

    feed = fields.String(required=True)
    done = fields.Integer(required=True, metadata={"description": "The last number that was applied or skipped."})


class FeedListingSchema(Schema):
    """Every feed."""

    feeds = fields.List(fields.Nested(FeedSchema), required=True)
