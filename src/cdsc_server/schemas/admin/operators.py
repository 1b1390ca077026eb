"""Accounts of operators, and who holds a token, on the wire."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from cdsc_server.domain.operators import SHORTEST_PASSWORD, Role
from cdsc_server.schemas.fields import Instant
from cdsc_server.schemas.messages import StrictBoolean


def _roles() -> fields.List[Any]:
    return fields.List(
        fields.Enum(Role, by_value=True),
        required=True,
        validate=validate.Length(min=1, max=len(Role)),
        metadata={"description": "What it opens; `admin` opens all."},
    )


class HolderSchema(Schema):
    """The service account that holds the token of the request."""

    client_id = fields.String(required=True)
    name = fields.String(required=True)
    roles = fields.List(fields.Enum(Role, by_value=True), required=True)
    actor = fields.String(required=True, metadata={"description": "How the audit trail calls it."})


class OperatorSchema(Schema):
    """An account at the console."""

    username = fields.String(required=True)
    uri = fields.URL(required=True)
    name = fields.String(required=True, metadata={"description": "As colleagues call the operator."})
    roles = fields.List(fields.Enum(Role, by_value=True), required=True)
    created = Instant(required=True)
    disabled = Instant(required=True, allow_none=True, metadata={"description": "Since when it opens nothing."})


class OperatorListingSchema(Schema):
    """A page of accounts, the newest first."""

    operators = fields.List(fields.Nested(OperatorSchema), required=True)
    next = fields.URL(required=True, allow_none=True)
    previous = fields.URL(required=True, allow_none=True)


class OperatorFilters(Schema):
    """Which accounts to list."""

    cursor = fields.String(metadata={"description": "From `next` or `previous`; opaque."})


class NewOperatorSchema(Schema):
    """Body of a new account."""

    class Meta:
        unknown = RAISE

    username = fields.String(
        required=True,
        validate=validate.Length(min=1, max=320),
        metadata={"description": "An e-mail address, or whatever else names one person only."},
    )
    name = fields.String(
        required=True,
        validate=validate.Length(min=1, max=200),
        metadata={"description": "As colleagues call the operator."},
    )
    roles = _roles()
    password = fields.String(
        required=True,
        validate=validate.Length(min=SHORTEST_PASSWORD, max=1000),
        load_only=True,
        metadata={"description": "The first one; kept as argon2 only."},
    )


class OperatorChangeSchema(Schema):
    """Body of a change of an account: its roles, or its end; what is left out stays."""

    class Meta:
        unknown = RAISE

    roles = fields.List(
        fields.Enum(Role, by_value=True),
        validate=validate.Length(min=1, max=len(Role)),
        metadata={"description": "All of them: those it does not name are taken away."},
    )
    disabled = StrictBoolean(
        validate=validate.Equal(True), metadata={"description": "`true` closes the account for good."}
    )

    @validates_schema
    def one_at_a_time(self, data: dict[str, Any], **_: object) -> None:
        """So that a change is made as a whole or not at all."""
        if "roles" in data and "disabled" in data:
            raise ValidationError("must stand alone", "disabled")
