"""How refusals look on the wire."""

from __future__ import annotations

from marshmallow import EXCLUDE, Schema, fields


class ProblemSchema(Schema):
    """A refusal of any endpoint outside OAuth: RFC 9457."""

    class Meta:
        unknown = EXCLUDE

    title = fields.String(required=True, metadata={"description": "The phrase of the HTTP status."})
    status = fields.Integer(required=True, metadata={"description": "The HTTP status."})
    code = fields.String(required=True, metadata={"description": "The kind of refusal, for programs."})
    detail = fields.String(required=True, metadata={"description": "The member or parameter, and the rule it breaks."})
    field = fields.String(metadata={"description": "The member or parameter, when one is to blame."})


class OAuthErrorSchema(Schema):
    """A refusal of an OAuth endpoint: RFC 6749 5.2."""

    class Meta:
        unknown = EXCLUDE

    error = fields.String(required=True, metadata={"description": "The kind of refusal, for programs."})
    error_description = fields.String(required=True, metadata={"description": "The rule, for people."})
