"""What waits for operators, and what they decide."""

from __future__ import annotations

from marshmallow import RAISE, Schema, fields, validate

from cdsc_server.schemas.admin.clients import AdminClientSchema, RequirementSchema
from cdsc_server.schemas.admin.messages import AdminMessageSchema
from cdsc_server.schemas.fields import Instant, SpaceSeparated
from cdsc_server.schemas.messages import StrictBoolean
from cdsc_server.services.decisions import Verdict

#: What people write to Clients.
TEXT = validate.Length(min=1, max=100_000)


class ReviewSchema(Schema):
    """Something that waits for an operator, or that one has decided."""

    message_id = fields.String(required=True, metadata={"description": "Of the Message that waits."})
    uri = fields.URL(required=True)
    kind = fields.String(
        required=True,
        metadata={"description": "The type of the Message, or of the registration field that it asks for."},
    )
    registration_id = fields.String(required=True)
    client_name = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.String(required=True)
    since = Instant(required=True, metadata={"description": "When the Client did its part."})


class ReviewListingSchema(Schema):
    """A page of what waits, the longest wait first."""

    reviews = fields.List(fields.Nested(ReviewSchema), required=True)
    next = fields.URL(required=True, allow_none=True)
    previous = fields.URL(required=True, allow_none=True)


class ReviewFilters(Schema):
    """Filters of what waits; several intersect."""

    kinds = SpaceSeparated(metadata={"description": "Values of kind, separated by spaces."})
    registration_ids = SpaceSeparated(metadata={"description": "registration_id values, separated by spaces."})
    cursor = fields.String(metadata={"description": "From `next` or `previous`; opaque."})


class CaseSchema(ReviewSchema):
    """Everything to decide by."""

    message = fields.Nested(AdminMessageSchema, required=True)
    requirement = fields.Nested(
        RequirementSchema, required=True, allow_none=True, metadata={"description": "When the Message asks for one."}
    )
    submission = fields.Nested(
        AdminMessageSchema,
        required=True,
        allow_none=True,
        metadata={"description": "The newest answer of the Client to a request of this server."},
    )
    thread = fields.List(
        fields.Nested(AdminMessageSchema), required=True, metadata={"description": "Answers, the oldest first."}
    )
    clients = fields.List(fields.Nested(AdminClientSchema), required=True)
    requirements = fields.List(fields.Nested(RequirementSchema), required=True)
    unmet = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"description": "Of a production_request: what it needs and is not accepted, with its status."},
    )


class DecisionRequestSchema(Schema):
    """Body of a decision."""

    class Meta:
        unknown = RAISE

    decision = fields.Enum(Verdict, by_value=True, required=True)
    note = fields.String(
        load_default="",
        validate=validate.Length(max=100_000),
        metadata={"description": "The Client reads it; needed to reject, and with override."},
    )
    override = StrictBoolean(
        load_default=False,
        metadata={"description": "Accept although not everything that production needs is accepted."},
    )
    customer_id = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=200),
        metadata={"description": "For a grant_request: the Customer whose data the Grants open."},
    )


class DecisionSchema(Schema):
    """What was decided."""

    decision = fields.Enum(Verdict, by_value=True, required=True)
    kind = fields.String(required=True)
    registration_id = fields.String(required=True)
    note = fields.String(required=True)
    made = fields.List(
        fields.String(), required=True, metadata={"description": "Ids of what came of it: a Client Object, or Grants."}
    )


class AskAgainSchema(Schema):
    """Body of a fresh request for a requirement."""

    class Meta:
        unknown = RAISE

    why = fields.String(required=True, validate=TEXT, metadata={"description": "The Client reads it."})


class ProductionSchema(Schema):
    """Body of an approval for production."""

    class Meta:
        unknown = RAISE

    override = StrictBoolean(
        load_default=False, metadata={"description": "Although not everything that production needs is accepted."}
    )
    note = fields.String(
        load_default="",
        validate=validate.Length(max=100_000),
        metadata={"description": "Why; the Client reads it when it has asked. Needed with override."},
    )
