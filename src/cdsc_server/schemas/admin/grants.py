"""Grants as operators see and change them."""

from __future__ import annotations

from marshmallow import RAISE, Schema, fields, validate

from cdsc_server.domain.grant_steps import GrantStep
from cdsc_server.schemas.fields import Instant
from cdsc_server.schemas.grants import GrantSchema


class AdminGrantSchema(GrantSchema):
    """A Grant of whichever registration."""

    registration_id = fields.String(required=True)
    customer_id = fields.String(
        required=True, allow_none=True, metadata={"description": "Whose data it opens; null when nobody's."}
    )


class SteppableGrantSchema(AdminGrantSchema):
    """A Grant with what may be done with it now."""

    steps = fields.List(fields.Enum(GrantStep, by_value=True), required=True)


class AdminGrantListingSchema(Schema):
    """A page of Grants, the last modified first."""

    grants = fields.List(fields.Nested(AdminGrantSchema), required=True)
    next = fields.URL(required=True, allow_none=True)
    previous = fields.URL(required=True, allow_none=True)


class StepRequestSchema(Schema):
    """Body of a step with a Grant."""

    class Meta:
        unknown = RAISE

    step = fields.Enum(
        GrantStep, by_value=True, required=True, metadata={"description": "One of the `steps` of the Grant."}
    )
    reason = fields.String(
        required=True, validate=validate.Length(min=1, max=100_000), metadata={"description": "For the audit trail."}
    )
    told = fields.String(
        load_default="",
        validate=validate.Length(max=1000),
        metadata={"description": 'With disable: how the mail to the Customer goes on after "because".'},
    )
    eta = Instant(load_default=None, allow_none=True, metadata={"description": "With pending: about when that ends."})
