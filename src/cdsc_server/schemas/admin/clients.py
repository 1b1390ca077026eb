"""Registrations and their Client Objects as operators see them."""

from __future__ import annotations

from enum import StrEnum

from marshmallow import RAISE, Schema, fields, validate

from cdsc_server.domain.requirements import RequirementStatus
from cdsc_server.schemas.clients import ClientSchema
from cdsc_server.schemas.fields import Instant


class AdminClientSchema(ClientSchema):
    """A Client Object of whichever registration."""

    uri = fields.URL(required=True)
    registration_id = fields.String(required=True)
    limits = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(),
        required=True,
        metadata={"description": "Limits of its own, by scope and field of authorization_details."},
    )
    held = Instant(
        required=True, allow_none=True, metadata={"description": "Since when an operator keeps it disabled."}
    )


class ClientStep(StrEnum):
    """One thing an operator does with a Client Object."""

    SUSPEND = "suspend"
    RESTORE = "restore"


class ClientStepRequestSchema(Schema):
    """Body of a step with a Client Object."""

    class Meta:
        unknown = RAISE

    step = fields.Enum(ClientStep, by_value=True, required=True, metadata={"description": "What to do."})
    reason = fields.String(
        required=True, validate=validate.Length(min=1, max=100_000), metadata={"description": "For the audit trail."}
    )


class LimitSchema(Schema):
    """A field of authorization_details that can be limited."""

    scope = fields.String(required=True)
    field = fields.String(required=True)
    uri = fields.URL(required=True, metadata={"description": "Where its limit is set and lifted."})
    maximum = fields.String(required=True, metadata={"description": "Everybody's."})
    minimum = fields.String(required=True, metadata={"description": "Everybody's."})
    own = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"description": "Of this Client Object: its `maximum`, its `minimum`, both or neither."},
    )


class LimitListingSchema(Schema):
    """What of a Client Object can be limited."""

    limits = fields.List(fields.Nested(LimitSchema), required=True)


class AdminCredentialSchema(Schema):
    """A Credential; its secret is for its Client only."""

    credential_id = fields.String(required=True)
    client_id = fields.String(required=True)
    created = Instant(required=True)
    expires = Instant(required=True, allow_none=True)


class RegistrationSummarySchema(Schema):
    """A registration and its Client Objects."""

    registration_id = fields.String(required=True)
    uri = fields.URL(required=True)
    created = Instant(required=True)
    clients = fields.List(fields.Nested(AdminClientSchema), required=True)


class RequirementSchema(Schema):
    """What a registration has to do before production."""

    message_id = fields.String(required=True, metadata={"description": "Of the Message that asks for it."})
    field_id = fields.String(required=True)
    type = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf([each.value for each in RequirementStatus]))
    answers = fields.Dict(required=True, metadata={"description": "What was filled in, or proven."})
    created = Instant(required=True)
    modified = Instant(required=True)


class RegistrationSchema(RegistrationSummarySchema):
    """A registration with what it holds."""

    credentials = fields.List(fields.Nested(AdminCredentialSchema), required=True)
    requirements = fields.List(fields.Nested(RequirementSchema), required=True)
    grants_total = fields.Integer(required=True, metadata={"description": "How many Grants it has."})
    messages_total = fields.Integer(required=True, metadata={"description": "How many Messages it has."})


class RegistrationListingSchema(Schema):
    """A page of registrations, the newest first."""

    registrations = fields.List(fields.Nested(RegistrationSummarySchema), required=True)
    next = fields.URL(required=True, allow_none=True)
    previous = fields.URL(required=True, allow_none=True)


class RegistrationFilters(Schema):
    """What registrations to list."""

    search = fields.String(
        metadata={
            "description": "A part of the name of a Client Object, or the id of a registration, Client Object or Grant."
        }
    )
    cursor = fields.String(metadata={"description": "From `next` or `previous`; opaque."})


class LimitRequestSchema(Schema):
    """Body of a limit: one of the two, or both."""

    class Meta:
        unknown = RAISE

    maximum = fields.String(
        load_default=None, allow_none=True, metadata={"description": "The most it may ask for, such as P1Y."}
    )
    minimum = fields.String(load_default=None, allow_none=True, metadata={"description": "The least it may ask for."})
