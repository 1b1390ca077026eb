"""Grants as operators see and change them."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from cdsc_server.domain.grant_steps import GrantStep
from cdsc_server.schemas.fields import Instant
from cdsc_server.schemas.grants import GrantSchema
from cdsc_server.schemas.messages import StrictBoolean

_ID = validate.Length(min=1, max=200)


def _typed(entries: list[dict[str, Any]]) -> None:
    if any(not isinstance(entry.get("type"), str) for entry in entries):
        raise ValidationError("each entry must have a type")


class AdminGrantSchema(GrantSchema):
    """A Grant of whichever registration."""

    registration_id = fields.String(required=True)
    customer_id = fields.String(
        required=True, allow_none=True, metadata={"description": "Whose data it opens; null when nobody's."}
    )


class StatedSelectionSchema(Schema):
    """What somebody named for one scope without signing in."""

    scope_id = fields.String(required=True)
    kind = fields.String(required=True, metadata={"description": "What the numbers are of, such as account_selection."})
    numbers = fields.List(
        fields.String(), required=True, metadata={"description": "`_all` among them means every one."}
    )
    future = fields.Boolean(required=True, metadata={"description": "Whether what comes later belongs to it."})


class StatedSchema(Schema):
    """Who agreed without signing in, as far as that is known."""

    contact = fields.String(required=True, metadata={"description": "The mail address that was proven by a code."})
    selections = fields.List(fields.Nested(StatedSelectionSchema), required=True)


class SteppableGrantSchema(AdminGrantSchema):
    """A Grant with what may be done with it now."""

    steps = fields.List(fields.Enum(GrantStep, by_value=True), required=True)
    stated = fields.Nested(
        StatedSchema,
        required=True,
        allow_none=True,
        metadata={
            "description": "Of somebody who agreed without signing in, until it is known who that was; else null."
        },
    )


class UnidentifiedGrantSchema(Schema):
    """A Grant that waits to be known whose it is."""

    grant_id = fields.String(required=True)
    uri = fields.URL(required=True)
    registration_id = fields.String(required=True)
    client_id = fields.String(required=True)
    client_name = fields.String(required=True)
    scope = fields.String(required=True, metadata={"description": "What was agreed to; it opens nothing yet."})
    since = Instant(required=True, metadata={"description": "When that was."})
    eta = Instant(
        required=True, allow_none=True, metadata={"description": "About when the Client was told to expect an answer."}
    )
    stated = fields.Nested(StatedSchema, required=True)


class UnidentifiedListingSchema(Schema):
    """A page of Grants that wait to be known whose they are, the longest wait first."""

    grants = fields.List(fields.Nested(UnidentifiedGrantSchema), required=True)
    next = fields.URL(required=True, allow_none=True)
    previous = fields.URL(required=True, allow_none=True)


class UnidentifiedFilters(Schema):
    """Which page of them."""

    cursor = fields.String(metadata={"description": "From `next` or `previous`; opaque."})


class CustomerOfGrantSchema(Schema):
    """Body that says whose a Grant is."""

    class Meta:
        unknown = RAISE

    customer_id = fields.String(required=True, validate=_ID, metadata={"description": "Whose data it opens."})
    reason = fields.String(
        required=True,
        validate=validate.Length(min=1, max=100_000),
        metadata={"description": "For the audit trail: how the person was recognised."},
    )


class AdminGrantListingSchema(Schema):
    """A page of Grants, the last modified first."""

    grants = fields.List(fields.Nested(AdminGrantSchema), required=True)
    next = fields.URL(required=True, allow_none=True)
    previous = fields.URL(required=True, allow_none=True)


class GrantRequestByHandSchema(Schema):
    """Body of a Grant that is given by hand."""

    class Meta:
        unknown = RAISE

    client_id = fields.String(required=True, validate=_ID, metadata={"description": "The Client Object that gets it."})
    customer_id = fields.String(required=True, validate=_ID, metadata={"description": "Whose data it opens."})
    authorization_details = fields.List(
        fields.Dict(),
        required=True,
        validate=[validate.Length(equal=1), _typed],
        metadata={"description": "One entry, as in an authorization request; its type opens data of Customers."},
    )
    reason = fields.String(
        required=True,
        validate=validate.Length(min=1, max=100_000),
        metadata={"description": "For the audit trail, such as where the agreement is filed."},
    )
    begins = Instant(
        load_default=None, allow_none=True, metadata={"description": "From when it opens anything; null for at once."}
    )
    ends = Instant(
        load_default=None,
        allow_none=True,
        metadata={"description": "From when it opens nothing any more; null for never."},
    )
    waits = StrictBoolean(
        load_default=False,
        metadata={"description": "The Customer still has to agree, by an authorization request that names it."},
    )


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
