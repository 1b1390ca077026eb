"""Whose data a Client Object may read directly, as operators see and say it."""

from __future__ import annotations

from enum import StrEnum

from marshmallow import RAISE, Schema, fields, validate

from cdsc_server.domain.direct_access import Reach
from cdsc_server.schemas.fields import Instant


class DirectAccessStep(StrEnum):
    """One thing an operator does with what a Client Object is permitted."""

    PERMIT = "permit"
    FORBID = "forbid"
    REACH = "reach"


class PermittedSchema(Schema):
    """A Customer or an Account that is named to a Client Object."""

    customer_id = fields.String(required=True)
    account_id = fields.String(
        required=True, allow_none=True, metadata={"description": "null: every one, later ones too."}
    )
    created = Instant(required=True)
    own = fields.Boolean(
        required=True,
        metadata={"description": "Whether it showed, by a step before production, that it is this Customer."},
    )


class DirectAccessSchema(Schema):
    """Whose data a Client Object may read directly."""

    reach = fields.Enum(
        Reach,
        by_value=True,
        required=True,
        metadata={"description": "Those named to it, every Customer, or every fictional one."},
    )
    named = fields.List(
        fields.Nested(PermittedSchema), required=True, metadata={"description": "Of no effect while it reaches more."}
    )


class DirectAccessChangeSchema(Schema):
    """Body of a change of what a Client Object may read directly."""

    class Meta:
        unknown = RAISE

    step = fields.Enum(DirectAccessStep, by_value=True, required=True, metadata={"description": "What to do."})
    customer_id = fields.String(load_default="", metadata={"description": "For `permit` and `forbid`: whose data."})
    account_id = fields.String(
        load_default=None, allow_none=True, metadata={"description": "Only this Account; null or absent: every one."}
    )
    reach = fields.Enum(
        Reach, by_value=True, load_default=Reach.NAMED, metadata={"description": "For `reach`: whose data from now on."}
    )
    reason = fields.String(
        required=True, validate=validate.Length(min=1, max=100_000), metadata={"description": "For the audit trail."}
    )
