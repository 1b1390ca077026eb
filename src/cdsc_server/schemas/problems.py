"""How refusals look on the wire."""

from __future__ import annotations

from marshmallow import EXCLUDE, Schema, fields


class RecordFaultSchema(Schema):
    """What is wrong with one of the records that were handed in."""

    class Meta:
        unknown = EXCLUDE

    line = fields.Integer(metadata={"description": "Where it stands, counted from 1; absent for one that came alone."})
    field = fields.String(required=True, metadata={"description": "The member; empty for the record as a whole."})
    rule = fields.String(required=True, metadata={"description": "What it must be."})


class ProblemSchema(Schema):
    """A refusal of any endpoint outside OAuth: RFC 9457."""

    class Meta:
        unknown = EXCLUDE

    title = fields.String(required=True, metadata={"description": "The phrase of the HTTP status."})
    status = fields.Integer(required=True, metadata={"description": "The HTTP status."})
    code = fields.String(required=True, metadata={"description": "The kind of refusal, for programs."})
    detail = fields.String(required=True, metadata={"description": "The member or parameter, and the rule it breaks."})
    field = fields.String(metadata={"description": "The member or parameter, when one is to blame."})


class FaultyRecordsSchema(ProblemSchema):
    """A refusal of records that were handed in: RFC 9457, with every fault that was found."""

    errors = fields.List(
        fields.Nested(RecordFaultSchema),
        metadata={"description": "What is wrong, record by record, as far as they were looked at."},
    )
    more = fields.Boolean(metadata={"description": "Whether there may be more of them."})


class OAuthErrorSchema(Schema):
    """A refusal of an OAuth endpoint: RFC 6749 5.2."""

    class Meta:
        unknown = EXCLUDE

    error = fields.String(required=True, metadata={"description": "The kind of refusal, for programs."})
    error_description = fields.String(required=True, metadata={"description": "The rule, for people."})
